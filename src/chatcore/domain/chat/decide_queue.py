"""Deciding about messages that wait: adding, deleting, promoting (2.5, 3)."""

from collections.abc import Mapping
from typing import Final

from chatcore.domain import limits
from chatcore.domain.chat.cancellations import CancelReason, cancellations
from chatcore.domain.chat.commands import DeleteQueued, PromoteQueued, SendMessage
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import (
    InterruptRequested,
    MessageAdded,
    MessageQueued,
    QueueMoved,
    QueueRemoved,
    TurnStarted,
)
from chatcore.domain.chat.evidence import Promotion
from chatcore.domain.chat.rejections import EvidenceStale, NoDefaultModelConfig, QueuedMessageNotFound, QueueFull
from chatcore.domain.chat.states import ExecutionState
from chatcore.domain.chat.values import QueuedRow, QueueRemoval, TurnCause
from chatcore.domain.content.messages import Role
from chatcore.domain.ids import Seq

PROMOTED_REASON: Final = "a queued message was promoted"

# In R and I the row waits for the turn to stop; at rest and while waiting for a client it is said at once.
_PROMOTED_AT_ONCE: Final[Mapping[ExecutionState, bool]] = {
    ExecutionState.ERROR_QUEUED: True,
    ExecutionState.ACTION_QUEUED: True,
    ExecutionState.RUNNING_QUEUED: False,
    ExecutionState.INTERRUPTING_QUEUED: False,
}


def enqueue(draft: Draft, command: SendMessage) -> None:
    """Add a message to the queue. Raises QueueFull."""
    if len(draft.head.queue) >= limits.QUEUE_LENGTH_MAX:
        raise QueueFull(limits.QUEUE_LENGTH_MAX)
    draft.add(
        MessageQueued(
            content=command.content, created_by=command.created_by, model_id=command.model_id, effort=command.effort
        )
    )


def delete(draft: Draft, command: DeleteQueued) -> None:
    """Take a waiting message back."""
    row = _row(draft, command.queued_id)
    draft.add(QueueRemoved(ids=(row.id,), reason=QueueRemoval.DELETED))


def promote(draft: Draft, state: ExecutionState, command: PromoteQueued) -> None:
    """Say a waiting message next: at once, or after the running turn was interrupted."""
    row = _row(draft, command.queued_id)
    if _PROMOTED_AT_ONCE[state]:
        message = promoted_message(row, command.promotion)
        draft.add(*cancellations(draft.head, CancelReason.PROMOTED))
        draft.add(message, TurnStarted(cause=TurnCause.PROMOTED))
        return
    draft.add(QueueMoved(id=row.id))
    if state is ExecutionState.RUNNING_QUEUED:
        draft.add(InterruptRequested(reason=PROMOTED_REASON))


def say_next(draft: Draft, promotion: Promotion | None, cause: TurnCause = TurnCause.PROMOTED) -> None:
    """Say the first waiting message and start its turn."""
    draft.add(promoted_message(draft.head.queue[0], promotion), TurnStarted(cause=cause))


def promoted_message(row: QueuedRow, promotion: Promotion | None) -> MessageAdded:
    """The message that a queue row becomes.

    Raises: EvidenceStale, the evidence is of another row; NoDefaultModelConfig, no model can answer it.
    """
    if promotion is None or promotion.queued_id != row.id:
        given = "nothing" if promotion is None else f"message {promotion.queued_id}"
        raise EvidenceStale(f"queued message {row.id} is to be said, but the words are of {given}")
    if promotion.model_id is None:
        raise NoDefaultModelConfig(row.id)
    return MessageAdded(
        role=Role.USER,
        content=promotion.content,
        model_id=promotion.model_id,
        effort=row.effort,
        created_by=row.created_by,
        from_queue=row.id,
    )


def _row(draft: Draft, queued_id: Seq) -> QueuedRow:
    for row in draft.head.queue:
        if row.id == queued_id:
            return row
    raise QueuedMessageNotFound(queued_id)
