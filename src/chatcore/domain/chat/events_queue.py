"""Events of the queue of messages that wait for their turn; each moves `queue_version` (events.md)."""

from typing import ClassVar

from attrs import frozen

from chatcore.domain.chat.values import QueueRemoval
from chatcore.domain.content.messages import Effort
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import Seq, UserId


@frozen(kw_only=True)
class MessageQueued:
    """A user's message waits for its turn; the row's id is this event's seq."""

    TYPE: ClassVar = "message_queued"
    SCHEMA: ClassVar = 1
    content: tuple[Part, ...]
    created_by: UserId
    model_id: str | None = None
    effort: Effort | None = None


@frozen(kw_only=True)
class QueueRemoved:
    """Rows left the queue without being said."""

    TYPE: ClassVar = "queue_removed"
    SCHEMA: ClassVar = 1
    ids: tuple[Seq, ...]
    reason: QueueRemoval


@frozen(kw_only=True)
class QueueMoved:
    """A row became the first."""

    TYPE: ClassVar = "queue_moved"
    SCHEMA: ClassVar = 1
    id: Seq
