"""The words and codes by which a failed call of a model is told apart, as data (spec chat-core 4.6)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import frozen


class ErrorKind(StrEnum):
    """What a failure is about, for programs; clients see it as `kind`."""

    GENERIC = "generic"
    OVERLOADED = "overloaded"
    AUTH = "auth"
    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    CONFIG = "config"
    CUT_OFF = "cut_off"
    """chatcore's own: the stream ended without its end."""
    STREAM_SILENCE_TIMEOUT = "stream_silence_timeout"
    USAGE_LIMIT = "usage_limit"
    MISSING_KEY = "missing_key"
    PROVIDER_DISABLED = "provider_disabled"
    CONTENT_FILTER = "content_filter"
    HOOK_DISPATCH_FAILED = "hook_dispatch_failed"
    HOOK_DENIED = "hook_denied"


@frozen(kw_only=True)
class KindRule:
    """One row of the table: the first row with the status code, or with one of the words, names the kind."""

    kind: ErrorKind
    retryable: bool
    statuses: frozenset[int]
    words: tuple[str, ...]
    """In lower case; each may stand anywhere in the text."""


CANCELLED_WORDS: Final = ("chat interrupted", "request interrupted", "operation interrupted", "context canceled")
DEADLINE_WORDS: Final = ("deadline exceeded",)

KIND_RULES: Final[tuple[KindRule, ...]] = (
    KindRule(kind=ErrorKind.OVERLOADED, retryable=True, statuses=frozenset({529}), words=("overloaded",)),
    KindRule(
        kind=ErrorKind.AUTH,
        retryable=False,
        statuses=frozenset({401, 403}),
        words=(
            "authentication",
            "unauthorized",
            "forbidden",
            "invalid api key",
            "invalid_api_key",
            "quota",
            "billing",
            "insufficient_quota",
            "payment required",
        ),
    ),
    # Quota and billing words never get here: the row above has taken them.
    KindRule(
        kind=ErrorKind.RATE_LIMIT,
        retryable=True,
        statuses=frozenset({429}),
        words=("rate limit", "rate_limit", "rate limited", "rate-limited", "too many requests"),
    ),
    KindRule(
        kind=ErrorKind.TIMEOUT,
        retryable=True,
        statuses=frozenset({408, 502, 503, 504}),
        words=(
            *DEADLINE_WORDS,
            "timeout",
            "timed out",
            "unavailable",
            "connection reset",
            "connection refused",
            "eof",
            "broken pipe",
            "bad gateway",
            "gateway timeout",
        ),
    ),
    KindRule(
        kind=ErrorKind.CONFIG,
        retryable=False,
        statuses=frozenset(),
        words=(
            "invalid model",
            "unsupported model",
            "model not found",
            "context length exceeded",
            "context_exceeded",
            "maximum context length",
            "malformed config",
            # How providers word the same today; none of these was ever retryable.
            "model_not_found",
            "context_length_exceeded",
            "prompt is too long",
            "exceeds the context window",
        ),
    ),
    KindRule(kind=ErrorKind.GENERIC, retryable=True, statuses=frozenset({500}), words=("server error",)),
)
"""Orders 2 to 7 of the later classification; what no row takes is generic and not retryable."""

RETRYABLE_BY_NATURE: Final = frozenset(
    {
        ErrorKind.OVERLOADED,
        ErrorKind.RATE_LIMIT,
        ErrorKind.TIMEOUT,
        ErrorKind.CUT_OFF,
        ErrorKind.STREAM_SILENCE_TIMEOUT,
    }
)
"""Kinds that are retried where an adapter names the kind and says nothing else."""

STANDALONE_STATUSES: Final = (401, 403, 408, 429, 500, 502, 503, 504, 529)

STATUS_PHRASES: Final[tuple[tuple[str, int], ...]] = (
    ("too many requests", 429),
    ("unauthorized", 401),
    ("invalid api key", 401),
    ("forbidden", 403),
    ("gateway timeout", 504),
    ("bad gateway", 502),
    ("service unavailable", 503),
    ("overloaded", 529),
)

PROVIDER_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("openai-compat", ("openai-compat", "openai compatible")),
    ("azure", ("azure openai", "azure-openai")),
    ("openrouter", ("openrouter",)),
    ("bedrock", ("bedrock",)),
    ("vercel", ("vercel",)),
    ("anthropic", ("anthropic", "claude")),
    ("google", ("google", "gemini", "vertex")),
    ("openai", ("openai",)),
)
"""Provider and the words that give it away, in the order in which they are looked for."""

PROVIDER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "anthropic": "Anthropic",
        "azure": "Azure OpenAI",
        "bedrock": "AWS Bedrock",
        "google": "Google",
        "openai": "OpenAI",
        "openai-compat": "OpenAI Compatible",
        "openrouter": "OpenRouter",
        "vercel": "Vercel AI Gateway",
    }
)
"""What people call a provider; another one is called by its own name."""

UNKNOWN_PROVIDER_NAME: Final = "The AI provider"

SENTENCES: Final[Mapping[ErrorKind, str]] = MappingProxyType(
    {
        ErrorKind.GENERIC: "{provider} could not complete the request",
        ErrorKind.OVERLOADED: "{provider} is overloaded",
        ErrorKind.AUTH: "{provider} refused access: check the API key, permissions and billing",
        ErrorKind.RATE_LIMIT: "{provider} is limiting the rate of requests",
        ErrorKind.TIMEOUT: "{provider} did not answer in time or could not be reached",
        ErrorKind.CONFIG: "{provider} rejected the model's configuration or the length of the conversation",
        ErrorKind.CUT_OFF: "The answer of {provider} broke off",
        ErrorKind.STREAM_SILENCE_TIMEOUT: "{provider} stopped sending its answer",
        ErrorKind.USAGE_LIMIT: "The usage limit is reached",
        ErrorKind.MISSING_KEY: "{provider} has no API key: add one",
        ErrorKind.PROVIDER_DISABLED: "{provider} is disabled: choose another model",
        ErrorKind.CONTENT_FILTER: "{provider} blocked the answer with its content filter: rephrase the request",
        ErrorKind.HOOK_DISPATCH_FAILED: "A hook could not be run",
        ErrorKind.HOOK_DENIED: "A hook denied the request",
    }
)
"""What happened, for people; `{provider}` is the display name."""

CANCELLED_SENTENCE: Final = "The request was canceled"
TRY_LATER: Final = "Please try again later."
TRYING_USELESS: Final = "Trying again unchanged will not help."

SEED_REFUSED: Final = (
    "context canceled",
    "context deadline exceeded",
    "authentication",
    "unauthorized",
    "forbidden",
    "invalid api key",
    "invalid_api_key",
    "invalid model",
    "model not found",
    "model_not_found",
    "context length exceeded",
    "context_exceeded",
    "maximum context length",
    "quota",
    "billing",
)
"""Seed era: any of these words, and the call is not tried again."""

SEED_RETRIED: Final = (
    "overloaded",
    "rate limit",
    "rate_limit",
    "too many requests",
    "server error",
    "status 500",
    "status 502",
    "status 503",
    "status 529",
    "connection reset",
    "connection refused",
    "eof",
    "broken pipe",
    "timeout",
    "unavailable",
    "service unavailable",
)
"""Seed era: else any of these words, and it is."""

SEED_RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 529})
