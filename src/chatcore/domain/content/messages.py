"""Messages of a chat and what a step cost (spec chat-core 1.2)."""

from enum import StrEnum

from attrs import fields, frozen

from chatcore.domain.content.parts import Part
from chatcore.domain.ids import Seq, UserId


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Visibility(StrEnum):
    """Who a message is for: readers and the model, readers alone, or the model alone."""

    BOTH = "both"
    USER = "user"
    MODEL = "model"

    @property
    def to_model(self) -> bool:
        """Whether the model is shown the message (R1.2c)."""
        return self is not Visibility.USER

    @property
    def to_reader(self) -> bool:
        """Whether clients are shown the message (R1.2b)."""
        return self is not Visibility.MODEL


class Effort(StrEnum):
    """How hard the model is asked to think, from least to most."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


@frozen(kw_only=True)
class Usage:
    """Tokens of one step, as the provider counted them; None where it said nothing (R1.2a)."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    """Part of `output_tokens`, never added to it."""
    cache_creation_tokens: int | None = None
    cache_read_tokens: int | None = None

    @property
    def context_tokens(self) -> int:
        """What the prompt took: input and both cache counts, else the total, else 0 (5.2)."""
        prompt = 0
        for tokens in (self.input_tokens, self.cache_read_tokens, self.cache_creation_tokens):
            if tokens is not None and tokens > 0:
                prompt += tokens
        return prompt or max(self.total_tokens or 0, 0)


def reported(usage: Usage) -> Usage | None:
    """None for a report in which nothing was counted, else the report with zeros for what it left out (R1.2a)."""
    counts = (
        usage.input_tokens,
        usage.output_tokens,
        usage.total_tokens,
        usage.reasoning_tokens,
        usage.cache_creation_tokens,
        usage.cache_read_tokens,
    )
    if not any(counts):
        return None
    names = [field.name for field in fields(Usage)]
    return Usage(**{name: count or 0 for name, count in zip(names, counts, strict=True)})


@frozen(kw_only=True)
class NewMessage:
    """A message that is to be put into a chat's history; it has no id yet."""

    role: Role
    content: tuple[Part, ...]
    visibility: Visibility = Visibility.BOTH
    compressed: bool = False
    """Marks the rows of a compaction or of a cleared context."""
    model_id: str | None = None
    effort: Effort | None = None
    created_by: UserId | None = None


@frozen(kw_only=True)
class Message:
    """A message of a chat's history; `id` is the seq of the event that brought it."""

    id: Seq
    role: Role
    content: tuple[Part, ...]
    visibility: Visibility = Visibility.BOTH
    compressed: bool = False
    model_id: str | None = None
    effort: Effort | None = None
    created_by: UserId | None = None
    usage: Usage | None = None
    context_limit: int | None = None
    """Tokens that the model's context held when the message was made."""
    dynamic: tuple[str, ...] = ()
    """Ids of the calls in it that a client answers."""
    from_queue: Seq | None = None
    """The queue row that became this message."""
    replay_of: Seq | None = None
    """The message before a compaction that this one repeats word for word."""
    partial: bool = False
    """A reply that was cut short."""
