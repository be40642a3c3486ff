"""One view of a chat: what its reader is given, pulled when the reader asks for it (architecture 7, spec 6.3, 6.4).

Nothing happens between two questions of the reader: it holds up no writer, and what waits for it waits in the log and
in the part buffers, not here. A reader that stays away while there is news is cut off and told (C6.2).
"""

import math
from collections import deque
from collections.abc import AsyncIterator
from typing import ClassVar

import anyio
import anyio.lowlevel

from chatcore.app.live_parts import PartReader
from chatcore.app.news import News
from chatcore.app.relay_reader import RelayReader
from chatcore.app.view_reads import ViewReads, appends_of, rows_of
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.live.shown import history_shown
from chatcore.domain.live.view_events import MessageShown, ViewEvent
from chatcore.domain.live.viewer import (
    PartSource,
    Shown,
    Viewer,
    after_append,
    after_parts,
    begin,
    standing,
    status_shown,
)
from chatcore.domain.rejection import Rejection


class CursorAhead(Rejection):
    """The viewer claims to know more of the chat than there is. It must begin anew, without a cursor."""

    code: ClassVar[str] = "cursor_ahead"

    def __init__(self, chat_id: ChatId, after: Seq, seq: Seq) -> None:
        super().__init__(f"chat {chat_id} ends at {seq}, before {after}: watch it without a cursor")
        self.chat_id = chat_id
        self.after = after
        self.seq = seq


class ViewerLagged(ChatcoreError):
    """The reader left news waiting too long and was cut off. Nothing is lost: watch again with `after=cursor`."""

    def __init__(self, chat_id: ChatId, cursor: Seq | None) -> None:
        super().__init__(f"the viewer of chat {chat_id} did not read what was new: watch again after {cursor}")
        self.chat_id = chat_id
        self.cursor = cursor


