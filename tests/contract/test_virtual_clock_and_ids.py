"""The clocks and identifiers of the test kit keep their ports' promises, and repeat themselves."""

from datetime import timedelta

import anyio
import pytest

from chatcore.ports.ids import Ids
from chatcore.testing import CountedIds, LoopClock, ManualClock, run_virtually, virtual_backend
from chatcore.testing.clocks import NOON
from chatcore.testing.contracts.ids import IdsContract
from chatcore.testing.crash.recovery import LogClock


class TestCountedIds(IdsContract):
    """The contract over the counter."""

    @pytest.fixture
    def ids(self) -> Ids:
        """A new one."""
        return CountedIds()


def test_two_counters_make_the_same_ids() -> None:
    """And two that begin far apart never the same."""
    first, second, other = CountedIds(), CountedIds(), CountedIds(1 << 20)
    made = [first.new() for _ in range(10_000)]

    assert made == [second.new() for _ in range(10_000)]
    assert set(made).isdisjoint(other.new() for _ in range(10_000))


def test_virtual_time_costs_none_and_moves_the_clocks() -> None:
    """A day's sleep is over at once; both clocks have moved by a day."""

    async def sleep() -> tuple[timedelta, timedelta]:
        loop, log = LoopClock(), LogClock(NOON)
        before = loop.now()
        await anyio.sleep(86_400)
        return loop.now() - before, log.now() - NOON

    assert (timedelta(days=1), timedelta(days=1)) == run_virtually(sleep)
    assert NOON == ManualClock().now()


def test_tasks_run_in_the_same_order_every_time() -> None:
    """The oldest first, also where trio would draw lots."""

    async def race() -> list[int]:
        order: list[int] = []

        async def run(number: int) -> None:
            await anyio.lowlevel.checkpoint()
            order.append(number)

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(run, number)
        return order

    assert 1 == len({tuple(run_virtually(race)) for _ in range(10)})


class TestOnPytestsPlugin:
    """The fixture that tests on anyio's plugin override."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> object:
        """Virtual time."""
        return virtual_backend()

    async def test_virtual_time_under_pytest(self) -> None:
        """A year takes no time."""
        await anyio.sleep(365 * 86_400)
