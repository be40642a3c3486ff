"""The prompt that a model is shown: neutral values that every model adapter turns into its provider's form (1.8)."""

from typing import TypeAlias

from attrs import field, frozen

from chatcore.domain.content.messages import Role
from chatcore.domain.json_text import JsonText


@frozen(kw_only=True)
class PromptText:
    """Words. `options` is provider metadata handed back unchanged."""

    text: str
    options: JsonText | None = None


@frozen(kw_only=True)
class PromptReasoning:
    """Earlier reasoning, handed back with the signature in `options`."""

    text: str
    options: JsonText | None = None


@frozen(kw_only=True)
class PromptFile:
    """A file's bytes. `data` is empty where the file could not be found."""

    media_type: str
    name: str = ""
    data: bytes = field(default=b"", repr=False)
    options: JsonText | None = None


@frozen(kw_only=True)
class PromptToolCall:
    """A call with a sanitised id (1.5); `args` is always a JSON object."""

    tool_call_id: str
    tool_name: str
    args: JsonText
    provider_executed: bool = False
    options: JsonText | None = None


@frozen(kw_only=True)
class PromptMedia:
    """An image or a sound that a tool gave back; `data` is base64 text."""

    data: str
    media_type: str
    text: str = ""


@frozen(kw_only=True)
class PromptToolResult:
    """The answer to a call: words (`text`), an error text (`is_error`), or media."""

    tool_call_id: str
    tool_name: str
    text: str
    is_error: bool = False
    media: PromptMedia | None = None
    provider_executed: bool = False
    options: JsonText | None = None


PromptPart: TypeAlias = PromptText | PromptReasoning | PromptFile | PromptToolCall | PromptToolResult


@frozen(kw_only=True)
class PromptMessage:
    """One message of a prompt. `cache_hint` asks the provider to keep the prompt up to here (4.8)."""

    role: Role
    content: tuple[PromptPart, ...]
    cache_hint: bool = False
