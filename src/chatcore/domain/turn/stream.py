"""What a model says while it streams, in chatcore's own words (spec chat-core 4.7).

Every model adapter yields these values, and the assembler folds them. `index` names a block of the stream: deltas
of one block carry the index of its start. A stream that ends without `StreamFinished` was cut off.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

from chatcore.domain.content.messages import Usage
from chatcore.domain.json_text import JsonText


class FinishReason(StrEnum):
    """Why a model stopped; the provider's own word is kept beside it."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    PAUSE = "pause"
    """The provider stopped in the middle of its own tools and wants to be called again with what it said."""
    OTHER = "other"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class TextStarted:
    """A block of text begins."""

    index: str


@frozen(kw_only=True)
class TextDelta:
    """The next words of a block of text."""

    index: str
    text: str


@frozen(kw_only=True)
class TextEnded:
    """A block of text is whole."""

    index: str
    metadata: JsonText | None = None


@frozen(kw_only=True)
class ReasoningStarted:
    """A block of reasoning begins."""

    index: str
    metadata: JsonText | None = None


@frozen(kw_only=True)
class ReasoningDelta:
    """The next words of a block of reasoning; the newest metadata of a block wins."""

    index: str
    text: str
    metadata: JsonText | None = None


@frozen(kw_only=True)
class ReasoningEnded:
    """A block of reasoning is whole; its metadata, if any, replaces what came before."""

    index: str
    metadata: JsonText | None = None


@frozen(kw_only=True)
class ReasoningSealed:
    """The last metadata of a block that has ended, for a provider that gives it anew at the end of its stream."""

    index: str
    metadata: JsonText


@frozen(kw_only=True)
class ToolInputStarted:
    """The model begins to write the arguments of a call; `tool_name` may still be empty."""

    tool_call_id: str
    tool_name: str = ""
    provider_executed: bool = False


@frozen(kw_only=True)
class ToolInputDelta:
    """The next piece of a call's arguments; `tool_name` is set where the name came late."""

    tool_call_id: str
    delta: str
    tool_name: str = ""


@frozen(kw_only=True)
class ToolInputEnded:
    """The arguments are whole; the call itself follows."""

    tool_call_id: str


@frozen(kw_only=True)
class ToolCalled:
    """A whole call. `args` is what the model wrote, valid or not."""

    tool_call_id: str
    tool_name: str
    args: str = ""
    provider_executed: bool = False
    metadata: JsonText | None = None


@frozen(kw_only=True)
class ProviderToolResult:
    """The result of a call that the provider itself ran."""

    tool_call_id: str
    tool_name: str
    result: JsonText | None = None
    is_error: bool = False
    metadata: JsonText | None = None


@frozen(kw_only=True)
class SourceCited:
    """A citation."""

    url: str
    source_id: str = ""
    title: str = ""
    metadata: JsonText | None = None


@frozen(kw_only=True)
class FileMade:
    """A file that the model made."""

    media_type: str
    data: bytes
    name: str = ""
    metadata: JsonText | None = None


@frozen(kw_only=True)
class StreamFinished:
    """The stream's own end was read. `usage` is None where the provider reported none."""

    reason: FinishReason
    raw_reason: str = ""
    usage: Usage | None = None
    metadata: JsonText | None = None
    """The provider's metadata of the whole answer; the context limit may hide in it (4.9)."""


StreamEvent: TypeAlias = (
    TextStarted
    | TextDelta
    | TextEnded
    | ReasoningStarted
    | ReasoningDelta
    | ReasoningEnded
    | ReasoningSealed
    | ToolInputStarted
    | ToolInputDelta
    | ToolInputEnded
    | ToolCalled
    | ProviderToolResult
    | SourceCited
    | FileMade
    | StreamFinished
)
