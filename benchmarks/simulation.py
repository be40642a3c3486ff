"""How fast a hostile day is simulated, beside how often trio switches tasks with the same kind of schedule."""

import time
from random import Random
from typing import Final

import trio
import trio.testing
from benchmarks.result import Result

from chatcore.testing.simulation import Schedule, simulate

TASKS: Final = 20
"""About as many are ready at once when much happens."""


def run(*, quick: bool) -> list[Result]:
    """All figures; `quick` with fewer seeds."""
    simulate(0, chats=2)
    seeds = range(1, 6 if quick else 21)
    switches = _switches_per_second(seconds=0.3 if quick else 1.0)
    turns, parts, noted, virtual_s, wall_s = 0, 0, 0, 0.0, 0.0
    for seed in seeds:
        began = time.perf_counter()
        done = simulate(seed, profile="hostile", replicas=3)
        wall_s += time.perf_counter() - began
        turns, parts, noted = turns + done.counts.turns, parts + done.counts.parts, noted + len(done.trace.noted)
        virtual_s += done.virtual_s
    return [
        Result(name="raw task switches of trio", value=switches, unit="1/s"),
        Result(
            name="simulated turns", value=turns / wall_s, unit="1/s", reference_name="task switches", reference=switches
        ),
        Result(name="task switches in the time of a simulated turn", value=switches * wall_s / turns, unit=""),
        Result(name="simulated happenings", value=noted / wall_s, unit="1/s"),
        Result(name="simulated seconds per second", value=virtual_s / wall_s, unit="s/s"),
        Result(name="a seed of hostile, 3 replicas", value=1000 * wall_s / len(seeds), unit="ms"),
        Result(name="parts of replies in it", value=parts / len(seeds), unit=""),
    ]


def _switches_per_second(seconds: float) -> float:
    """Tasks that do nothing but wait for their next turn, in an order that is drawn, on a clock that is simulated."""
    schedule = Schedule.drawn(Random(1))
    switches = 0
    ends = time.perf_counter() + seconds

    async def turn_by_turn() -> None:
        nonlocal switches
        while time.perf_counter() < ends:
            await trio.lowlevel.checkpoint()
            switches += 1

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(TASKS):
                nursery.start_soon(turn_by_turn)

    with schedule.installed():
        trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return switches / seconds
