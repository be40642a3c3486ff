"""The size of a model's context, read from what its provider says beside an answer (spec chat-core 4.9)."""

import re
from typing import Final

from chatcore.domain.json_text import JsonText, JsonValue, parse_json
from chatcore.domain.limits import CONTEXT_LIMIT_TOKENS_MAX

_NAMES: Final = frozenset(
    {
        "contextlimit",
        "contextwindow",
        "contextlength",
        "maxcontext",
        "maxcontexttokens",
        "maxinputtokens",
        "maxinputtoken",
        "inputtokenlimit",
    }
)
_BOUNDS: Final = ("limit", "window", "length")
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]")
_WHOLE_NUMBER: Final = re.compile(r"\+?[0-9]{1,16}")


def context_limit(metadata: JsonText | None, fallback: int | None = None) -> int | None:
    """Tokens that the context holds: the largest one named in the metadata, else a positive fallback, else None.

    Metadata that is not JSON names nothing, and so do values above CONTEXT_LIMIT_TOKENS_MAX.
    """
    found = _largest(metadata) if metadata is not None else 0
    return found or (fallback if fallback is not None and fallback > 0 else None)


def names_context_limit(key: str) -> bool:
    """Whether a key speaks of the size of a context; only its ASCII letters and digits count, in any case."""
    name = _NOT_IN_NAMES.sub("", key.lower())
    if name in _NAMES:
        return True
    return "context" in name and (name.startswith("max") or any(bound in name for bound in _BOUNDS))


def _largest(metadata: JsonText) -> int:
    try:
        values: list[JsonValue] = [parse_json(metadata)]
    except ValueError:
        # A provider's stray words beside an answer are no reason to lose the answer.
        return 0
    largest = 0
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values.extend(value.values())
            named = (_tokens(item) for key, item in value.items() if names_context_limit(key))
            largest = max(largest, *named, 0)
        elif isinstance(value, list):
            values.extend(value)
    return largest


def _tokens(value: JsonValue) -> int:
    """A positive whole number, also when written as a float or in a string; else 0."""
    match value:
        case bool():
            tokens = 0
        case int():
            tokens = value
        case float():
            tokens = int(value) if value.is_integer() else 0
        case str():
            stripped = value.strip()
            tokens = int(stripped) if _WHOLE_NUMBER.fullmatch(stripped) else 0
        case _:
            tokens = 0
    return tokens if 0 < tokens <= CONTEXT_LIMIT_TOKENS_MAX else 0
