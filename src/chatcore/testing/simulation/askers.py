"""What runners know and ask: which chat a model is asked for, which no request says, and what a runner has seen."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeAlias

from attrs import frozen

from chatcore.app.runner import Runner
from chatcore.app.runner_log import RunnerLog
from chatcore.app.windows import Window
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.work.runner import Input, Observed
from chatcore.testing.simulation.happenings import HeadSeen
from chatcore.testing.simulation.swapping import swapped
from chatcore.testing.simulation.trace import Trace

LOADING: Final = "chatcore.app.runner_log:RunnerLog.window"
"""What every prompt is made of, right before it is asked."""

TELLING: Final = "chatcore.app.runner:Runner._tell"
"""How a runner's machine hears of what was read."""

_Tell: TypeAlias = Callable[[Runner, Input], None]
_Load: TypeAlias = Callable[[RunnerLog], Awaitable[Window]]


@frozen
class Asker:
    """The chat, and the version of its history, whose window this task loaded last."""

    chat_id: ChatId | None = None
    history_version: Seq | None = None


_asker: ContextVar[Asker] = ContextVar("asker")


def asker_now() -> Asker:
    """For whom this task asks."""
    return _asker.get(Asker())


@contextmanager
def askers_noted(trace: Trace) -> Iterator[None]:
    """Inside the context, `asker_now` knows the runners that ask, and what runners see is noted."""

    def knowing(load: _Load) -> _Load:
        async def loaded(log: RunnerLog) -> Window:
            # Before it is read: what lands meanwhile is another history.
            asker = Asker(log.chat_id, log.head.history_version)
            window = await load(log)
            _asker.set(asker)
            return window

        return loaded

    def noting(tell: _Tell) -> _Tell:
        def told(runner: Runner, event: Input) -> None:
            if isinstance(event, Observed):
                head = event.head
                seen = HeadSeen(chat_id=runner.chat_id, runner_id=runner.runner_id, seq=head.seq, status=head.status)
                trace.note("world", seen)
            tell(runner, event)

        return told

    with swapped(LOADING, knowing), swapped(TELLING, noting):
        yield
