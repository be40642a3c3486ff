"""A store in memory: the reference that other stores are compared with, and the store of simulations."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio.lowlevel
from attrs import evolve

from chatcore.adapters.memory.chat import MemoryChat
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.evidence_of import LANDMARK_TYPES
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.domain.live.journal import Episode, JournalPart, drops_journal
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.clock import Clock
from chatcore.ports.store_errors import Conflict, InvalidCursor, Purged, StoreClosed
from chatcore.ports.store_values import (
    TRANSCRIPT_TYPES,
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
    check_appends,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FEED_CURSOR: Final = re.compile("[0-9]{1,18}")
_LIST_CURSOR: Final = re.compile("[0-9]{1,18}[.][0-9]{1,18}")


class MemoryStore:
    """Keeps chats as long as the object lives. For one event loop; a call passes a checkpoint, then happens at once.

    Values are kept as they are, but what a codec would refuse to write is refused here as well.
    """

    def __init__(self, *, clock: Clock, codec: Codec | None = None) -> None:
        self._clock = clock
        self._codec = codec or Codec()
        self._chats: dict[ChatId, MemoryChat] = {}
        self._feed: list[StoredEvent | None] = []
        """By position, from 1; None for events of purged chats."""
        self._feed_ends: list[int] = []
        """For each position, where its append ends; over all logs that it went to."""
        self._closed = False

    async def append(self, appends: Sequence[ChatAppend], *, actor: Actor) -> tuple[Appended, ...]:
        """Add events to one or several logs, all or none."""
        await self._turn()
        check_appends(appends, actor)
        for append in appends:
            self._encode(append)
        for append in appends:
            self._check_visible(append, actor)
        if repeated := self._repeated(appends):
            return repeated
        for append in appends:
            chat = self._chats.get(append.chat_id)
            seq = 0 if chat is None else chat.head.seq
            if seq != append.expected_seq:
                raise Conflict(append.chat_id, append.expected_seq, seq)
        return self._land(appends, actor, self._clock.now())

    async def events(
        self,
        chat_id: ChatId,
        *,
        actor: Actor,
        after: Seq = 0,
        types: frozenset[str] | None = None,
        limit: int = 500,
    ) -> EventPage:
        """Events after a seq, oldest first."""
        await self._turn()
        assert limit > 0, "a page holds at least one event"
        return self._read(chat_id, actor).page(after, types, limit)

    async def newest(
        self, chat_id: ChatId, *, actor: Actor, before: Seq | None = None, types: frozenset[str], limit: int = 50
    ) -> EventPage:
        """The newest events before a seq, oldest first."""
        await self._turn()
        return self._read(chat_id, actor).newest(before, types, limit)

    async def landmarks(self, chat_id: ChatId, *, actor: Actor, after: Seq = 0) -> tuple[StoredEvent, ...]:
        """Truncations and boundaries after a seq."""
        await self._turn()
        log = self._read(chat_id, actor).log
        return tuple(event for event in log[after:] if event.event.TYPE in LANDMARK_TYPES)

    async def command(self, chat_id: ChatId, command_id: CommandId, *, actor: Actor) -> Appended | None:
        """The append that carried out a command."""
        await self._turn()
        events = self._read(chat_id, actor).append_of(command_id)
        return Appended(chat_id=chat_id, events=events, repeated=True) if events else None

    async def feed(self, after: FeedCursor | None = None, *, limit: int = 500) -> FeedPage:
        """Events of all chats in the order of their positions."""
        await self._turn()
        start = 0 if after is None else self._position(after)
        found: list[StoredEvent] = []
        end = start
        while end < len(self._feed) and len(found) < limit:
            begin, end = end, self._feed_ends[end]
            found += [event for event in self._feed[begin:end] if event is not None]
        return FeedPage(events=tuple(found), cursor=FeedCursor(str(end)))

    async def purge(self, chat_id: ChatId, *, actor: Actor) -> None:
        """Forget everything that was said in a chat."""
        await self._turn()
        chat = self._read(chat_id, actor)
        for event in chat.log:
            self._feed[event.position - 1] = None
        chat.purge()

    async def head(self, chat_id: ChatId, *, actor: Actor) -> ChatHead:
        """The chat's head."""
        await self._turn()
        return self._read(chat_id, actor).head

    async def details(self, chat_id: ChatId, *, actor: Actor) -> ChatDetails:
        """The chat's details."""
        await self._turn()
        return self._read(chat_id, actor).details

    async def family(self, root_id: ChatId, *, actor: Actor) -> Mapping[ChatId, ChatHead]:
        """The heads of a root and all its descendants."""
        await self._turn()
        root = self._read(root_id, actor)
        members = [chat for chat in self._chats.values() if chat.head.root_id == root_id and not chat.purged]
        return {chat.chat_id: chat.head for chat in (root, *members)}

    async def snapshot(self, chat_id: ChatId, *, actor: Actor, newest: int = 50) -> Snapshot:
        """Head, details and the newest page."""
        await self._turn()
        chat = self._read(chat_id, actor)
        page = chat.newest(None, TRANSCRIPT_TYPES, newest)
        return Snapshot(head=chat.head, details=chat.details, newest=page)

    async def row(self, chat_id: ChatId, *, actor: Actor) -> ChatRow:
        """Everything that is kept of a chat beside its log."""
        await self._turn()
        return self._read(chat_id, actor).row()

    async def chats(
        self, *, actor: Actor, archived: bool | None = False, after: str | None = None, limit: int = 50
    ) -> ChatList:
        """Chats that the actor may see, the newest `updated_at` first."""
        await self._turn()
        seen = [
            chat
            for chat in self._chats.values()
            if actor.may_see(chat.head.owner_id) and not chat.purged and archived in (None, chat.head.archived)
        ]
        ordered = sorted(seen, key=_list_place, reverse=True)
        if after is not None:
            place = _parsed(after)
            ordered = [chat for chat in ordered if _list_place(chat) < place]
        page = ordered[:limit]
        more = len(ordered) > limit
        cursor = "{}.{}".format(*_list_place(page[-1])) if page and more else None
        return ChatList(rows=tuple(chat.row() for chat in page), after=cursor)

    async def chat_ids(self, *, after: ChatId | None = None, limit: int = 500) -> tuple[ChatId, ...]:
        """All chats in the order of their ids."""
        await self._turn()
        kept = sorted(chat.chat_id for chat in self._chats.values() if not chat.purged)
        return tuple([chat_id for chat_id in kept if after is None or chat_id > after][:limit])

    async def runnable(self, *, expiry: timedelta, limit: int = 10) -> tuple[RunnableChat, ...]:
        """Chats that want a worker now, the longest waiting first."""
        await self._turn()
        now = self._clock.now()
        wanting = [
            RunnableChat(chat_id=chat.chat_id, runnable_at=chat.runnable_at, runner_id=chat.head.runner_id)
            for chat in self._chats.values()
            if chat.runnable_at is not None and chat.free(now - expiry, now)
        ]
        return tuple(sorted(wanting, key=lambda chat: chat.runnable_at)[:limit])

    async def heartbeat(self, beats: Sequence[Heartbeat]) -> None:
        """Record signs of life."""
        await self._turn()
        now = self._clock.now()
        for beat in beats:
            chat = self._chats.get(beat.chat_id)
            if chat is not None and not chat.purged:
                chat.leases[beat.runner_id] = Lease(
                    chat_id=beat.chat_id, runner_id=beat.runner_id, worker_id=beat.worker_id, heartbeat_at=now
                )

    async def leases(self, chat_id: ChatId) -> tuple[Lease, ...]:
        """The signs of life that are kept for a chat."""
        await self._turn()
        kept = self._read(chat_id, SYSTEM).leases
        return tuple(kept[runner_id] for runner_id in sorted(kept))

    async def sweep_leases(self, *, older_than: timedelta) -> int:
        """Delete old signs of life."""
        await self._turn()
        cutoff = self._clock.now() - older_than
        swept = 0
        for chat in self._chats.values():
            old = [runner for runner, lease in chat.leases.items() if lease.heartbeat_at < cutoff]
            for runner in old:
                del chat.leases[runner]
            swept += len(old)
        return swept

    async def journal_write(
        self, chat_id: ChatId, *, fence: Fence, episode: Episode, parts: Sequence[JournalPart]
    ) -> None:
        """Add parts of a reply in the making."""
        await self._turn()
        assert episode == Episode.under(chat_id, fence), "the episode is the fence's"
        for part in parts:
            self._codec.encode_event(part.as_message())
        chat = self._read(chat_id, SYSTEM)
        fence.check(chat.head)
        kept = chat.journal.parts if chat.journal is not None and chat.journal.episode == episode else ()
        by_number = {part.number: part for part in (*kept, *parts)}
        merged = tuple(by_number[number] for number in sorted(by_number))
        chat.journal = Journal(episode=episode, parts=merged) if merged else None

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        """The parts that are kept."""
        await self._turn()
        journal = self._read(chat_id, SYSTEM).journal
        if journal is None:
            return None
        return evolve(journal, parts=tuple(part for part in journal.parts if part.number > after))

    async def aclose(self) -> None:
        """Refuse further calls."""
        self._closed = True

    async def _turn(self) -> None:
        """Let others run; what follows happens at once."""
        await anyio.lowlevel.checkpoint()
        if self._closed:
            raise StoreClosed("the store was closed; open it again")

    def _read(self, chat_id: ChatId, actor: Actor) -> MemoryChat:
        chat = self._chats.get(chat_id)
        if chat is None or not actor.may_see(chat.head.owner_id):
            raise ChatNotFound(chat_id)
        if chat.purged:
            raise Purged(chat_id)
        return chat

    def _check_visible(self, append: ChatAppend, actor: Actor) -> None:
        if append.chat_id in self._chats:
            self._read(append.chat_id, actor)
        elif append.expected_seq or not actor.may_see(append.head.owner_id):
            raise ChatNotFound(append.chat_id)

    def _repeated(self, appends: Sequence[ChatAppend]) -> tuple[Appended, ...]:
        """The answer to a call whose command has landed before; else empty."""
        found: dict[ChatId, tuple[StoredEvent, ...]] = {}
        for append in appends:
            chat = self._chats.get(append.chat_id)
            events = () if chat is None or append.command_id is None else chat.append_of(append.command_id)
            if events:
                found[append.chat_id] = events
        if not found:
            return ()
        return tuple(
            Appended(chat_id=append.chat_id, events=found.get(append.chat_id, ()), repeated=True) for append in appends
        )

    def _land(self, appends: Sequence[ChatAppend], actor: Actor, now: datetime) -> tuple[Appended, ...]:
        answers: list[Appended] = []
        for append in appends:
            events = self._stored(append, actor, now)
            chat = self._chats.setdefault(append.chat_id, MemoryChat.begun(append, len(self._chats) + 1, now))
            chat.add(append, events, now)
            if drops_journal(append.events):
                chat.journal = None
            self._feed += events
            answers.append(Appended(chat_id=append.chat_id, events=events))
        self._feed_ends += [len(self._feed)] * (len(self._feed) - len(self._feed_ends))
        return tuple(answers)

    def _stored(self, append: ChatAppend, actor: Actor, now: datetime) -> tuple[StoredEvent, ...]:
        first = append.expected_seq + 1
        return tuple(
            StoredEvent(
                chat_id=append.chat_id,
                seq=seq,
                position=len(self._feed) + 1 + seq - first,
                recorded_at=now,
                actor=actor.id,
                command_id=append.command_id if seq == first else None,
                upto=append.head.seq,
                event=event,
            )
            for seq, event in enumerate(append.events, first)
        )

    def _encode(self, append: ChatAppend) -> None:
        """Raises what writing the append would raise: NotUnicode, HeadTooLarge."""
        for event in append.events:
            self._codec.encode_event(event)
        self._codec.encode_head(append.head)
        if append.details is not None:
            self._codec.encode_details(append.details)

    def _position(self, cursor: FeedCursor) -> int:
        if not _FEED_CURSOR.fullmatch(cursor) or int(cursor) > len(self._feed):
            raise InvalidCursor(cursor)
        return int(cursor)


def _list_place(chat: MemoryChat) -> tuple[int, int]:
    return (chat.updated_at - _EPOCH) // timedelta(microseconds=1), chat.number


def _parsed(cursor: str) -> tuple[int, int]:
    if not _LIST_CURSOR.fullmatch(cursor):
        raise InvalidCursor(cursor)
    time, _, number = cursor.partition(".")
    return int(time), int(number)
