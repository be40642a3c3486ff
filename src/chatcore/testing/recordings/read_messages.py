"""A body of Anthropic's Messages API, read at one go."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import define, field

from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.testing.recordings.looking import at, fields_at, items_at, parsed, text_at, whole_at
from chatcore.testing.recordings.read_errors import read_error
from chatcore.testing.recordings.read_events import read_events
from chatcore.testing.recordings.reading import Finish, ReadCall, Reading, ReadUsage

_FINISHES: Final = MappingProxyType(
    {
        "end_turn": Finish.STOP,
        "stop_sequence": Finish.STOP,
        "tool_use": Finish.TOOL_CALLS,
        "max_tokens": Finish.LENGTH,
        "model_context_window_exceeded": Finish.LENGTH,
        "refusal": Finish.CONTENT_FILTER,
        "pause_turn": Finish.PAUSE,
    }
)
_STATUS_OF_ERROR: Final = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "api_error": 500,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
_PROVIDER_CALLS: Final = ("server_tool_use", "mcp_tool_use")


def read_messages_json(body: bytes) -> Reading:
    """A whole answer."""
    message = parsed(body)
    return _reading(
        items_at(message, "content"), text_at(message, "stop_reason"), [fields_at(message, "usage")], complete=True
    )


def read_messages_stream(body: bytes) -> Reading:
    """An answer told event by event."""
    told = _Told()
    for event in read_events(body):
        told.take(event.json)
        if told.error is not None:
            return _broken(told)
    return _reading(list(told.blocks.values()), told.stop_reason, told.usages, complete=told.ended)


@define
class _Told:
    """What a stream's events put together: blocks as a whole answer would hold them."""

    blocks: dict[int, dict[str, JsonValue]] = field(factory=dict)
    usages: list[Mapping[str, JsonValue]] = field(factory=list)
    stop_reason: str = ""
    ended: bool = False
    error: Mapping[str, JsonValue] | None = None

    def take(self, event: JsonValue) -> None:
        index = whole_at(event, "index") or 0
        match text_at(event, "type"):
            case "message_start":
                self.usages.append(fields_at(event, "message", "usage"))
            case "content_block_start":
                self.blocks[index] = dict(fields_at(event, "content_block"))
            case "content_block_delta":
                self._take_delta(self.blocks.setdefault(index, {}), at(event, "delta"))
            case "message_delta":
                self.stop_reason = text_at(event, "delta", "stop_reason")
                self.usages.append(fields_at(event, "usage"))
            case "message_stop":
                self.ended = True
            case "error":
                self.error = fields_at(event, "error")
            case _:
                pass

    def _take_delta(self, block: dict[str, JsonValue], delta: JsonValue) -> None:
        for name in ("text", "thinking", "partial_json"):
            more = at(delta, name)
            if isinstance(more, str):
                block[name] = text_at(block, name) + more


def _reading(
    blocks: Sequence[JsonValue], stop_reason: str, usages: Sequence[Mapping[str, JsonValue]], *, complete: bool
) -> Reading:
    kinds = [text_at(block, "type") for block in blocks]
    known = list(zip(kinds, blocks, strict=True))
    return Reading(
        text="".join(text_at(block, "text") for kind, block in known if kind == "text"),
        reasoning_chars=sum(len(text_at(block, "thinking")) for kind, block in known if kind == "thinking"),
        tool_calls=tuple(_call(block) for kind, block in known if kind == "tool_use"),
        provider_calls=tuple(_call(block) for kind, block in known if kind in _PROVIDER_CALLS),
        finish=_finish(stop_reason),
        raw_finish=stop_reason or None,
        usage=_usage(usages),
        complete=complete,
    )


def _finish(stop_reason: str) -> Finish:
    if not stop_reason:
        return Finish.UNKNOWN
    return _FINISHES.get(stop_reason, Finish.OTHER)


def _broken(told: _Told) -> Reading:
    kind = text_at(told.error, "type")
    error = read_error(_STATUS_OF_ERROR.get(kind), f"{kind}\n{text_at(told.error, 'message')}")
    before = _reading(list(told.blocks.values()), "", [], complete=True)
    return Reading(
        text=before.text,
        reasoning_chars=before.reasoning_chars,
        tool_calls=before.tool_calls,
        provider_calls=before.provider_calls,
        error=error,
    )


def _call(block: JsonValue) -> ReadCall:
    written = text_at(block, "partial_json")
    if not written.strip():
        given = at(block, "input")
        written = given if isinstance(given, str) else dump_json(given or {})
    return ReadCall(id=text_at(block, "id"), name=text_at(block, "name"), arguments=written)


def _usage(reports: Sequence[Mapping[str, JsonValue]]) -> ReadUsage | None:
    """Of each count the newest: a stream counts up, and its last report leaves out what did not change."""

    def newest(*path: str) -> int:
        counts = [count for report in reports if (count := whole_at(report, *path)) is not None]
        return counts[-1] if counts else 0

    usage = ReadUsage(
        input_tokens=newest("input_tokens"),
        output_tokens=newest("output_tokens"),
        reasoning_tokens=newest("output_tokens_details", "thinking_tokens"),
        cache_creation_tokens=newest("cache_creation_input_tokens"),
        cache_read_tokens=newest("cache_read_input_tokens"),
    )
    return usage if usage.counted else None
