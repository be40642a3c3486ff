"""The part journal: which reply its rows belong to, and which appends delete them (architecture 7)."""

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from chatcore.domain.chat.events import (
    Event,
    MessageAdded,
    RetryScheduled,
    TurnFailed,
    TurnFinished,
    TurnInterrupted,
)
from chatcore.domain.chat.evolve import MOVES_HISTORY
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import ChatId, Seq

_ENDS_JOURNAL: Final = MOVES_HISTORY | {RetryScheduled, TurnFinished, TurnInterrupted, TurnFailed}


@frozen(kw_only=True)
class Episode:
    """One try at one history of a chat; parts of a reply belong to it."""

    chat_id: ChatId
    history_version: Seq
    generation_attempt: int

    @classmethod
    def of(cls, chat_id: ChatId, head: ChatHead) -> "Episode":
        """The episode that the head is in."""
        return cls(chat_id=chat_id, history_version=head.history_version, generation_attempt=head.generation_attempt)

    @classmethod
    def under(cls, chat_id: ChatId, fence: Fence) -> "Episode":
        """The episode that a fence of the chat stands for."""
        return cls(chat_id=chat_id, history_version=fence.history_version, generation_attempt=fence.generation_attempt)


@frozen(kw_only=True)
class JournalPart:
    """A piece of a reply in the making, numbered from 1 in its episode."""

    number: int
    role: Role
    part: Part

    def as_message(self) -> MessageAdded:
        """The part as a message of its own: the form in which stores write it, so that upcasters lift it as well."""
        return MessageAdded(role=self.role, content=(self.part,))

    @classmethod
    def from_message(cls, number: int, message: MessageAdded) -> "JournalPart":
        """The part that `as_message` made the message of."""
        (part,) = message.content
        return cls(number=number, role=message.role, part=part)


def drops_journal(events: Iterable[Event]) -> bool:
    """Whether an append deletes the chat's journal: the reply was committed, given up, or will be tried again."""
    return any(type(event) in _ENDS_JOURNAL for event in events)
