"""Wall time that a test moves."""

from datetime import UTC, datetime, timedelta
from typing import Final

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""Where a ManualClock begins if nothing else is said."""


class ManualClock:
    """A clock that stands still until it is moved, in either direction."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the time."""
        self._now += by
