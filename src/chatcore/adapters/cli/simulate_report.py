"""What `chatcore simulate` tells in the end, for people and for programs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from chatcore.adapters.cli.simulate_tables import choice_lines, fault_lines, never_lines, pair_lines, sum_lines
from chatcore.domain.json_text import JsonValue
from chatcore.testing.simulation.batch import Batch, Outcome
from chatcore.testing.simulation.bug_base import Bug, bug_json
from chatcore.testing.simulation.checking import Violation
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.recipe import sabotage_named
from chatcore.testing.simulation.tally import Tally, all_transitions

_STORIES_MAX: Final = 3
"""Violations that are told with their stories; of the others only the seed and the invariant are."""


@frozen(kw_only=True)
class Broken:
    """A seed that broke an invariant."""

    outcome: Outcome
    violation: Violation
    sentence: str
    again: str
    """The command that replays it."""

    def text(self) -> str:
        """Seed, invariant, what was noticed, the story, and the command."""
        return "\n".join(
            (
                f"VIOLATION  seed {self.outcome.seed}, {self.violation.invariant}: {self.sentence}",
                f"noticed    {self.violation}",
                *self.outcome.story,
                f"replay     {self.again}",
            )
        )

    def to_json(self) -> dict[str, JsonValue]:
        """The same."""
        return {
            "seed": self.outcome.seed,
            "invariant": self.violation.invariant,
            "sentence": self.sentence,
            "text": self.violation.text,
            "chat_id": self.violation.chat_id,
            "digest": self.outcome.digest,
            "story": list(self.outcome.story),
            "replay": self.again,
        }


@frozen(kw_only=True)
class Smaller:
    """What shrinking made of a violation."""

    bug: Bug
    path: Path
    runs: int
    story: tuple[str, ...]

    def text(self) -> str:
        """How small it is, its story, and the command."""
        recipe = self.bug.recipe
        deeds, faults = len(recipe.deeds or ()), len(recipe.faults or ())
        left = f"{deeds} deeds, {faults} faults, {recipe.replicas} replicas, {recipe.chats} chats"
        return "\n".join(
            (
                f"SHRUNK     in {self.runs} runs to {left}",
                *self.story,
                f"replay     chatcore simulate --replay {self.path}",
            )
        )

    def to_json(self) -> dict[str, JsonValue]:
        """The same, with what was saved."""
        return {"file": str(self.path), "runs": self.runs, "story": list(self.story), "saved": bug_json(self.bug)}


@frozen(kw_only=True)
class Simulated:
    """A batch that was run."""

    batch: Batch
    tally: Tally
    code: str
    seconds: float
    """Of the wall clock."""
    broken: tuple[Broken, ...]
    smaller: Smaller | None

    @property
    def too_little(self) -> Sequence[str]:
        """What there should have been more of. With a sabotage runs end early, and prove nothing."""
        return self.tally.too_little() if self.batch.sabotage is None else ()

    @property
    def ok(self) -> bool:
        """Whether every invariant held, and enough was simulated."""
        return not self.broken and not self.too_little

    def text(self) -> str:
        """Tables, what was never met, stories, and the verdict."""
        sabotaged = "" if self.batch.sabotage is None else f", SABOTAGE {self.batch.sabotage}"
        head = (
            f"{self.tally.seeds:,} seeds from {self.batch.seeds[0]} on, profile {self.batch.profile.name}, "
            f"{self.batch.replicas} replicas, {self.batch.chats} chats, code {self.code}{sabotaged}"
        )
        told = [head, *sum_lines(self.tally, self.seconds), "", *fault_lines(self.tally), "", *pair_lines(self.tally)]
        told += ["", *choice_lines(self.tally), "", *never_lines(self.tally.never())]
        for broken in self.broken[:_STORIES_MAX]:
            told += ["", broken.text()]
        if self.smaller is not None:
            told += ["", self.smaller.text()]
        return "\n".join((*told, "", *self._verdict()))

    def to_json(self) -> dict[str, JsonValue]:
        """Everything, with `speed` as the only thing that two runs of it do not have in common."""
        tally = self.tally
        return {
            "ok": self.ok,
            "seeds": {"first": self.batch.seeds[0], "run": tally.seeds},
            "profile": self.batch.profile.name,
            "code": self.code,
            "replicas": self.batch.replicas,
            "chats": self.batch.chats,
            "sabotage": self.batch.sabotage,
            **tally.sums,
            "virtual_s": round(tally.virtual_s, 3),
            "digest": tally.digest,
            "faults": {fault: tally.faults[fault] for fault in Fault if self.batch.profile.rate(fault)},
            "pairs": {f"{state}-{key}": count for (state, key), count in tally.pairs.items()},
            "transitions": {name: tally.transitions[name] for name in map("-".join, all_transitions())},
            "never": [{"kind": each.kind, "name": each.name, "reason": each.reason} for each in tally.never()],
            "violations": [broken.to_json() for broken in self.broken],
            "too_little": list(self.too_little),
            "shrunk": None if self.smaller is None else self.smaller.to_json(),
            "speed": {"wall_s": round(self.seconds, 3), "seeds_per_s": round(tally.seeds / self.seconds, 3)},
        }

    def _verdict(self) -> Iterator[str]:
        for broken in self.broken[_STORIES_MAX:]:
            yield f"VIOLATION  seed {broken.outcome.seed}, {broken.violation.invariant}; replay: {broken.again}"
        yield from (f"TOO LITTLE {each}: the simulator does not do its work" for each in self.too_little)
        if self.ok and self.batch.sabotage is not None:
            checker = sabotage_named(self.batch.sabotage).checker
            yield f"{checker} did not notice {self.batch.sabotage} in {self.tally.seeds} seeds"
        elif self.ok:
            yield "every invariant held"


@frozen(kw_only=True)
class Replayed:
    """What was saved of a run, run again."""

    path: Path
    bug: Bug
    run: str
    outcome: Outcome
    code: str
    broken: Broken | None
    smaller: Smaller | None

    @property
    def ok(self) -> bool:
        """Whether nothing breaks any more."""
        return self.broken is None

    def text(self) -> str:
        """The run, and the violation with its story."""
        told = [self.run, f"it was found with code {self.bug.code}: {self.bug.text}"]
        told.append("it holds now" if self.broken is None else self.broken.text())
        return "\n".join(told if self.smaller is None else (*told, self.smaller.text()))

    def to_json(self) -> dict[str, JsonValue]:
        """The same."""
        return {
            "ok": self.ok,
            "file": str(self.path),
            "code": self.code,
            "digest": self.outcome.digest,
            "saved": bug_json(self.bug),
            "violation": None if self.broken is None else self.broken.to_json(),
            "shrunk": None if self.smaller is None else self.smaller.to_json(),
        }
