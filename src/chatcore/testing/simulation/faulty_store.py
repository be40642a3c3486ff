"""A store as one replica reaches it: in the way of every call stand the faults of the store and of the replica.

Wraps any store. What lands is noted at once after the call beneath, which for the memory store is the moment of its
commit; whatever the caller is told then, a checker knows.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

import anyio
import anyio.lowlevel

from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import Actor, ActorKind
from chatcore.ports.store import Store
from chatcore.ports.store_errors import Conflict, StoreUnavailable
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
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happenings import (
    Committed,
    JournalAsked,
    JournalWritten,
    Landed,
    OwnerRead,
    PageRead,
    Step,
)
from chatcore.testing.simulation.life import Life
from chatcore.testing.simulation.profile import Fault

T = TypeVar("T")

_TURNS_MAX: Final = 6

StepsOf = Callable[[Iterable[Event]], tuple[Step, ...]]
"""The commands behind the events of an append."""


class FaultyStore:
    """The store of one life of one replica, `place`."""

    def __init__(
        self, store: Store, place: str, *, life: Life, faults: Faults, steps_of: StepsOf = lambda _: ()
    ) -> None:
        self._store = store
        self._place = place
        self._life = life
        self._faults = faults
        self._trace = faults.trace
        self._steps_of = steps_of
        self._turns = faults.draws.of("hesitation", place)

    async def append(self, appends: Sequence[ChatAppend], *, actor: Actor) -> tuple[Appended, ...]:
        """As the store; may refuse with a Conflict of its own making."""

        async def append() -> tuple[Appended, ...]:
            appended = await self._store.append(appends, actor=actor)
            self._note_append(appends, appended, actor)
            return appended

        await self._life.gate()
        if self._faults.strikes(Fault.STORE_CONFLICTS, self._place):
            await anyio.lowlevel.checkpoint()
            first = appends[0]
            raise Conflict(first.chat_id, first.expected_seq, first.expected_seq + 1)
        return await self._pass(append, writes=True)

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
        page = await self._pass(lambda: self._store.events(chat_id, actor=actor, after=after, types=types, limit=limit))
        return self._note_page("events", chat_id, page, types, actor)

    async def newest(
        self, chat_id: ChatId, *, actor: Actor, before: Seq | None = None, types: frozenset[str], limit: int = 50
    ) -> EventPage:
        """As the store."""
        page = await self._pass(
            lambda: self._store.newest(chat_id, actor=actor, before=before, types=types, limit=limit)
        )
        return self._note_page("newest", chat_id, page, types, actor)

    async def landmarks(self, chat_id: ChatId, *, actor: Actor, after: Seq = 0) -> tuple[StoredEvent, ...]:
        """As the store."""
        return await self._pass(lambda: self._store.landmarks(chat_id, actor=actor, after=after))

    async def command(self, chat_id: ChatId, command_id: CommandId, *, actor: Actor) -> Appended | None:
        """As the store."""
        found = await self._pass(lambda: self._store.command(chat_id, command_id, actor=actor))
        self._note_owner("command", (chat_id,), actor)
        return found

    async def feed(self, after: FeedCursor | None = None, *, limit: int = 500) -> FeedPage:
        """As the store."""
        return await self._pass(lambda: self._store.feed(after, limit=limit))

    async def purge(self, chat_id: ChatId, *, actor: Actor) -> None:
        """As the store."""
        await self._pass(lambda: self._store.purge(chat_id, actor=actor), writes=True)

    async def head(self, chat_id: ChatId, *, actor: Actor) -> ChatHead:
        """As the store."""
        head = await self._pass(lambda: self._store.head(chat_id, actor=actor))
        self._note_owner("head", (chat_id,), actor)
        return head

    async def details(self, chat_id: ChatId, *, actor: Actor) -> ChatDetails:
        """As the store."""
        details = await self._pass(lambda: self._store.details(chat_id, actor=actor))
        self._note_owner("details", (chat_id,), actor)
        return details

    async def family(self, root_id: ChatId, *, actor: Actor) -> Mapping[ChatId, ChatHead]:
        """As the store."""
        family = await self._pass(lambda: self._store.family(root_id, actor=actor))
        self._note_owner("family", tuple(family), actor)
        return family

    async def snapshot(self, chat_id: ChatId, *, actor: Actor, newest: int = 50) -> Snapshot:
        """As the store."""
        snapshot = await self._pass(lambda: self._store.snapshot(chat_id, actor=actor, newest=newest))
        self._note_owner("snapshot", (chat_id,), actor)
        return snapshot

    async def row(self, chat_id: ChatId, *, actor: Actor) -> ChatRow:
        """As the store."""
        row = await self._pass(lambda: self._store.row(chat_id, actor=actor))
        self._note_owner("row", (chat_id,), actor)
        return row

    async def chats(
        self, *, actor: Actor, archived: bool | None = False, after: str | None = None, limit: int = 50
    ) -> ChatList:
        """As the store."""
        listed = await self._pass(lambda: self._store.chats(actor=actor, archived=archived, after=after, limit=limit))
        self._note_owner("chats", tuple(row.chat_id for row in listed.rows), actor)
        return listed

    async def chat_ids(self, *, after: ChatId | None = None, limit: int = 500) -> tuple[ChatId, ...]:
        """As the store."""
        return await self._pass(lambda: self._store.chat_ids(after=after, limit=limit))

    async def runnable(self, *, expiry: timedelta, limit: int = 10) -> tuple[RunnableChat, ...]:
        """As the store."""
        return await self._pass(lambda: self._store.runnable(expiry=expiry, limit=limit))

    async def heartbeat(self, beats: Sequence[Heartbeat]) -> None:
        """As the store."""
        await self._pass(lambda: self._store.heartbeat(beats), writes=True)

    async def leases(self, chat_id: ChatId) -> tuple[Lease, ...]:
        """As the store."""
        return await self._pass(lambda: self._store.leases(chat_id))

    async def sweep_leases(self, *, older_than: timedelta) -> int:
        """As the store."""
        return await self._pass(lambda: self._store.sweep_leases(older_than=older_than), writes=True)

    async def journal_write(
        self, chat_id: ChatId, *, fence: Fence, episode: Episode, parts: Sequence[JournalPart]
    ) -> None:
        """As the store."""

        async def write() -> None:
            await self._store.journal_write(chat_id, fence=fence, episode=episode, parts=parts)
            written = JournalWritten(chat_id=chat_id, runner_id=fence.runner_id, episode=episode, parts=tuple(parts))
            self._trace.note(self._place, written)

        numbers = tuple(part.number for part in parts)
        self._trace.note(self._place, JournalAsked(chat_id=chat_id, episode=episode, numbers=numbers))
        await self._pass(write, writes=True)

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        """As the store."""
        return await self._pass(lambda: self._store.journal_read(chat_id, after=after))

    async def aclose(self) -> None:
        """Close the store beneath, whatever the replica is in."""
        await self._store.aclose()

    async def _pass(self, ask: Callable[[], Awaitable[T]], *, writes: bool = False) -> T:
        """Carry out a call, unless a fault comes before it; and tell what came of it, unless one comes after."""
        await self._life.gate()
        await self._hesitate()
        if not self._faults.stopped:
            await self._slow()
            if writes:
                await self._die()
            self._fail(Fault.STORE_FAILS_BEFORE, "was not reached")
        answer = await ask()
        if not self._faults.stopped:
            if writes:
                await self._die()
            self._fail(Fault.STORE_FAILS_AFTER, "did not answer")
            await self._slow()
        await self._hesitate()
        await self._life.gate()
        return answer

    async def _hesitate(self) -> None:
        if self._turns.random() < self._faults.profile.hesitation:
            for _ in range(1 + self._turns.randrange(_TURNS_MAX)):
                await anyio.lowlevel.checkpoint()

    async def _slow(self) -> None:
        if self._faults.strikes(Fault.STORE_SLOW, self._place):
            await anyio.sleep(self._faults.seconds(self._faults.profile.slow, Fault.STORE_SLOW, self._place))
            await self._life.gate()

    async def _die(self) -> None:
        if self._faults.strikes(Fault.REPLICA_DIES_AT_WRITE, self._place):
            self._life.kill()
            await self._life.gate()

    def _fail(self, fault: Fault, why: str) -> None:
        if self._faults.strikes(fault, self._place):
            raise StoreUnavailable(f"the store {why}")

    def _note_append(self, appends: Sequence[ChatAppend], appended: Sequence[Appended], actor: Actor) -> None:
        if any(one.repeated for one in appended):
            return
        landed = tuple(
            Landed(
                chat_id=append.chat_id,
                before=append.before,
                head=append.head,
                events=one.events,
                steps=self._steps_of(append.events),
            )
            for append, one in zip(appends, appended, strict=True)
        )
        command_id = next((append.command_id for append in appends if append.command_id is not None), None)
        chat_id = landed[0].chat_id if len(landed) == 1 else None
        self._trace.note(self._place, Committed(chat_id=chat_id, actor=actor, landed=landed, command_id=command_id))

    def _note_page(
        self, method: str, chat_id: ChatId, page: EventPage, types: frozenset[str] | None, actor: Actor
    ) -> EventPage:
        seqs = tuple(stored.seq for stored in page.events)
        read = PageRead(chat_id=chat_id, method=method, types=tuple(sorted(types or ())), seqs=seqs, more=page.more)
        self._trace.note(self._place, read)
        self._note_owner(method, (chat_id,), actor)
        return page

    def _note_owner(self, method: str, chat_ids: tuple[ChatId, ...], actor: Actor) -> None:
        if actor.kind is ActorKind.OWNER:
            chat_id = chat_ids[0] if len(chat_ids) == 1 else None
            read = OwnerRead(chat_id=chat_id, owner=actor.id, method=method, chat_ids=chat_ids)
            self._trace.note(self._place, read)
