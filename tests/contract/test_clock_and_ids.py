"""The clocks and the identifiers keep their ports' promises."""

import pytest

from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids
from chatcore.testing.clocks import ManualClock
from chatcore.testing.contracts.clock import ClockContract
from chatcore.testing.contracts.ids import IdsContract


class TestSystemClock(ClockContract):
    """The contract over the machine's clock."""

    @pytest.fixture
    def clock(self) -> Clock:
        """The machine's."""
        return SystemClock()


class TestManualClock(ClockContract):
    """The contract over the clock of tests."""

    @pytest.fixture
    def clock(self) -> Clock:
        """One that stands still."""
        return ManualClock()


class TestSystemIds(IdsContract):
    """The contract over the machine's identifiers."""

    @pytest.fixture
    def ids(self) -> Ids:
        """A new maker."""
        return SystemIds()
