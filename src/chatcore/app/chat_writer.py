"""Writing to chats: load the head, decide, append, tell; and again if somebody else was faster (architecture 5)."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import anyio
from attrs import define, field, frozen

from chatcore.app.errors import Busy
from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.details import changes_details, fold_details
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import ChatNotFound, EvidenceStale
from chatcore.domain.chat.states import RUNNABLE_STATES, execution_state
from chatcore.domain.ids import ChatId, CommandId
from chatcore.domain.limits import CONFLICT_RETRIES_MAX, HEADS_REMEMBERED_MAX
from chatcore.domain.rejection import Rejection
from chatcore.ports.actor import Actor
from chatcore.ports.pubsub import ChatChanged, Hint, PubSub, WorkWanted
from chatcore.ports.store import Store
from chatcore.ports.store_errors import Conflict
from chatcore.ports.store_values import ChatAppend

Plan: TypeAlias = Callable[[ChatHead], Awaitable[Append]]
"""Makes the append for a head, reading from the log whatever evidence its commands need."""

FamilyPlan: TypeAlias = Callable[[], Awaitable[Mapping[ChatId, "Planned"]]]
"""Reads the heads of several chats and decides one append for each."""


@frozen(kw_only=True)
class Planned:
    """What was decided for one chat, and the head that it was decided on."""

    before: ChatHead | None
    decided: Decided


@frozen(kw_only=True)
class Written:
    """What an append led to. `repeated`: the command had been carried out before."""

    chat_id: ChatId
    head: ChatHead
    events: tuple[StoredEvent, ...]
    repeated: bool = False


@define
class _Turnstile:
    """A lock that a chat's writers inside this process queue up on, dropped with the last of them."""

    lock: anyio.Lock = field(factory=anyio.Lock)
    users: int = 0


