"""What a view reads of its chat, and how long it bears with a store that cannot answer (6.3, "Stop")."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import groupby
from typing import TypeVar

import anyio

from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event, MessageAdded, MessageQueued
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.live.shown import queued_message
from chatcore.domain.live.view_events import QueuedMessage
from chatcore.domain.live.viewer import Viewer, looking
from chatcore.domain.turn.retry import backoff_ms
from chatcore.ports.actor import Actor
from chatcore.ports.errors import AdapterError
from chatcore.ports.store import Store
from chatcore.ports.store_values import TRANSCRIPT_TYPES, EventPage, Journal, Snapshot

T = TypeVar("T")


class ViewReads:
    """The reads of one view. Each is tried again, a bounded number of times, while the store is out of reach."""

    def __init__(self, store: Store, chat_id: ChatId, actor: Actor, settings: ViewSettings) -> None:
        self.chat_id = chat_id
        self.settings = settings
        self._store = store
        self._actor = actor

    async def head(self) -> ChatHead:
        """The newest head."""
        return await self._patiently(lambda: self._store.head(self.chat_id, actor=self._actor))

    async def snapshot(self) -> Snapshot:
        """Head and newest page at one moment."""
        newest = self.settings.page_messages
        return await self._patiently(lambda: self._store.snapshot(self.chat_id, actor=self._actor, newest=newest))

    async def page(self, after: Seq) -> EventPage:
        """Whole appends after a seq."""
        return await self._events(after)

    async def transcript_page(self, after: Seq) -> EventPage:
        """The same, only of what concerns the transcript."""
        return await self._events(after, TRANSCRIPT_TYPES)

    async def journal(self, after: int) -> Journal | None:
        """The parts above a number that the chat's worker, wherever it is, wrote down.

        Only for a chat that the actor may see.
        """
        return await self._patiently(lambda: self._store.journal_read(self.chat_id, after=after))

    async def viewer(self, head: ChatHead) -> Viewer:
        """A viewer at this head, with the words that the head does not hold.

        They are read after the head. That makes no difference: events never change.
        """
        queued = await self._queued(head)
        asked = None if head.pending_seq is None else await self._event(head.pending_seq)
        return looking(self.chat_id, head, queued=queued, asked=asked if isinstance(asked, MessageAdded) else None)

    async def _queued(self, head: ChatHead) -> list[QueuedMessage]:
        wanted = {row.id for row in head.queue}
        found: list[QueuedMessage] = []
        while wanted:
            page = await self._events(min(wanted) - 1, frozenset({MessageQueued.TYPE}))
            rows = [(each.seq, each.event) for each in page.events if each.seq in wanted]
            if not rows:
                raise Corrupt(f"chat {self.chat_id} lacks the waiting messages {sorted(wanted)}; verify the store")
            found += [queued_message(seq, event) for seq, event in rows if isinstance(event, MessageQueued)]
            wanted -= {seq for seq, _ in rows}
        return found

    async def _event(self, seq: Seq) -> Event:
        page = await self._patiently(
            lambda: self._store.events(self.chat_id, actor=self._actor, after=seq - 1, limit=1)
        )
        return page.events[0].event

    async def _events(self, after: Seq, types: frozenset[str] | None = None) -> EventPage:
        limit = self.settings.page_events
        return await self._patiently(
            lambda: self._store.events(self.chat_id, actor=self._actor, after=after, types=types, limit=limit)
        )

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        failures = 0
        while True:
            try:
                return await read()
            except AdapterError as error:
                if not error.retryable or failures >= self.settings.retries_max:
                    raise
            await anyio.sleep(backoff_ms(failures) / 1000)
            failures += 1


def appends_of(page: EventPage) -> Iterator[list[tuple[Seq, Event]]]:
    """The appends of a page of events of all types, each as its rows."""

    def upto(each: StoredEvent) -> Seq:
        return each.upto

    for _, events in groupby(page.events, key=upto):
        yield [(each.seq, each.event) for each in events]


def rows_of(page: EventPage, *, upto: Seq) -> list[tuple[Seq, Event]]:
    """The rows of a page up to a seq."""
    return [(each.seq, each.event) for each in page.events if each.seq <= upto]
