"""Synthetic results for calls that will never get a real one (2.6)."""

from enum import StrEnum

from chatcore.domain.chat.events_history import MessageAdded
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import PendingCall
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.json_text import dump_json


class CancelReason(StrEnum):
    """What the model reads instead of a result."""

    NEW_MESSAGE = "cancelled: the user sent a new message"
    PROMOTED = "cancelled: a queued message was promoted"
    INTERRUPTED = "cancelled: the user interrupted"
    ACTION_CANCELLED = "cancelled: the client gave up the call"
    ACTION_TIMED_OUT = "cancelled: no result came in time"
    TURN_FINISHED = "cancelled: the turn ended before the call was answered"
    TURN_FAILED = "cancelled: the turn failed before the call was answered"
    CUT_SHORT = "cancelled: the reply was cut short before the call was run"


def cancellations(head: ChatHead, reason: str, *, dynamic_only: bool = False) -> tuple[MessageAdded, ...]:
    """One error result per pending call, in call order; `dynamic_only` leaves out the calls that chatcore runs."""
    return tuple(
        result_message(head, call, ToolResultPart(result=dump_json(reason), is_error=True))
        for call in head.pending
        if call.dynamic or not dynamic_only
    )


def result_message(head: ChatHead, call: PendingCall, result: ToolResultPart) -> MessageAdded:
    """The tool message that answers a pending call; id and name are the call's, the model the chat's last."""
    part = ToolResultPart(
        tool_call_id=call.call_id,
        tool_name=call.tool_name,
        result=result.result,
        is_error=result.is_error,
        is_media=result.is_media,
    )
    return MessageAdded(role=Role.TOOL, content=(part,), model_id=head.model_id)
