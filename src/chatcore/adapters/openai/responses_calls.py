"""Tool calls of one answer of the Responses API: local ones, and those that the provider ran (spec chat-core 4.7)."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from chatcore.adapters.providers.fields import Fields, as_text
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.stream import (
    FileMade,
    ProviderToolResult,
    StreamEvent,
    ToolCalled,
    ToolInputDelta,
    ToolInputEnded,
    ToolInputStarted,
)

FUNCTION_CALL: Final = "function_call"
CUSTOM_CALL: Final = "custom_tool_call"
_IMAGE: Final = "image_generation_call"
_ARGUMENTS: Final = ("action", "queries", "code", "server_label")
_RESULTS: Final = ("status", "output", "outputs", "results", "error", "tools")


class CallItem:
    """A call that chatcore runs. The words of a custom tool's call become an object with the key `input`."""

    def __init__(self, namespace: str, item: Fields) -> None:
        self._namespace = namespace
        self._is_custom = item.get("type") == CUSTOM_CALL
        self._call_id = as_text(item.get("call_id")) or as_text(item.get("id"))
        self._name = as_text(item.get("name"))
        self._told: list[str] = []
        self.is_done = False

    def begin(self) -> Iterator[StreamEvent]:
        """The call, before its arguments."""
        yield ToolInputStarted(tool_call_id=self._call_id, tool_name=self._name)

    def delta(self, kind: str, event: Fields) -> Iterator[StreamEvent]:
        """More of the arguments."""
        if kind in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
            yield from self._write(as_text(event.get("delta")))

    def done(self, item: Fields) -> Iterator[StreamEvent]:
        """The whole call; one that was cut off stays open."""
        self.is_done = True
        written = as_text(item.get("input" if self._is_custom else "arguments"))
        before = "".join(self._told)
        if written.startswith(before):
            yield from self._write(written[len(before) :])
        if item.get("status") == "incomplete":
            return
        if self._is_custom and self._told:
            yield ToolInputDelta(tool_call_id=self._call_id, delta=_CUSTOM_END)
        args = dump_json({"input": written}) if self._is_custom else written
        kept: dict[str, JsonValue] = {"id": item["id"]} if item.get("id") else {}
        if self._is_custom:
            kept["custom"] = True
        yield ToolInputEnded(tool_call_id=self._call_id)
        name = as_text(item.get("name")) or self._name
        metadata = own_metadata(self._namespace, kept)
        yield ToolCalled(tool_call_id=self._call_id, tool_name=name, args=args, metadata=metadata)

    def _write(self, piece: str) -> Iterator[StreamEvent]:
        if not piece:
            return
        is_first = not self._told
        self._told.append(piece)
        if self._is_custom:
            piece = (_CUSTOM_BEGIN if is_first else "") + dump_json(piece)[1:-1]
        yield ToolInputDelta(tool_call_id=self._call_id, delta=piece)


_CUSTOM_BEGIN: Final = '{"input":"'
_CUSTOM_END: Final = '"}'


class ProviderItem:
    """Whatever else stands in an answer: what the provider did itself, kept as a call with its result."""

    def __init__(self, namespace: str, position: int, item: Fields) -> None:
        self._namespace = namespace
        self._kind = as_text(item.get("type"))
        self._call_id = as_text(item.get("id")) or f"item_{position}"
        self._name = as_text(item.get("name")) or self._kind.removesuffix("_call") or "unknown"
        self.is_done = False

    def begin(self) -> Iterator[StreamEvent]:
        """The call, before anything is known of it."""
        yield ToolInputStarted(tool_call_id=self._call_id, tool_name=self._name, provider_executed=True)

    def delta(self, kind: str, event: Fields) -> Iterator[StreamEvent]:
        """More of the arguments."""
        if kind == "response.mcp_call_arguments.delta":
            yield ToolInputDelta(tool_call_id=self._call_id, delta=as_text(event.get("delta")))

    def done(self, item: Fields) -> Iterator[StreamEvent]:
        """The call and its result."""
        self.is_done = True
        kept = {name: value for name, value in item.items() if not (self._kind == _IMAGE and name == "result")}
        yield ToolInputEnded(tool_call_id=self._call_id)
        yield ToolCalled(
            tool_call_id=self._call_id,
            tool_name=self._name,
            args=_arguments(item),
            provider_executed=True,
            metadata=own_metadata(self._namespace, {"item": kept}),
        )
        result = {name: item[name] for name in _RESULTS if item.get(name) is not None}
        yield ProviderToolResult(
            tool_call_id=self._call_id,
            tool_name=self._name,
            result=dump_json(result),
            is_error=item.get("status") == "failed" or bool(item.get("error")),
        )
        if self._kind == _IMAGE:
            yield from _image(item)


def _arguments(item: Fields) -> str:
    if written := as_text(item.get("arguments")):
        return written
    action = item.get("action")
    if isinstance(action, dict):
        return dump_json(action)
    return dump_json({name: item[name] for name in _ARGUMENTS if item.get(name) is not None})


def _image(item: Fields) -> Iterator[StreamEvent]:
    try:
        data = b64decode(as_text(item.get("result")), validate=True)
    except ValueError:
        # A picture that cannot be read is not worth the answer around it.
        return
    if data:
        media_type = f"image/{as_text(item.get('output_format')) or 'png'}"
        yield FileMade(media_type=media_type, data=data)
