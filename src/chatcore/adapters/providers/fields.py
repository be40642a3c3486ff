"""Reading JSON that a provider sent: what is missing or of another kind than expected reads as nothing."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from chatcore.domain.json_text import JsonValue, parse_json

Fields: TypeAlias = Mapping[str, JsonValue]
"""A JSON object."""

_NOTHING: Final[Fields] = {}
_DIGITS_MAX: Final = 16


def json_value(text: str) -> JsonValue:
    """The JSON of a text; None for what is no JSON, which no provider sends on purpose."""
    try:
        return parse_json(text)
    except ValueError:
        return None


def json_fields(text: str) -> Fields | None:
    """The JSON object of a text; None for anything else."""
    value = json_value(text)
    return value if isinstance(value, Mapping) else None


def as_fields(value: JsonValue) -> Fields:
    """The value as an object, empty where it is none."""
    return value if isinstance(value, Mapping) else _NOTHING


def as_items(value: JsonValue) -> Sequence[JsonValue]:
    """The value as an array, empty where it is none."""
    return value if isinstance(value, list | tuple) else []


def as_text(value: JsonValue) -> str:
    """The value as words, empty where it holds none."""
    return value if isinstance(value, str) else ""


def as_whole(value: JsonValue) -> int | None:
    """The value as a whole number, also one written as a float or in digits."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if value.isascii() and value.isdigit() and len(value) < _DIGITS_MAX:
            return int(value)
        case _:
            return None


def as_count(value: JsonValue) -> int | None:
    """The value as a number of tokens: whole and not negative."""
    whole = as_whole(value)
    return whole if whole is not None and whole >= 0 else None
