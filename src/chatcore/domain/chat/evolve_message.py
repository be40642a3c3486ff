"""What a message that enters the history changes in the head (events.md, row message_added)."""

from chatcore.domain.chat.events_history import MessageAdded
from chatcore.domain.chat.head import ChatHead, HeadChanges
from chatcore.domain.chat.values import ContextUsage, PendingCall
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.parts import Part, ToolCallPart, ToolResultPart
from chatcore.domain.ids import Seq

# Members of an enum as names of the module: this is the hottest fold of all, and looking them up is a third of it.
_SYSTEM, _USER, _ASSISTANT, _TOOL = Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL
_BOTH, _USER_ONLY = Visibility.BOTH, Visibility.USER


def message_changes(head: ChatHead, event: MessageAdded, seq: Seq) -> HeadChanges:
    """The fields that the message changes, without the versions that every message moves."""
    changes: HeadChanges = {}
    role, visibility = event.role, event.visibility
    if role is _TOOL:
        if head.pending:
            _settle(head, event, changes)
    elif role is _ASSISTANT:
        if visibility is _BOTH:
            pending = open_calls(event.content, event.dynamic)
            changes["pending"] = pending
            changes["pending_seq"] = seq if pending else None
            changes["answered"] = seq
    elif role is _USER:
        if event.model_id is not None:
            changes["model_id"] = event.model_id
        if event.effort is not None:
            changes["effort"] = event.effort
    if visibility is not _USER_ONLY and not event.compressed:
        if role is _SYSTEM:
            changes["system"] = (*head.system, seq)
        else:
            changes["spoken"] = seq
    if event.usage is not None:
        tokens = event.usage.context_tokens
        changes["usage"] = ContextUsage(context_tokens=tokens, context_limit=event.context_limit)
    if event.from_queue is not None:
        changes["queue"] = tuple(row for row in head.queue if row.id != event.from_queue)
    return changes


def open_calls(content: tuple[Part, ...], dynamic: tuple[str, ...] = ()) -> tuple[PendingCall, ...]:
    """The calls of a message that no provider ran and that have no result in it, in call order (2.6)."""
    calls = [part for part in content if isinstance(part, ToolCallPart) and not part.provider_executed]
    if not calls:
        return ()
    results = {part.tool_call_id for part in content if isinstance(part, ToolResultPart)}
    return tuple(
        PendingCall(call_id=call.tool_call_id, tool_name=call.tool_name, dynamic=call.tool_call_id in dynamic)
        for call in calls
        if call.tool_call_id not in results
    )


def _settle(head: ChatHead, event: MessageAdded, changes: HeadChanges) -> None:
    settled = {part.tool_call_id for part in event.content if isinstance(part, ToolResultPart)}
    pending = tuple(call for call in head.pending if call.call_id not in settled)
    changes["pending"] = pending
    if not pending:
        changes["pending_seq"] = None
