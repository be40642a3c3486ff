"""What a provider says went wrong, in any of its shapes, as a ModelError (spec chat-core 4.6).

Seen: `{"error": {"message", "type", "code", …}}`, `{"error": "words", "code": …}`, `{"detail": "words"}` and a list of
them, `{"message", "code"}`, a list around any of these, codes that are numbers, and plain text or HTML.
"""

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text, as_whole, json_value
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.limits import PROVIDER_WORDS_CHARACTERS_MAX
from chatcore.domain.turn.classify import Failure, classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.ports.model import ModelError

_TOLD: Final = ("message", "detail", "msg", "error_description", "title")
_NAMES: Final = ("type", "code", "status")
_STATUSES: Final = range(400, 600)


def error_from_http(
    status: int, headers: Mapping[str, str], body: str, provider: str, secrets: Secrets | None = None
) -> ModelError:
    """The error that a response with a status of 400 or more is. Header names are in lower case."""
    told = json_value(body)
    if told is None:
        told = {"message": body.strip() if _is_plain(body) else ""}
    return _error(told, provider, secrets, status=status, retry_after_ms=retry_after_ms(headers))


def error_in_stream(
    told: JsonValue,
    provider: str,
    secrets: Secrets | None = None,
    *,
    raw_finish: str | None = None,
    kind: ErrorKind | None = None,
) -> ModelError:
    """The error that a provider put into a body with status 200; its status is the one it names, if any."""
    return _error(told, provider, secrets, status=_named_status(told), raw_finish=raw_finish, kind=kind)


def retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """The longest wait that the headers ask for. A date counts from the response's own `date`: no clock is read."""
    waits = [
        _number(headers.get("retry-after-ms"), 1),
        _number(headers.get("retry-after"), 1000),
        _until(headers.get("retry-after"), headers.get("date")),
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _error(
    told: JsonValue,
    provider: str,
    secrets: Secrets | None,
    *,
    status: int | None,
    retry_after_ms: int | None = None,
    raw_finish: str | None = None,
    kind: ErrorKind | None = None,
) -> ModelError:
    hidden = secrets or Secrets()
    message = hidden.hide(_cut("; ".join(dict.fromkeys(_words(told))))) or _wordless(status)
    names = " ".join(dict.fromkeys(_error_names(told)))
    classified = classify(Failure(text=hidden.hide(f"{message}\n{names}"), status_code=status, provider=provider))
    return ModelError(
        message,
        kind=kind or classified.kind,
        status=status,
        provider=provider,
        retryable=classified.retryable if kind is None else None,
        retry_after_ms=retry_after_ms,
        detail=hidden.hide(_cut(dump_json(told))) or None,
        raw_finish=raw_finish,
    )


def _words(told: JsonValue) -> Iterator[str]:
    """What people are meant to read, outermost first."""
    if isinstance(told, str):
        yield told.strip()
        return
    for item in as_items(told):
        yield from _words(item)
    fields = as_fields(told)
    for name in ("error", "errors", *_TOLD):
        if name in fields:
            yield from _words(fields[name])


def _error_names(told: JsonValue) -> Iterator[str]:
    """The words and codes that programs are meant to read."""
    for item in as_items(told):
        yield from _error_names(item)
    fields = as_fields(told)
    for name in _NAMES:
        value = as_text(fields.get(name))
        if value:
            yield value
    for name in ("error", "errors", "detail"):
        if name in fields:
            yield from _error_names(fields[name])


def _named_status(told: JsonValue) -> int | None:
    for fields in _levels(told):
        for name in ("status_code", "status", "code", "http_status"):
            number = as_whole(fields.get(name))
            if number in _STATUSES:
                return number
    return None


def _levels(told: JsonValue) -> Iterator[Fields]:
    fields = as_fields(told)
    inner = as_fields(fields.get("error"))
    yield inner
    yield fields


def _wordless(status: int | None) -> str:
    return f"the provider answered with status {status} and no words" if status else "the provider failed without words"


def _is_plain(body: str) -> bool:
    return body.lstrip()[:1] != "<" and body.strip() != "null"


def _cut(text: str) -> str:
    kept = PROVIDER_WORDS_CHARACTERS_MAX
    return text if len(text) <= kept else text[: kept - 1] + "…"


def _number(text: str | None, factor: int) -> int | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return int(seconds * factor) if 0 <= seconds < _WAIT_MAX else None


def _until(moment: str | None, now: str | None) -> int | None:
    try:
        wait = parsedate_to_datetime(moment or "") - parsedate_to_datetime(now or "")
    except (ValueError, TypeError):
        return None
    return max(int(wait.total_seconds() * 1000), 0)


_WAIT_MAX: Final = 1e12
"""Above this a number of seconds means nothing; what is longer than RETRY_AFTER_MS_MAX is cut later."""
