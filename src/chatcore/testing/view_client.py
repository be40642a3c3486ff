"""A client that believes what a view tells it, and nothing else: what is on its screen (spec chat-core 6.1).

Simulations and tests feed it events and compare its screen with the log. An event that breaks the contract of views
raises ViewBroken at once.
"""

from collections.abc import Iterable

from attrs import define, field

from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.chat.values import ChatError
from chatcore.domain.content.messages import Message
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import Seq
from chatcore.domain.live.view_events import (
    ActionShown,
    ErrorShown,
    HistoryReset,
    MessageShown,
    PartShown,
    PreviewReset,
    QueuedMessage,
    QueueShown,
    RetryShown,
    StatusShown,
    ViewEvent,
)


class ViewBroken(AssertionError):
    """A view told something that its contract forbids."""


@define
class ViewClient:
    """A screen. `connected` says that the next event is the first of a view."""

    status: ClientStatus | None = None
    messages: list[Message] = field(factory=list)
    queued: tuple[QueuedMessage, ...] = ()
    error: ChatError | None = None
    action: ActionShown | None = None
    retry: RetryShown | None = None
    parts: list[PartShown] = field(factory=list)
    """The reply in the making."""
    previews: list[tuple[PartShown, ...]] = field(factory=list)
    """The replies in the making that were reset, oldest first."""
    _fresh: bool = True

    def connected(self, *, anew: bool = True) -> None:
        """A new view begins. `anew`: without a cursor, so that what is on the screen is forgotten."""
        self._fresh = True
        if anew:
            self.messages, self.queued = [], ()

    def take(self, events: Iterable[ViewEvent]) -> None:
        """Show events. Raises: ViewBroken."""
        for event in events:
            if self._fresh and not isinstance(event, StatusShown):
                raise ViewBroken(f"a view begins with {type(event).__name__}, not with the status")
            self._fresh = False
            self._take(event)

    def _take(self, event: ViewEvent) -> None:
        match event:
            case StatusShown(status=status):
                self.status = status
            case MessageShown(message=message):
                if self.messages and self.messages[-1].id >= message.id:
                    raise ViewBroken(f"message {message.id} came after message {self.messages[-1].id}")
                self.messages.append(message)
            case HistoryReset(from_id=from_id):
                self.messages = [message for message in self.messages if message.id < from_id]
            case QueueShown(queued=queued):
                self.queued = queued
            case ErrorShown(error=error):
                self.error = error
            case ActionShown():
                self.action = event
            case RetryShown():
                self.retry = event
            case PreviewReset():
                if self.parts:
                    self.previews.append(tuple(self.parts))
                self.parts = []
            case PartShown():
                self._take_part(event)

    def _take_part(self, part: PartShown) -> None:
        if part.number != len(self.parts) + 1:
            raise ViewBroken(f"part {part.number} came after part {len(self.parts)}")
        if self.parts and _episode(self.parts[-1]) != _episode(part):
            raise ViewBroken(f"part {part.number} of {_episode(part)} came among those of {_episode(self.parts[-1])}")
        self.parts.append(part)

    @property
    def preview(self) -> tuple[Part, ...]:
        """The parts of the reply in the making."""
        return tuple(shown.part for shown in self.parts)


def _episode(part: PartShown) -> tuple[Seq, int]:
    return part.history_version, part.generation_attempt
