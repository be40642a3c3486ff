"""When parts are written to the journal (architecture 7)."""

from copy import deepcopy
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.live.batching import Batcher, JournalSettings, Wait, Write
from chatcore.domain.live.journal import JournalPart

TICKS: Final = 64
INTERVAL_TICKS: Final = 16
BYTES: Final = 100


def part(number: int) -> JournalPart:
    """The part with this number."""
    return JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=f"{number}"))


class Journaling(RuleBasedStateMachine):
    """A writer that does what the batcher says, whenever the batcher says it, beside a stream of parts.

    Times are whole sixty-fourths of a second, so that nothing depends on rounding.
    """

    def __init__(self) -> None:
        super().__init__()
        self.batcher = Batcher(interval_s=INTERVAL_TICKS / TICKS, batch_bytes=BYTES)
        self.now = 0
        self.added: list[tuple[int, int, int]] = []
        """Number, size and time of every part."""
        self.landed: list[int] = []
        self.in_flight: list[int] | None = None
        self.asked: float | None = 0.0
        """When the writer asks next; None: not before it is told to."""
        self.retry_at = 0

    @rule(size=st.integers(0, 130))
    def add(self, size: int) -> None:
        """The model says something."""
        number = len(self.added) + 1
        self.added.append((number, size, self.now))
        if self.batcher.add(part(number), size, at=self.now / TICKS):
            self.asked = 0.0

    @rule(ticks=st.integers(1, 20))
    def wait(self, ticks: int) -> None:
        """Time goes by."""
        self.now += ticks

    @precondition(lambda self: self.in_flight is None and self.asked is not None and self.asked <= self.now / TICKS)
    @rule()
    def ask(self) -> None:
        """The writer looks."""
        step = self.batcher.step(at=self.now / TICKS)
        match step:
            case Write(parts=parts):
                self.in_flight = [each.number for each in parts]
                self.asked = None
            case Wait(until=until):
                self.asked = until

    @precondition(lambda self: self.in_flight is not None)
    @rule(lands=st.booleans())
    def end(self, lands: bool) -> None:
        """The store answers."""
        assert self.in_flight is not None
        if lands:
            self.landed += self.in_flight
            self.batcher.written()
        else:
            self.batcher.failed(at=self.now / TICKS)
            self.retry_at = self.now + INTERVAL_TICKS
        self.in_flight, self.asked = None, 0.0

    @precondition(lambda self: self.in_flight is not None)
    @rule()
    def ask_too_early(self) -> None:
        """One write in flight: asked meanwhile, the batcher says wait."""
        assert self.batcher.step(at=self.now / TICKS) == Wait(None)

    @invariant()
    def every_part_lands_once_and_in_order(self) -> None:
        """What landed, what is in flight and what waits is what was added."""
        known = [*self.landed, *(self.in_flight or ())]
        assert known == list(range(1, len(known) + 1))
        assert self.batcher.idle == (len(self.landed) == len(self.added))

    @invariant()
    def nothing_waits_longer_than_it_must(self) -> None:
        """With a batch's bytes waiting, or a part older than the interval, the writer is to ask by then."""
        if self.in_flight is not None:
            return
        waiting = self.added[len(self.landed) :]
        if not waiting:
            return
        due = waiting[0][2] + INTERVAL_TICKS if sum(size for _, size, _ in waiting) < BYTES else 0
        due = max(due, self.retry_at)
        assert self.asked is not None
        assert round(self.asked * TICKS) <= max(due, self.now)
        if self.now >= due:
            assert isinstance(deepcopy(self.batcher).step(at=self.now / TICKS), Write)
        else:
            assert isinstance(deepcopy(self.batcher).step(at=self.now / TICKS), Wait)


TestJournaling = pytest.mark.spec("architecture-7")(Journaling.TestCase)


@pytest.mark.spec("architecture-7")
@given(st.lists(st.integers(0, 130), min_size=1, max_size=20))
def test_hurry_makes_everything_due(sizes: list[int]) -> None:
    """Whoever cannot wait has what waits written at once, in one batch."""
    batcher = Batcher.of(JournalSettings())
    for number, size in enumerate(sizes, 1):
        batcher.add(part(number), size, at=5.0)
    batcher.hurry()

    assert batcher.step(at=5.0) == Write(tuple(part(number) for number in range(1, len(sizes) + 1)))
