"""Running async code from a command."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run it on asyncio; a single error out of a task group is raised as itself."""
    import anyio

    try:
        return anyio.run(main)
    except BaseExceptionGroup as group:
        raise _single(group) from group


def _single(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
