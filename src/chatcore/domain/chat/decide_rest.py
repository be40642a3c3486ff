"""Deciding how work stops: interrupts, the end of a turn, and the wait for a client's tools (2.5).

Coming to rest answers everything: whatever call is still open gets a cancellation first (architecture 3).
"""

from chatcore.domain.chat.cancellations import CancelReason, cancellations, result_message
from chatcore.domain.chat.checks import (
    check_model,
    check_new_messages,
    check_no_calls,
    check_size,
    check_step,
    dynamic_results,
    local_results,
)
from chatcore.domain.chat.commands import (
    CancelRequiresAction,
    CompleteRequiresAction,
    FinishError,
    FinishInterruption,
    FinishTurn,
    Interrupt,
)
from chatcore.domain.chat.decide_messages import USER_ONLY, added
from chatcore.domain.chat.decide_queue import say_next
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import (
    ActionEnded,
    InterruptRequested,
    MessageAdded,
    TurnFailed,
    TurnFinished,
    TurnInterrupted,
)
from chatcore.domain.chat.evidence import Promotion
from chatcore.domain.chat.rejections import InvalidMessage
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.values import ActionEnd
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.domain.limits import REASON_BYTES_MAX


def interrupt(draft: Draft, state: ExecutionState, command: Interrupt) -> None:
    """Ask the runner to stop; while the chat waits for a client's tools, stop waiting at once."""
    check_size("the reason", command.reason, REASON_BYTES_MAX)
    if state in (ExecutionState.ACTION, ExecutionState.ACTION_QUEUED):
        draft.add(*cancellations(draft.head, command.reason, dynamic_only=True))
        draft.add(ActionEnded(reason=ActionEnd.INTERRUPTED))
    else:
        draft.add(InterruptRequested(reason=command.reason))


def finish_turn(draft: Draft, command: FinishTurn) -> None:
    """End the turn; a waiting message starts the next one."""
    draft.add(*cancellations(draft.head, CancelReason.TURN_FINISHED))
    draft.add(TurnFinished())
    _go_on(draft, command.promotion)


def finish_error(draft: Draft, command: FinishError) -> None:
    """End the turn in an error; what waits stays."""
    draft.add(*cancellations(draft.head, CancelReason.TURN_FAILED))
    draft.add(TurnFailed(error=command.error.bounded()))


def finish_interruption(draft: Draft, command: FinishInterruption) -> None:
    """Keep what was said before the interrupt, and end the turn; a waiting message starts the next one."""
    check_model(command.model_id)
    if command.partial:
        check_no_calls(draft.head, CommandKey.FINISH_INTERRUPTION)
        check_step(command.partial)
        model_id = command.model_id or draft.head.model_id
        draft.add(MessageAdded(role=Role.ASSISTANT, content=command.partial, model_id=model_id, partial=True))
    for call, outcome in local_results(draft.head.pending, command.results):
        result = ToolResultPart(result=outcome.result, is_error=outcome.is_error, is_media=outcome.is_media)
        draft.add(result_message(draft.head, call, result))
    draft.add(*cancellations(draft.head, CancelReason.INTERRUPTED))
    draft.add(TurnInterrupted())
    _go_on(draft, command.promotion)


def complete_action(draft: Draft, command: CompleteRequiresAction) -> None:
    """Take the client's results and go on with the turn."""
    check_new_messages(command.suffix, USER_ONLY)
    for call, outcome in dynamic_results(draft.head.pending, command.results):
        result = ToolResultPart(result=JsonText(outcome.output), is_error=outcome.is_error)
        draft.add(result_message(draft.head, call, result))
    draft.add(*map(added, command.suffix), ActionEnded(reason=ActionEnd.COMPLETED))


def cancel_action(draft: Draft, command: CancelRequiresAction) -> None:
    """Stop waiting for the client and go on with the turn."""
    match command.reason:
        case ActionEnd.CANCELLED:
            reason = CancelReason.ACTION_CANCELLED
        case ActionEnd.TIMED_OUT:
            reason = CancelReason.ACTION_TIMED_OUT
        case _:
            raise InvalidMessage(f"a wait is cancelled or timed out, not {command.reason}")
    draft.add(*cancellations(draft.head, reason, dynamic_only=True), ActionEnded(reason=command.reason))


def _go_on(draft: Draft, promotion: Promotion | None) -> None:
    if draft.head.queue:
        say_next(draft, promotion)
