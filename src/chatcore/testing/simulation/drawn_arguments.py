"""Arguments of a tool's call, drawn from its schema: simple ones that fit it, as far as its plain words say."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.domain.turn.tools import ToolDefinition

_WORDS: Final = ("lamp", "letter", "ada", "grace", "late", "")
_INTEGER_MAX: Final = 100
_ITEMS_MAX: Final = 3
_DEPTH_MAX: Final = 6
"""A schema that is deeper is followed no further: it may contain itself."""


def arguments_for(tool: ToolDefinition, stream: Random) -> Mapping[str, JsonValue]:
    """Every required property, and each other one by the toss of a coin.

    Obeyed are `type`, `properties`, `required`, `items`, `enum`, `const`, `anyOf`, `oneOf`, `minimum` and `maximum`;
    where that is not enough, say what to ask with `simulate(arguments=…)`.
    """
    return _object(_mapping(parse_json(tool.input_schema)), stream, 0)


def _value(schema: Mapping[str, JsonValue], stream: Random, depth: int) -> JsonValue:
    if "const" in schema:
        return schema["const"]
    for word in ("enum", "anyOf", "oneOf"):
        if choices := _sequence(schema.get(word)):
            chosen = stream.choice(choices)
            return chosen if word == "enum" else _value(_mapping(chosen), stream, depth + 1)
    kind = schema.get("type")
    if kinds := _sequence(kind):
        kind = stream.choice(kinds)
    match kind:
        case "integer":
            return stream.randint(*_bounds(schema))
        case "number":
            low, high = _bounds(schema)
            return low + (high - low) * stream.random()
        case "boolean":
            return stream.random() < 0.5
        case "null":
            return None
        case "array" if depth < _DEPTH_MAX:
            items = _mapping(schema.get("items"))
            return [_value(items, stream, depth + 1) for _ in range(1 + stream.randrange(_ITEMS_MAX))]
        case "array":
            return []
        case "object":
            return _object(schema, stream, depth)
        case _:
            return stream.choice(_WORDS)


def _object(schema: Mapping[str, JsonValue], stream: Random, depth: int) -> Mapping[str, JsonValue]:
    if depth >= _DEPTH_MAX:
        return {}
    required = _sequence(schema.get("required"))
    return {
        name: _value(_mapping(each), stream, depth + 1)
        for name, each in _mapping(schema.get("properties")).items()
        if name in required or stream.random() < 0.5
    }


def _bounds(schema: Mapping[str, JsonValue]) -> tuple[int, int]:
    low, high = schema.get("minimum"), schema.get("maximum")
    lowest = int(low) if isinstance(low, int | float) else 0
    highest = int(high) if isinstance(high, int | float) else lowest + _INTEGER_MAX
    return min(lowest, highest), highest


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
