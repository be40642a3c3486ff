"""Wall time. Durations, time-outs and sleeps use anyio's clock, so that a simulation controls both."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day."""

    def now(self) -> datetime:
        """The time in UTC, with its time zone."""
        ...
