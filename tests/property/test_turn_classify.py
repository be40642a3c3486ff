"""What a failed call means and when it is made again (spec chat-core 4.6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.limits import ATTEMPTS_MAX, BACKOFF_MS_MAX, BACKOFF_MS_MIN, RETRY_AFTER_MS_MAX
from chatcore.domain.turn.classify import (
    Classified,
    Failure,
    classify,
    classify_as_seed,
    display_name,
    provider_in,
    understood,
    with_provider,
)
from chatcore.domain.turn.classify_tables import KIND_RULES, PROVIDER_NAMES, PROVIDER_WORDS, SENTENCES, ErrorKind
from chatcore.domain.turn.retry import RETRY_POLICIES, GiveUp, Retry, RetryPolicy, after_failure, backoff_ms

PHRASES = sorted({word for rule in KIND_RULES for word in rule.words} | {"oops", "http 418", "status: 529", "quota"})
RETRYABLE_STATUSES = {408, 429, 500, 502, 503, 504, 529}


def failures() -> st.SearchStrategy[Failure]:
    """Failures made of telling and of meaningless words, with and without a status."""
    texts = st.lists(st.sampled_from(PHRASES) | st.text(max_size=8), max_size=4).map(" ".join)
    return st.builds(
        Failure,
        text=texts,
        status_code=st.none() | st.sampled_from((400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 504, 529)),
        provider=st.none() | st.sampled_from((*PROVIDER_NAMES, "groq")),
        cancelled=st.booleans(),
        deadline_exceeded=st.booleans(),
    )


@pytest.mark.spec("4.6")
@given(st.sampled_from(sorted(RETRYABLE_STATUSES | {400, 401, 403, 404, 418, 422})))
def test_a_status_alone_decides(status: int) -> None:
    """Exactly the later set of statuses is tried again, with or without words that mean nothing."""
    for text in ("", "it broke"):
        assert classify(Failure(text=text, status_code=status)).retryable is (status in RETRYABLE_STATUSES)


@pytest.mark.spec("4.6")
@given(failures())
def test_the_first_row_that_applies_decides(failure: Failure) -> None:
    """Kind and retry are those of the first rule whose status or words are met; lateness and cancelling never retry."""
    classified = classify(failure)
    text = failure.text.lower()

    if failure.cancelled:
        assert (classified.kind, classified.retryable) == (ErrorKind.GENERIC, False)
        return
    late = failure.deadline_exceeded or "deadline exceeded" in text
    expected = (ErrorKind.GENERIC, False)
    for rule in KIND_RULES:
        by_lateness = late and rule.kind is ErrorKind.TIMEOUT
        if by_lateness or classified.status_code in rule.statuses or any(word in text for word in rule.words):
            expected = (rule.kind, rule.retryable and not by_lateness)
            break
    assert (classified.kind, classified.retryable) == expected


@pytest.mark.spec("4.6")
@given(failures())
def test_no_word_of_access_or_money_is_ever_retried_but_under_overload(failure: Failure) -> None:
    """Quota and billing are no rate limit, whatever the status says, unless the provider is overloaded."""
    if any(word in failure.text.lower() for word in ("quota", "billing")):
        classified = classify(failure)
        assert classified.kind is ErrorKind.OVERLOADED or not classified.retryable


@pytest.mark.spec("4.6")
@given(failures())
def test_the_given_status_and_provider_win_over_the_text(failure: Failure) -> None:
    """What the adapter knows is not guessed from words, and people are told who failed."""
    classified = classify(failure)

    if failure.status_code is not None:
        assert classified.status_code == failure.status_code
    if failure.provider is not None and classified != Classified():
        assert classified.provider == failure.provider
        if not failure.cancelled and classified.kind not in (ErrorKind.USAGE_LIMIT,):
            assert display_name(failure.provider) in classified.message


@pytest.mark.spec("4.6")
@given(failures(), st.sampled_from(ErrorKind), st.sampled_from(list(PROVIDER_NAMES)))
def test_what_an_adapter_already_understood_wins(failure: Failure, kind: ErrorKind, provider: str) -> None:
    """A classification that comes with the error is not questioned; retelling it for a provider keeps the rest."""
    attached = understood(kind, status_code=418)
    told = Failure(text=failure.text, status_code=failure.status_code, classified=attached)

    assert classify(told) == attached
    retold = with_provider(attached, provider)
    assert retold == understood(kind, provider=provider, status_code=418)


@pytest.mark.spec("4.6")
@given(failures())
def test_both_eras_refuse_what_was_cancelled(failure: Failure) -> None:
    """A caller who cancelled does not want another try."""
    if failure.cancelled:
        assert not classify(failure).retryable
        assert not classify_as_seed(failure).retryable


@pytest.mark.spec("4.6")
@given(st.sampled_from(PROVIDER_WORDS), st.sampled_from(PROVIDER_WORDS))
def test_the_more_telling_provider_wins(one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]) -> None:
    """Of two providers in one text the earlier in the table is meant."""
    first = min((one, other), key=PROVIDER_WORDS.index)
    found = provider_in(f"{other[1][-1]} said via {one[1][0]}")

    order = [provider for provider, _ in PROVIDER_WORDS]
    assert found is not None
    assert order.index(found) <= order.index(first[0])


@pytest.mark.spec("4.6")
@given(st.sampled_from(ErrorKind), st.booleans(), st.none() | st.integers(400, 599))
def test_people_are_told_the_code_and_whether_to_try_again(
    kind: ErrorKind, retryable: bool, status: int | None
) -> None:
    """Every kind has its sentence, the code is in it when known, and it ends with advice."""
    message = understood(kind, retryable=retryable, status_code=status).message

    assert kind in SENTENCES
    assert (f"HTTP {status}" in message) is (status is not None)
    assert message.endswith("try again later.") is retryable


@pytest.mark.spec("4.6")
@given(st.integers())
def test_the_backoff_stays_in_its_bounds_and_never_shrinks(attempt: int) -> None:
    """Any attempt, negative or huge, waits between 1 s and 60 s, and no less than the one before."""
    assert BACKOFF_MS_MIN <= backoff_ms(attempt) <= BACKOFF_MS_MAX
    assert backoff_ms(attempt - 1) <= backoff_ms(attempt)


def classifications() -> st.SearchStrategy[Classified]:
    """Understood failures of every kind."""
    return st.builds(
        understood, st.sampled_from(ErrorKind), retryable=st.booleans(), status_code=st.none() | st.just(503)
    )


@pytest.mark.spec("4.6")
@given(classifications(), st.integers(1, 40), st.none() | st.integers(1, 30), st.none() | st.integers(-5, 10**9))
def test_a_call_is_made_again_only_within_its_limit(
    classified: Classified, attempt: int, attempts_max: int | None, asked_ms: int | None
) -> None:
    """Not retryable or tried out: give up with the last classification. Else wait as long as either side wants."""
    outcome = after_failure(RetryPolicy(attempts_max=attempts_max), attempt, classified, retry_after_ms=asked_ms)

    again = classified.retryable and (attempts_max is None or attempt < attempts_max)
    assert isinstance(outcome, Retry) is again
    assert (outcome.error.kind, outcome.error.status_code) == (classified.kind.value, classified.status_code)
    assert classified.message in outcome.error.message
    if isinstance(outcome, Retry):
        assert outcome.delay_ms == max(backoff_ms(attempt - 1), min(asked_ms or 0, RETRY_AFTER_MS_MAX))


@pytest.mark.spec("4.6")
@given(st.integers(1, ATTEMPTS_MAX + 5))
def test_the_eras_differ_in_their_limit(attempt: int) -> None:
    """The later policy gives up at the 25th failed call, the seed never."""
    overloaded = understood(ErrorKind.OVERLOADED)

    assert isinstance(after_failure(RETRY_POLICIES["later"], attempt, overloaded), GiveUp) is (attempt >= 25)
    assert isinstance(after_failure(RETRY_POLICIES["seed"], attempt, overloaded), Retry)
