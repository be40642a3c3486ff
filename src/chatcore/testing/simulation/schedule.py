"""The order in which tasks run, as a list of small choices that can be drawn, recorded, replayed and shrunk.

trio shuffles every batch of tasks that are ready with a random source of its own. A Schedule stands in for it: each
choice picks the next task of a batch among those that are left. A list that has ended picks the first, so that an
empty one is FIFO, and a shorter one is a simpler run. The shuffle is only as good as the order before it: trio's flag
for deterministic scheduling sorts each batch by the tasks' ages.

Both names are private to trio (pinned to one minor version, guarded by a test): see `PRIVATE_NAMES`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from random import Random
from types import ModuleType
from typing import Final, TypeVar

T = TypeVar("T")

PRIVATE_NAMES: Final = ("_r", "_ALLOW_DETERMINISTIC_SCHEDULING")
"""What is replaced in trio's run loop: its random source, and the flag that makes batches sorted before the shuffle."""

CHOICE_MAX: Final = 255
"""A choice fits into a byte: of a batch of more tasks only so many compete for the next place."""

BATCHES_MAX: Final = 1_000_000
"""Batches of one run, about a hundred times as many as a day of a cluster takes; more means that some loop is hot."""

_DRAWN_AT_ONCE: Final = 4096


class Schedule:
    """Choices, and what was made of them. One for each run."""

    def __init__(self, choices: Sequence[int], source: Random | None = None) -> None:
        """Raises ValueError for a choice outside 0..CHOICE_MAX."""
        self._choices = bytearray(choices)
        self._source = source
        self.taken = bytearray()
        """The choices that were made; each below the number of tasks it chose among. Replaying them is the same run."""
        self.sizes = bytearray()
        """How many tasks were ready in each batch of more than one, CHOICE_MAX at most."""
        self.exhausted: Callable[[], None] = lambda: None
        """Called once, by trio's loop, when there were BATCHES_MAX batches; what it cancels is cancelled."""
        self._batches = 0

    @classmethod
    def drawn(cls, source: Random) -> "Schedule":
        """Choices without end from a source of chance."""
        return cls(b"", source)

    @classmethod
    def replayed(cls, choices: Sequence[int]) -> "Schedule":
        """These choices, then FIFO."""
        return cls(choices)

    @property
    def choices(self) -> bytes:
        """What to replay: the choices that were made, without those at the end that FIFO makes anyway."""
        return bytes(self.taken).rstrip(b"\0")

    def shuffle(self, batch: list[T]) -> None:
        """Order a batch of ready tasks, oldest first; trio takes them from the end. In place, as `Random.shuffle`."""
        self._batches += 1
        if self._batches == BATCHES_MAX:
            self.exhausted()
        size = len(batch)
        if size < 2:
            return
        batch.reverse()
        start = len(self.taken)
        needed = start + size - 1
        if len(self._choices) < needed and self._source is not None:
            self._choices += self._source.randbytes(max(_DRAWN_AT_ONCE, size))
        self.sizes.append(min(size, CHOICE_MAX))
        for place, choice in zip(range(size - 1, 0, -1), self._choices[start:needed], strict=False):
            picked = choice % min(place + 1, CHOICE_MAX + 1)
            self.taken.append(picked)
            if picked:
                batch.insert(place, batch.pop(place - picked))
        # Where the list has ended the first is chosen, and a replay counts as many choices as the run that it replays.
        self.taken += bytes(needed - len(self.taken))

    def random(self) -> float:
        """For trio's other use of its source, which the flag switches off: never below a half."""
        return 0.9

    def uniform(self, low: float, high: float) -> float:
        """For the offset of trio's own clock, which a simulation does not use."""
        return low

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let trio ask this schedule inside the context; afterwards everything is as it was."""
        loop = run_loop()
        before = [getattr(loop, name) for name in PRIVATE_NAMES]
        for name, value in zip(PRIVATE_NAMES, (self, True), strict=True):
            setattr(loop, name, value)
        try:
            yield
        finally:
            for name, value in zip(PRIVATE_NAMES, before, strict=True):
                setattr(loop, name, value)


def run_loop() -> ModuleType:
    """The module of trio that holds the private names."""
    return import_module("trio._core._run")
