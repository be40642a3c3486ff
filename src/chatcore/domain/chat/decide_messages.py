"""Deciding about a user's messages: sending and editing (2.5)."""

from typing import Final

from chatcore.domain.chat.cancellations import CancelReason, cancellations
from chatcore.domain.chat.checks import check_content, check_id, check_model, check_new_messages
from chatcore.domain.chat.commands import Behavior, EditMessage, SendMessage
from chatcore.domain.chat.decide_queue import enqueue, say_next
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import (
    ActionEnded,
    HistoryTruncated,
    InterruptRequested,
    MessageAdded,
    QueueRemoved,
    TurnStarted,
)
from chatcore.domain.chat.evidence import EditTarget
from chatcore.domain.chat.rejections import EditedMessageNotUser, MessageNotFound
from chatcore.domain.chat.states import ExecutionState as State
from chatcore.domain.chat.values import ActionEnd, QueueRemoval, TurnCause
from chatcore.domain.content.messages import NewMessage, Role, Visibility

NEW_MESSAGE_REASON: Final = "the user sent a new message"
USER_ONLY: Final = frozenset({Role.USER})


def send(draft: Draft, state: State, command: SendMessage) -> None:
    """Say something at rest; else queue it, and where asked stop what runs."""
    check_content(command.content)
    check_model(command.model_id)
    check_id("created_by", command.created_by)
    interrupt = command.behavior is Behavior.INTERRUPT
    match state:
        case State.WAITING | State.ERROR:
            message = MessageAdded(
                role=Role.USER,
                content=command.content,
                model_id=command.model_id,
                effort=command.effort,
                created_by=command.created_by,
            )
            draft.add(message, TurnStarted(cause=TurnCause.SENT))
        case State.ERROR_QUEUED:
            enqueue(draft, command)
            say_next(draft, command.promotion, TurnCause.SENT)
        case State.RUNNING | State.RUNNING_QUEUED if interrupt:
            enqueue(draft, command)
            draft.add(InterruptRequested(reason=NEW_MESSAGE_REASON))
        case State.ACTION | State.ACTION_QUEUED if interrupt:
            draft.add(*cancellations(draft.head, CancelReason.NEW_MESSAGE, dynamic_only=True))
            enqueue(draft, command)
            draft.add(ActionEnded(reason=ActionEnd.INTERRUPTED))
        case _:
            enqueue(draft, command)


def edit(draft: Draft, command: EditMessage) -> None:
    """Replace a message and all that followed it."""
    check_content(command.content)
    check_model(command.model_id)
    check_id("created_by", command.created_by)
    check_new_messages(command.suffix, USER_ONLY)
    target = _target(command)
    draft.add(HistoryTruncated(from_seq=command.message_id, boundary=target.boundary, answered=target.answered))
    if draft.head.queue:
        draft.add(QueueRemoved(ids=tuple(row.id for row in draft.head.queue), reason=QueueRemoval.EDITED))
    replacement = MessageAdded(
        role=Role.USER,
        content=command.content,
        model_id=target.model_id if command.model_id is None else command.model_id,
        effort=target.effort if command.effort is None else command.effort,
        created_by=command.created_by,
    )
    draft.add(replacement, *map(added, command.suffix), TurnStarted(cause=TurnCause.EDITED))


def added(message: NewMessage) -> MessageAdded:
    """The event that brings a given message; `check_new_messages` lets no compressed one come so far."""
    return MessageAdded(
        role=message.role,
        content=message.content,
        visibility=message.visibility,
        model_id=message.model_id,
        effort=message.effort,
        created_by=message.created_by,
    )


def _target(command: EditMessage) -> EditTarget:
    target = command.target
    if target is None or not target.alive or target.visibility is not Visibility.BOTH:
        raise MessageNotFound(command.message_id)
    if target.role is not Role.USER:
        raise EditedMessageNotUser(command.message_id)
    return target
