"""Running something on a clock that jumps to whatever comes next, with tasks in one fixed order."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import anyio
import trio.testing

from chatcore.testing.simulation.schedule import Schedule

T = TypeVar("T")


def virtual_backend() -> tuple[str, Mapping[str, object]]:
    """What a fixture `anyio_backend` returns for tests on virtual time: trio, and a new clock that jumps."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def run_virtually(main: Callable[[], Awaitable[T]]) -> T:
    """Run `main` in an event loop of its own: an hour's sleep takes no time, and the same code does the same again.

    Of several tasks that are ready the oldest goes first. Not for use within an event loop.
    """
    backend, options = virtual_backend()
    with Schedule.replayed(b"").installed():
        done: T = anyio.run(main, backend=backend, backend_options=dict(options))
    return done
