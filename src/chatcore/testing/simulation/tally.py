"""What many runs met, added up: how much was simulated, and what never happened at all."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from typing import Final

from attrs import define, field, fields_dict, frozen

from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.testing.simulation.batch import Batch, Outcome, outcomes
from chatcore.testing.simulation.counting import Counts
from chatcore.testing.simulation.profile import Fault, Profile
from chatcore.testing.simulation.unsent_pairs import UNSENT

SEEDS_THAT_COUNT: Final = 200
"""From so many seeds of `hostile` on, simulating too little is a failure of the simulator."""
TURNS_MIN: Final = 25
"""Per seed of `hostile`, on average: 5,000 in 200."""
TAKEOVERS_MIN: Final = 2.5
"""Per seed of `hostile`, on average: 500 in 200."""

_SUMS: Final = tuple(name for name, attribute in fields_dict(Counts).items() if attribute.type in (int, "int"))


@frozen(kw_only=True)
class Never:
    """Something that can happen and was not met. `reason` says why, where nothing ever does it."""

    kind: str
    """`fault`, `pair` or `transition`."""
    name: str
    reason: str | None = None


@define
class Tally:
    """Grows by `add`."""

    profile: Profile
    seeds: int = 0
    virtual_s: float = 0.0
    sums: Counter[str] = field(factory=Counter)
    """The numbers of `Counts`, by their names."""
    faults: Counter[str] = field(factory=Counter)
    transitions: Counter[str] = field(factory=Counter)
    """By `state-command-state`."""
    digest: str = ""
    """Over the digests of all runs, in order: equal for equal seeds, profiles and code, as long as all was run."""
    violations: list[Outcome] = field(factory=list)
    """In order of the seeds."""

    def add(self, outcome: Outcome) -> None:
        """One more run."""
        self.seeds += 1
        self.digest = sha256(f"{self.digest} {outcome.digest}".encode()).hexdigest()
        self.virtual_s += outcome.virtual_s
        for name in _SUMS:
            self.sums[name] += getattr(outcome.counts, name)
        self.faults.update(outcome.counts.faults)
        self.transitions.update(outcome.counts.transitions)
        if outcome.violation is not None:
            self.violations.append(outcome)

    @property
    def pairs(self) -> Mapping[tuple[ExecutionState, CommandKey], int]:
        """How often each pair of the table was met."""
        met = Counter[tuple[ExecutionState, CommandKey]]()
        for state, key, target in all_transitions():
            met[state, key] += self.transitions[f"{state}-{key}-{target}"]
        return {pair: met[pair] for pair in TRANSITIONS}

    def never(self) -> Sequence[Never]:
        """What was not met: faults that the profile has, pairs, and transitions of pairs that were met."""
        found = [
            Never(kind="fault", name=fault) for fault in Fault if self.profile.rate(fault) and not self.faults[fault]
        ]
        pairs = self.pairs
        for (state, key), count in pairs.items():
            if not count:
                found.append(Never(kind="pair", name=f"{state}-{key}", reason=UNSENT.get((state, key))))
        for state, key, target in all_transitions():
            if pairs[state, key] and not self.transitions[f"{state}-{key}-{target}"]:
                found.append(Never(kind="transition", name=f"{state}-{key}-{target}"))
        return found

    def too_little(self) -> Sequence[str]:
        """What there should have been more of, as sentences; only many seeds of `hostile` are judged."""
        if self.profile.name != "hostile" or self.seeds < SEEDS_THAT_COUNT:
            return ()
        wanted = {"turns": TURNS_MIN * self.seeds, "takeovers": TAKEOVERS_MIN * self.seeds}
        return tuple(
            f"only {self.sums[name]:,} {name} in {self.seeds:,} seeds, and {minimum:,.0f} are wanted"
            for name, minimum in wanted.items()
            if self.sums[name] < minimum
        )


def all_transitions() -> Sequence[tuple[ExecutionState, CommandKey, ExecutionState]]:
    """Every transition of the table, in the order of commands, states, targets."""
    return [
        (state, key, target)
        for key in CommandKey
        for state in ExecutionState
        for target in ExecutionState
        if target in TRANSITIONS.get((state, key), ())
    ]


def tallied(
    batch: Batch, *, jobs: int = 1, stop_at_violation: bool = False, progress: Callable[[Tally], None] = lambda _: None
) -> Tally:
    """Run a batch and add it up: what `chatcore simulate` does.

    jobs: as of `outcomes`, whose errors it raises. progress: called after each seed, in order.
    """
    tally = Tally(batch.profile)
    with closing(outcomes(batch, jobs=jobs)) as each:
        for outcome in each:
            tally.add(outcome)
            progress(tally)
            if stop_at_violation and outcome.violation is not None:
                break
    return tally
