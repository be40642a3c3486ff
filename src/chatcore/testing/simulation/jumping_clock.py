"""Wall time and identifiers of a simulation: virtual, wrong at times, and drawn from the seed."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import anyio

from chatcore.testing.clocks import NOON


class JumpingClock:
    """Wall time that goes with virtual time, but is wrong by `offset_s`. With 0 it is right: the store's is."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now(self) -> datetime:
        """The time in UTC, as this clock has it."""
        return NOON + timedelta(seconds=anyio.current_time() + self.offset_s)


class SeededIds:
    """UUIDv7 of virtual time and of chance from a stream; one object never gives a smaller id than before."""

    def __init__(self, stream: Random) -> None:
        self._stream = stream
        self._last_stamp = 0

    def new(self) -> str:
        """A new id."""
        microseconds = int(NOON.timestamp() * 1_000_000 + anyio.current_time() * 1_000_000)
        milliseconds, rest = divmod(microseconds, 1_000)
        stamp = max(milliseconds << 12 | (rest << 12) // 1_000, self._last_stamp + 1)
        self._last_stamp = stamp
        high = (stamp >> 12) << 16 | 0x7000 | stamp & 0xFFF
        return str(UUID(int=high << 64 | 0b10 << 62 | self._stream.getrandbits(62)))
