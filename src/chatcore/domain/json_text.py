"""JSON kept as the text it came in, so that what a model or a tool wrote is given back byte for byte (spec 1.4)."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final, NewType, TypeAlias

from chatcore.domain.limits import JSON_DEPTH_MAX

JsonText = NewType("JsonText", str)
"""Text that is valid JSON."""

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:32]} is out of range")
    return number


# Made once: `json.dumps` and `json.loads` with settings of their own make an encoder or a decoder at every call.
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ASCII: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_STRICT: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def dump_json(value: JsonValue) -> JsonText:
    """Write a value as compact JSON, non-ASCII characters as they are, keys in the order given."""
    text = _COMPACT.encode(value)
    if not text.isascii() and _LONE_SURROGATE.search(text):
        # JSON may hold half a character (as an escape), UTF-8 may not.
        text = _ASCII.encode(value)
    return JsonText(text)


def dump_compact(value: JsonValue) -> str:
    """As `dump_json`, but half a character stays as it is and the text then cannot be encoded in UTF-8."""
    return _COMPACT.encode(value)


def load_compact(text: str) -> JsonValue:
    """Read JSON that `dump_compact` wrote: nothing stands around it, which makes it cheaper than `parse_json`.

    Raises: ValueError, the text is not JSON or not only JSON.
    """
    value: JsonValue
    value, end = _STRICT.raw_decode(text)
    if end != len(text):
        raise ValueError(f"more follows the JSON at character {end}")
    return value


def parse_json(text: str) -> JsonValue:
    """Read JSON strictly, so that `dump_json` can write whatever was read.

    `NaN` and the infinities, which Python's parser would take, are refused, and so are numbers that no float can
    hold and values nested deeper than JSON_DEPTH_MAX.

    Raises: ValueError, the text is not such JSON.
    """
    try:
        value: JsonValue = _STRICT.decode(text)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    if text.count("[") + text.count("{") > JSON_DEPTH_MAX and _is_deep(value):
        raise ValueError(f"the JSON is nested deeper than {JSON_DEPTH_MAX} levels")
    return value


def is_json(text: str) -> bool:
    """Whether the text is one JSON value."""
    try:
        parse_json(text)
    except ValueError:
        return False
    return True


def _is_deep(value: JsonValue) -> bool:
    level = [value]
    for _ in range(JSON_DEPTH_MAX):
        level = [child for parent in level for child in _children(parent) if isinstance(child, list | dict)]
        if not level:
            return False
    return True


def _children(parent: JsonValue) -> Iterable[JsonValue]:
    if isinstance(parent, dict):
        return parent.values()
    return parent if isinstance(parent, list) else ()
