"""Many seeds, over as many processes as are wanted: the same outcomes in the same order, however many there are."""

import multiprocessing
import signal
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial

from attrs import evolve, field, frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId
from chatcore.testing.simulation.checking import Violation
from chatcore.testing.simulation.counting import Counts
from chatcore.testing.simulation.profile import PROFILES, Profile
from chatcore.testing.simulation.recipe import Recipe, sabotage_named
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.story import story


@frozen(kw_only=True)
class Batch:
    """Which seeds, and what kind of cluster."""

    seeds: range
    profile: Profile = field(default=PROFILES["hostile"])
    replicas: int = 3
    chats: int = 12
    sabotage: str | None = None
    """By name."""

    def recipe(self, seed: int) -> Recipe:
        """The run of one seed."""
        return Recipe(seed=seed, profile=self.profile, replicas=self.replicas, chats=self.chats, sabotage=self.sabotage)


@frozen(kw_only=True)
class Outcome:
    """What is left of a run when its trace is gone."""

    seed: int
    digest: str
    counts: Counts
    virtual_s: float
    violation: Violation | None = None
    story: tuple[str, ...] = ()
    """Around the violation; empty without one."""

    @property
    def chat_id(self) -> ChatId | None:
        """The chat that shows the violation, if one does."""
        return None if self.violation is None else self.violation.chat_id


class JobDied(ChatcoreError):
    """A process of the batch is gone before it was done."""

    def __init__(self) -> None:
        super().__init__("a process that simulated was killed, by want of memory perhaps; try fewer --jobs")


def outcomes(batch: Batch, *, jobs: int = 1) -> Generator[Outcome, None, None]:
    """The outcome of each seed, in order of the seeds, as soon as it and those before it are there.

    jobs: processes; with 1 everything runs in this one. A script that wants more needs the usual
    `if __name__ == "__main__"`. Closing the iterator early ends them. Raises: JobDied; UnknownSabotage.
    """
    if batch.sabotage is not None:
        sabotage_named(batch.sabotage)
    live = partial(_outcome, _sendable(batch))
    if min(jobs, len(batch.seeds)) <= 1:
        yield from map(live, batch.seeds)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(batch.seeds)), mp_context=context, initializer=_leave_interrupts)
    try:
        yield from pool.map(live, batch.seeds)
    except BrokenProcessPool as error:
        raise JobDied from error
    finally:
        pool.shutdown(cancel_futures=True)


def outcome_of(run: Run) -> Outcome:
    """What is to be kept of a run."""
    return Outcome(
        seed=run.seed,
        digest=run.digest,
        counts=run.counts,
        virtual_s=run.virtual_s,
        violation=None if run.violation is None else _bare(run.violation),
        story=story(run),
    )


def _outcome(batch: Batch, seed: int) -> Outcome:
    return outcome_of(batch.recipe(seed).run())


def _sendable(batch: Batch) -> Batch:
    """Views of mappings do not get into another process."""
    return evolve(batch, profile=evolve(batch.profile, rates=dict(batch.profile.rates)))


def _bare(violation: Violation) -> Violation:
    """Without what caused it, which may hold anything."""
    return Violation(violation.invariant, violation.text, violation.chat_id)


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that waits for the outcomes; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
