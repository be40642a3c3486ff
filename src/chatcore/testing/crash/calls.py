"""The tool calls of a log: which were answered, which are open, and under which key each runs."""

from collections.abc import Sequence

from attrs import define, frozen

from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import MessageAdded
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.ids import Seq
from chatcore.domain.turn.next_step import LocalCall


@frozen(kw_only=True)
class RecordedCall:
    """A call that chatcore had to answer."""

    message_id: Seq
    call: LocalCall


@define
class RecordedCalls:
    """The calls of a log, in the order in which they were made or answered."""

    made: list[RecordedCall]
    answered: list[RecordedCall]
    """Those with a result that is no error: an error may stand for a run that never was."""

    @classmethod
    def of(cls, log: Sequence[StoredEvent]) -> "RecordedCalls":
        """All calls of a log."""
        calls = cls([], [])
        newest: dict[str, RecordedCall] = {}
        for stored in log:
            if not isinstance(stored.event, MessageAdded):
                continue
            for part in stored.event.content:
                if isinstance(part, ToolCallPart) and not _is_elsewhere(part, stored.event):
                    call = LocalCall(
                        call_id=part.tool_call_id, tool_name=part.tool_name, args=part.args, orphaned=False
                    )
                    newest[part.tool_call_id] = RecordedCall(message_id=stored.seq, call=call)
                    calls.made.append(newest[part.tool_call_id])
                if isinstance(part, ToolResultPart) and not part.is_error and part.tool_call_id in newest:
                    calls.answered.append(newest[part.tool_call_id])
        return calls

    def open(self, head: ChatHead) -> list[RecordedCall]:
        """Those that nobody has answered yet."""
        waiting = {call.call_id for call in head.pending if not call.dynamic}
        return [made for made in self.made if made.message_id == head.pending_seq and made.call.call_id in waiting]


def _is_elsewhere(call: ToolCallPart, message: MessageAdded) -> bool:
    """Whether the provider or the client answers it."""
    return message.role is not Role.ASSISTANT or call.provider_executed or call.tool_call_id in message.dynamic
