"""The three messages that mark a compaction or a clearing: for the model, and as call and result for readers (5.4)."""

from typing import Final

from chatcore.domain.chat.commands import CommitCompaction
from chatcore.domain.chat.events import MessageAdded
from chatcore.domain.chat.values import CompactionSource
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText, dump_json

SUMMARY_TOOL: Final = "chat_summarized"
"""Tool name of the rows that show a compaction (5.3)."""
CLEAR_TOOL: Final = "chat_cleared"
"""Tool name of the rows that show a clearing (5.8)."""
CLEARED_NOTE: Final = "The user cleared the conversation. Nothing said before this is shown to you; start afresh."


def compacted_rows(command: CommitCompaction, source: CompactionSource) -> tuple[MessageAdded, ...]:
    """Summary, call and result of a compaction."""
    text = f"{command.prefix}\n\n{command.summary}".strip()
    args, report = compaction_args(command, source), compaction_report(command, source)
    return _rows(text, SUMMARY_TOOL, command.call_id, args, report)


def compaction_args(command: CommitCompaction, source: CompactionSource) -> JsonText:
    """Arguments of the call that shows a compaction, in the live parts and in the log."""
    return dump_json({"source": str(source), "threshold_percent": command.threshold_percent})


def compaction_report(command: CommitCompaction, source: CompactionSource) -> JsonText:
    """Result of the call that shows a compaction, in the live parts and in the log."""
    return dump_json(
        {
            "summary": command.summary,
            "source": str(source),
            "threshold_percent": command.threshold_percent,
            "usage_percent": command.usage_percent,
            "context_tokens": command.context_tokens,
            "context_limit_tokens": command.context_limit,
        }
    )


def cleared_rows(call_id: str) -> tuple[MessageAdded, ...]:
    """Marker, call and result of a clearing."""
    return _rows(CLEARED_NOTE, CLEAR_TOOL, call_id, dump_json({}), dump_json({"cleared": True}))


def _rows(text: str, tool: str, call_id: str, args: JsonText, result: JsonText) -> tuple[MessageAdded, ...]:
    call = ToolCallPart(tool_call_id=call_id, tool_name=tool, args=args)
    answer = ToolResultPart(tool_call_id=call_id, tool_name=tool, result=result)
    return (
        _row(Role.USER, Visibility.MODEL, TextPart(text=text)),
        _row(Role.ASSISTANT, Visibility.USER, call),
        _row(Role.TOOL, Visibility.USER, answer),
    )


def _row(role: Role, visibility: Visibility, part: Part) -> MessageAdded:
    return MessageAdded(role=role, content=(part,), visibility=visibility, compressed=True)