class View(AsyncIterator[tuple[ViewEvent, ...]]):
    """Batches of events for one reader, without end. Cancelling a wait for one loses nothing."""

    def __init__(
        self,
        viewer: Viewer,
        reads: ViewReads,
        news: News,
        parts: PartReader,
        relayed: RelayReader | None,
        *,
        catching_up: Seq | None,
    ) -> None:
        self._viewer = viewer
        self._reads = reads
        self._news = news
        self._parts = parts
        self._relayed = relayed
        self._settings = reads.settings
        self._pending: deque[ViewEvent] = deque()
        self._after = catching_up
        self._catching_up = catching_up
        self._cursor = catching_up
        self._left_at = self._journal_at = anyio.current_time()
        self._poll_at = self._left_at + self._settings.poll.total_seconds()
        self._lagged = False

    @classmethod
    async def opened(
        cls, reads: ViewReads, news: News, parts: PartReader, relayed: RelayReader | None = None, *, after: Seq | None
    ) -> "View":
        """Read the chat as it is. Raises: CursorAhead; what the store raises."""
        if after is None:
            snapshot = await reads.snapshot()
            begun = begin(await reads.viewer(snapshot.head), rows_of(snapshot.newest, upto=snapshot.head.seq))
            view = cls(begun.viewer, reads, news, parts, relayed, catching_up=None)
            view._show(begun)
            view._dial()
            return view
        head = await reads.head()
        if after > head.seq:
            raise CursorAhead(reads.chat_id, after, head.seq)
        view = cls(await reads.viewer(head), reads, news, parts, relayed, catching_up=after)
        view._pending.append(status_shown(view._viewer))
        view._dial()
        await view._catch_up()
        return view

    @property
    def cursor(self) -> Seq | None:
        """Watching again with this `after` goes on behind what the reader took; None begins anew."""
        return self._cursor

    async def __anext__(self) -> tuple[ViewEvent, ...]:
        return await self.take(self._settings.batch_max)

    async def take(self, count_max: int) -> tuple[ViewEvent, ...]:
        """What is there, at least one event; waits for it. Raises: ViewerLagged; what the store raises for good."""
        self._cut_off_if_lagging()
        try:
            if not self._pending:
                await anyio.lowlevel.checkpoint()
            while not self._pending:
                await self._gather()
                if not self._pending:
                    await self._news.wait(self._due_at() - anyio.current_time())
        finally:
            self._left_at = anyio.current_time()
        taken = tuple(self._pending.popleft() for _ in range(min(count_max, len(self._pending))))
        self._move_cursor(taken)
        return taken

    def _move_cursor(self, taken: tuple[ViewEvent, ...]) -> None:
        if not self._pending:
            self._cursor = self._viewer.head.seq if self._catching_up is None else self._catching_up
            return
        for event in reversed(taken):
            if isinstance(event, MessageShown):
                # What the same append brought beside its messages is told again by the view that goes on here.
                self._cursor = event.message.id
                return

    def _cut_off_if_lagging(self) -> None:
        idle_max = self._settings.idle_max
        if idle_max is not None and (since := self._untaken_since()) is not None:
            self._lagged = self._lagged or anyio.current_time() - since > idle_max.total_seconds()
        if self._lagged:
            self._parts.select(None)
            if self._relayed is not None:
                self._relayed.close()
            raise ViewerLagged(self._reads.chat_id, self._cursor)

    def _untaken_since(self) -> float | None:
        """Since when the reader could have taken something, as far as is known without reading the store."""
        if self._pending:
            return self._left_at
        parts = self._parts.after(self._viewer.number) or (self._relayed is not None and self._relayed.waiting)
        news = self._news.beyond(self._viewer.head.seq) or parts
        return max(self._news.since, self._left_at) if news and self._news.since is not None else None

    async def _gather(self) -> None:
        """One round: what the log holds, then the parts of the reply in the making."""
        if self._catching_up is not None:
            await self._catch_up()
            return
        now = anyio.current_time()
        grown = self._news.look(self._viewer.head.seq) or now >= self._poll_at
        if grown:
            await self._follow()
        if self._journal_wanted and (grown or now >= self._journal_due_at):
            await self._read_journal()
        self._show_parts()
        self._dial()

    async def _catch_up(self) -> None:
        """Show what followed the reader's cursor, page by page, and then how things stand."""
        end = self._viewer.head.seq
        while self._catching_up is not None and len(self._pending) < self._settings.batch_max:
            page = await self._reads.transcript_page(self._catching_up)
            rows = rows_of(page, upto=end)
            self._pending.extend(history_shown(rows))
            if page.more and rows and rows[-1][0] < end:
                self._catching_up = rows[-1][0]
            else:
                self._show(standing(self._viewer, after=self._after))
                self._catching_up = None

    async def _follow(self) -> None:
        """Show what was appended: whole appends, and before each the parts that it makes obsolete."""
        # Until the read has succeeded it stays due, for it may be cancelled or fail.
        self._poll_at = anyio.current_time()
        page = await self._reads.page(self._viewer.head.seq)
        for rows in appends_of(page):
            self._show_parts()
            self._show(after_append(self._viewer, rows))
        if not page.more:
            self._poll_at = anyio.current_time() + self._settings.poll.total_seconds()

    async def _read_journal(self) -> None:
        assert self._settings.journal_poll is not None, "the journal is read only where one is kept"
        began = anyio.current_time()
        journal = await self._reads.journal(self._viewer.number)
        now = anyio.current_time()
        # A long reply takes long to read: whatever its length, reading takes a fifth of the time at most.
        self._journal_at = now + max(self._settings.journal_poll.total_seconds(), 4 * (now - began))
        if journal is not None:
            self._show(after_parts(self._viewer, journal.episode, journal.parts, PartSource.ELSEWHERE))

    def _show_parts(self) -> None:
        episode = self._viewer.episode
        self._parts.select(episode if self._viewer.generating and episode.generation_attempt else None)
        parts = self._parts.after(self._viewer.number)
        if parts:
            self._show(after_parts(self._viewer, episode, parts, PartSource.OWN))
        for each in () if self._relayed is None else self._relayed.take():
            shown = after_parts(self._viewer, each.episode, each.parts, PartSource.ELSEWHERE)
            assert not shown.reselect, "the relay machine leaves no part out"
            self._show(shown)

    def _dial(self) -> None:
        """Have the parts relayed from the worker that makes them now, if that is another process's."""
        if self._relayed is not None:
            self._relayed.follow(self._viewer.head.worker_id, self._viewer.episode)

    def _show(self, shown: Shown) -> None:
        self._viewer = shown.viewer
        self._pending.extend(shown.events)

    @property
    def _journal_wanted(self) -> bool:
        """Whether a reply is in the making that this process does not make itself."""
        head = self._viewer.head
        generating = self._viewer.generating and head.generation_attempt > 0
        return generating and self._settings.journal_poll is not None and not self._parts.local

    @property
    def _journal_due_at(self) -> float:
        """When to look into the journal without any news; never while the same parts come by relay, and sooner."""
        return math.inf if self._relayed is not None and self._relayed.delivering else self._journal_at

    def _due_at(self) -> float:
        """When to look again without any news."""
        polls_journal = self._journal_wanted and self._viewer.head.owned
        due_at = min(self._poll_at, self._journal_due_at) if polls_journal else self._poll_at
        relay_at = None if self._relayed is None else self._relayed.wake_at
        return due_at if relay_at is None else min(due_at, relay_at)


class EventView(AsyncIterator[ViewEvent]):
    """The same, event by event."""

    def __init__(self, view: View) -> None:
        self._view = view

    @property
    def cursor(self) -> Seq | None:
        """As of `View`."""
        return self._view.cursor

    async def __anext__(self) -> ViewEvent:
        (event,) = await self._view.take(1)
        return event
