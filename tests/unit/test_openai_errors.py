"""What providers say went wrong: shapes of errors, waits that they ask for, and keys (spec chat-core 4.6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.providers.errors import error_from_http, error_in_stream, retry_after_ms
from chatcore.adapters.providers.secrets import HIDDEN, Secrets
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.limits import PROVIDER_WORDS_CHARACTERS_MAX
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind


@pytest.mark.parametrize(
    ("status", "body", "kind", "retryable", "words"),
    [
        (401, {"error": {"message": "Wrong key.", "code": "invalid_api_key"}}, ErrorKind.AUTH, False, "Wrong key."),
        (400, {"error": {"message": "No model.", "code": "model_not_found"}}, ErrorKind.CONFIG, False, "No model."),
        (404, {"error": {"message": "No model.", "code": "model_not_found"}}, ErrorKind.CONFIG, False, "No model."),
        (404, {"error": {"code": "Missing", "message": "Gone."}}, ErrorKind.GENERIC, False, "Gone."),
        (400, {"error": {"message": "Long.", "code": "context_length_exceeded"}}, ErrorKind.CONFIG, False, "Long."),
        (429, {"error": {"message": "Pay first.", "type": "insufficient_quota"}}, ErrorKind.AUTH, False, "Pay first."),
        (429, {"error": {"code": "RateLimitReached", "message": "Slow."}}, ErrorKind.RATE_LIMIT, True, "Slow."),
        (429, {"code": 429, "message": "Slow."}, ErrorKind.RATE_LIMIT, True, "Slow."),
        (400, {"code": "invalid-argument", "error": "Bad argument."}, ErrorKind.GENERIC, False, "Bad argument."),
        (401, {"detail": "Unknown."}, ErrorKind.AUTH, False, "Unknown."),
        (422, {"detail": [{"loc": ["body"], "msg": "Field required"}]}, ErrorKind.GENERIC, False, "Field required"),
        (400, [{"error": {"code": 400, "message": "In a list."}}], ErrorKind.GENERIC, False, "In a list."),
        (529, {"error": {"type": "overloaded_error", "message": "Busy."}}, ErrorKind.OVERLOADED, True, "Busy."),
        (500, {"error": {"message": "Oh.", "type": "server_error"}}, ErrorKind.GENERIC, True, "Oh."),
        (503, "upstream connect error", ErrorKind.TIMEOUT, True, "upstream connect error"),
        (502, "<html><title>Bad Gateway</title></html>", ErrorKind.TIMEOUT, True, "status 502"),
        (500, "", ErrorKind.GENERIC, True, "status 500"),
        (403, "null", ErrorKind.AUTH, False, "status 403"),
    ],
)  # fmt: skip
def test_an_error_of_any_shape_is_classified(
    status: int, body: JsonValue, kind: ErrorKind, retryable: bool, words: str
) -> None:
    """Kind and retry by 4.6, the status that came, and the words that people are meant to read."""
    text = body if isinstance(body, str) else dump_json(body)
    error = error_from_http(status, {}, text, "server")
    assert (error.kind, error.retryable, error.status, error.provider) == (kind, retryable, status, "server")
    assert words in error.message
    classified = classify(error.failure())
    assert (classified.kind, classified.retryable, classified.status_code) == (kind, retryable, status)


def test_a_status_in_the_text_of_an_answer_is_none() -> None:
    """Only what the error names as its status counts; numbers of tokens do not."""
    error = error_in_stream({"message": "limit 500, used 429", "code": "tokens"}, "server")
    assert error.status is None
    assert error_in_stream({"error": {"code": "503", "message": "x"}}, "server").status == 503


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7000),
        ({"retry-after": "0.5"}, 500),
        ({"retry-after-ms": "1500"}, 1500),
        ({"retry-after": "1", "retry-after-ms": "0"}, 1000),
        ({"retry-after": "1", "retry-after-ms": "2500"}, 2500),
        ({"retry-after": "Wed, 19 Aug 2026 14:34:30 GMT", "date": "Wed, 19 Aug 2026 14:34:22 GMT"}, 8000),
        ({"retry-after": "Wed, 19 Aug 2026 14:34:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_the_wait_that_is_asked_for_is_read(headers: dict[str, str], wait: int | None) -> None:
    """In seconds, in milliseconds, or until a moment by the server's own clock; the longest counts."""
    assert retry_after_ms(headers) == wait
    assert error_from_http(429, headers, "{}", "server").retry_after_ms == wait


@given(
    status=st.integers(400, 599),
    body=st.text(),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text()),
)
def test_no_error_body_breaks_the_reading(status: int, body: str, headers: dict[str, str]) -> None:
    """Whatever a server sends, it is a ModelError with its status."""
    error = error_from_http(status, headers, body, "server")
    assert error.status == status
    assert error.message
    assert len(error.message) <= PROVIDER_WORDS_CHARACTERS_MAX


def test_a_long_error_is_cut() -> None:
    """A page of HTML is not kept with a chat."""
    error = error_from_http(500, {}, "x" * 100_000, "server")
    assert len(error.message) == PROVIDER_WORDS_CHARACTERS_MAX
    assert len(error.detail or "") <= PROVIDER_WORDS_CHARACTERS_MAX


@pytest.mark.parametrize("key", ["sk-proj-abcdefghijklmnop", "xai-0123456789abcdef", "plain-secret-of-mine"])
def test_keys_are_hidden(key: str) -> None:
    """Wherever an error quotes the key: its words, its detail, and what is stored of it."""
    body = dump_json({"error": {"message": f"Wrong key: {key}.", "param": key}})
    error = error_from_http(401, {}, body, "server", Secrets([key]))
    stored = classify(error.failure()).chat_error()
    for told in (error.message, str(error), error.detail, stored.message, stored.detail):
        assert key not in (told or "")
    assert HIDDEN in error.message


def test_what_looks_like_a_key_is_hidden() -> None:
    """Also where it is somebody else's."""
    for key in ("sk-ant-api03-abcdefghijkl", "gsk_abcdefghijklmno", "Bearer abcdefghijkl", "AIza" + "b" * 30):
        assert key not in Secrets().hide(f"the key {key} is wrong")


def test_secrets_do_not_print_themselves() -> None:
    """A log of the object tells nothing."""
    assert "hidden-thing" not in repr(Secrets(["hidden-thing"]))
