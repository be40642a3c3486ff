"""Deciding what enters the history while a turn runs: steps, salvage, compactions (2.5, 5.4, 5.8)."""

from math import isfinite
from typing import Final

from chatcore.domain.chat.boundary_rows import cleared_rows, compacted_rows
from chatcore.domain.chat.cancellations import CancelReason, cancellations, result_message
from chatcore.domain.chat.checks import (
    check_dynamic,
    check_model,
    check_no_calls,
    check_size,
    check_step,
    local_results,
)
from chatcore.domain.chat.commands import (
    ClearContext,
    CommitAnswer,
    CommitCompaction,
    CommitResults,
    CommitSalvage,
)
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import ContextCleared, ContextCompacted, MessageAdded
from chatcore.domain.chat.rejections import InvalidStep, NothingToClear, NothingToCompact
from chatcore.domain.chat.states import CommandKey
from chatcore.domain.chat.values import CompactionSource
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.parts import TextPart, ToolResultPart
from chatcore.domain.limits import SUMMARY_BYTES_MAX, TOOL_CALL_ID_BYTES_MAX

CUT_SHORT_NOTE: Final = (
    "The reply above was cut short by a technical fault before it was whole. Its words were shown to the user. "
    "Go on from where it ends; do not repeat it."
)
"""Tells the model why its last reply breaks off (architecture 7)."""


def answer(draft: Draft, command: CommitAnswer) -> None:
    """Store a model's step, before its calls run: it is the record of intent."""
    check_no_calls(draft.head, CommandKey.COMMIT_ANSWER)
    check_step(command.content)
    check_dynamic(command.content, command.dynamic)
    check_model(command.model_id)
    draft.add(
        MessageAdded(
            role=Role.ASSISTANT,
            content=command.content,
            model_id=command.model_id or draft.head.model_id,
            effort=command.effort,
            usage=command.usage,
            context_limit=command.context_limit,
            dynamic=command.dynamic,
        )
    )


def results(draft: Draft, command: CommitResults) -> None:
    """Store what local tools gave back, in call order."""
    if not command.results:
        raise InvalidStep("it has no results")
    for call, outcome in local_results(draft.head.pending, command.results):
        result = ToolResultPart(result=outcome.result, is_error=outcome.is_error, is_media=outcome.is_media)
        draft.add(result_message(draft.head, call, result))


def salvage(draft: Draft, command: CommitSalvage) -> None:
    """Store the beginning of a reply that was cut short, answer its calls, and tell the model."""
    check_no_calls(draft.head, CommandKey.COMMIT_SALVAGE)
    check_step(command.content)
    check_model(command.model_id)
    model_id = command.model_id or draft.head.model_id
    draft.add(MessageAdded(role=Role.ASSISTANT, content=command.content, model_id=model_id, partial=True))
    draft.add(*cancellations(draft.head, CancelReason.CUT_SHORT))
    note = (TextPart(text=CUT_SHORT_NOTE),)
    draft.add(MessageAdded(role=Role.USER, content=note, visibility=Visibility.MODEL))


def compaction(draft: Draft, command: CommitCompaction) -> None:
    """Replace what was said by a summary; user messages without an answer follow it word for word."""
    head = draft.head
    check_no_calls(head, CommandKey.COMMIT_COMPACTION)
    if not head.compactable:
        raise NothingToCompact
    if not command.summary.strip():
        raise InvalidStep("the summary is blank")
    check_size("the summary", command.summary, SUMMARY_BYTES_MAX)
    if not isfinite(command.usage_percent):
        raise InvalidStep(f"its usage of {command.usage_percent} percent is no number")
    check_size("the call id", command.call_id, TOOL_CALL_ID_BYTES_MAX)
    source = CompactionSource.MANUAL if head.compaction_requested else CompactionSource.AUTOMATIC
    draft.add(
        ContextCompacted(
            source=source,
            threshold_percent=command.threshold_percent,
            # A whole number would be written as one and refused by the strict codec.
            usage_percent=float(command.usage_percent),
            context_tokens=command.context_tokens,
            context_limit=command.context_limit,
            covers_to=head.seq,
        ),
        *compacted_rows(command, source),
    )
    for replay in command.unanswered:
        draft.add(
            MessageAdded(
                role=Role.USER,
                content=replay.content,
                visibility=Visibility.MODEL,
                model_id=replay.model_id,
                effort=replay.effort,
                created_by=replay.created_by,
                replay_of=replay.message_id,
            )
        )


def clear_context(draft: Draft, command: ClearContext) -> None:
    """Let the model start afresh."""
    if not draft.head.clearable:
        raise NothingToClear
    check_size("the call id", command.call_id, TOOL_CALL_ID_BYTES_MAX)
    draft.add(ContextCleared(), *cleared_rows(command.call_id))
