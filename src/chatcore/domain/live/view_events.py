"""What a viewer of a chat is told (spec chat-core 6.1), in client form: internal fields of parts are stripped."""

from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.chat.values import ChatError
from chatcore.domain.content.messages import Effort, Message, Role
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import Seq, UserId
from chatcore.domain.json_text import JsonText


@frozen(kw_only=True)
class StatusShown:
    """The status that clients see. The first event of every view."""

    status: ClientStatus


@frozen(kw_only=True)
class MessageShown:
    """A message of the transcript, whole; never one that is for the model alone."""

    message: Message


@frozen(kw_only=True)
class PartShown:
    """The next piece of the reply in the making. `number` counts from 1 in its episode, without gaps."""

    role: Role
    part: Part
    history_version: Seq
    generation_attempt: int
    number: int


@frozen(kw_only=True)
class QueuedMessage:
    """A message that waits for its turn."""

    id: Seq
    content: tuple[Part, ...]
    created_by: UserId | None = None
    model_id: str | None = None
    effort: Effort | None = None


@frozen(kw_only=True)
class QueueShown:
    """All messages that wait, in order."""

    queued: tuple[QueuedMessage, ...]


@frozen(kw_only=True)
class ErrorShown:
    """Why the turn failed."""

    error: ChatError


@frozen(kw_only=True)
class RetryShown:
    """The model failed and will be asked again."""

    attempt: int
    error: ChatError
    delay_ms: int
    retry_at: datetime


@frozen(kw_only=True)
class ActionCall:
    """A call that the client is to answer."""

    tool_call_id: str
    tool_name: str
    args: JsonText | None


@frozen(kw_only=True)
class ActionShown:
    """The turn waits for the client to run these calls, until the deadline."""

    calls: tuple[ActionCall, ...]
    deadline_at: datetime


@frozen
class PreviewReset:
    """Forget the parts shown so far: what of them lasts has come, or comes, as a message."""


@frozen(kw_only=True)
class HistoryReset:
    """An edit cut the transcript: forget every message from this id on; what replaces them follows."""

    from_id: Seq


ViewEvent: TypeAlias = (
    StatusShown
    | MessageShown
    | PartShown
    | QueueShown
    | ErrorShown
    | RetryShown
    | ActionShown
    | PreviewReset
    | HistoryReset
)