class ChatWriter:
    """Carries out appends of one process against one store."""

    def __init__(
        self,
        store: Store,
        pubsub: PubSub,
        *,
        retries_max: int = CONFLICT_RETRIES_MAX,
        told: Callable[[Written], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._pubsub = pubsub
        self._retries_max = retries_max
        self._told = told
        """Hears of every append right after its commit; must not raise."""
        self._heads: OrderedDict[ChatId, ChatHead] = OrderedDict()
        """What this process wrote last. Others may have written since, so it is believed until an append tells."""
        self._turnstiles: dict[ChatId, _Turnstile] = {}

    async def write(
        self,
        chat_id: ChatId,
        plan: Plan,
        *,
        actor: Actor,
        command_id: CommandId | None = None,
        known: ChatHead | None = None,
    ) -> Written:
        """Decide on the newest head and append.

        `known` is a head that the caller believes to be the newest; where it is, or where this process wrote last,
        nothing has to be read.
        Raises: Rejection; Busy, others were faster too often; what the store raises.
        """
        if command_id is not None and (earlier := await self._repeated(chat_id, command_id, actor)):
            return earlier
        believed = known

        async def decide(head: ChatHead) -> Mapping[ChatId, Planned]:
            return {chat_id: Planned(before=head, decided=decide_append(head, await plan(head)))}

        async def planned() -> Mapping[ChatId, Planned]:
            nonlocal believed
            head, believed = believed, None
            if head is not None:
                # What the append shows to be old costs one more round; what would be refused is looked at first.
                with suppress(Rejection):
                    return await decide(head)
            return await decide(await self._store.head(chat_id, actor=actor))

        async with self._turn(chat_id):
            remembered = self._heads.pop(chat_id, None)
            believed = believed or remembered
            return (await self._append(chat_id, planned, actor, command_id))[chat_id]

    async def write_family(
        self,
        chat_id: ChatId,
        plan: FamilyPlan,
        *,
        actor: Actor,
        command_id: CommandId | None = None,
        creates: bool = False,
    ) -> Mapping[ChatId, Written]:
        """Decide for several chats and append to all their logs at once; the command id goes to `chat_id`'s.

        `creates`: the chat is new, unless the command was carried out before.
        Raises: as `write`.
        """
        if command_id is not None:
            try:
                if earlier := await self._repeated(chat_id, command_id, actor):
                    return {chat_id: earlier}
            except ChatNotFound:
                if not creates:
                    raise
        async with self._turn(chat_id):
            return await self._append(chat_id, plan, actor, command_id)

    async def _append(
        self, chat_id: ChatId, plan: FamilyPlan, actor: Actor, command_id: CommandId | None
    ) -> Mapping[ChatId, Written]:
        for _ in range(self._retries_max + 1):
            try:
                planned = await plan()
                appends = [
                    await self._chat_append(member, each, actor, command_id if member == chat_id else None)
                    for member, each in planned.items()
                ]
                appended = await self._store.append(appends, actor=actor)
            except (Conflict, EvidenceStale):
                # Somebody else was faster. A checkpoint lets them finish what they began.
                await anyio.lowlevel.checkpoint()
                continue
            written = {
                one.chat_id: Written(
                    chat_id=one.chat_id,
                    head=planned[one.chat_id].decided.head,
                    events=one.events,
                    repeated=one.repeated,
                )
                for one in appended
            }
            if any(one.repeated for one in appended):
                return {chat_id: await self._again(chat_id, written[chat_id], actor)}
            for one in written.values():
                self._remember(one)
            await self._tell(written)
            return written
        raise Busy(chat_id, self._retries_max + 1)

    async def _chat_append(
        self, chat_id: ChatId, planned: Planned, actor: Actor, command_id: CommandId | None
    ) -> ChatAppend:
        details = None
        if planned.before is None:
            details = fold_details(planned.decided.events)
        elif any(map(changes_details, planned.decided.events)):
            details = fold_details(planned.decided.events, await self._store.details(chat_id, actor=actor))
        return ChatAppend(
            chat_id=chat_id,
            before=planned.before,
            events=planned.decided.events,
            head=planned.decided.head,
            details=details,
            command_id=command_id,
        )

    async def _repeated(self, chat_id: ChatId, command_id: CommandId, actor: Actor) -> Written | None:
        earlier = await self._store.command(chat_id, command_id, actor=actor)
        if earlier is None:
            return None
        head = await self._store.head(chat_id, actor=actor)
        return Written(chat_id=chat_id, head=head, events=earlier.events, repeated=True)

    async def _again(self, chat_id: ChatId, written: Written, actor: Actor) -> Written:
        head = await self._store.head(chat_id, actor=actor)
        return Written(chat_id=chat_id, head=head, events=written.events, repeated=True)

    def _remember(self, written: Written) -> None:
        self._heads.pop(written.chat_id, None)
        self._heads[written.chat_id] = written.head
        if len(self._heads) > HEADS_REMEMBERED_MAX:
            self._heads.popitem(last=False)
        self._told(written)

    async def _tell(self, written: Mapping[ChatId, Written]) -> None:
        hints: list[Hint] = []
        for one in written.values():
            hints.append(ChatChanged.of(one.chat_id, one.head))
            if not one.head.owned and execution_state(one.head) in RUNNABLE_STATES:
                hints.append(WorkWanted(chat_id=one.chat_id, seq=one.head.seq))
        await self._pubsub.publish(hints)

    @asynccontextmanager
    async def _turn(self, chat_id: ChatId) -> AsyncIterator[None]:
        turnstile = self._turnstiles.setdefault(chat_id, _Turnstile())
        turnstile.users += 1
        try:
            if turnstile.users == 1:
                turnstile.lock.acquire_nowait()
            else:
                await turnstile.lock.acquire()
            try:
                yield
            finally:
                turnstile.lock.release()
        finally:
            turnstile.users -= 1
            if not turnstile.users:
                del self._turnstiles[chat_id]
