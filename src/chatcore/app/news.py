"""Hints about one chat, boiled down to one question: may there be something new? (architecture 7, 2.10)"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from chatcore.domain.ids import ChatId, Seq
from chatcore.ports.errors import AdapterError
from chatcore.ports.pubsub import ChatChanged, Lagged, PubSub

_log = logging.getLogger(__name__)


class News:
    """Remembers that something happened until it is looked at. Costs the teller nothing while nobody looks."""

    def __init__(self, now: Callable[[], float] = anyio.current_time) -> None:
        self._now = now
        self._told = anyio.Event()
        self._newest: Seq = 0
        self._lost = False
        self.since: float | None = None
        """When the oldest of what was not looked at yet came; None if there is nothing."""

    def tell(self) -> None:
        """Something may be new."""
        if self.since is None:
            self.since = self._now()
            self._told.set()

    def hint(self, hint: ChatChanged | Lagged) -> None:
        """The log may have grown. A hint below one that came before changes nothing (2.10)."""
        if isinstance(hint, Lagged):
            self._lost = True
        elif hint.seq > self._newest:
            self._newest = hint.seq
        else:
            return
        self.tell()

    def beyond(self, seq: Seq) -> bool:
        """Whether the log may hold more than up to this seq."""
        return self._lost or self._newest > seq

    def look(self, seq: Seq) -> bool:
        """`beyond`, and from now on only what comes later is news."""
        beyond = self.beyond(seq)
        self._lost = False
        if self.since is not None:
            self.since = None
            self._told = anyio.Event()
        return beyond

    async def wait(self, seconds: float) -> None:
        """Return as soon as there is something to look at, and after `seconds` at the latest."""
        with anyio.move_on_after(seconds):
            await self._told.wait()


@asynccontextmanager
async def hints_about(chat_id: ChatId, pubsub: PubSub) -> AsyncIterator[News]:
    """Listen to a chat's hints inside the context; subscribed when it is entered.

    A subscription that breaks is no error: its owner polls as well.
    """
    news = News()

    async def listen(hints: AsyncIterator[ChatChanged | Lagged]) -> None:
        try:
            async for hint in hints:
                news.hint(hint)
        except AdapterError as error:
            _log.warning("hints about chat %s ended, it is polled from now on: %s", chat_id, error)
        news.hint(Lagged())

    failed: Exception | None = None
    async with pubsub.watch_chat(chat_id) as hints, anyio.create_task_group() as tasks:
        tasks.start_soon(listen, hints)
        try:
            yield news
        except Exception as error:  # noqa: BLE001  # raised again below: a task group would wrap it
            failed = error
        tasks.cancel_scope.cancel()
    if failed is not None:
        raise failed
