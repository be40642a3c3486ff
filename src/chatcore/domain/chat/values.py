"""Small values that events, commands and the head share."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from chatcore.domain.content.messages import Effort
from chatcore.domain.ids import Seq, UserId
from chatcore.domain.json_text import JsonText
from chatcore.domain.text import cut_to_json_bytes

ERROR_MESSAGE_BYTES_MAX: Final = 512
"""Longest message of a stored error, as JSON (events.md: last_error 2 KiB, retry 1 KiB in the head)."""
ERROR_DETAIL_BYTES_MAX: Final = 1024
"""Longest detail of a stored error, as JSON; a retry keeps none (events.md)."""
ERROR_WORD_BYTES_MAX: Final = 64
"""Longest kind or provider of a stored error, as JSON."""


class Status(StrEnum):
    """The five statuses of a chat (2.2)."""

    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTING = "interrupting"
    REQUIRES_ACTION = "requires_action"
    ERROR = "error"


class ClientType(StrEnum):
    """What kind of client made a chat."""

    UI = "ui"
    API = "api"


class TurnCause(StrEnum):
    """Why a turn began."""

    SENT = "sent"
    EDITED = "edited"
    PROMOTED = "promoted"


class ActionEnd(StrEnum):
    """How the wait for a client's tools ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed_out"


class QueueRemoval(StrEnum):
    """Why rows left the queue without being said."""

    DELETED = "deleted"
    EDITED = "edited"


class ReleaseReason(StrEnum):
    """Why a runner gave its chat up."""

    SHUTDOWN = "shutdown"
    LOST = "lost"
    REFUSED = "refused"


class CompactionSource(StrEnum):
    """Who asked for a compaction (5.4)."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class TitleSource(StrEnum):
    """Who named a chat; a name given by the user is never replaced by a made one (8)."""

    USER = "user"
    GENERATED = "generated"


@frozen(kw_only=True)
class ChatError:
    """Why a turn failed, for people and programs (6.1, 12.2). `bounded` before it is stored; never holds a secret."""

    message: str
    detail: str | None = None
    kind: str = "generic"
    provider: str | None = None
    retryable: bool = False
    status_code: int | None = None

    def without_detail(self) -> "ChatError":
        """The same error in brief, for a retry."""
        return evolve(self, detail=None)

    def bounded(self) -> "ChatError":
        """The same error, its texts cut so that it fits into the head."""
        return evolve(
            self,
            message=cut_to_json_bytes(self.message, ERROR_MESSAGE_BYTES_MAX),
            detail=None if self.detail is None else cut_to_json_bytes(self.detail, ERROR_DETAIL_BYTES_MAX),
            kind=cut_to_json_bytes(self.kind, ERROR_WORD_BYTES_MAX),
            provider=None if self.provider is None else cut_to_json_bytes(self.provider, ERROR_WORD_BYTES_MAX),
        )


@frozen(kw_only=True)
class RetryState:
    """A failed try and when the next one comes (4.6)."""

    attempt: int
    """The try that failed, from 1."""
    error: ChatError
    delay_ms: int
    retry_at: datetime


@frozen(kw_only=True)
class QueuedRow:
    """A message that waits for its turn; `id` is the seq of its `message_queued`. Its words are in the log."""

    id: Seq
    bytes: int
    """Size of its content (`content_bytes`)."""
    model_id: str | None = None
    effort: Effort | None = None
    created_by: UserId | None = None


@frozen(kw_only=True)
class PendingCall:
    """A tool call without a result."""

    call_id: str
    tool_name: str
    dynamic: bool = False
    """A client answers it."""
    orphaned: bool = False
    """The runner that committed it is gone: whether it ran is unknown."""


@frozen(kw_only=True)
class ContextUsage:
    """What the newest step took of the model's context, in tokens."""

    context_tokens: int
    context_limit: int | None = None


@frozen(kw_only=True)
class DynamicTool:
    """A tool that the client runs (10.8)."""

    name: str
    description: str
    input_schema: JsonText


@frozen(kw_only=True)
class DiffSummary:
    """What the work in a chat's workspace changed (12.4)."""

    url: str | None = None
    state: str | None = None
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    branch: str | None = None
    origin: str | None = None
