"""What a recorded body says, read a second time: values that a model adapter's answer is compared with.

The readers of this package take a whole body and know nothing of streaming. They share no code with the adapters, not
even the decoding of server-sent events or the table of error kinds, so that a mistake in one is not repeated in both.
"""

from enum import StrEnum

from attrs import field, frozen

from chatcore.domain.json_text import JsonValue


class Finish(StrEnum):
    """Why the model stopped; the words are those of chatcore's own enum, written down a second time."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    PAUSE = "pause"
    OTHER = "other"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class ReadCall:
    """A tool call. `arguments` is the text that the model wrote; `{}` where it wrote none."""

    id: str
    name: str
    arguments: str


@frozen(kw_only=True)
class ReadUsage:
    """Counted tokens. `input_tokens` are those that neither were read from a cache nor written to one."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    reasoning_tokens: int = 0
    cache_creation_tokens: int = 0
    cache_read_tokens: int = 0

    @property
    def counted(self) -> bool:
        """Whether the provider counted anything; a report of nothing but zeros is none."""
        return bool(
            self.input_tokens
            or self.output_tokens
            or self.total_tokens
            or self.reasoning_tokens
            or self.cache_creation_tokens
            or self.cache_read_tokens
        )

    def to_json(self) -> dict[str, JsonValue]:
        """As an object of six numbers."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": self.total_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "cache_creation_tokens": self.cache_creation_tokens,
            "cache_read_tokens": self.cache_read_tokens,
        }


@frozen(kw_only=True)
class ReadError:
    """An error that the provider told. `retry_after_ms` is the wait it asked for."""

    kind: str
    status: int | None
    retryable: bool
    retry_after_ms: int | None = None


@frozen(kw_only=True)
class Reading:
    """Everything a recorded body says."""

    text: str = ""
    reasoning_chars: int = 0
    """Characters of reasoning that can be read; sealed reasoning counts none."""
    tool_calls: tuple[ReadCall, ...] = ()
    """Calls that chatcore or its client runs, in the order of the answer."""
    provider_calls: tuple[ReadCall, ...] = ()
    """Calls that the provider ran itself."""
    finish: Finish | None = None
    """None where the body tells an error."""
    raw_finish: str | None = None
    """The provider's own word, None where it said none."""
    usage: ReadUsage | None = None
    error: ReadError | None = None
    complete: bool = field(default=True)
    """Whether the body has its own end; an error is an end."""
