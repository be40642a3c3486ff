"""Legal appends for tests of stores: decided by the real decider, never put together by hand.

    first = created(ChatId("chat"), UserId("ada"))
    await store.append([first], actor=SYSTEM)
    await store.append([sent(ChatId("chat"), first.head, "Hello?")], actor=SYSTEM)

Each function returns an append for the chat whose head is given; the append's `head` is the next one to give.
"""

from collections.abc import Iterable
from typing import Final

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.details import ChatDetails, changes_details, fold_details
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.transitions import RUNNER_COMMANDS
from chatcore.domain.chat.tree import decide_archived, decide_child
from chatcore.domain.content.messages import NewMessage, Role
from chatcore.domain.content.parts import Part, TextPart
from chatcore.domain.ids import ChatId, CommandId, RunnerId, UserId, WorkerId
from chatcore.ports.store_values import ChatAppend

OWNER: Final = UserId("owner")
"""Who owns a chat if nobody else is named."""


def append_of(
    chat_id: ChatId,
    before: ChatHead | None,
    *commands: c.Command,
    command_id: CommandId | None = None,
    details: ChatDetails | None = None,
) -> ChatAppend:
    """The append of these commands to a chat, under the fence of its runner where one of them needs it.

    details: those before the append; left out, none were set. Raises Rejection.
    """
    needs_fence = before is not None and before.owned and any(command_key(c) in RUNNER_COMMANDS for c in commands)
    fence = Fence.of(before) if before is not None and needs_fence else None
    decided = decide_append(before, Append(commands=commands, fence=fence))
    return append_decided(chat_id, before, decided, command_id=command_id, details=details)


def append_decided(
    chat_id: ChatId,
    before: ChatHead | None,
    decided: Decided,
    *,
    command_id: CommandId | None = None,
    details: ChatDetails | None = None,
) -> ChatAppend:
    """The append of what was decided on a chat's head."""
    changed = any(changes_details(event) for event in decided.events)
    return ChatAppend(
        chat_id=chat_id,
        before=before,
        events=decided.events,
        head=decided.head,
        details=fold_details(decided.events, details) if changed else None,
        command_id=command_id,
    )


def created(
    chat_id: ChatId,
    owner_id: UserId = OWNER,
    text: str = "question",
    *,
    title: str | None = None,
    command_id: CommandId | None = None,
) -> ChatAppend:
    """A new chat with one message; it wants a worker."""
    message = NewMessage(role=Role.USER, content=words(text), created_by=owner_id)
    command = c.Create(owner_id=owner_id, messages=(message,), title=title)
    return append_of(chat_id, None, command, command_id=command_id)


def child_created(chat_id: ChatId, root_id: ChatId, root: ChatHead) -> tuple[ChatAppend, ChatAppend]:
    """A new member of a family: the append to the root's log, and the child's first."""
    message = NewMessage(role=Role.USER, content=words("a part of the work"))
    decided = decide_child(chat_id, c.Create(owner_id=root.owner_id, messages=(message,)), root_id, root)
    return append_decided(root_id, root, decided[root_id]), append_decided(chat_id, None, decided[chat_id])


def archived(family: dict[ChatId, ChatHead], root_id: ChatId, *, archived: bool = True) -> tuple[ChatAppend, ...]:
    """The appends that archive, or unarchive, a family at rest."""
    decided = decide_archived(family, root_id, archived=archived)
    return tuple(append_decided(chat_id, family[chat_id], each) for chat_id, each in decided.items())


def sent(chat_id: ChatId, before: ChatHead, text: str, *, command_id: CommandId | None = None) -> ChatAppend:
    """A message: the next turn of a chat at rest, a waiting one for a chat at work (at most QUEUE_LENGTH_MAX)."""
    command = c.SendMessage(content=words(text), created_by=before.owner_id)
    return append_of(chat_id, before, command, command_id=command_id)


def acquired(chat_id: ChatId, before: ChatHead, runner: str = "runner") -> ChatAppend:
    """A runner takes the chat."""
    return append_of(chat_id, before, c.Acquire(worker_id=WorkerId("worker"), runner_id=RunnerId(runner)))


def answered(chat_id: ChatId, before: ChatHead, text: str = "answer") -> ChatAppend:
    """The chat's runner commits an answer and ends the turn; nothing may wait in the queue."""
    return append_of(chat_id, before, c.CommitAnswer(content=words(text)), c.FinishTurn())


def titled(chat_id: ChatId, before: ChatHead, title: str, *, command_id: CommandId | None = None) -> ChatAppend:
    """A new title: the smallest append that any chat takes at any time, as often as wanted."""
    return append_of(chat_id, before, c.ChangeTitle(title=title), command_id=command_id)


def many_titles(chat_id: ChatId, before: ChatHead, count: int) -> ChatAppend:
    """One append of many events: `count` titles."""
    return append_of(chat_id, before, *(c.ChangeTitle(title=f"title {number}") for number in range(count)))


def turn(chat_id: ChatId, before: ChatHead, text: str = "question") -> Iterable[ChatAppend]:
    """A whole turn of a chat at rest: the message, the acquisition, the answer."""
    said = sent(chat_id, before, text)
    taken = acquired(chat_id, said.head)
    return said, taken, answered(chat_id, taken.head)


def words(text: str) -> tuple[Part, ...]:
    """A content of these words."""
    return (TextPart(text=text),)
