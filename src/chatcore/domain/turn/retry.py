"""Whether and when a failed call of a model is made again (spec chat-core 4.6)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import evolve, frozen

from chatcore.domain.chat.values import ChatError
from chatcore.domain.limits import ATTEMPTS_MAX, BACKOFF_MS_MAX, BACKOFF_MS_MIN, RETRY_AFTER_MS_MAX
from chatcore.domain.turn.classify import Classified, Classifier, classify, classify_as_seed


@frozen(kw_only=True)
class RetryPolicy:
    """How failures are understood and how often a call is made."""

    classify: Classifier = classify
    attempts_max: int | None = ATTEMPTS_MAX
    """Calls, the first included; None means no end."""


RETRY_POLICIES: Final[Mapping[str, RetryPolicy]] = MappingProxyType(
    {"later": RetryPolicy(), "seed": RetryPolicy(classify=classify_as_seed, attempts_max=None)}
)
"""The policies of the two eras by name; `later` is the one to use."""


@frozen(kw_only=True)
class Retry:
    """Wait, then call again. It is recorded before the wait."""

    delay_ms: int
    error: ChatError


@frozen(kw_only=True)
class GiveUp:
    """The turn fails with this error; nothing is recorded but the end."""

    error: ChatError


AfterFailure: TypeAlias = Retry | GiveUp


def backoff_ms(attempt: int) -> int:
    """The wait after a failed attempt, counted from 0: 1, 2, 4 … 32 s, then 60 s; no jitter, any number is taken."""
    doublings = max(attempt, 0)
    # The sixth doubling passes the longest wait; more would only make the number large.
    if doublings >= (BACKOFF_MS_MAX // BACKOFF_MS_MIN).bit_length():
        return BACKOFF_MS_MAX
    return min(BACKOFF_MS_MIN << doublings, BACKOFF_MS_MAX)


def after_failure(
    policy: RetryPolicy, attempt: int, classified: Classified, *, retry_after_ms: int | None = None
) -> AfterFailure:
    """What follows when call number `attempt` (from 1) failed.

    A provider that asks for a longer wait gets it, up to RETRY_AFTER_MS_MAX. At the last attempt the error says how
    many were made and keeps what the last one was.
    """
    error = classified.chat_error()
    if not classified.retryable:
        return GiveUp(error=error)
    if policy.attempts_max is not None and attempt >= policy.attempts_max:
        return GiveUp(error=evolve(error, message=f"Gave up after {attempt} attempts. {error.message}"))
    asked_ms = min(max(retry_after_ms or 0, 0), RETRY_AFTER_MS_MAX)
    return Retry(delay_ms=max(backoff_ms(attempt - 1), asked_ms), error=error)
