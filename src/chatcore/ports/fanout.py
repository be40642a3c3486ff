"""Hints inside one process: bounded queues of subscribers, for `pubsub` adapters to fill (architecture 7, 8).

For one event loop. A subscriber that is too slow loses its hints and is told `Lagged`; nobody waits for it.
"""

from collections import deque
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel

from chatcore.domain.ids import ChatId
from chatcore.domain.limits import HINTS_WAITING_MAX
from chatcore.ports.pubsub import ChatChanged, Hint, Lagged, WorkWanted

H = TypeVar("H", ChatChanged, WorkWanted)


class Subscription(AsyncIterator[H | Lagged], Generic[H]):
    """The hints that wait for one subscriber; at most HINTS_WAITING_MAX or what was asked for."""

    def __init__(self, waiting_max: int) -> None:
        self._waiting: deque[H | Lagged] = deque()
        self._waiting_max = waiting_max
        self._news = anyio.Event()
        self.ended = False

    def offer(self, hint: H) -> None:
        """Add a hint, or drop all that wait and leave word of it."""
        if len(self._waiting) >= self._waiting_max:
            self._waiting.clear()
            self._waiting.append(Lagged())
        self._waiting.append(hint)
        self._news.set()

    def lag(self) -> None:
        """Tell that hints were lost; what waits is dropped, since the subscriber reads everything now."""
        self._waiting.clear()
        self._waiting.append(Lagged())
        self._news.set()

    def end(self) -> None:
        """Let the subscriber take what waits, then nothing more comes."""
        self.ended = True
        self._news.set()

    def nudge(self) -> None:
        """End one `wait` early."""
        self._news.set()

    def take(self) -> H | Lagged | None:
        """The oldest hint; None if none waits."""
        return self._waiting.popleft() if self._waiting else None

    async def wait(self) -> None:
        """Wait for a hint, the end, or a nudge; may return without any of them. Cancelling it loses nothing."""
        if not self._waiting and not self.ended:
            self._news = anyio.Event()
            await self._news.wait()

    async def __anext__(self) -> H | Lagged:
        # A receiver that always finds something must still let others run and obey a cancellation.
        await anyio.lowlevel.checkpoint()
        while (hint := self.take()) is None:
            if self.ended:
                raise StopAsyncIteration
            await self.wait()
        return hint


class Fanout:
    """Who listens to what in this process."""

    def __init__(self, waiting_max: int = HINTS_WAITING_MAX) -> None:
        self._waiting_max = waiting_max
        self._chats: dict[ChatId, list[Subscription[ChatChanged]]] = {}
        self._work: list[Subscription[WorkWanted]] = []
        self._closed = False

    @property
    def listened(self) -> bool:
        """Whether anybody listens."""
        return bool(self._chats or self._work)

    def listens_to(self, chat_id: ChatId) -> bool:
        """Whether anybody listens to a chat."""
        return chat_id in self._chats

    def send(self, hints: Iterable[Hint]) -> None:
        """Give each hint to everyone whom it concerns."""
        for hint in hints:
            match hint:
                case ChatChanged(chat_id=chat_id):
                    for chat in self._chats.get(chat_id, ()):
                        chat.offer(hint)
                case WorkWanted():
                    for work in self._work:
                        work.offer(hint)

    def lag(self, chat_id: ChatId | None = None) -> None:
        """Tell the listeners of a chat, or all, that hints were lost."""
        for subscription in self._all() if chat_id is None else self._chats.get(chat_id, ()):
            subscription.lag()

    @contextmanager
    def chat(self, chat_id: ChatId) -> Generator[Subscription[ChatChanged], None, None]:
        """Listen to a chat inside the context."""
        subscription = self._begun(Subscription[ChatChanged](self._waiting_max))
        self._chats.setdefault(chat_id, []).append(subscription)
        try:
            yield subscription
        finally:
            self._chats[chat_id].remove(subscription)
            if not self._chats[chat_id]:
                del self._chats[chat_id]

    @contextmanager
    def work(self) -> Generator[Subscription[WorkWanted], None, None]:
        """Listen for work inside the context."""
        subscription = self._begun(Subscription[WorkWanted](self._waiting_max))
        self._work.append(subscription)
        try:
            yield subscription
        finally:
            self._work.remove(subscription)

    def close(self) -> None:
        """End every subscription, and those that are still to come."""
        self._closed = True
        for subscription in self._all():
            subscription.end()

    def _begun(self, subscription: Subscription[H]) -> Subscription[H]:
        subscription.ended = self._closed
        return subscription

    def _all(self) -> list["Subscription[ChatChanged] | Subscription[WorkWanted]"]:
        return [*(chat for chats in self._chats.values() for chat in chats), *self._work]
