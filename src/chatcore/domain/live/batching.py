"""When parts are written to the journal: in bounded batches, one at a time (architecture 7, "part journal").

A batch is due as soon as it is large enough or its oldest part has waited long enough, whichever is first, and nothing
is being written. Times are seconds of a clock that only goes forward; the caller reads it.
"""

from datetime import timedelta
from enum import StrEnum

from attrs import define, field, frozen

from chatcore.domain.limits import JOURNAL_BATCH_BYTES, JOURNAL_INTERVAL_MS
from chatcore.domain.live.journal import JournalPart


class JournalMode(StrEnum):
    """What a viewer may see of a reply whose worker dies before it commits it."""

    OFF = "off"
    """Nothing is written; all that was shown may be lost."""
    BATCHED = "batched"
    """Parts are shown at once and written soon after; the newest batch may be lost."""
    BEFORE_SHOW = "before_show"
    """Parts are shown when they are written, one batch later; nothing that was shown is lost."""


@frozen(kw_only=True)
class JournalSettings:
    """How the parts of replies in the making are kept."""

    mode: JournalMode = JournalMode.BATCHED
    interval: timedelta = timedelta(milliseconds=JOURNAL_INTERVAL_MS)
    """How long a part waits to be written, at most."""
    batch_bytes: int = JOURNAL_BATCH_BYTES
    """Content that is written at once without waiting."""


@frozen
class Write:
    """Write these parts now, then say `written` or `failed`. Never empty."""

    parts: tuple[JournalPart, ...]


@frozen
class Wait:
    """Nothing is to be done before `until`; None: before a part is added or the write in flight has ended."""

    until: float | None


@define
class Batcher:
    """The parts of one episode on their way to the journal. Mutable, so that a part costs O(1)."""

    interval_s: float
    batch_bytes: int
    _waiting: list[JournalPart] = field(factory=list, init=False)
    _sizes: list[int] = field(factory=list, init=False)
    _bytes: int = field(default=0, init=False)
    _due_at: float = field(default=0.0, init=False)
    _retry_at: float = field(default=0.0, init=False)
    _in_flight: int = field(default=0, init=False)
    """How many of the waiting parts, the oldest, are being written."""

    @classmethod
    def of(cls, settings: JournalSettings) -> "Batcher":
        """A batcher with nothing to do yet."""
        return cls(settings.interval.total_seconds(), settings.batch_bytes)

    @property
    def idle(self) -> bool:
        """Whether every part was written."""
        return not self._waiting

    @property
    def full(self) -> bool:
        """Whether a whole batch waits beside the one that is being written."""
        return self._bytes >= self.batch_bytes

    def add(self, part: JournalPart, size: int, *, at: float) -> bool:
        """Take a part of `size` bytes. Returns: whether this changes when to write, so that `step` must be asked."""
        first = len(self._waiting) == self._in_flight
        if first:
            self._due_at = at + self.interval_s
        was_full = self.full
        self._waiting.append(part)
        self._sizes.append(size)
        self._bytes += size
        return not self._in_flight and (first or self.full is not was_full)

    def hurry(self) -> None:
        """Make what waits due at once."""
        self._due_at = 0.0

    def step(self, *, at: float) -> Write | Wait:
        """What to do now. A Write is in flight until `written` or `failed` is called."""
        if self._in_flight or not self._waiting:
            return Wait(None)
        due_at = max(self._retry_at, 0.0 if self.full else self._due_at)
        if at < due_at:
            return Wait(due_at)
        self._in_flight = len(self._waiting)
        self._bytes = 0
        return Write(tuple(self._waiting))

    def written(self) -> None:
        """The write in flight has landed."""
        assert self._in_flight, "something was being written"
        del self._waiting[: self._in_flight]
        del self._sizes[: self._in_flight]
        self._in_flight = 0

    def failed(self, *, at: float) -> None:
        """The write in flight may not have landed: its parts wait again, for an interval, before all others."""
        assert self._in_flight, "something was being written"
        self._in_flight = 0
        self._bytes = sum(self._sizes)
        self._retry_at = at + self.interval_s
