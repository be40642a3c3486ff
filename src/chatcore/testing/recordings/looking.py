"""Looking into parsed JSON without trusting its shape; a wrong shape reads as nothing."""

import json
from collections.abc import Mapping, Sequence

from chatcore.domain.json_text import JsonValue


def parsed(text: str | bytes) -> JsonValue:
    """The JSON value that the text holds, by the standard library alone. Raises ValueError."""
    value: JsonValue = json.loads(text)
    return value


def at(value: JsonValue, *path: str | int) -> JsonValue:
    """What stands at the end of the path, None where the path leads nowhere."""
    for key in path:
        if isinstance(value, Mapping) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def text_at(value: JsonValue, *path: str | int) -> str:
    """The text at the end of the path, empty for anything else."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def whole_at(value: JsonValue, *path: str | int) -> int | None:
    """The whole number at the end of the path, None for anything else."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def items_at(value: JsonValue, *path: str | int) -> Sequence[JsonValue]:
    """The list at the end of the path, empty for anything else."""
    found = at(value, *path)
    return found if isinstance(found, list) else ()


def fields_at(value: JsonValue, *path: str | int) -> Mapping[str, JsonValue]:
    """The object at the end of the path, empty for anything else."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}
