"""Events that bring, cut or close off what is said; each moves `history_version` (events.md)."""

from typing import ClassVar

from attrs import frozen

from chatcore.domain.chat.values import ClientType, CompactionSource
from chatcore.domain.content.messages import Effort, Role, Usage, Visibility
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import ChatId, Seq, UserId


@frozen(kw_only=True)
class ChatCreated:
    """The first event of every chat."""

    TYPE: ClassVar = "chat_created"
    SCHEMA: ClassVar = 1
    owner_id: UserId
    parent_id: ChatId | None = None
    root_id: ChatId | None = None
    """The root of the family; None for a root itself."""
    client_type: ClientType = ClientType.UI


# The event that is read most often: without slots it is made a quarter cheaper.
@frozen(kw_only=True, slots=False)
class MessageAdded:
    """A message entered the history; its id is this event's seq."""

    TYPE: ClassVar = "message_added"
    SCHEMA: ClassVar = 1
    role: Role
    content: tuple[Part, ...]
    visibility: Visibility = Visibility.BOTH
    compressed: bool = False
    model_id: str | None = None
    effort: Effort | None = None
    created_by: UserId | None = None
    usage: Usage | None = None
    context_limit: int | None = None
    """Tokens."""
    dynamic: tuple[str, ...] = ()
    """Ids of the calls in it that a client answers."""
    from_queue: Seq | None = None
    """The queue row that became this message."""
    replay_of: Seq | None = None
    """The message before a compaction that this one repeats word for word."""
    partial: bool = False
    """A reply that was cut short."""


@frozen(kw_only=True)
class HistoryTruncated:
    """An edit cut off every message from `from_seq` on. They stay in the log."""

    TYPE: ClassVar = "history_truncated"
    SCHEMA: ClassVar = 1
    from_seq: Seq
    boundary: Seq | None = None
    """The newest boundary that survives."""
    answered: Seq | None = None
    """The newest visible answer that survives."""


@frozen(kw_only=True)
class ContextCompacted:
    """What was said up to `covers_to` is replaced by the summary that follows; the transcript stays whole (5)."""

    TYPE: ClassVar = "context_compacted"
    SCHEMA: ClassVar = 1
    source: CompactionSource
    threshold_percent: int
    usage_percent: float
    context_tokens: int
    context_limit: int
    """Tokens; 0 where it is unknown."""
    covers_to: Seq


@frozen(kw_only=True)
class ContextCleared:
    """The model starts afresh; readers keep the transcript (5.8)."""

    TYPE: ClassVar = "context_cleared"
    SCHEMA: ClassVar = 1


@frozen(kw_only=True)
class CompactionRequested:
    """A person asked for a compaction (5.7)."""

    TYPE: ClassVar = "compaction_requested"
    SCHEMA: ClassVar = 1
