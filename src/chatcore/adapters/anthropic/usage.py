"""How the Messages API ends an answer: its stop reasons, its counts, its errors (spec chat-core 4.6, 4.7, 4.10)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.adapters.anthropic.options import PROVIDER
from chatcore.adapters.providers.errors import error_from_http, error_in_stream
from chatcore.adapters.providers.fields import Fields, as_count, as_fields, as_text
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.content.messages import Usage
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.stream import FinishReason
from chatcore.ports.model import ModelError

FINISH_REASONS: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {
        "end_turn": FinishReason.STOP,
        "stop_sequence": FinishReason.STOP,
        "tool_use": FinishReason.TOOL_CALLS,
        "max_tokens": FinishReason.LENGTH,
        "model_context_window_exceeded": FinishReason.LENGTH,
        "refusal": FinishReason.CONTENT_FILTER,
        "pause_turn": FinishReason.PAUSE,
    }
)

ERROR_STATUSES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "api_error": 500,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
"""The HTTP status that the provider's documentation gives each type of error; inside a stream only the type is told."""


def finish_reason(raw: str) -> FinishReason:
    """The reason in chatcore's words."""
    return FINISH_REASONS.get(raw, FinishReason.OTHER) if raw else FinishReason.UNKNOWN


def usage_of(told: Fields) -> Usage | None:
    """The counts; None where nothing was counted. What came from a cache or went into one is not among the input."""
    usage = Usage(
        input_tokens=as_count(told.get("input_tokens")),
        output_tokens=as_count(told.get("output_tokens")),
        reasoning_tokens=as_count(as_fields(told.get("output_tokens_details")).get("thinking_tokens")),
        cache_creation_tokens=as_count(told.get("cache_creation_input_tokens")),
        cache_read_tokens=as_count(told.get("cache_read_input_tokens")),
    )
    return usage if usage != Usage() else None


def told_error(told: JsonValue, secrets: Secrets, raw_finish: str | None) -> ModelError:
    """An error inside a body with status 200, with the status that its type has elsewhere."""
    status = ERROR_STATUSES.get(as_text(as_fields(as_fields(told).get("error")).get("type")))
    if status is None:
        return error_in_stream(told, PROVIDER, secrets, raw_finish=raw_finish)
    return error_from_http(status, {}, dump_json(told), PROVIDER, secrets)
