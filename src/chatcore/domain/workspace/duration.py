"""Durations as a model writes them: `30s`, `5m`, `1h30m` (chat-core 10.1)."""

import re
from typing import Final

_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_WHOLE: Final = re.compile(rf"[+-]?(?:0|(?:{_PART})+)")


def parse_duration(text: str) -> float | None:
    """Seconds; numbers with units, put together, perhaps with a sign, and a bare `0`. None for any other text."""
    if _WHOLE.fullmatch(text) is None:
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text))
    return -seconds if text.startswith("-") else seconds
