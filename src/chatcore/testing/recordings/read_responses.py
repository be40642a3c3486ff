"""A body of the Responses API, read at one go: what its last event sums up, not what its deltas said."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.testing.recordings.looking import at, fields_at, items_at, parsed, text_at, whole_at
from chatcore.testing.recordings.read_errors import all_texts, read_error
from chatcore.testing.recordings.read_events import read_events
from chatcore.testing.recordings.reading import Finish, ReadCall, ReadError, Reading, ReadUsage

_ENDS: Final = ("response.completed", "response.incomplete", "response.failed")
_CALLS: Final = MappingProxyType({"function_call": "arguments", "custom_tool_call": "input"})
_WORDS: Final = MappingProxyType({"output_text": "text", "refusal": "refusal"})
_INCOMPLETE: Final = MappingProxyType({"max_output_tokens": Finish.LENGTH, "content_filter": Finish.CONTENT_FILTER})


def read_responses_json(body: bytes) -> Reading:
    """A whole answer."""
    return _reading(fields_at(parsed(body)), (), complete=True)


def read_responses_stream(body: bytes) -> Reading:
    """An answer told event by event."""
    done: list[JsonValue] = []
    failed: ReadError | None = None
    for event in read_events(body):
        told = event.json
        kind = text_at(told, "type")
        if kind == "response.output_item.done":
            done.append(at(told, "item"))
        elif kind == "error" and failed is None:
            failed = _error(at(told, "error") or told)
        elif kind in _ENDS:
            return _reading(fields_at(told, "response"), done, complete=True)
    return _reading({"output": done}, (), complete=failed is not None, failed=failed)


def _reading(
    response: Mapping[str, JsonValue], done: Sequence[JsonValue], *, complete: bool, failed: ReadError | None = None
) -> Reading:
    items = items_at(response, "output") or done
    status, error = text_at(response, "status"), fields_at(response, "error")
    failed = _error(error) if error else failed
    calls = [_call(item) for item in items if text_at(item, "type") in _CALLS]
    return Reading(
        text="".join(
            text_at(part, _WORDS[text_at(part, "type")])
            for item in items
            if text_at(item, "type") == "message"
            for part in items_at(item, "content")
            if text_at(part, "type") in _WORDS
        ),
        reasoning_chars=sum(_reasoning_chars(item) for item in items if text_at(item, "type") == "reasoning"),
        tool_calls=tuple(calls),
        provider_calls=tuple(_provider_call(item) for item in items if _is_provider_call(item)),
        finish=None if failed else _finish(response, has_calls=bool(calls)),
        raw_finish=status or None,
        usage=None if failed else _usage(fields_at(response, "usage")),
        error=failed,
        complete=complete,
    )


def _reasoning_chars(item: JsonValue) -> int:
    parts = [*items_at(item, "summary"), *items_at(item, "content")]
    return sum(len(text_at(part, "text")) for part in parts)


def _finish(response: Mapping[str, JsonValue], *, has_calls: bool) -> Finish:
    match text_at(response, "status"):
        case "completed":
            return Finish.TOOL_CALLS if has_calls else Finish.STOP
        case "incomplete":
            return _INCOMPLETE.get(text_at(response, "incomplete_details", "reason"), Finish.OTHER)
        case "":
            return Finish.UNKNOWN
        case _:
            return Finish.OTHER


def _call(item: JsonValue) -> ReadCall:
    written = text_at(item, _CALLS[text_at(item, "type")])
    if text_at(item, "type") == "custom_tool_call":
        written = dump_json({"input": written})
    return ReadCall(
        id=text_at(item, "call_id"), name=text_at(item, "name"), arguments=written if written.strip() else "{}"
    )


def _is_provider_call(item: JsonValue) -> bool:
    kind = text_at(item, "type")
    return kind.endswith("_call") and kind not in _CALLS


def _provider_call(item: JsonValue) -> ReadCall:
    """What the provider ran: what it did stands in `action` for a search, in `arguments` for a remote tool."""
    action = fields_at(item, "action")
    written = text_at(item, "arguments") or (dump_json(action) if action else "{}")
    return ReadCall(
        id=text_at(item, "id"),
        name=text_at(item, "name") or text_at(item, "type").removesuffix("_call"),
        arguments=written,
    )


def _error(error: JsonValue) -> ReadError:
    return read_error(whole_at(error, "status"), all_texts(error))


def _usage(told: Mapping[str, JsonValue]) -> ReadUsage | None:
    prompt = whole_at(told, "input_tokens") or 0
    cached = whole_at(told, "input_tokens_details", "cached_tokens") or 0
    stored = whole_at(told, "input_tokens_details", "cache_write_tokens") or 0
    usage = ReadUsage(
        input_tokens=prompt - cached - stored,
        output_tokens=whole_at(told, "output_tokens") or 0,
        total_tokens=whole_at(told, "total_tokens") or 0,
        reasoning_tokens=whole_at(told, "output_tokens_details", "reasoning_tokens") or 0,
        cache_creation_tokens=stored,
        cache_read_tokens=cached,
    )
    return usage if usage.counted else None
