"""The schedule of a simulation: what trio is told, what is recorded, and that it shrinks."""

import random
from collections.abc import Sequence
from random import Random

import anyio
import anyio.lowlevel
import pytest
import trio
import trio.testing
from hypothesis import find, given
from hypothesis import strategies as st

from chatcore.testing.simulation import schedule as module
from chatcore.testing.simulation.schedule import CHOICE_MAX, PRIVATE_NAMES, Schedule, run_loop

choices = st.lists(st.integers(0, CHOICE_MAX))


def test_trio_still_has_the_two_private_names_that_are_replaced() -> None:
    """The simulator leans on them, so trio's minor version is pinned; whoever raises it looks at the loop again."""
    loop = run_loop()

    assert "0.35" == ".".join(trio.__version__.split(".")[:2])
    assert ("_r", "_ALLOW_DETERMINISTIC_SCHEDULING") == PRIVATE_NAMES
    assert isinstance(loop._r, random.Random)
    assert isinstance(loop._ALLOW_DETERMINISTIC_SCHEDULING, bool)


def test_afterwards_trio_is_as_it_was_whatever_happened_inside() -> None:
    """Other code of the process, such as other tests, is scheduled as ever."""
    loop = run_loop()
    before = [getattr(loop, name) for name in PRIVATE_NAMES]
    with Schedule([]).installed():
        assert loop._ALLOW_DETERMINISTIC_SCHEDULING
    with pytest.raises(ZeroDivisionError), Schedule([]).installed():
        raise ZeroDivisionError

    assert before == [getattr(loop, name) for name in PRIVATE_NAMES]


@given(choices, st.lists(st.integers(0, 40), max_size=8))
def test_a_schedule_orders_every_batch_and_loses_no_task(given_choices: list[int], sizes: list[int]) -> None:
    """Whatever the choices: each batch is only ordered anew, and what was taken chooses among what was left."""
    schedule = Schedule.replayed(given_choices)
    for size in sizes:
        batch = list(range(size))
        schedule.shuffle(batch)
        assert list(range(size)) == sorted(batch)

    assert len(schedule.taken) == sum(size - 1 for size in sizes if size > 1)
    assert all(choice <= max(sizes, default=0) for choice in schedule.taken)


@given(choices, st.lists(st.integers(0, 40), max_size=8))
def test_what_was_recorded_replays(given_choices: list[int], sizes: list[int]) -> None:
    """The recorded choices, without the last ones that FIFO makes anyway, order every batch in the same way."""
    first = Schedule.replayed(given_choices)
    batches = [list(range(size)) for size in sizes]
    for batch in batches:
        first.shuffle(batch)
    again = Schedule.replayed(first.choices)
    for size, batch in zip(sizes, batches, strict=True):
        replayed = list(range(size))
        again.shuffle(replayed)
        assert batch == replayed

    assert (first.choices, first.taken, first.sizes) == (again.choices, again.taken, again.sizes)


@given(st.integers(0, 300))
def test_a_list_that_has_ended_is_fifo(size: int) -> None:
    """trio takes tasks from the end of a batch: the oldest runs first."""
    batch = list(range(size))
    Schedule.replayed([]).shuffle(batch)

    assert list(range(size)) == batch[::-1]


def test_a_choice_outside_a_byte_is_refused() -> None:
    """Schedules are stored as bytes."""
    with pytest.raises(ValueError, match="byte"):
        Schedule.replayed([CHOICE_MAX + 1])


def order_of(schedule: Schedule, *, tasks: int = 4, steps: int = 4) -> str:
    """Who took a step when."""
    steps_taken: list[str] = []

    async def walk(name: int) -> None:
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()
            steps_taken.append(str(name))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for name in range(tasks):
                group.start_soon(walk, name)

    with schedule.installed():
        anyio.run(main, backend="trio", backend_options={"clock": trio.testing.MockClock(autojump_threshold=0)})
    return "".join(steps_taken)


def test_seeds_give_different_orders_and_each_gives_the_same_again() -> None:
    """Drawn schedules explore; a drawn one, replayed from what it recorded, is the same run."""
    orders: dict[str, int] = {}
    for seed in range(50):
        drawn = Schedule.drawn(Random(seed))
        order = order_of(drawn)
        orders[order] = seed

        assert order == order_of(Schedule.drawn(Random(seed)))
        assert order == order_of(Schedule.replayed(drawn.choices))
    assert 45 < len(orders)
    assert "0123" * 4 == order_of(Schedule.replayed([]))


def balance_after(picks: Sequence[int]) -> int:
    """Two tasks pay into one account, and forget that the other may have paid in since they looked."""
    balance = [0]

    async def pay() -> None:
        seen = balance[0]
        await anyio.lowlevel.checkpoint()
        balance[0] = seen + 1

    async def wait_then_pay() -> None:
        await anyio.lowlevel.checkpoint()
        await pay()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(pay)
            group.start_soon(wait_then_pay)

    with Schedule.replayed(picks).installed():
        anyio.run(main, backend="trio")
    return balance[0]


def test_the_schedule_itself_shrinks() -> None:
    """A race that FIFO never shows is found, and what is left of its schedule can be read."""
    assert 2 == balance_after([])

    smallest = find(choices, lambda picks: balance_after(picks) == 1)

    assert 3 >= len(smallest)
    assert {0, 1} >= set(smallest)


def test_a_loop_that_spins_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without time passing no time limit helps: after so many batches the run is broken off."""
    monkeypatch.setattr(module, "BATCHES_MAX", 1_000)
    schedule = Schedule.replayed([])

    async def main() -> bool:
        with anyio.CancelScope() as scope:
            schedule.exhausted = scope.cancel
            while True:
                await anyio.lowlevel.checkpoint()
        return scope.cancelled_caught

    with schedule.installed():
        assert anyio.run(main, backend="trio")
