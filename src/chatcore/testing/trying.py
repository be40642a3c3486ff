"""Short words for tests that try commands out on chats in known situations."""

from collections.abc import Iterable

from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.events import Event, MessageAdded
from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.domain.rejection import Rejection
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.situations import SITUATIONS, Situation, reach


def situations(*states: str, **wanted: object) -> list[Situation]:
    """The situations in these states that have these values in their fields."""
    return [
        each
        for each in SITUATIONS
        if each.state in states and all(getattr(each, name) == value for name, value in wanted.items())
    ]


def at(state: str, **wanted: object) -> ChatLog:
    """A chat in the first of these situations."""
    return reach(situations(state, **wanted)[0])


def messages_of(events: Iterable[Event]) -> list[MessageAdded]:
    """The messages among the events."""
    return [event for event in events if isinstance(event, MessageAdded)]


def error_of(message: MessageAdded) -> JsonText | None:
    """What the one error result in a message says."""
    (part,) = message.content
    assert isinstance(part, ToolResultPart)
    assert part.is_error
    return part.result


def refused(chat: ChatLog, *commands: Command) -> Rejection:
    """The refusal of an append, after which nothing has changed. It is an AssertionError if nothing is refused."""
    before = (chat.head, list(chat.events), chat.details)
    try:
        events = chat.do(*commands)
    except Rejection as refusal:
        assert before == (chat.head, chat.events, chat.details)
        return refusal
    raise AssertionError(f"{commands} led to {events}")
