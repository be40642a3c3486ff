"""Times as stored: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(time: datetime) -> int:
    """A time as stored."""
    return duration_micros(time - _EPOCH)


def duration_micros(duration: timedelta) -> int:
    """A duration in the unit of stored times."""
    return duration // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """A stored time."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_micros(time: datetime | None) -> int | None:
    """A time as stored, or null."""
    return None if time is None else to_micros(time)


def maybe_time(micros: int | None) -> datetime | None:
    """A stored time, or None."""
    return None if micros is None else from_micros(micros)
