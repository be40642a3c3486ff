"""When a prompt has grown so large that it is summarised (spec chat-core 5.1, 5.2)."""

from typing import Final

from attrs import frozen

from chatcore.domain.content.messages import Usage
from chatcore.domain.limits import (
    COMPACTION_THRESHOLD_PERCENT_DEFAULT,
    COMPACTION_THRESHOLD_PERCENT_LARGE,
    COMPACTION_THRESHOLD_PERCENT_OFF,
    LARGE_CONTEXT_TOKENS_MIN,
)

_OVERRIDE_KEY: Final = "chat_compaction_threshold_pct:"


@frozen(kw_only=True)
class CompactionDue:
    """The usage that makes a compaction due; it is recorded with the compaction (5.4)."""

    context_tokens: int
    context_limit: int
    threshold_percent: int
    usage_percent: float
    """`context_tokens` of `context_limit`; may exceed 100."""


def valid_threshold(percent: int) -> bool:
    """Whether a threshold can be configured: 0 to 100 (5.1)."""
    return 0 <= percent <= COMPACTION_THRESHOLD_PERCENT_OFF


def effective_threshold(percent: int | None) -> int:
    """The threshold in force: the one given, or the default where it is missing or out of bounds (5.1)."""
    if percent is None or not valid_threshold(percent):
        return COMPACTION_THRESHOLD_PERCENT_DEFAULT
    return percent


def new_model_threshold(context_limit: int | None) -> int:
    """The threshold that a newly configured model gets: less for a large context (5.1)."""
    if context_limit is not None and context_limit >= LARGE_CONTEXT_TOKENS_MIN:
        return COMPACTION_THRESHOLD_PERCENT_LARGE
    return COMPACTION_THRESHOLD_PERCENT_DEFAULT


def override_key(model_id: str) -> str:
    """The name of a user's own threshold for one model (5.1)."""
    return f"{_OVERRIDE_KEY}{model_id}"


def effective_limit(*limits: int | None) -> int:
    """The first positive of: found in the provider's metadata, configured, fallback; else 0, unknown (5.2)."""
    return next((limit for limit in limits if limit is not None and limit > 0), 0)


def smaller_limit(chat_model: int, compaction_model: int) -> int:
    """The limit where another model summarises: the smaller one; an unknown one (0) does not count (5.2)."""
    return min((limit for limit in (chat_model, compaction_model) if limit > 0), default=0)


def compaction_due(usage: Usage | None, limit: int, threshold_percent: int | None = None) -> CompactionDue | None:
    """Whether the newest usage reaches the threshold; equal counts. None where it does not or cannot be known (5.2).

    Output tokens never count. A threshold of 100 never compacts, 0 does as soon as any token was counted.
    """
    threshold = effective_threshold(threshold_percent)
    tokens = 0 if usage is None else usage.context_tokens
    if tokens <= 0 or limit <= 0 or threshold == COMPACTION_THRESHOLD_PERCENT_OFF:
        return None
    # Compared in whole numbers: 7 of 10 are 70 percent, whatever floats make of it.
    if 100 * tokens < threshold * limit:
        return None
    return CompactionDue(
        context_tokens=tokens,
        context_limit=limit,
        threshold_percent=threshold,
        usage_percent=100 * tokens / limit,
    )
