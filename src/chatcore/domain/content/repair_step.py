"""Pairing the calls of one assistant message with results, for the repair of a prompt (spec chat-core 1.6)."""

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Final, TypeAlias

from attrs import define, evolve, field

from chatcore.domain.content.prompt import PromptToolCall, PromptToolResult

MISSING_RESULT: Final = "The call was interrupted and its result is unknown."
"""What the model reads where a result is missing."""

OpenCalls: TypeAlias = defaultdict[str, deque[PromptToolCall]]
"""Calls without a result, by the id that their results have."""


@define
class Step:
    """The local calls of one assistant message and what answers them."""

    calls: list[PromptToolCall] = field(factory=list)
    open: OpenCalls = field(factory=lambda: defaultdict(deque))
    """Calls without a result, by the id that their results have."""
    answered: set[str] = field(factory=set)
    """Ids that had a result already."""
    results: list[PromptToolResult] = field(factory=list)
    strays: list[PromptToolResult] = field(factory=list)
    """Local results inside the assistant message that no call before them asked for."""

    def take(self, result: PromptToolResult) -> bool:
        """Use the result for the first open call with its id. False if it answers no call of this step."""
        call = pop_call(self.open, result.tool_call_id)
        if call is None:
            return result.tool_call_id in self.answered
        self.answered.add(result.tool_call_id)
        self.results.append(answering(result, call))
        return True

    def missing(self) -> Iterator[PromptToolResult]:
        """An error result for each call that is still open."""
        done = {result.tool_call_id for result in self.results}
        for call in self.calls:
            if call.tool_call_id not in done:
                yield PromptToolResult(
                    tool_call_id=call.tool_call_id, tool_name=call.tool_name, text=MISSING_RESULT, is_error=True
                )


def pop_call(calls: OpenCalls, call_id: str) -> PromptToolCall | None:
    """Take the first open call with this id."""
    queue = calls.get(call_id)
    return queue.popleft() if queue else None


def answering(result: PromptToolResult, call: PromptToolCall) -> PromptToolResult:
    """The result with the id of the call that it answers, and with the call's word for who ran it."""
    name = result.tool_name or call.tool_name
    if (result.tool_call_id, result.tool_name, result.provider_executed) == (
        call.tool_call_id,
        name,
        call.provider_executed,
    ):
        return result
    return evolve(result, tool_call_id=call.tool_call_id, tool_name=name, provider_executed=call.provider_executed)
