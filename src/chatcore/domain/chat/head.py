"""The control state of a chat: what the decider needs and nothing more (architecture 3, events.md)."""

from datetime import datetime
from typing import Final, TypedDict

from attrs import frozen

from chatcore.domain.chat.values import (
    ChatError,
    ContextUsage,
    PendingCall,
    QueuedRow,
    RetryState,
    Status,
)
from chatcore.domain.content.messages import Effort
from chatcore.domain.ids import ChatId, RunnerId, Seq, UserId, WorkerId

FOLD_VERSION: Final = 1
"""Raised whenever the head or its fold changes, so that stored heads are folded anew (architecture 5)."""


# Without slots a changed copy is one dict update, three times cheaper than a constructor call (see `changed`).
@frozen(kw_only=True, slots=False)
class ChatHead:
    """A function of the log, 0.3 to 0.7 KB as JSON and at most HEAD_BYTES_MAX. It never holds what was said."""

    owner_id: UserId
    parent_id: ChatId | None = None
    root_id: ChatId | None = None
    """None for the root of a family."""
    seq: Seq
    """The seq of the newest event; also the spec's `snapshot_version`."""
    history_version: Seq
    queue_version: Seq = 0
    retry_version: Seq = 0
    generation_attempt: int = 0
    """Tries at this history: 1 as soon as it moves while the chat runs with an owner."""
    children: int = 0
    """On a root: how many members its family has besides itself."""
    status: Status = Status.RUNNING
    archived: bool = False
    queue: tuple[QueuedRow, ...] = ()
    worker_id: WorkerId | None = None
    runner_id: RunnerId | None = None
    last_error: ChatError | None = None
    retry: RetryState | None = None
    pending: tuple[PendingCall, ...] = ()
    pending_seq: Seq | None = None
    """The message that holds the arguments of the pending calls."""
    deadline_at: datetime | None = None
    boundary: Seq | None = None
    """The newest compaction or clearing."""
    answered: Seq | None = None
    """The newest visible assistant message."""
    spoken: Seq | None = None
    """The newest model-visible message that is neither system nor compressed."""
    system: tuple[Seq, ...] = ()
    usage: ContextUsage | None = None
    compaction_requested: bool = False
    model_id: str | None = None
    effort: Effort | None = None

    @property
    def owned(self) -> bool:
        """Whether a runner holds the chat."""
        return self.runner_id is not None

    @property
    def compactable(self) -> bool:
        """Whether there is an answer that a compaction could cover (5.7)."""
        return self.answered is not None and self.answered > (self.boundary or 0)

    @property
    def clearable(self) -> bool:
        """Whether the model would be shown anything that clearing takes away (5.8)."""
        return self.spoken is not None and self.spoken > (self.boundary or 0)


class HeadChanges(TypedDict, total=False):
    """The fields of a head that an event can change."""

    seq: Seq
    history_version: Seq
    queue_version: Seq
    retry_version: Seq
    generation_attempt: int
    children: int
    status: Status
    archived: bool
    queue: tuple[QueuedRow, ...]
    worker_id: WorkerId | None
    runner_id: RunnerId | None
    last_error: ChatError | None
    retry: RetryState | None
    pending: tuple[PendingCall, ...]
    pending_seq: Seq | None
    deadline_at: datetime | None
    boundary: Seq | None
    answered: Seq | None
    spoken: Seq | None
    system: tuple[Seq, ...]
    usage: ContextUsage | None
    compaction_requested: bool
    model_id: str | None
    effort: Effort | None


def changed(head: ChatHead, changes: HeadChanges) -> ChatHead:
    """A copy of the head with these fields changed."""
    copy = object.__new__(ChatHead)
    object.__setattr__(copy, "__dict__", head.__dict__ | changes)
    return copy
