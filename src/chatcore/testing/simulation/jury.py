"""The checkers of one run, and the first violation that one of them notices."""

from collections.abc import Callable, Sequence

from chatcore.testing.simulation.checking import Checker, Violation, World
from chatcore.testing.simulation.trace import Noted


class Jury:
    """Shows everything to every checker until one objects. `objected` is called once, then."""

    def __init__(self, checkers: Sequence[Checker]) -> None:
        self._checkers = checkers
        self.violation: Violation | None = None
        self.violated_at: int | None = None
        """The number of the happening at which it was noticed; None if it was noticed at rest, or not at all."""
        self.objected: Callable[[], None] = lambda: None

    def see(self, noted: Noted) -> None:
        """Show a happening to the checkers. Never raises what they raise: production code stands around it."""
        if self.violation is not None:
            return
        try:
            for checker in self._checkers:
                checker.see(noted)
        except Violation as violation:
            self.object(violation, noted.number)

    def at_rest(self, world: World) -> None:
        """Show the world at rest to the checkers."""
        if self.violation is not None:
            return
        try:
            for checker in self._checkers:
                checker.at_rest(world)
        except Violation as violation:
            self.object(violation, None)

    def object(self, violation: Violation, number: int | None) -> None:
        """Keep the first violation."""
        if self.violation is None:
            self.violation, self.violated_at = violation, number
            self.objected()
