"""Why a model of the Chat Completions API stopped, in chatcore's words (spec chat-core 4.2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason

FINISHES: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {
        "stop": FinishReason.STOP,
        "eos": FinishReason.STOP,
        "end_turn": FinishReason.STOP,
        "stop_sequence": FinishReason.STOP,
        "tool_calls": FinishReason.TOOL_CALLS,
        "function_call": FinishReason.TOOL_CALLS,
        "tool_use": FinishReason.TOOL_CALLS,
        "length": FinishReason.LENGTH,
        "max_tokens": FinishReason.LENGTH,
        "model_length": FinishReason.LENGTH,
        "content_filter": FinishReason.CONTENT_FILTER,
    }
)
"""The words that OpenAI and the servers compatible with it use; any other word is OTHER, none is UNKNOWN."""

FAILURES: Final[Mapping[str, ErrorKind]] = MappingProxyType(
    {"error": ErrorKind.GENERIC, "insufficient_system_resource": ErrorKind.OVERLOADED}
)
"""Words with which a server says that it failed, and not that the answer is whole."""


def finish_reason(raw: str, *, has_calls: bool) -> FinishReason:
    """The reason that the provider's word stands for; `has_calls` says that local tools were called."""
    if not raw:
        return FinishReason.UNKNOWN
    reason = FINISHES.get(raw, FinishReason.OTHER)
    # A model that was made to call a tool says that it just stopped, and its tools must be run all the same.
    return FinishReason.TOOL_CALLS if reason is FinishReason.STOP and has_calls else reason
