"""Running the tools of one step: at the same time, with the results in call order (4.4, architecture 6)."""

from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from chatcore.app.tools.tool import Repeat, Tool, ToolContext, ToolSet
from chatcore.domain.chat.commands import CallResult
from chatcore.domain.content.tool_results import ToolFailed, ToolMedia, ToolOutcome, ToolText, stored_result
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.json_text import JsonText, JsonValue, parse_json
from chatcore.domain.limits import TOOL_ERROR_BYTES_MAX, TOOL_MEDIA_BYTES_MAX, TOOL_TEXT_BYTES_MAX
from chatcore.domain.text import cut_to_json_bytes
from chatcore.domain.turn.next_step import LocalCall
from chatcore.ports.agent import Agent

UNKNOWN_OUTCOME: Final = (
    "the worker that ran this call died before it could store the result: whether the call took effect is unknown. "
    "Look before you try it again."
)
_CANCELLED: Final = "the tool was cancelled before it had a result"


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
        self.message_id = message_id
        self._tools = tools
        self._agent = agent
        self._invalid_args = invalid_args
        self.results: dict[str, CallResult] = {}

    async def run(self, calls: Sequence[LocalCall]) -> tuple[CallResult, ...]:
        """All results, in call order. A tool that fails answers with an error; it never ends the turn."""
        async with anyio.create_task_group() as tasks:
            for call in calls:
                tasks.start_soon(self._answer, call)
        # A tool that cancels itself ends without a word, and its task group takes that for an end in order.
        return tuple(self.results.get(call.call_id) or _result(call, ToolFailed(error=_CANCELLED)) for call in calls)

    async def _answer(self, call: LocalCall) -> None:
        self.results[call.call_id] = _result(call, await self._outcome(call))

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
            chat_id=self._chat_id, call_id=call.call_id, message_id=self.message_id, agent=self._agent
        )
        try:
            return _checked(await tool.handler(context, args))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a tool raises is an answer (4.4)
            return ToolFailed(error=_words(error))


def _result(call: LocalCall, outcome: ToolOutcome) -> CallResult:
    stored = stored_result(outcome)
    return CallResult(call_id=call.call_id, result=stored.result, is_error=stored.is_error, is_media=stored.is_media)


def _checked(outcome: object) -> ToolOutcome:
    """The outcome, or what is wrong with it: a handler may return anything, whatever its signature says."""
    match outcome:
        case None:
            return None
        case ToolText(text=str() as text):
            return _sized(ToolText(text=_unicode(text)), len(text.encode(errors="replace")), TOOL_TEXT_BYTES_MAX)
        case ToolMedia(data=str() as data, media_type=str(), text=str() as text):
            return _sized(outcome, len((data + text).encode(errors="replace")), TOOL_MEDIA_BYTES_MAX)
        case ToolFailed(error=str() as error):
            return ToolFailed(error=cut_to_json_bytes(error, TOOL_ERROR_BYTES_MAX))
        case _:
            return ToolFailed(error=f"the tool returned {type(outcome).__name__}, which is no result of a tool")


def _unicode(text: str) -> str:
    """The text with a question mark for each half of a character, which no store could write."""
    return text.encode(errors="replace").decode()


def _sized(outcome: ToolText | ToolMedia, size: int, bytes_max: int) -> ToolOutcome:
    if size <= bytes_max:
        return outcome
    return ToolFailed(error=f"the tool's result has {size} bytes, more than {bytes_max}: ask for less at a time")


def _words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # an error that cannot say what it is is one all the same
        text = ""
    return cut_to_json_bytes(text or type(error).__name__, TOOL_ERROR_BYTES_MAX)


def _object(args: JsonText | None) -> Mapping[str, JsonValue] | None:
    """The arguments as an object; a call without any has none, which is an empty object."""
    if args is None:
        return None
    value = parse_json(args)
    return value if isinstance(value, Mapping) else None
