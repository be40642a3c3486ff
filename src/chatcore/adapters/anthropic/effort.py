"""An effort in the words of the Messages API (spec chat-core 1.2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.adapters.anthropic.options import MessagesOptions, Thinking, thinking_of
from chatcore.domain.content.messages import Effort
from chatcore.domain.json_text import JsonValue

BUDGET_TOKENS: Final[Mapping[Effort, int]] = MappingProxyType(
    {
        Effort.MINIMAL: 1024,
        Effort.LOW: 2048,
        Effort.MEDIUM: 8192,
        Effort.HIGH: 16_384,
        Effort.XHIGH: 24_576,
        Effort.MAX: 31_999,
    }
)
"""Tokens of thinking for models that take a budget."""

BUDGET_TOKENS_MIN: Final = 1024
"""The provider refuses a smaller budget."""

_WORDS: Final[Mapping[Effort, str]] = MappingProxyType(
    {
        Effort.MINIMAL: "low",
        Effort.LOW: "low",
        Effort.MEDIUM: "medium",
        Effort.HIGH: "high",
        Effort.XHIGH: "xhigh",
        Effort.MAX: "max",
    }
)


def effort_fields(
    model: str, effort: Effort | None, max_output_tokens: int, options: MessagesOptions
) -> dict[str, JsonValue]:
    """The fields that ask for this effort; none where the request leaves it open or the model cannot think."""
    style = options.thinking_style or thinking_of(model)
    if effort is None or style is Thinking.NONE:
        return {}
    if effort is Effort.NONE:
        return {"thinking": {"type": "disabled"}}
    if style is Thinking.ADAPTIVE:
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": _WORDS[effort]}}
    # A budget counts among the output tokens, and the provider wants it to be smaller.
    budget = min(BUDGET_TOKENS[effort], max_output_tokens - 1)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}} if budget >= BUDGET_TOKENS_MIN else {}
