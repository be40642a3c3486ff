"""Parts as JSON objects: the form they have on the wire and, as version 1, in old rows (spec chat-core 1.3).

A required field is always written, an optional one only when it is not empty. Raw JSON is embedded as JSON, bytes are
base64 text, moments ISO 8601 in UTC. A writer that has to keep raw JSON byte for byte uses `content_text`, which
splices it in unparsed.
"""

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias, TypeGuard

from chatcore.domain.content.part_fields import PART_FIELDS, Form, PartField
from chatcore.domain.content.parts import Part
from chatcore.domain.json_text import JsonText, JsonValue, dump_json, parse_json

PartJson: TypeAlias = dict[str, JsonValue]


def part_json(part: Part) -> PartJson:
    """The JSON object of a part, `type` first. Internal fields are in it: give clients `client_part` of it."""
    written: PartJson = {"type": part.TYPE}
    for field, value in _written(part):
        written[field.name] = parse_json(value) if _is_raw(value, field) else _plain(value)
    return written


def content_json(content: Iterable[Part]) -> list[PartJson]:
    """The JSON array of a content."""
    return [part_json(part) for part in content]


def part_text(part: Part) -> JsonText:
    """`part_json` as text, with raw JSON exactly as the part holds it."""
    pairs = [f'"type":"{part.TYPE}"']
    for field, value in _written(part):
        pairs.append(f'"{field.name}":{value if _is_raw(value, field) else dump_json(_plain(value))}')
    return JsonText("{" + ",".join(pairs) + "}")


def content_text(content: Iterable[Part]) -> JsonText:
    """`content_json` as text, with raw JSON exactly as the parts hold it."""
    return JsonText("[" + ",".join(part_text(part) for part in content) + "]")


_Value: TypeAlias = str | bool | int | bytes | datetime


def _written(part: Part) -> Iterable[tuple[PartField, _Value]]:
    for field in PART_FIELDS[type(part)]:
        value: _Value | None = getattr(part, field.name)
        if value is not None and (value or field.required):
            yield field, value


def _is_raw(value: _Value, field: PartField) -> TypeGuard[str]:
    return field.form is Form.RAW and isinstance(value, str)


def _plain(value: _Value) -> JsonValue:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "moments carry their zone"
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value
