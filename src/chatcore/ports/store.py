"""The `store` port: the log, the heads folded from it, leases and the part journal (architecture 5).

Promises that hold for every method:
- A chat that does not exist and one that the actor may not see are the same answer: `ChatNotFound`.
- Any method may raise StoreUnavailable, StoreClosed, StoreCorrupt; reads of a purged chat raise Purged.
- Times are UTC, by the store's clock. Order is `seq`, never time.
- Cancelling a call leaves the store usable, and an append whole or absent.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import Actor
from chatcore.ports.store_values import (
    Appended,
    ChatAppend,
    ChatList,
    ChatRow,
    EventPage,
    FeedCursor,
    FeedPage,
    Heartbeat,
    Journal,
    Lease,
    RunnableChat,
    Snapshot,
)


class Log(Protocol):
    """Appending to logs and reading them."""

    async def append(self, appends: Sequence[ChatAppend], *, actor: Actor) -> tuple[Appended, ...]:
        """Add events to one or several logs, with their heads, details and columns; all of it lands, or none.

        An append whose `drops_journal` rule holds deletes the chat's journal. If a `command_id` is in its chat's log
        already, nothing is written for any chat and the earlier append is the answer (`repeated`).

        Returns: one Appended per append, in the order given.
        Raises: Conflict, a log is not at its `expected_seq`; ChatNotFound, a chat that was decided on does not exist
            for the actor; StoreFull; StoreReadOnly; StoreIsNewer; Purged; NotUnicode.
        Cost: one transaction; a row per event and one per chat.
        """
        ...

    async def events(
        self,
        chat_id: ChatId,
        *,
        actor: Actor,
        after: Seq = 0,
        types: frozenset[str] | None = None,
        limit: int = 500,
    ) -> EventPage:
        """Events after a seq, oldest first; of the named types only, if any are named.

        A page holds about `limit` events and never ends inside an append: it goes on to the end of the append in
        which the limit falls. A cursor beyond the end gives an empty page.
        """
        ...

    async def newest(
        self, chat_id: ChatId, *, actor: Actor, before: Seq | None = None, types: frozenset[str], limit: int = 50
    ) -> EventPage:
        """The newest events of these types before a seq (None: at the end), oldest first.

        About `limit`, as for `events`: the oldest append on the page is whole.
        """
        ...

    async def landmarks(self, chat_id: ChatId, *, actor: Actor, after: Seq = 0) -> tuple[StoredEvent, ...]:
        """Truncations and boundaries after a seq: history_truncated, context_compacted, context_cleared.

        Cost: proportional to the answer (a partial index), not to the log.
        """
        ...

    async def command(self, chat_id: ChatId, command_id: CommandId, *, actor: Actor) -> Appended | None:
        """The append that carried out a command, or None."""
        ...

    async def feed(self, after: FeedCursor | None = None, *, limit: int = 500) -> FeedPage:
        """Events of all chats from the beginning or after a cursor, for projections; never skips a late commit.

        No page ends inside an append, not even one over several logs. Events of purged chats are left out.
        Raises: InvalidCursor.
        """
        ...

    async def purge(self, chat_id: ChatId, *, actor: Actor) -> None:
        """Blank everything that was said in a chat; only (seq, type) stay. There is no way back."""
        ...


class Chats(Protocol):
    """Reading what is folded from the logs."""

    async def head(self, chat_id: ChatId, *, actor: Actor) -> ChatHead:
        """The chat's head. Cost: one row, whatever the length of the log. Raises StoreIsNewer."""
        ...

    async def details(self, chat_id: ChatId, *, actor: Actor) -> ChatDetails:
        """The chat's details. Cost: one row. Raises StoreIsNewer."""
        ...

    async def family(self, root_id: ChatId, *, actor: Actor) -> Mapping[ChatId, ChatHead]:
        """The heads of a root and all its descendants, at one moment; at most FAMILY_MAX. Raises StoreIsNewer.

        Purged descendants are left out. A chat that is no root is a family of its own.
        """
        ...

    async def snapshot(self, chat_id: ChatId, *, actor: Actor, newest: int = 50) -> Snapshot:
        """Head, details and the newest page, at one moment. Raises StoreIsNewer."""
        ...

    async def row(self, chat_id: ChatId, *, actor: Actor) -> ChatRow:
        """Everything the store keeps of a chat beside its log, as stored. Raises StoreIsNewer."""
        ...

    async def chats(
        self, *, actor: Actor, archived: bool | None = False, after: str | None = None, limit: int = 50
    ) -> ChatList:
        """Chats that the actor may see, the newest `updated_at` first; `archived=None` lists both kinds.

        Purged ones are left out. Cost for an owner: proportional to the page. Raises StoreIsNewer, InvalidCursor.
        """
        ...

    async def chat_ids(self, *, after: ChatId | None = None, limit: int = 500) -> tuple[ChatId, ...]:
        """All chats in the order of their ids, purged ones left out; for verification."""
        ...


class Leases(Protocol):
    """Who is alive, and what is free to be taken."""

    async def runnable(self, *, expiry: timedelta, limit: int = 10) -> tuple[RunnableChat, ...]:
        """Chats that want a worker now, oldest `runnable_at` first.

        In R and I: those without an owner, or whose `acquired_at` and newest heartbeat of the current runner are both
        older than `expiry`. In A: those whose deadline has passed.
        """
        ...

    async def heartbeat(self, beats: Sequence[Heartbeat]) -> None:
        """Record signs of life, each in its own row (chat, runner). Moves no version and sends no hint.

        One for a chat that does not exist or was purged is skipped: it must not silence the others.
        """
        ...

    async def leases(self, chat_id: ChatId) -> tuple[Lease, ...]:
        """The signs of life that are kept for a chat."""
        ...

    async def sweep_leases(self, *, older_than: timedelta) -> int:
        """Delete old signs of life; how many were deleted."""
        ...


class PartJournal(Protocol):
    """The parts of replies in the making."""

    async def journal_write(
        self, chat_id: ChatId, *, fence: Fence, episode: Episode, parts: Sequence[JournalPart]
    ) -> None:
        """Add parts of the fence's episode; those of another episode of the chat are deleted first.

        Durability: after a crash of the process, not necessarily of the machine.
        Raises: StaleFence, the chat has moved on; nothing was written.
        """
        ...

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        """The parts above a number, of whichever episode wrote last; None if nothing at all is kept.

        Cost: proportional to the answer.
        """
        ...


class Store(Log, Chats, Leases, PartJournal, Protocol):
    """All that chatcore keeps."""

    async def aclose(self) -> None:
        """Finish what is in flight and let go of the file or the connections; may be called twice."""
        ...
