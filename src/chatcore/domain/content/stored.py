"""Reading content as rows of old hold it, in both versions (spec chat-core 1.7).

Version 1 is the JSON array of parts of `parts_json`, for any role, and the only one that is written (R1.7e). Version 0,
or none, is told apart by role and shape, never by trying decoders until one fits: an envelope decodes partially as a
part and would lose its content silently (R1.7a). `envelopes.py` has the envelope form, `tool_rows.py` the tool
rows that are no parts.
"""

from collections.abc import Mapping
from typing import Final

from chatcore.domain.content.envelopes import is_envelope, read_blocks
from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, TextPart, ToolResultPart
from chatcore.domain.content.parts_read import array_of, kind_of, read_content
from chatcore.domain.content.tool_rows import read_tool_row
from chatcore.domain.json_text import JsonValue, parse_json

CONTENT_VERSION: Final = 1
"""The version of everything that is written (R1.7e)."""


def read_stored(role: str, version: int | None, content: str | None) -> tuple[Part, ...]:
    """The parts of a row; none for null and for empty content (R1.7f).

    Raises: ContentError, the version or, in version 0, the role is unknown (R1.7d), the content is no JSON or it
        does not have the shape that the role asks for.
    """
    if version not in (None, 0, CONTENT_VERSION):
        raise ContentError(None, f"its version {version} is unknown, a newer chatcore may have written it")
    if not version and role not in set(Role):
        raise ContentError(None, f"the role {role[:64]!r} is unknown, and version 0 is read by role")
    value = _parsed(content)
    if value is None:
        return ()
    return _read_parts(value) if version else _read_legacy(Role(role), value)


def _parsed(content: str | None) -> JsonValue:
    if content is None or not content.strip():
        return None
    try:
        return parse_json(content)
    except ValueError as error:
        raise ContentError(None, f"it is not JSON: {error}") from error


def _read_legacy(role: Role, value: JsonValue) -> tuple[Part, ...]:
    match role:
        case Role.SYSTEM:
            return _read_words(value)
        case Role.USER if isinstance(value, str):
            return _read_words(value)
        case Role.USER | Role.ASSISTANT:
            return read_blocks(value) if is_envelope(value) else _read_parts(value)
        case Role.TOOL:
            return _read_tool(value)


def _read_words(value: JsonValue) -> tuple[Part, ...]:
    if not isinstance(value, str):
        raise ContentError(None, f"it is {kind_of(value)}, not a text")
    return (TextPart(text=value),) if value.strip() else ()


def _read_tool(value: JsonValue) -> tuple[Part, ...]:
    rows = array_of(value)
    if any(isinstance(row, Mapping) and row.get("type") == ToolResultPart.TYPE for row in rows):
        return _read_parts(value)
    return tuple(read_tool_row(row, index) for index, row in enumerate(rows))


def _read_parts(value: JsonValue) -> tuple[Part, ...]:
    elements = array_of(value)
    if all(isinstance(element, Mapping) and not element.get("type") for element in elements):
        # Whoever wrote objects without a type meant no parts (R1.7c).
        return ()
    return read_content(value)
