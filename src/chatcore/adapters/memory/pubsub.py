"""Hints between the tasks of one event loop."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.lowlevel

from chatcore.domain.ids import ChatId
from chatcore.domain.limits import HINTS_WAITING_MAX
from chatcore.ports.fanout import Fanout
from chatcore.ports.pubsub import ChatChanged, Hint, Lagged, WorkWanted


class MemoryPubSub:
    """A pubsub for one event loop; nothing is lost but by overflow, which is told."""

    def __init__(self, waiting_max: int = HINTS_WAITING_MAX) -> None:
        self._fanout = Fanout(waiting_max)

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send hints to whoever listens now."""
        await anyio.lowlevel.checkpoint()
        self._fanout.send(hints)

    @asynccontextmanager
    async def watch_chat(self, chat_id: ChatId) -> AsyncGenerator[AsyncIterator[ChatChanged | Lagged], None]:
        """Hints about one chat."""
        with self._fanout.chat(chat_id) as subscription:
            yield subscription

    @asynccontextmanager
    async def watch_work(self) -> AsyncGenerator[AsyncIterator[WorkWanted | Lagged], None]:
        """Hints that chats want a worker."""
        with self._fanout.work() as subscription:
            yield subscription

    async def aclose(self) -> None:
        """End all subscriptions."""
        self._fanout.close()
