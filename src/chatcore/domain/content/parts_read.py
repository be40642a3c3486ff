"""Reading parts from JSON, tolerant of keys that it does not know (spec chat-core 1.3).

A missing or null field is an empty one, for writers of old left empty fields out. A wrong type, an unknown kind or
a broken base64 text or moment is a `ContentError`. A flag is not a number here, nor a number a flag.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.part_fields import PART_FIELDS, Form, PartField
from chatcore.domain.content.parts import PART_TYPES, Part
from chatcore.domain.json_text import JsonValue, dump_json

_Found: TypeAlias = str | bool | int | bytes | datetime | None
_MakePart: TypeAlias = Callable[..., Part]


def read_content(value: JsonValue) -> tuple[Part, ...]:
    """The parts of a JSON array. Null is an empty one.

    Raises: ContentError, it is no array, or one of its elements is no part.
    """
    return () if value is None else tuple(read_part(element, index) for index, element in enumerate(array_of(value)))


def array_of(value: JsonValue) -> Sequence[JsonValue]:
    """The elements of a JSON array. Raises: ContentError, it is none."""
    if not isinstance(value, list):
        raise ContentError(None, f"it is {kind_of(value)}, not an array")
    return value


def read_part(value: JsonValue, index: int | None = None) -> Part:
    """The part that a JSON object stands for; `index` is told by the error.

    Raises: ContentError, it is no object, its kind is unknown or a field has the wrong type.
    """
    if not isinstance(value, Mapping):
        raise ContentError(index, f"it is {kind_of(value)}, not an object")
    type_name = value.get("type")
    if not isinstance(type_name, str) or type_name not in _KINDS:
        shown = repr(type_name[:64]) if isinstance(type_name, str) else kind_of(type_name)
        raise ContentError(index, f"its type {shown} is unknown")
    kind, make = _KINDS[type_name]
    found: dict[str, _Found] = {}
    for field in PART_FIELDS[kind]:
        if field.form is Form.RAW:
            # Here null is a value: a tool may answer it.
            if field.name in value:
                found[field.name] = dump_json(value[field.name])
            continue
        given = value.get(field.name)
        read = _EMPTY[field.form] if given is None else _read(field, given, index)
        if read or field.required:
            found[field.name] = read
    return make(**found)


def kind_of(value: JsonValue) -> str:
    """What a JSON value is, in words for an error; never the value itself, which may be private or huge."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "an object"
        case _:
            return "an array"


def _read(field: PartField, given: JsonValue, index: int | None) -> _Found:
    try:
        return _READERS[field.form](given)
    except ValueError as error:
        raise ContentError(index, f"its {field.name} is {kind_of(given)} and {error}") from error


def _read_text(given: JsonValue) -> str:
    if not isinstance(given, str):
        raise ValueError("not a text")
    return given


def _read_flag(given: JsonValue) -> bool:
    if not isinstance(given, bool):
        raise ValueError("not true or false")
    return given


def _read_number(given: JsonValue) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError("not a whole number")
    return given


def read_bytes(given: JsonValue) -> bytes:
    """The bytes of a base64 text. Raises: ValueError, it is none."""
    try:
        return b64decode(_read_text(given), validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error


def _read_time(given: JsonValue) -> datetime:
    try:
        moment = datetime.fromisoformat(_read_text(given))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("not a moment") from error


_KINDS: Final[Mapping[str, tuple[type[Part], _MakePart]]] = {kind.TYPE: (kind, kind) for kind in PART_TYPES}

_READERS: Final[Mapping[Form, Callable[[JsonValue], _Found]]] = {
    Form.TEXT: _read_text,
    Form.FLAG: _read_flag,
    Form.NUMBER: _read_number,
    Form.TIME: _read_time,
    Form.BYTES: read_bytes,
}

_EMPTY: Final[Mapping[Form, _Found]] = {
    Form.TEXT: "",
    Form.FLAG: False,
    Form.NUMBER: 0,
    Form.TIME: None,
    Form.BYTES: b"",
}
