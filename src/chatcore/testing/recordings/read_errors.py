"""What an error of a provider means, by the later classification (spec chat-core 4.6), written down a second time."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from chatcore.domain.json_text import JsonValue
from chatcore.testing.recordings.looking import parsed
from chatcore.testing.recordings.reading import ReadError

_AUTH_WORDS: Final = (
    "authentication",
    "unauthorized",
    "forbidden",
    "invalid api key",
    "invalid_api_key",
    "quota",
    "billing",
    "payment required",
)
_RATE_WORDS: Final = ("rate limit", "rate_limit", "rate-limited", "too many requests")
_TIMEOUT_WORDS: Final = (
    "timeout",
    "timed out",
    "unavailable",
    "connection reset",
    "connection refused",
    "eof",
    "broken pipe",
    "bad gateway",
)
_CONFIG_WORDS: Final = (
    "invalid model",
    "unsupported model",
    "model not found",
    "model_not_found",
    "context length exceeded",
    "context_length_exceeded",
    "context_exceeded",
    "maximum context length",
    "malformed config",
    "prompt is too long",
    "exceeds the context window",
)
_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


def read_http_error(status: int, headers: Mapping[str, str], body: bytes) -> ReadError:
    """The error that a status of 400 or more and its body tell."""
    return read_error(status, _words(body), retry_after_ms=_retry_after_ms(headers))


def read_error(status: int | None, words: str, *, retry_after_ms: int | None = None) -> ReadError:
    """The error that a status and some words tell."""
    kind, retryable = _kind(status, words.lower())
    return ReadError(kind=kind, status=status, retryable=retryable, retry_after_ms=retry_after_ms)


def all_texts(value: JsonValue) -> str:
    """Every text in a JSON value, one after the other: a word that decides may stand in any field."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(all_texts(each) for each in value.values())
    if isinstance(value, Sequence):
        return "\n".join(all_texts(each) for each in value)
    return ""


def _words(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        return all_texts(parsed(text))
    except ValueError:
        return text


def _kind(status: int | None, text: str) -> tuple[str, bool]:
    def has(words: Sequence[str]) -> bool:
        return any(word in text for word in words)

    if status == 529 or "overloaded" in text:
        return "overloaded", True
    if status in (401, 403) or has(_AUTH_WORDS):
        return "auth", False
    if status == 429 or has(_RATE_WORDS):
        return "rate_limit", True
    if status in (408, 502, 503, 504) or has(_TIMEOUT_WORDS):
        return "timeout", True
    if has(_CONFIG_WORDS):
        return "config", False
    return "generic", status == 500 or "server error" in text


def _retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """The longer of the two headers; a date is not read here, for a recording's date has passed."""
    waits = [
        round(float(value) * factor)
        for name, factor in (("retry-after", 1000), ("retry-after-ms", 1))
        if (value := headers.get(name, "").strip()) and _SECONDS.fullmatch(value)
    ]
    return max(waits, default=None)
