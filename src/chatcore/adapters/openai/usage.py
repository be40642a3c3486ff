"""Counted tokens in chatcore's terms: input, cache reads and cache writes side by side (spec chat-core 4.10, 5.2)."""

from chatcore.adapters.providers.fields import Fields, as_count, as_fields
from chatcore.domain.content.messages import Usage
from chatcore.domain.json_text import JsonValue


def chat_usage(told: JsonValue) -> Usage | None:
    """What Chat Completions counted; None for nothing."""
    fields = as_fields(told)
    prompt = as_fields(fields.get("prompt_tokens_details"))
    cached = as_count(prompt.get("cached_tokens"))
    return _usage(
        prompt=as_count(fields.get("prompt_tokens")),
        written=as_count(fields.get("completion_tokens")),
        total=as_count(fields.get("total_tokens")),
        reasoning=_reasoning(as_fields(fields.get("completion_tokens_details")), fields),
        # DeepSeek's own word for it, where the other is missing.
        cached=cached if cached is not None else as_count(fields.get("prompt_cache_hit_tokens")),
        stored=as_count(prompt.get("cache_write_tokens")),
    )


def responses_usage(told: JsonValue) -> Usage | None:
    """What the Responses API counted; None for nothing."""
    fields = as_fields(told)
    prompt = as_fields(fields.get("input_tokens_details"))
    return _usage(
        prompt=as_count(fields.get("input_tokens")),
        written=as_count(fields.get("output_tokens")),
        total=as_count(fields.get("total_tokens")),
        reasoning=_reasoning(as_fields(fields.get("output_tokens_details")), fields),
        cached=as_count(prompt.get("cached_tokens")),
        stored=as_count(prompt.get("cache_write_tokens")),
    )


def _reasoning(details: Fields, fields: Fields) -> int | None:
    reasoning = as_count(details.get("reasoning_tokens"))
    return reasoning if reasoning is not None else as_count(fields.get("reasoning_tokens"))


def _usage(
    *,
    prompt: int | None,
    written: int | None,
    total: int | None,
    reasoning: int | None,
    cached: int | None,
    stored: int | None,
) -> Usage | None:
    if prompt is None and written is None and total is None:
        return None
    # Some count reasoning beside the answer: then only all three together are the total.
    if reasoning and total is not None and total == (prompt or 0) + (written or 0) + reasoning:
        written = (written or 0) + reasoning
    return Usage(
        # The prompt's count holds what came from the cache and went into it; chatcore adds those itself.
        input_tokens=None if prompt is None else max(prompt - (cached or 0) - (stored or 0), 0),
        output_tokens=written,
        total_tokens=total,
        reasoning_tokens=reasoning,
        cache_creation_tokens=stored,
        cache_read_tokens=cached,
    )
