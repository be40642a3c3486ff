"""Cutting text to a number of bytes without breaking a character."""

import json
from typing import Final

_ELLIPSIS: Final = "…"


def json_bytes(text: str) -> int:
    """Bytes that the text takes as a JSON string in UTF-8, quotes included."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def cut_to_json_bytes(text: str, bytes_max: int) -> str:
    """The text, or its longest beginning that with an ellipsis fits into `bytes_max` bytes as a JSON string."""
    # A character takes at most six bytes of JSON, so short text needs no measuring.
    if 6 * len(text) + 2 <= bytes_max or json_bytes(text) <= bytes_max:
        return text
    budget = bytes_max - json_bytes(_ELLIPSIS)
    kept = 0
    for character in text:
        budget -= json_bytes(character) - 2
        if budget < 0:
            break
        kept += 1
    return text[:kept] + _ELLIPSIS
