"""A store whose calls can be held up, broken off and counted: what a replica sees of a store in trouble."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import anyio
from attrs import frozen

from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import Actor
from chatcore.ports.store import Store
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

T = TypeVar("T")


@frozen(kw_only=True)
class StoreCall:
    """A call of a store: the method's name and, for `append`, who appends what."""

    name: str
    actor: Actor | None = None
    events: tuple[Event, ...] = ()

    def appends(self, *types: type[Event]) -> bool:
        """Whether it appends an event of one of these types."""
        return any(isinstance(event, types) for event in self.events)


Hook = Callable[[StoreCall], Awaitable[None]]
"""Looks at a call. What it raises, the caller gets; where it waits, the caller waits."""


async def _let_through(_: StoreCall) -> None:
    return


class GatedStore:
    """A store behind a gate. `before` is asked before each call, `after` when it has been carried out.

    `pause` holds every call up until `resume`: to others the replica then looks dead.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = anyio.Event()
        self._open.set()
        self.before: Hook = _let_through
        self.after: Hook = _let_through
        self.calls: list[StoreCall] = []
        """All calls that were carried out, in order."""

    def pause(self) -> None:
        """Hold up every call from now on."""
        if self._open.is_set():
            self._open = anyio.Event()

    def resume(self) -> None:
        """Let the calls that wait, and all others, through."""
        self._open.set()

    @property
    def appended(self) -> tuple[StoreCall, ...]:
        """The appends that were carried out."""
        return tuple(call for call in self.calls if call.name == "append")

    async def _pass(self, call: StoreCall, ask: Callable[[], Awaitable[T]]) -> T:
        await self._open.wait()
        await self.before(call)
        answer = await ask()
        self.calls.append(call)
        await self.after(call)
        return answer

    async def append(self, appends: Sequence[ChatAppend], *, actor: Actor) -> tuple[Appended, ...]:
        """As the store."""
        call = StoreCall(name="append", actor=actor, events=tuple(event for each in appends for event in each.events))
        return await self._pass(call, lambda: self._store.append(appends, actor=actor))

    async def events(
        self,
        chat_id: ChatId,
        *,
        actor: Actor,
        after: Seq = 0,
        types: frozenset[str] | None = None,
        limit: int = 500,
    ) -> EventPage:
        """As the store."""
        return await self._pass(
            StoreCall(name="events"),
            lambda: self._store.events(chat_id, actor=actor, after=after, types=types, limit=limit),
        )

    async def newest(
        self, chat_id: ChatId, *, actor: Actor, before: Seq | None = None, types: frozenset[str], limit: int = 50
    ) -> EventPage:
        """As the store."""
        return await self._pass(
            StoreCall(name="newest"),
            lambda: self._store.newest(chat_id, actor=actor, before=before, types=types, limit=limit),
        )

    async def landmarks(self, chat_id: ChatId, *, actor: Actor, after: Seq = 0) -> tuple[StoredEvent, ...]:
        """As the store."""
        return await self._pass(
            StoreCall(name="landmarks"), lambda: self._store.landmarks(chat_id, actor=actor, after=after)
        )

    async def command(self, chat_id: ChatId, command_id: CommandId, *, actor: Actor) -> Appended | None:
        """As the store."""
        return await self._pass(
            StoreCall(name="command"), lambda: self._store.command(chat_id, command_id, actor=actor)
        )

    async def feed(self, after: FeedCursor | None = None, *, limit: int = 500) -> FeedPage:
        """As the store."""
        return await self._pass(StoreCall(name="feed"), lambda: self._store.feed(after, limit=limit))

    async def purge(self, chat_id: ChatId, *, actor: Actor) -> None:
        """As the store."""
        await self._pass(StoreCall(name="purge"), lambda: self._store.purge(chat_id, actor=actor))

    async def head(self, chat_id: ChatId, *, actor: Actor) -> ChatHead:
        """As the store."""
        return await self._pass(StoreCall(name="head"), lambda: self._store.head(chat_id, actor=actor))

    async def details(self, chat_id: ChatId, *, actor: Actor) -> ChatDetails:
        """As the store."""
        return await self._pass(StoreCall(name="details"), lambda: self._store.details(chat_id, actor=actor))

    async def family(self, root_id: ChatId, *, actor: Actor) -> Mapping[ChatId, ChatHead]:
        """As the store."""
        return await self._pass(StoreCall(name="family"), lambda: self._store.family(root_id, actor=actor))

    async def snapshot(self, chat_id: ChatId, *, actor: Actor, newest: int = 50) -> Snapshot:
        """As the store."""
        return await self._pass(
            StoreCall(name="snapshot"), lambda: self._store.snapshot(chat_id, actor=actor, newest=newest)
        )

    async def row(self, chat_id: ChatId, *, actor: Actor) -> ChatRow:
        """As the store."""
        return await self._pass(StoreCall(name="row"), lambda: self._store.row(chat_id, actor=actor))

    async def chats(
        self, *, actor: Actor, archived: bool | None = False, after: str | None = None, limit: int = 50
    ) -> ChatList:
        """As the store."""
        return await self._pass(
            StoreCall(name="chats"),
            lambda: self._store.chats(actor=actor, archived=archived, after=after, limit=limit),
        )

    async def chat_ids(self, *, after: ChatId | None = None, limit: int = 500) -> tuple[ChatId, ...]:
        """As the store."""
        return await self._pass(StoreCall(name="chat_ids"), lambda: self._store.chat_ids(after=after, limit=limit))

    async def runnable(self, *, expiry: timedelta, limit: int = 10) -> tuple[RunnableChat, ...]:
        """As the store."""
        return await self._pass(StoreCall(name="runnable"), lambda: self._store.runnable(expiry=expiry, limit=limit))

    async def heartbeat(self, beats: Sequence[Heartbeat]) -> None:
        """As the store."""
        await self._pass(StoreCall(name="heartbeat"), lambda: self._store.heartbeat(beats))

    async def leases(self, chat_id: ChatId) -> tuple[Lease, ...]:
        """As the store."""
        return await self._pass(StoreCall(name="leases"), lambda: self._store.leases(chat_id))

    async def sweep_leases(self, *, older_than: timedelta) -> int:
        """As the store."""
        return await self._pass(StoreCall(name="sweep_leases"), lambda: self._store.sweep_leases(older_than=older_than))

    async def journal_write(
        self, chat_id: ChatId, *, fence: Fence, episode: Episode, parts: Sequence[JournalPart]
    ) -> None:
        """As the store."""
        await self._pass(
            StoreCall(name="journal_write"),
            lambda: self._store.journal_write(chat_id, fence=fence, episode=episode, parts=parts),
        )

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        """As the store."""
        call = StoreCall(name="journal_read")
        return await self._pass(call, lambda: self._store.journal_read(chat_id, after=after))

    async def aclose(self) -> None:
        """As the store; never held up."""
        await self._store.aclose()
