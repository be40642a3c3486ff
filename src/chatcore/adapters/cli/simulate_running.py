"""What `chatcore simulate` runs: a batch of seeds, or what was saved of a run; and what is made of a violation."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from chatcore.adapters.cli.simulate_progress import SimulationBar
from chatcore.adapters.cli.simulate_report import Broken, Replayed, Simulated, Smaller
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.testing.simulation.batch import Batch, Outcome, outcome_of
from chatcore.testing.simulation.bug_base import Bug, load, save
from chatcore.testing.simulation.code_version import code_version
from chatcore.testing.simulation.profile import profile_named
from chatcore.testing.simulation.recipe import Recipe, sabotage_named, sentence_of
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.shrinking import shrink
from chatcore.testing.simulation.tally import Tally, all_transitions, tallied


@frozen
class NotWritten(ChatcoreError):
    """A file could not be read or written."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


def batch(seeds: range, profile: str, *, replicas: int, chats: int, sabotage: str | None) -> Batch:
    """What the options ask for. Raises: UnknownProfile, UnknownSabotage."""
    if sabotage is not None:
        sabotage_named(sabotage)
    return Batch(seeds=seeds, profile=profile_named(profile), replicas=replicas, chats=chats, sabotage=sabotage)


def simulated(
    batch: Batch, *, jobs: int | None, trace: Path | None, save: Path | None, show_progress: bool
) -> Simulated:
    """Run a batch; with a sabotage only up to the first violation.

    trace: where to write all that happened in the first run with a violation, or else in the last one.
    save: the folder for the first violation, shrunk; None to shrink nothing.
    Raises: JobDied, NotWritten.
    """
    bar = SimulationBar(len(batch.seeds), shown=show_progress)
    possible = len(all_transitions())

    def show(tally: Tally) -> None:
        faults, met = tally.faults.total(), len(tally.transitions)
        bar.show(tally.seeds, virtual_s=tally.virtual_s, faults=faults, met=met, possible=possible)

    tally = tallied(batch, jobs=jobs or cores(), stop_at_violation=batch.sabotage is not None, progress=show)
    seconds = bar.seconds
    first = tally.violations[0] if tally.violations else None
    if trace is not None:
        seed = batch.seeds[tally.seeds - 1] if first is None else first.seed
        write_trace(batch.recipe(seed).run(), trace)
    smaller = None
    if first is not None and save is not None:
        smaller = _smaller(batch.recipe(first.seed), first, save, bar)
    bar.end()
    broken = [_broken(outcome, _again(batch, outcome.seed)) for outcome in tally.violations]
    return Simulated(
        batch=batch, tally=tally, code=code_version(), seconds=seconds, broken=tuple(broken), smaller=smaller
    )


def replayed(path: Path, *, trace: Path | None, save: Path | None) -> Replayed:
    """Run what was saved. Raises: BadBugFile, UnknownSabotage, NotWritten."""
    try:
        bug = load(path)
    except OSError as error:
        raise NotWritten(path, error.strerror or str(error)) from error
    run = bug.replay()
    if trace is not None:
        write_trace(run, trace)
    outcome = outcome_of(run)
    broken, smaller = None, None
    if outcome.violation is not None:
        broken = _broken(outcome, shlex.join(("chatcore", "simulate", "--replay", str(path))))
        if save is not None:
            smaller = _smaller(bug.recipe, outcome, save, SimulationBar(1, shown=False))
    return Replayed(
        path=path, bug=bug, run=str(run).splitlines()[0], outcome=outcome, code=run.code, broken=broken, smaller=smaller
    )


def write_trace(run: Run, path: Path) -> None:
    """One JSON object a line: first the run, then all that happened in it, in order. Raises: NotWritten."""
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{dump_json(line)}\n" for line in _trace_lines(run))
    except OSError as error:
        raise NotWritten(path, error.strerror or str(error)) from error


def cores() -> int:
    """How many processes can run at once."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _smaller(recipe: Recipe, outcome: Outcome, folder: Path, bar: SimulationBar) -> Smaller:
    assert outcome.violation is not None, "only violations are shrunk"

    def tell(runs: int, smallest: Run) -> None:
        left = f"{len(smallest.deeds)} deeds, {len(smallest.faults)} faults, {len(smallest.trace.noted)} happenings"
        bar.tell(f"shrinking seed {recipe.seed}: {runs} runs, left are {left}")

    shrunk = shrink(recipe, invariant=outcome.violation.invariant, progress=tell)
    bug = Bug.of(shrunk)
    try:
        path = save(bug, folder)
    except OSError as error:
        raise NotWritten(folder, error.strerror or str(error)) from error
    return Smaller(bug=bug, path=path, runs=shrunk.runs, story=outcome_of(shrunk.run).story)


def _broken(outcome: Outcome, again: str) -> Broken:
    assert outcome.violation is not None, "it broke an invariant"
    return Broken(
        outcome=outcome, violation=outcome.violation, sentence=sentence_of(outcome.violation.invariant), again=again
    )


def _again(batch: Batch, seed: int) -> str:
    """The command that makes one run of a batch again."""
    words = ["chatcore", "simulate", "--seeds", str(seed), "--profile", batch.profile.name]
    words += ["--replicas", str(batch.replicas), "--chats", str(batch.chats)]
    if batch.sabotage is not None:
        words += ["--sabotage", batch.sabotage]
    return shlex.join(words)


def _trace_lines(run: Run) -> Iterator[JsonValue]:
    yield {
        "seed": run.seed,
        "profile": run.profile,
        "code": run.code,
        "replicas": run.replicas,
        "chats": run.chats,
        "sabotage": run.sabotage,
        "digest": run.digest,
        "violation": None if run.violation is None else str(run.violation),
        "violated_at": run.violated_at,
    }
    for noted in run.trace.noted:
        yield {
            "number": noted.number,
            "at_s": noted.at,
            "choices": noted.choices,
            "place": noted.place,
            "chat_id": noted.what.chat_id,
            "kind": type(noted.what).__name__,
            "text": noted.what.line(),
        }
