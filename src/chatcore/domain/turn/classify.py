"""What a failed call of a model means: its kind, whether to try again, and what to tell people (spec chat-core 4.6)."""

import re
from typing import Final, Protocol

from attrs import evolve, frozen

from chatcore.domain.chat.values import ChatError
from chatcore.domain.turn.classify_tables import (
    CANCELLED_SENTENCE,
    CANCELLED_WORDS,
    DEADLINE_WORDS,
    KIND_RULES,
    PROVIDER_NAMES,
    PROVIDER_WORDS,
    RETRYABLE_BY_NATURE,
    SEED_REFUSED,
    SEED_RETRIED,
    SEED_RETRIED_STATUSES,
    SENTENCES,
    STANDALONE_STATUSES,
    STATUS_PHRASES,
    TRY_LATER,
    TRYING_USELESS,
    UNKNOWN_PROVIDER_NAME,
    ErrorKind,
    KindRule,
)

_NAMED_STATUS: Final = re.compile(r"(?:status code|status|http)[\s:=]*([0-9]{3})(?![0-9])")
_STANDALONE_STATUS: Final = re.compile(
    rf"(?<![\w.])({'|'.join(str(status) for status in STANDALONE_STATUSES)})(?!\w|\.[0-9])"
)


@frozen(kw_only=True)
class Classified:
    """A failure, understood."""

    kind: ErrorKind = ErrorKind.GENERIC
    provider: str | None = None
    """None where it is unknown."""
    retryable: bool = False
    status_code: int | None = None
    message: str = ""
    """For people: who failed, how, and whether trying again later helps. Empty for a failure without any words."""
    detail: str | None = None
    """The failure's own words."""

    def chat_error(self) -> ChatError:
        """The failure as it is stored with a chat."""
        return ChatError(
            message=self.message or sentence(self.kind, self.provider, self.status_code, retryable=self.retryable),
            detail=self.detail,
            kind=self.kind.value,
            provider=self.provider,
            retryable=self.retryable,
            status_code=self.status_code,
        )


@frozen(kw_only=True)
class Failure:
    """What is known of a failed call before it is understood."""

    text: str = ""
    """The whole text of the error, those that it wraps included. Without secrets."""
    status_code: int | None = None
    """The HTTP status, where the adapter has it; else it is looked for in the text."""
    provider: str | None = None
    """The provider called; it overrides what the text suggests."""
    cancelled: bool = False
    """The caller itself cancelled the call."""
    deadline_exceeded: bool = False
    """A time limit that the caller set has passed."""
    classified: Classified | None = None
    """What the adapter, which knows better, already made of it."""


class Classifier(Protocol):
    """A rule that understands failures. Pure."""

    def __call__(self, failure: Failure) -> Classified:
        """Say what the failure means."""
        ...


def classify(failure: Failure) -> Classified:
    """The later era's classification, the one to use (4.6)."""
    if failure.classified is not None:
        return failure.classified
    text = failure.text.lower()
    deadline = failure.deadline_exceeded or any(word in text for word in DEADLINE_WORDS)
    cancelled = failure.cancelled or any(word in text for word in CANCELLED_WORDS)
    # An error without words says nothing, but that it was cancelled, late, or carried a status is known all the same.
    if not (text.strip() or deadline or cancelled or failure.status_code):
        return Classified()
    status = failure.status_code or status_in(text)
    provider = failure.provider or provider_in(text)
    detail = failure.text.strip() or None
    if cancelled:
        return Classified(provider=provider, status_code=status, message=f"{CANCELLED_SENTENCE}.", detail=detail)
    rule = next((rule for rule in KIND_RULES if _applies(rule, text, status, deadline=deadline)), None)
    return understood(
        ErrorKind.GENERIC if rule is None else rule.kind,
        retryable=rule is not None and rule.retryable and not (deadline and rule.kind is ErrorKind.TIMEOUT),
        provider=provider,
        status_code=status,
        detail=detail,
    )


def classify_as_seed(failure: Failure) -> Classified:
    """The seed era's classification: words alone, no kinds, and the raw text as the message (4.6)."""
    text = failure.text.lower()
    refused = failure.cancelled or failure.deadline_exceeded or any(word in text for word in SEED_REFUSED)
    retried = failure.status_code in SEED_RETRIED_STATUSES or any(word in text for word in SEED_RETRIED)
    return Classified(
        provider=failure.provider,
        retryable=retried and not refused,
        status_code=failure.status_code,
        message=failure.text.strip(),
    )


def understood(
    kind: ErrorKind,
    *,
    retryable: bool | None = None,
    provider: str | None = None,
    status_code: int | None = None,
    detail: str | None = None,
) -> Classified:
    """A failure of a known kind with its message; without `retryable` the kind decides (RETRYABLE_BY_NATURE)."""
    again = kind in RETRYABLE_BY_NATURE if retryable is None else retryable
    return Classified(
        kind=kind,
        provider=provider,
        retryable=again,
        status_code=status_code,
        message=sentence(kind, provider, status_code, retryable=again),
        detail=detail,
    )


def with_provider(classified: Classified, provider: str) -> Classified:
    """The same failure, told of this provider."""
    message = sentence(classified.kind, provider, classified.status_code, retryable=classified.retryable)
    return evolve(classified, provider=provider, message=message)


def sentence(kind: ErrorKind, provider: str | None, status_code: int | None, *, retryable: bool) -> str:
    """What people are told: who failed and how, the HTTP code if known, and whether trying again later helps."""
    what = SENTENCES[kind].format(provider=display_name(provider))
    code = f" (HTTP {status_code})" if status_code else ""
    return f"{what}{code}. {TRY_LATER if retryable else TRYING_USELESS}"


def display_name(provider: str | None) -> str:
    """What people call the provider; a neutral phrase for an unknown one."""
    return PROVIDER_NAMES.get(provider, provider) if provider else UNKNOWN_PROVIDER_NAME


def status_in(text: str) -> int | None:
    """The HTTP status that a lower-cased text speaks of: named as one, standing alone, or put into words."""
    found = _NAMED_STATUS.search(text) or _STANDALONE_STATUS.search(text)
    if found is not None:
        return int(found[1])
    return next((status for phrase, status in STATUS_PHRASES if phrase in text), None)


def provider_in(text: str) -> str | None:
    """The provider that a lower-cased text gives away."""
    return next((provider for provider, words in PROVIDER_WORDS if any(word in text for word in words)), None)


def _applies(rule: KindRule, text: str, status: int | None, *, deadline: bool) -> bool:
    if rule.kind is ErrorKind.TIMEOUT and deadline:
        return True
    return status in rule.statuses or any(word in text for word in rule.words)
