"""Content of version 0 in its envelope form: blocks `{"type": …, "data": {…}}` (spec chat-core 1.7).

The fields of a block are inside `data`, and the first name that holds something counts:

- text, reasoning: text
- tool-call: tool_call_id or toolCallId; tool_name or toolName; input or args (JSON, or a text that is JSON);
  provider_executed or providerExecuted
- tool-result: id, name and provider_executed as above; result or output (an outcome block of type text, error or
  media, else any JSON); is_error or isError
- source: url; source_id, sourceId or id; title
- file: media_type or mediaType; name or filename; data (base64); file_id or fileId

Each may hold the provider's own data (`legacy_fields.METADATA_NAMES`), which survives. A block of another type is an
error, for to skip it would lose content silently.
"""

from collections.abc import Callable, Mapping
from typing import Final

from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.legacy_fields import LegacyFields, legacy_fields
from chatcore.domain.content.parts import (
    FilePart,
    Part,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.domain.content.parts_read import array_of
from chatcore.domain.content.tool_results import (
    StoredResult,
    ToolFailed,
    ToolMedia,
    ToolText,
    stored_args,
    stored_result,
)
from chatcore.domain.json_text import JsonText, JsonValue, dump_json


def is_envelope(value: JsonValue) -> bool:
    """Whether a content of version 0 is in envelope form.

    The first element must hold an object as `data`. A file part's `data` is a base64 text and no other kind has the
    field, so no part can pass for an envelope.
    """
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    return isinstance(first, Mapping) and isinstance(first.get("data"), Mapping)


def read_blocks(value: JsonValue) -> tuple[Part, ...]:
    """The parts of a content in envelope form.

    Raises: ContentError, a block is no object, its type is unknown, its `data` is no object or a field of it has
        the wrong type.
    """
    return tuple(_read_block(block, index) for index, block in enumerate(array_of(value)))


def _read_block(value: JsonValue, index: int) -> Part:
    block = legacy_fields(value, index)
    kind = block.text("type")
    if kind not in _READERS:
        raise ContentError(index, f"its type {kind[:64]!r} is unknown in an envelope")
    return _READERS[kind](legacy_fields(block.value("data"), index))


def _read_text(data: LegacyFields) -> TextPart:
    return TextPart(text=data.text("text"), provider_metadata=data.metadata())


def _read_reasoning(data: LegacyFields) -> ReasoningPart:
    return ReasoningPart(text=data.text("text"), provider_metadata=data.metadata())


def _read_call(data: LegacyFields) -> ToolCallPart:
    return ToolCallPart(
        tool_call_id=data.text("tool_call_id", "toolCallId"),
        tool_name=data.text("tool_name", "toolName"),
        args=_args(data.value("input", "args")),
        provider_executed=data.flag("provider_executed", "providerExecuted"),
        provider_metadata=data.metadata(),
    )


def _read_result(data: LegacyFields) -> ToolResultPart:
    outcome = _outcome(data)
    return ToolResultPart(
        tool_call_id=data.text("tool_call_id", "toolCallId"),
        tool_name=data.text("tool_name", "toolName"),
        result=None if outcome is None else outcome.result,
        is_error=data.flag("is_error", "isError") or (outcome is not None and outcome.is_error),
        is_media=outcome is not None and outcome.is_media,
        provider_executed=data.flag("provider_executed", "providerExecuted"),
        provider_metadata=data.metadata(),
    )


def _read_source(data: LegacyFields) -> SourcePart:
    return SourcePart(
        url=data.text("url"),
        source_id=data.text("source_id", "sourceId", "id"),
        title=data.text("title"),
        provider_metadata=data.metadata(),
    )


def _read_file(data: LegacyFields) -> FilePart:
    file_id = data.text("file_id", "fileId") or None
    return FilePart(
        media_type=data.text("media_type", "mediaType"),
        name=data.text("name", "filename"),
        # A file that is kept elsewhere is read from there (R1.7b).
        data=b"" if file_id else data.decoded("data"),
        file_id=file_id,
        provider_metadata=data.metadata(),
    )


def _args(value: JsonValue) -> JsonText | None:
    if value is None:
        return None
    return stored_args(value) if isinstance(value, str) else dump_json(value)


def _outcome(data: LegacyFields) -> StoredResult | None:
    value = data.value("result", "output")
    if value is None:
        return None
    inner = value.get("data") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and isinstance(inner, Mapping):
        fields = LegacyFields(inner, data.index)
        match value.get("type"):
            case "text":
                return stored_result(ToolText(text=fields.text("text")))
            case "error":
                return stored_result(ToolFailed(error=fields.text("error", "message", "text")))
            case "media":
                media_type = fields.text("media_type", "mediaType", "mime_type")
                return stored_result(
                    ToolMedia(data=fields.text("data"), media_type=media_type, text=fields.text("text"))
                )
    return StoredResult(result=dump_json(value))


_READERS: Final[Mapping[str, Callable[[LegacyFields], Part]]] = {
    TextPart.TYPE: _read_text,
    ReasoningPart.TYPE: _read_reasoning,
    ToolCallPart.TYPE: _read_call,
    ToolResultPart.TYPE: _read_result,
    SourcePart.TYPE: _read_source,
    FilePart.TYPE: _read_file,
}
