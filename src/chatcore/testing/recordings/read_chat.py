"""A body of the Chat Completions API, as OpenAI and the providers compatible with it send it, read at one go."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import define, evolve, field

from chatcore.domain.json_text import JsonValue
from chatcore.testing.recordings.looking import at, fields_at, items_at, parsed, text_at, whole_at
from chatcore.testing.recordings.read_errors import all_texts, read_error
from chatcore.testing.recordings.read_events import read_events
from chatcore.testing.recordings.reading import Finish, ReadCall, ReadError, Reading, ReadUsage

_FINISHES: Final = MappingProxyType(
    {
        "stop": Finish.STOP,
        "eos": Finish.STOP,
        "end_turn": Finish.STOP,
        "stop_sequence": Finish.STOP,
        "tool_calls": Finish.TOOL_CALLS,
        "function_call": Finish.TOOL_CALLS,
        "tool_use": Finish.TOOL_CALLS,
        "length": Finish.LENGTH,
        "max_tokens": Finish.LENGTH,
        "model_length": Finish.LENGTH,
        "content_filter": Finish.CONTENT_FILTER,
    }
)
_DONE: Final = "[DONE]"


def read_chat_json(body: bytes) -> Reading:
    """A whole answer."""
    answer = parsed(body)
    told = _Told()
    told.take(answer, "message")
    return told.reading(complete=True)


def read_chat_stream(body: bytes) -> Reading:
    """An answer told chunk by chunk; complete with `[DONE]` or with a finish reason."""
    told, done = _Told(), False
    for event in read_events(body):
        if event.data.strip() == _DONE:
            done = True
            continue
        told.take(event.json, "delta")
    return told.reading(complete=done or bool(told.finish))


@define
class _Told:
    """What choices, or the deltas of chunks, put together."""

    text: str = ""
    reasoning: str = ""
    calls: dict[int, ReadCall] = field(factory=dict)
    finish: str = ""
    usage: Mapping[str, JsonValue] = field(factory=dict)
    error: ReadError | None = None

    def take(self, chunk: JsonValue, holder: str) -> None:
        error = at(chunk, "error")
        if error is not None and self.error is None:
            self.error = _error(error)
        if usage := fields_at(chunk, "usage") or fields_at(chunk, "x_groq", "usage"):
            self.usage = usage
        for choice in items_at(chunk, "choices"):
            # Other choices were asked for by nobody.
            if whole_at(choice, "index") not in (None, 0):
                continue
            said = fields_at(choice, holder)
            self._take_content(at(said, "content"))
            self.text += text_at(said, "refusal")
            self.reasoning += text_at(said, "reasoning_content") or text_at(said, "reasoning")
            for position, call in enumerate(items_at(said, "tool_calls")):
                self._take_call(call, position)
            self.finish = text_at(choice, "finish_reason") or self.finish

    def _take_content(self, content: JsonValue) -> None:
        if isinstance(content, str):
            self.text += content
            return
        for item in items_at(content):
            if text_at(item, "type") == "thinking":
                self.reasoning += "".join(text_at(each, "text") for each in items_at(item, "thinking"))
            else:
                self.text += text_at(item, "text")

    def _take_call(self, call: JsonValue, position: int) -> None:
        index = whole_at(call, "index")
        key = position if index is None else index
        before = self.calls.get(key, ReadCall(id="", name="", arguments=""))
        self.calls[key] = ReadCall(
            id=before.id or text_at(call, "id"),
            name=before.name or text_at(call, "function", "name"),
            arguments=before.arguments + text_at(call, "function", "arguments"),
        )

    def reading(self, *, complete: bool) -> Reading:
        calls = (
            evolve(call, arguments=call.arguments if call.arguments.strip() else "{}") for call in _sorted(self.calls)
        )
        is_error = self.error is not None
        return Reading(
            text=self.text,
            reasoning_chars=len(self.reasoning),
            tool_calls=tuple(calls),
            finish=None if is_error else _finish(self.finish, has_calls=bool(self.calls)),
            raw_finish=self.finish or None,
            usage=None if is_error else _usage(self.usage),
            error=self.error,
            complete=complete or is_error,
        )


def _sorted(calls: Mapping[int, ReadCall]) -> Sequence[ReadCall]:
    return [calls[key] for key in sorted(calls)]


def _finish(reason: str, *, has_calls: bool) -> Finish:
    if not reason:
        return Finish.UNKNOWN
    finish = _FINISHES.get(reason, Finish.OTHER)
    # Calls want to be run, also where a server says that the model just stopped.
    return Finish.TOOL_CALLS if finish is Finish.STOP and has_calls else finish


def _error(error: JsonValue) -> ReadError:
    codes = (whole_at(error, "status_code"), whole_at(error, "code"))
    status = next((code for code in codes if code is not None), None)
    return read_error(status, all_texts(error))


def _usage(told: Mapping[str, JsonValue]) -> ReadUsage | None:
    prompt, written = whole_at(told, "prompt_tokens") or 0, whole_at(told, "completion_tokens") or 0
    total = whole_at(told, "total_tokens") or 0
    cached = whole_at(told, "prompt_tokens_details", "cached_tokens")
    if cached is None:
        cached = whole_at(told, "prompt_cache_hit_tokens") or 0
    reasoning = whole_at(told, "completion_tokens_details", "reasoning_tokens") or 0
    # Some count reasoning beside the completion; then only the sum of all three is the total.
    beside = reasoning if reasoning and total == prompt + written + reasoning else 0
    usage = ReadUsage(
        input_tokens=prompt - cached,
        output_tokens=written + beside,
        total_tokens=total,
        reasoning_tokens=reasoning,
        cache_read_tokens=cached,
    )
    return usage if usage.counted else None
