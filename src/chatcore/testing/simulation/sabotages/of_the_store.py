"""Sabotages of the memory store, and of what may be read and written."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from chatcore.adapters.memory.chat import MemoryChat
from chatcore.adapters.memory.store import MemoryStore
from chatcore.app.chat_writer import ChatWriter, Planned
from chatcore.domain.chat.append import Decided
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, Seq, UserId
from chatcore.ports.actor import Actor
from chatcore.ports.pubsub import ChatChanged
from chatcore.ports.store_values import Appended, ChatAppend, EventPage
from chatcore.testing.simulation.swapping import Sabotage

_Land: TypeAlias = Callable[[MemoryStore, Sequence[ChatAppend], Actor, datetime], tuple[Appended, ...]]
_Page: TypeAlias = Callable[[MemoryChat, Seq, frozenset[str] | None, int], EventPage]
_Free: TypeAlias = Callable[[MemoryChat, datetime, datetime], bool]
_MaySee: TypeAlias = Callable[[Actor, UserId], bool]
_Family: TypeAlias = Callable[..., Mapping[ChatId, Decided]]
_ChatAppend: TypeAlias = Callable[
    [ChatWriter, ChatId, Planned, Actor, CommandId | None],
    Awaitable[ChatAppend],
]

_LOST_ONE_IN: Final = 10


def _lose(land: _Land) -> _Land:
    commands = 0

    def lossy(store: MemoryStore, appends: Sequence[ChatAppend], actor: Actor, now: datetime) -> tuple[Appended, ...]:
        nonlocal commands
        ours = len(appends) == 1 and appends[0].command_id is not None and appends[0].before is not None
        commands += ours
        if not ours or commands % _LOST_ONE_IN:
            return land(store, appends, actor, now)
        stored = store._stored(appends[0], actor, now)  # as if it were written
        return (Appended(chat_id=appends[0].chat_id, events=stored),)

    return lossy


def _cut(_: _Page) -> _Page:
    def torn(chat: MemoryChat, after: Seq, types: frozenset[str] | None, limit: int) -> EventPage:
        found = tuple(event for event in chat.log[after:] if not types or event.event.TYPE in types)
        return EventPage(events=found[:limit], more=len(found) > limit)

    return torn


def _never_free(free: _Free) -> _Free:
    def held(chat: MemoryChat, cutoff: datetime, now: datetime) -> bool:
        return not chat.head.owned and free(chat, cutoff, now)

    return held


def _see_all(_: _MaySee) -> _MaySee:
    return lambda actor, owner_id: True


def _root_only(decide: _Family) -> _Family:
    def alone(family: Mapping[ChatId, ChatHead], root_id: ChatId, *, archived: bool) -> Mapping[ChatId, Decided]:
        return decide({root_id: family[root_id]}, root_id, archived=archived)

    return alone


def _let_pass(_: Callable[[Fence, ChatHead], None]) -> Callable[[Fence, ChatHead], None]:
    return lambda fence, head: None


def _tell_first(append: _ChatAppend) -> _ChatAppend:
    async def hasty(
        writer: ChatWriter, chat_id: ChatId, planned: Planned, actor: Actor, command_id: CommandId | None
    ) -> ChatAppend:
        hint = ChatChanged.of(chat_id, planned.decided.head)
        await writer._pubsub.publish([hint])  # where the line would stand
        return await append(writer, chat_id, planned, actor, command_id)

    return hasty


OF_THE_STORE: Final = (
    Sabotage(
        name="lose_an_acknowledged_append",
        sentence="One append of a user in ten is acknowledged and never written.",
        checker="sends_kept",
        target="chatcore.adapters.memory.store:MemoryStore._land",
        swap=_lose,
    ),
    Sabotage(
        name="cut_a_page_inside_an_append",
        sentence="A page of a log ends when it is full, in the middle of an append.",
        checker="contiguous_logs",
        target="chatcore.adapters.memory.chat:MemoryChat.page",
        swap=_cut,
    ),
    Sabotage(
        name="ignore_a_fence",
        sentence="A worker that lost its chat may go on writing to it.",
        checker="fenced_appends",
        target="chatcore.domain.chat.fence:Fence.check",
        swap=_let_pass,
    ),
    Sabotage(
        name="never_give_up_a_lease",
        sentence="A chat stays with its runner, even if that gives no sign of life any more.",
        checker="everything_rests",
        target="chatcore.adapters.memory.chat:MemoryChat.free",
        swap=_never_free,
    ),
    Sabotage(
        name="leak_another_owners_chat",
        sentence="Every owner may see every chat.",
        checker="owners_apart",
        target="chatcore.ports.actor:Actor.may_see",
        swap=_see_all,
    ),
    Sabotage(
        name="archive_the_root_alone",
        sentence="Archiving leaves out the children of the root.",
        checker="families_archived",
        target="chatcore.app.chat_service:decide_archived",
        swap=_root_only,
    ),
    Sabotage(
        name="publish_before_the_commit",
        sentence="Hints go out before the append that they tell of.",
        checker="hints_follow",
        target="chatcore.app.chat_writer:ChatWriter._chat_append",
        swap=_tell_first,
    ),
)
"""Each breaks one line."""
