"""What a script can have its model say."""

from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason


@frozen
class Say:
    """Words, as one block of text."""

    text: str


@frozen
class Think:
    """Reasoning, as one block. `metadata` is a JSON object such as a signature, told at the block's end."""

    text: str
    metadata: JsonText | None = None


@frozen
class Call:
    """A tool call: `Call("read_file", {"path": "/a"})`. Arguments given as text are sent as they are, valid or not."""

    tool_name: str
    args: Mapping[str, JsonValue] | str = field(factory=dict)
    call_id: str | None = field(default=None, kw_only=True)
    """None makes one: `call_` + messages in the prompt + `_` + number of the call in this answer."""
    provider_executed: bool = field(default=False, kw_only=True)


@frozen
class ProviderAnswer:
    """The result of a call that the provider ran; without a `call_id`, of the newest call of this answer."""

    result: JsonValue
    call_id: str | None = field(default=None, kw_only=True)
    is_error: bool = field(default=False, kw_only=True)


@frozen
class Cite:
    """A citation."""

    url: str
    title: str = ""


@frozen
class MakeFile:
    """A file that the model made."""

    media_type: str
    data: bytes
    name: str = ""


@frozen(kw_only=True)
class Report:
    """Tokens that the provider counts; the newest report goes out with the end. Without one nothing is reported."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_creation_tokens: int | None = None
    cache_read_tokens: int | None = None
    metadata: JsonText | None = None
    """The provider's metadata of the whole answer, for instance with a context limit in it (4.9)."""


@frozen
class Pause:
    """Silence for so many seconds of anyio's clock."""

    seconds: float


@frozen
class Fail:
    """The call fails here: `Fail("overloaded", status=529)`. Nothing after it is said."""

    message: str = "the script has the model fail"
    status: int | None = field(default=None, kw_only=True)
    kind: ErrorKind | None = field(default=None, kw_only=True)
    retryable: bool | None = field(default=None, kw_only=True)
    retry_after_ms: int | None = field(default=None, kw_only=True)


@frozen
class CutOff:
    """The stream breaks off here, in the middle of `saying` if one is given, which is then told without its end."""

    saying: "Say | Think | Call | None" = None


@frozen
class End:
    """The stream ends here, for this reason; without one it ends by itself, for tools if there was a local call."""

    reason: FinishReason
    raw_reason: str = ""


Saying: TypeAlias = str | Say | Think | Call | ProviderAnswer | Cite | MakeFile | Report | Pause | Fail | CutOff | End
"""What a script yields; plain text is short for `Say`."""
