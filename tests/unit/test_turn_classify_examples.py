"""The tables of 4.6, row by row, and what providers really say."""

import pytest

from chatcore.domain.turn.classify import Classified, Failure, classify, classify_as_seed, display_name, status_in
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.retry import backoff_ms


@pytest.mark.spec("4.6")
@pytest.mark.parametrize(
    ("text", "kind", "retryable", "status"),
    [
        ("chat interrupted", ErrorKind.GENERIC, False, None),
        ("Request interrupted by user", ErrorKind.GENERIC, False, None),
        ("operation interrupted: status 503, overloaded", ErrorKind.GENERIC, False, 503),
        ("context canceled while reading: timeout", ErrorKind.GENERIC, False, None),
        ("received status code: 529", ErrorKind.OVERLOADED, True, 529),
        ("Overloaded", ErrorKind.OVERLOADED, True, 529),
        ("You exceeded your current quota (429)", ErrorKind.AUTH, False, 429),
        ("billing hard limit reached", ErrorKind.AUTH, False, None),
        ("Unauthorized", ErrorKind.AUTH, False, 401),
        ("payment required", ErrorKind.AUTH, False, None),
        ("error 429", ErrorKind.RATE_LIMIT, True, 429),
        ("Rate-limited, slow down", ErrorKind.RATE_LIMIT, True, None),
        ("too many requests", ErrorKind.RATE_LIMIT, True, 429),
        ("upstream: bad gateway", ErrorKind.TIMEOUT, True, 502),
        ("unexpected EOF", ErrorKind.TIMEOUT, True, None),
        ("write: broken pipe", ErrorKind.TIMEOUT, True, None),
        ("HTTP 504", ErrorKind.TIMEOUT, True, 504),
        ("context deadline exceeded", ErrorKind.TIMEOUT, False, None),
        ("model not found", ErrorKind.CONFIG, False, None),
        ("this exceeds the maximum context length", ErrorKind.CONFIG, False, None),
        ("malformed configuration", ErrorKind.CONFIG, False, None),
        ("internal server error", ErrorKind.GENERIC, True, None),
        ("status=500", ErrorKind.GENERIC, True, 500),
        ("something odd", ErrorKind.GENERIC, False, None),
    ],
)
def test_a_text_is_understood(text: str, kind: ErrorKind, retryable: bool, status: int | None) -> None:
    """Kind, retry and status as the table of the later classification has them."""
    classified = classify(Failure(text=text))

    assert (classified.kind, classified.retryable, classified.status_code) == (kind, retryable, status)


@pytest.mark.spec("4.6")
@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "prompt is too long: 500 tokens > 400 maximum", ErrorKind.CONFIG),
        (400, "Your input exceeds the context window of this model.", ErrorKind.CONFIG),
        (404, "The model `x` does not exist (code: model_not_found)", ErrorKind.CONFIG),
        (401, "Incorrect API key provided", ErrorKind.AUTH),
        (429, "You exceeded your current quota, please check your plan and billing details.", ErrorKind.AUTH),
        (429, "Your requests in westeurope have exceeded rate limit.", ErrorKind.RATE_LIMIT),
        (400, "all messages must have non-empty content", ErrorKind.GENERIC),
    ],
)
def test_real_refusals_are_understood(status: int, text: str, kind: ErrorKind) -> None:
    """Words of recorded answers, with the status the adapter saw."""
    assert classify(Failure(text=text, status_code=status)).kind is kind


@pytest.mark.spec("4.6")
def test_a_failure_without_words_is_empty_unless_its_type_speaks() -> None:
    """Blank text says nothing; that the call was cancelled or late is known all the same."""
    assert classify(Failure(text=" \n")) == Classified()
    assert classify(Failure(cancelled=True)).message == "The request was canceled."
    late = classify(Failure(deadline_exceeded=True))
    assert (late.kind, late.retryable) == (ErrorKind.TIMEOUT, False)
    assert Classified().chat_error().message


@pytest.mark.spec("4.6")
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("status code 418", 418),
        ("http:503", 503),
        ("status 12345 and 429", 429),
        ("it took 1.429 s", None),
        ("line 4290", None),
        ("got 503.", 503),
        ("first 502, status 418", 418),
        ("gateway timeout", 504),
        ("invalid api key", 401),
        ("nothing", None),
    ],
)
def test_the_status_is_read_from_the_text(text: str, status: int | None) -> None:
    """Named codes come before bare ones, bare ones before phrases; parts of longer numbers do not count."""
    assert status_in(text) == status


@pytest.mark.spec("4.6")
@pytest.mark.parametrize(
    ("text", "retryable"),
    [
        ("context canceled", False),
        ("429", False),
        ("429 too many requests", True),
        ("status 503", True),
        ("billing: too many requests", False),
        ("connection reset by peer", True),
        ("what", False),
    ],
)
def test_the_seed_reads_words_alone(text: str, retryable: bool) -> None:
    """A bare number is not retried, refusing words win over retried ones, and the raw text is the message."""
    classified = classify_as_seed(Failure(text=text))

    assert (classified.retryable, classified.message) == (retryable, text)


@pytest.mark.spec("4.6")
@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_the_seed_knows_five_statuses(status: int) -> None:
    """A status given by the adapter is enough, and 504 is not among them."""
    assert classify_as_seed(Failure(text="?", status_code=status)).retryable
    assert not classify_as_seed(Failure(text="?", status_code=504)).retryable


@pytest.mark.spec("4.6")
def test_providers_are_called_by_their_names() -> None:
    """Known ones by their display name, others by their own, none by a neutral phrase."""
    assert [display_name(provider) for provider in ("bedrock", "vercel", "groq", None, "")] == [
        "AWS Bedrock",
        "Vercel AI Gateway",
        "groq",
        "The AI provider",
        "The AI provider",
    ]
    assert classify(Failure(text="gemini is overloaded")).message == (
        "Google is overloaded (HTTP 529). Please try again later."
    )


@pytest.mark.spec("4.6")
def test_the_backoff_doubles_from_one_second() -> None:
    """1, 2, 4, 8, 16, 32 s, then 60 s for ever."""
    assert [backoff_ms(attempt) // 1000 for attempt in range(-1, 9)] == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]
