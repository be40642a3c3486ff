"""The contract of the `clock` port."""

from datetime import UTC

import pytest

from chatcore.ports.clock import Clock


class ClockContract:
    """Subclass it and override the fixture."""

    @pytest.fixture
    def clock(self) -> Clock:
        """The adapter under test."""
        raise AssertionError("override the fixture `clock`")

    def test_the_time_is_in_utc_and_says_so(self, clock: Clock) -> None:
        """No reader has to guess a time zone."""
        assert clock.now().utcoffset() == UTC.utcoffset(None)

    def test_the_time_is_told_to_the_microsecond_at_most(self, clock: Clock) -> None:
        """A time survives being written as text and read again."""
        now = clock.now()

        assert type(now).fromisoformat(now.isoformat()) == now
