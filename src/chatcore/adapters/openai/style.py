"""How servers that speak OpenAI's APIs want their requests, and what a user may change (spec stack 5)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from chatcore.adapters.providers.fields import Fields
from chatcore.domain.json_text import JsonValue


class Api(StrEnum):
    """The two APIs."""

    CHAT = "chat"
    RESPONSES = "responses"


class CallIds(StrEnum):
    """Which ids of tool calls a server takes."""

    SHORT = "short"
    """At most 40 characters."""
    LONGER = "longer"
    """At most 64 characters."""
    NINE = "nine"
    """Exactly nine letters and digits."""


@frozen(kw_only=True)
class Style:
    """How the body of a request is written."""

    api: Api = Api.CHAT
    system_role: str = "system"
    text_as_parts: bool = False
    """Write a user's words as a list of one part, too."""
    bare_input: bool = False
    """Responses: write a prompt that is nothing but one user's words as a text and not as a list."""
    strict_tools: bool | None = None
    """Whether arguments must keep to a tool's schema; None leaves it to the server. Responses: False unless set."""
    output_tokens_field: str | None = None
    """Chat Completions: where the longest answer is named; None goes by the model."""
    stream_usage: bool = True
    """Chat Completions: ask for the count of tokens at the end of a stream. Some count unasked and refuse to be."""
    empty_content: bool = False
    """Chat Completions: an assistant's message with nothing but calls has an empty text."""
    effort_in_reasoning: bool = False
    """Chat Completions: the effort is named within `reasoning`."""
    call_ids: CallIds = CallIds.SHORT


STYLES: Final[Mapping[str, Style]] = MappingProxyType(
    {
        "openai": Style(api=Api.RESPONSES),
        "azure": Style(),
        "deepseek": Style(output_tokens_field="max_tokens", empty_content=True),
        "groq": Style(stream_usage=False),
        "mistral": Style(
            output_tokens_field="max_tokens", stream_usage=False, empty_content=True, call_ids=CallIds.NINE
        ),
        "openrouter": Style(output_tokens_field="max_completion_tokens", effort_in_reasoning=True),
        "snowflake": Style(output_tokens_field="max_completion_tokens"),
        "together": Style(output_tokens_field="max_tokens"),
        "xai": Style(api=Api.RESPONSES, output_tokens_field="max_tokens"),
    }
)
"""Known servers by provider id; another one is spoken to in the default style."""

SERVER_URLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deepseek": "https://api.deepseek.com",
        "groq": "https://api.groq.com/openai/v1",
        "mistral": "https://api.mistral.ai/v1",
        "openai": "https://api.openai.com/v1",
        "openrouter": "https://openrouter.ai/api/v1",
        "together": "https://api.together.xyz/v1",
        "xai": "https://api.x.ai/v1",
    }
)
"""Base addresses of servers that have one for everybody."""

KEY_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "azure": "AZURE_OPENAI_API_KEY",
        "deepseek": "DEEPSEEK_API_KEY",
        "groq": "GROQ_API_KEY",
        "mistral": "MISTRAL_API_KEY",
        "openai": "OPENAI_API_KEY",
        "openrouter": "OPENROUTER_API_KEY",
        "snowflake": "SNOWFLAKE_TOKEN",
        "together": "TOGETHER_API_KEY",
        "xai": "XAI_API_KEY",
    }
)
"""Environment variables with the keys, where the caller gives none."""

_BEFORE_REASONING: Final = ("gpt-3", "gpt-4", "chatgpt-", "davinci", "babbage", "ft:gpt-3", "ft:gpt-4")
_CHAT_ONLY: Final = ("gpt-3.5", "gpt-4-", "gpt-4o-search", "gpt-4o-mini-search", "gpt-4o-audio", "gpt-audio")


def style_of(provider: str, model: str, options: Fields) -> Style:
    """The style for a model, as the options change it."""
    style = STYLES.get(provider, Style())
    if provider == "openai" and model.startswith(_CHAT_ONLY):
        style = evolve(style, api=Api.CHAT)
    api, role, field = options.get("api"), options.get("system_role"), options.get("output_tokens_field")
    style = evolve(style, api=Api(api)) if isinstance(api, str) else style
    as_parts, bare = options.get("text_as_parts"), options.get("bare_input")
    # OpenAI takes a schema for strict unless told otherwise, and then makes its optional arguments required.
    strict = options.get("strict_tools", False if style.api is Api.RESPONSES else None)
    return evolve(
        style,
        system_role=role if isinstance(role, str) else style.system_role,
        text_as_parts=as_parts if isinstance(as_parts, bool) else style.text_as_parts,
        bare_input=bare if isinstance(bare, bool) else style.bare_input,
        strict_tools=strict if isinstance(strict, bool) else None,
        output_tokens_field=field if isinstance(field, str) else style.output_tokens_field,
    )


STYLE_OPTIONS: Final = frozenset(
    {"api", "bare_input", "output_tokens_field", "strict_tools", "system_role", "text_as_parts"}
)
"""Options that are the adapter's own; all others go into the body as they are."""


def reasons(model: str) -> bool:
    """Whether a model of OpenAI thinks before it answers, which decides what its requests may hold."""
    return not model.startswith(_BEFORE_REASONING)


def with_options(body: Mapping[str, JsonValue], options: Fields) -> dict[str, JsonValue]:
    """The body with the user's options: null leaves a field out, an object is laid over the one that is there."""
    merged = dict(body)
    for name, value in options.items():
        if name in STYLE_OPTIONS:
            continue
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[name] = {**before, **value}
        else:
            merged[name] = value
    return merged
