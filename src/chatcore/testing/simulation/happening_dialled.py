"""What a simulation notes of the relay between replicas: each dial, and what became of it."""

from attrs import frozen

from chatcore.domain.ids import WorkerId
from chatcore.testing.simulation.happening import Happening


@frozen(kw_only=True)
class Dialled(Happening):
    """A replica dialled the replica of a worker for the parts of a chat, was connected, or is done with it."""

    worker_id: WorkerId
    number: int
    """Of the dial: counts from 1, over all replicas."""
    outcome: str
    """`begins`, `is answered`, or `is over: <why>`; each dial that began is over some time."""

    @property
    def over(self) -> bool:
        """Whether nothing is left of the dial."""
        return self.outcome.startswith("is over")

    def line(self) -> str:
        """Which dial."""
        return f"dial {self.number} to worker {self.worker_id[-6:]} {self.outcome}"

    def exact(self) -> str:
        """With the whole worker."""
        return f"{self.line()} {self.worker_id}"
