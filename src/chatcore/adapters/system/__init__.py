"""Wall time and identifiers of this machine."""

import time
from datetime import UTC, datetime
from secrets import randbits
from threading import Lock
from uuid import UUID


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)


class SystemIds:
    """UUIDv7 (RFC 9562): 60 bits of time, 62 of chance.

    One object never gives a smaller id than before, also when the clock goes back. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last_stamp = 0

    def new(self) -> str:
        """A new id."""
        milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
        with self._lock:
            # The twelve bits below the millisecond hold its fraction (RFC 9562, 6.2, method 3).
            stamp = max(milliseconds << 12 | (rest_ns << 12) // 1_000_000, self._last_stamp + 1)
            self._last_stamp = stamp
        high = (stamp >> 12) << 16 | 0x7000 | stamp & 0xFFF
        return str(UUID(int=high << 64 | 0b10 << 62 | randbits(62)))
