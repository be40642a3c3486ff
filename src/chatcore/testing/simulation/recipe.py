"""All that a run is made of, so that it can be run again, in another process, or with less of it."""

from collections.abc import Sequence

from attrs import evolve, field, frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.testing.simulation.checkers import CHECKERS
from chatcore.testing.simulation.checking import OF_THE_CLUSTER, Checker
from chatcore.testing.simulation.profile import PROFILES, Profile
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.sabotages import SABOTAGES
from chatcore.testing.simulation.simulate import simulate
from chatcore.testing.simulation.swapping import Sabotage


class UnknownSabotage(ChatcoreError):
    """No sabotage has this name; `known` lists those that exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no sabotage {name!r}; known are: {', '.join(known)}")
        self.name = name
        self.known = known


@frozen(kw_only=True)
class Recipe:
    """What `simulate` is asked for; the parameters are the same. `run` makes the same run every time."""

    seed: int
    profile: Profile = field(default=PROFILES["hostile"])
    replicas: int = 3
    chats: int = 12
    schedule: bytes | None = None
    """Choices instead of those of the seed; FIFO where they end."""
    faults: tuple[str, ...] | None = None
    """Only these; None for whatever strikes."""
    deeds: tuple[str, ...] | None = None
    """Only these; None for whatever users wish."""
    sabotage: str | None = None
    """By name: a process of its own finds it, too."""

    def run(self, checkers: Sequence[type[Checker]] | None = None) -> Run:
        """Run it, by default with those who are to watch: all of them, or the one that is to notice the sabotage.

        Raises: UnknownSabotage.
        """
        sabotage = None if self.sabotage is None else sabotage_named(self.sabotage)
        if checkers is None:
            checkers = CHECKERS if sabotage is None else watching_for(sabotage.checker)
        return simulate(
            self.seed,
            profile=self.profile,
            replicas=self.replicas,
            chats=self.chats,
            schedule=self.schedule,
            faults=self.faults,
            deeds=self.deeds,
            sabotage=sabotage,
            checkers=checkers,
        )

    def pinned(self, run: Run) -> "Recipe":
        """The same run, with everything that it drew from its seed said aloud."""
        return evolve(self, schedule=run.schedule, faults=run.faults, deeds=run.deeds)


def sabotage_named(name: str) -> Sabotage:
    """A sabotage by name. Raises UnknownSabotage."""
    if name not in SABOTAGES:
        raise UnknownSabotage(name, tuple(SABOTAGES))
    return SABOTAGES[name]


def watching_for(invariant: str) -> tuple[type[Checker], ...]:
    """The checkers of an invariant; none for what the cluster itself notices. With all, another one may be faster."""
    return tuple(checker for checker in CHECKERS if checker.name == invariant)


def sentence_of(invariant: str) -> str:
    """An invariant as a sentence, by the name that a violation has."""
    sentences = {**OF_THE_CLUSTER, **{checker.name: checker.sentence for checker in CHECKERS}}
    return sentences.get(invariant, invariant)
