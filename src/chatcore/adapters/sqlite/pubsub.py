"""Hints between processes on one file: at once inside a process, within a poll interval between processes."""

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic

import anyio
import anyio.lowlevel

from chatcore.adapters.sqlite.errors import translated
from chatcore.adapters.sqlite.opening import Content, check_readable, connect, examine, retrying
from chatcore.adapters.sqlite.settings import SqliteSettings
from chatcore.adapters.sqlite.watching import Watcher
from chatcore.domain.chat.codec import Codec
from chatcore.domain.ids import ChatId
from chatcore.ports.fanout import Fanout, H, Subscription
from chatcore.ports.pubsub import ChatChanged, Hint, Lagged, WorkWanted
from chatcore.ports.store_errors import StoreUnavailable


class SqlitePubSub:
    """Hints about the chats of one file. Make it with `open` once the store exists; for one event loop.

    What is published here reaches subscribers of this process at once. What other processes append is seen by one of
    the subscribers that wait: it looks every `hint_poll_ms`. So nothing runs while nobody waits, and what happened
    meanwhile is told as soon as somebody does.
    """

    def __init__(self, connection: sqlite3.Connection, *, settings: SqliteSettings, codec: Codec) -> None:
        self._connection = connection
        self._poll_s = settings.hint_poll_ms / 1000
        self._fanout = Fanout(settings.hints_waiting_max)
        self._watcher = Watcher(connection, self._fanout, codec)
        self._looking: object | None = None
        """The subscription that looks for all of them."""
        self._look_at = 0.0
        self._waiting: dict[object, Subscription[ChatChanged] | Subscription[WorkWanted]] = {}
        self._closed = False

    @classmethod
    async def open(
        cls, path: Path | str, *, settings: SqliteSettings | None = None, codec: Codec | None = None
    ) -> "SqlitePubSub":
        """Watch a store's file. Raises: NotAStore, StoreCorrupt, StoreUnavailable, there is no store yet."""
        path, settings = Path(path), settings or SqliteSettings()
        if examine(path) is Content.NOTHING:
            raise StoreUnavailable(f"there is no store at {path} yet; open the store first")
        try:
            connection = connect(path, read_only=True, settings=settings)
            await retrying(lambda: check_readable(connection), settings.lock_wait_ms)
        except sqlite3.Error as error:
            raise translated(error, path) from error
        return cls(connection, settings=settings, codec=codec or Codec())

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send hints to the subscribers of this process; others find out for themselves."""
        await anyio.lowlevel.checkpoint()
        self._fanout.send(hints)
        for hint in hints:
            if isinstance(hint, ChatChanged) and self._fanout.listened:
                self._watcher.told(hint.chat_id, hint.seq)

    @asynccontextmanager
    async def watch_chat(self, chat_id: ChatId) -> AsyncGenerator[AsyncIterator[ChatChanged | Lagged], None]:
        """Hints about one chat."""
        self._start_looking()
        with self._fanout.chat(chat_id) as subscription:
            yield _Hints(self, subscription)

    @asynccontextmanager
    async def watch_work(self) -> AsyncGenerator[AsyncIterator[WorkWanted | Lagged], None]:
        """Hints that chats want a worker."""
        self._start_looking()
        with self._fanout.work() as subscription:
            yield _Hints(self, subscription)

    async def aclose(self) -> None:
        """End all subscriptions and let go of the file."""
        if not self._closed:
            self._closed = True
            self._fanout.close()
            self._connection.close()

    async def next_hint(self, subscription: Subscription[H]) -> H | Lagged:
        """The next hint of a subscription, which looks at the file while it waits, unless another one does."""
        self._look_if_due()
        try:
            while (hint := subscription.take()) is None:
                if subscription.ended:
                    raise StopAsyncIteration
                await self._wait(subscription)
                self._look_if_due()
        finally:
            # Whoever waits next takes over; also from one that was asked to, but was cancelled before it could.
            if self._looking in (None, subscription):
                self._looking = None
                for other in list(self._waiting.values())[:1]:
                    other.nudge()
        return hint

    async def _wait(self, subscription: Subscription[H]) -> None:
        if self._looking not in (None, subscription):
            self._waiting[subscription] = subscription
            try:
                await subscription.wait()
            finally:
                del self._waiting[subscription]
            return
        self._looking = subscription
        with anyio.CancelScope(deadline=self._look_at):
            await subscription.wait()

    def _look_if_due(self) -> None:
        now = anyio.current_time()
        if not self._closed and now >= self._look_at:
            self._look_at = now + self._poll_s
            self._watcher.look()

    def _start_looking(self) -> None:
        if not self._closed and not self._fanout.listened:
            self._watcher.start()
            self._look_at = anyio.current_time() + self._poll_s


class _Hints(AsyncIterator[H | Lagged], Generic[H]):
    """The hints of one subscription, one by one."""

    def __init__(self, pubsub: SqlitePubSub, subscription: Subscription[H]) -> None:
        self._pubsub = pubsub
        self._subscription: Subscription[H] = subscription

    async def __anext__(self) -> H | Lagged:
        await anyio.lowlevel.checkpoint()
        return await self._pubsub.next_hint(self._subscription)
