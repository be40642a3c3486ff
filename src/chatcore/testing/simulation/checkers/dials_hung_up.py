"""Nothing is left of the relay (agent-and-relay C6.c)."""

from typing import ClassVar

from chatcore.testing.simulation.checking import Checker, World
from chatcore.testing.simulation.happening_dialled import Dialled


class DialsHungUp(Checker):
    """Looks for dials that are not over when there is nothing to relay any more, though their viewers still watch."""

    name: ClassVar = "dials_hung_up"
    sentence: ClassVar = "At rest no dial to another replica is left, and no connection that came of one."

    def at_rest(self, world: World) -> None:
        """Compare the dials that began with those that are over."""
        standing: dict[int, Dialled] = {}
        for noted in world.noted:
            match noted.what:
                case Dialled(number=number, over=True):
                    standing.pop(number, None)
                case Dialled(number=number) as dialled:
                    standing[number] = dialled
                case _:
                    continue
        for dialled in standing.values():
            raise self.fail(f"dial {dialled.number} to worker {dialled.worker_id} is not over", dialled.chat_id)
