"""The tool calls of one stream: which input, call and result belong together (spec chat-core 4.7)."""

from collections import deque
from typing import Final

from attrs import Factory, define

from chatcore.domain.content.parts import ToolCallPart
from chatcore.domain.content.tool_results import stored_args
from chatcore.domain.json_text import JsonText
from chatcore.domain.limits import TOOL_CALL_ID_BYTES_MAX, TOOL_NAME_BYTES_MAX
from chatcore.domain.turn.call_ids import CallIds, cut_to_bytes

UNNAMED_TOOL: Final = "unknown"
"""Stands for the name of a call that was cut off before its name came: no provider takes an empty name."""


@define
class StreamedCall:
    """A call as far as the stream has told it."""

    call_id: str
    tool_name: str = ""
    provider_executed: bool = False
    fragments: list[str] = Factory(list)
    """The arguments so far; joined only when they are needed, so that a delta costs the same however many came."""

    def name(self, tool_name: str) -> None:
        """Take the newest name that is not empty."""
        if tool_name:
            self.tool_name = cut_to_bytes(tool_name, TOOL_NAME_BYTES_MAX)

    @property
    def written(self) -> str:
        """The arguments so far, valid or not."""
        return "".join(self.fragments)

    def part(self, written: str, metadata: JsonText | None = None) -> ToolCallPart:
        """The call with these arguments."""
        return ToolCallPart(
            tool_call_id=self.call_id,
            tool_name=self.tool_name or UNNAMED_TOOL,
            args=stored_args(written),
            provider_executed=self.provider_executed,
            provider_metadata=metadata,
        )


class CallBook:
    """Pairs inputs, calls and results by the id the provider used, also where it used one id, or none, for several.

    Of several open inputs with one id the newest takes the deltas and the oldest becomes the next whole call.
    """

    def __init__(self, prefix: str) -> None:
        self._ids = CallIds(prefix)
        self._open: dict[str, deque[StreamedCall]] = {}
        self._unanswered: dict[str, deque[StreamedCall]] = {}
        self._provider_ran: dict[str, StreamedCall] = {}
        self._unfinished: dict[str, StreamedCall] = {}
        self.count = 0

    def begin(self, wanted: str) -> StreamedCall:
        """A new call, open until `close`."""
        call = StreamedCall(self._ids.take(wanted))
        self.count += 1
        self._open.setdefault(wanted, deque()).append(call)
        self._unfinished[call.call_id] = call
        return call

    def writing(self, wanted: str) -> StreamedCall:
        """The call that a delta belongs to; input that was never announced begins one."""
        opened = self._open.get(wanted)
        return opened[-1] if opened else self.begin(wanted)

    def close(self, wanted: str, *, provider_executed: bool) -> StreamedCall:
        """The call that is now whole: the oldest open one, or a new one."""
        if not self._open.get(wanted):
            self.begin(wanted)
        call = self._open[wanted].popleft()
        del self._unfinished[call.call_id]
        call.provider_executed = call.provider_executed or provider_executed
        if call.provider_executed:
            self._unanswered.setdefault(wanted, deque()).append(call)
            self._provider_ran[wanted] = call
        return call

    def input_waits_for(self, wanted: str) -> bool:
        """Whether a result with this id can only belong to input that is still open."""
        return bool(self._open.get(wanted)) and not self._unanswered.get(wanted)

    def answer(self, wanted: str) -> tuple[str, str]:
        """Id and tool name for a provider's result; its id is kept where the call is in an earlier message."""
        waiting = self._unanswered.get(wanted)
        call = waiting.popleft() if waiting else self._provider_ran.get(wanted)
        if call is None:
            kept = cut_to_bytes(wanted, TOOL_CALL_ID_BYTES_MAX)
            self._ids.reserve(kept)
            return kept, ""
        return call.call_id, call.tool_name

    def unfinished(self) -> tuple[StreamedCall, ...]:
        """The calls whose input is open, in the order in which they began."""
        return tuple(self._unfinished.values())
