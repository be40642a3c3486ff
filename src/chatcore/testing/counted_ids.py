"""Identifiers that are the same in every run."""

from typing import Final
from uuid import UUID

from chatcore.testing.clocks import NOON

_NOON_MS: Final = int(NOON.timestamp() * 1000)
_COUNTER_BITS: Final = 12


class CountedIds:
    """UUIDv7 text made of nothing but a counter: two makers that begin at the same number make the same ids.

    What several processes of one test make must not meet: begin each at a number of its own, far from the others.
    """

    def __init__(self, start: int = 0) -> None:
        self._made = start

    def new(self) -> str:
        """The next id; later ones sort later."""
        self._made += 1
        later_ms, count = divmod(self._made, 1 << _COUNTER_BITS)
        high = (_NOON_MS + later_ms) << 16 | 0x7000 | count
        return str(UUID(int=high << 64 | 0b10 << 62 | self._made))
