"""The machine's own clock and identifiers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chatcore.adapters.system import SystemClock, SystemIds


@pytest.mark.spec("R5", "A3.9")
def test_ids_are_uuids_in_order() -> None:
    """Version 7, lower case, each greater than the one before, and close to the time of day."""
    ids = SystemIds()
    made = [ids.new() for _ in range(5000)]
    assert made == sorted(set(made))
    for text in made[::500]:
        uuid = UUID(text)
        assert (str(uuid), uuid.version, uuid.variant) == (text, 7, "specified in RFC 4122")
        assert abs((uuid.int >> 80) / 1000 - datetime.now(UTC).timestamp()) < 60


def test_the_time_is_utc() -> None:
    """With its zone, so that it cannot be taken for another."""
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
