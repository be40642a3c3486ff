"""One simulated run: what it was made of, what happened, and whether an invariant broke."""

from functools import cached_property

from attrs import frozen

from chatcore.domain.ids import ChatId
from chatcore.testing.simulation.checking import Violation
from chatcore.testing.simulation.counting import Counts
from chatcore.testing.simulation.trace import Trace

_STORY_LINES = 60


# Without slots, for the digest, which is worked out when it is asked for.
@frozen(kw_only=True, slots=False)
class Run:
    """A run is (seed, profile, code), and the size of the cluster. `print(run)` says them all."""

    seed: int
    profile: str
    code: str
    """The version of chatcore and a digest of its source."""
    replicas: int
    chats: int
    sabotage: str | None
    counts: Counts
    virtual_s: float
    """Seconds of virtual time until the end."""
    schedule: bytes
    """The choices that were made: `simulate(…, schedule=run.schedule)` is the same run again."""
    faults: tuple[str, ...]
    """What struck, in order: `simulate(…, faults=some_of_them)` leaves the others out."""
    deeds: tuple[str, ...]
    """What users asked, by the ids of their commands: `simulate(…, deeds=some_of_them)` leaves the others out."""
    violation: Violation | None
    violated_at: int | None
    """The number of the happening at which the violation was noticed; None if it was noticed at rest."""
    trace: Trace

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all that happened, in order; equal for equal runs in any process."""
        return self.trace.digest()

    def story(self, chat_id: ChatId | None = None, *, lines_max: int = _STORY_LINES) -> str:
        """One line for each happening around a chat: by default the one that the violation is about, up to it."""
        chat = chat_id or (self.violation.chat_id if self.violation is not None else None)
        return "\n".join(self.trace.about(chat, around=self.violated_at, lines_max=lines_max))

    def __str__(self) -> str:
        counts = self.counts
        said = (
            f"seed {self.seed}, profile {self.profile}, code {self.code}: {counts.turns} turns, {counts.parts} parts, "
            f"{counts.takeovers} takeovers, {sum(counts.faults.values())} faults in {self.virtual_s:.0f} s"
        )
        return said if self.violation is None else f"{said}\nVIOLATION {self.violation}"
