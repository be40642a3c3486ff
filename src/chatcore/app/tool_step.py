"""Running the tools of one step: at the same time, with the results in call order (4.4, architecture 6)."""

from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from chatcore.app.tools.tool import Repeat, Tool, ToolContext, ToolSet
from chatcore.domain.chat.commands import CallResult
from chatcore.domain.content.tool_results import ToolFailed, ToolOutcome, stored_result
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.json_text import JsonText, JsonValue, parse_json
from chatcore.domain.turn.next_step import LocalCall
from chatcore.ports.agent import Agent

UNKNOWN_OUTCOME: Final = (
    "the worker that ran this call died before it could store the result: whether the call took effect is unknown. "
    "Look before you try it again."
)


class ToolStep:
    """Answers the calls of one step. `results` fills as the tools end, so that an interrupt finds those that did."""

    def __init__(
        self,
        chat_id: ChatId,
        message_id: Seq,
        tools: ToolSet,
        agent: Agent | None,
        invalid_args: Mapping[str, str],
    ) -> None:
        self._chat_id = chat_id
        self._message_id = message_id
        self._tools = tools
        self._agent = agent
        self._invalid_args = invalid_args
        self.results: dict[str, CallResult] = {}

    async def run(self, calls: Sequence[LocalCall]) -> tuple[CallResult, ...]:
        """All results, in call order. A tool that fails answers with an error; it never ends the turn."""
        async with anyio.create_task_group() as tasks:
            for call in calls:
                tasks.start_soon(self._answer, call)
        return tuple(self.results[call.call_id] for call in calls)

    async def _answer(self, call: LocalCall) -> None:
        outcome = stored_result(await self._outcome(call))
        self.results[call.call_id] = CallResult(
            call_id=call.call_id, result=outcome.result, is_error=outcome.is_error, is_media=outcome.is_media
        )

    async def _outcome(self, call: LocalCall) -> ToolOutcome:
        tool = self._tools.by_name.get(call.tool_name)
        if tool is None:
            known = ", ".join(self._tools.by_name) or "none"
            return ToolFailed(error=f"there is no tool {call.tool_name!r}; known are: {known}")
        if call.orphaned and tool.repeat is Repeat.NEVER:
            return ToolFailed(error=UNKNOWN_OUTCOME)
        args = _object(call.args)
        if args is None:
            written = self._invalid_args.get(call.call_id, call.args or "")
            return ToolFailed(error=f"the arguments are not a JSON object: {written[:200]!r}")
        return await self._run(tool, call, args)

    async def _run(self, tool: Tool, call: LocalCall, args: Mapping[str, JsonValue]) -> ToolOutcome:
        context = ToolContext(
            chat_id=self._chat_id, call_id=call.call_id, message_id=self._message_id, agent=self._agent
        )
        try:
            return await tool.handler(context, args)
        except Exception as error:  # noqa: BLE001  # whatever a tool raises is an answer for the model (4.4)
            return ToolFailed(error=str(error) or type(error).__name__)


def _object(args: JsonText | None) -> Mapping[str, JsonValue] | None:
    """The arguments as an object; a call without any has none, which is an empty object."""
    if args is None:
        return None
    value = parse_json(args)
    return value if isinstance(value, Mapping) else None
