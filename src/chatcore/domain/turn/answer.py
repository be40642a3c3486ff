"""What one call of the model gave: the parts shown meanwhile and the answer that is stored (spec chat-core 4.7)."""

from collections.abc import Mapping

from attrs import field, frozen

from chatcore.domain.content.messages import Role, Usage
from chatcore.domain.content.parts import Part
from chatcore.domain.json_text import JsonText
from chatcore.domain.turn.stream import FinishReason


@frozen(kw_only=True)
class Published:
    """A part of a reply in the making, as viewers are shown it; `client_part` strips what is internal."""

    role: Role
    """`tool` for the result of a call that the provider ran, else `assistant`."""
    part: Part


@frozen(kw_only=True)
class Answer:
    """A model's answer, whole or cut short."""

    content: tuple[Part, ...] = ()
    """What is stored in the assistant's message; empty if nothing was said, and then no message is stored."""
    complete: bool = False
    """Whether the stream's own end was read."""
    reason: FinishReason = FinishReason.UNKNOWN
    raw_reason: str = ""
    """The provider's own word for `reason`."""
    usage: Usage | None = None
    """None where the provider counted nothing (R1.2a)."""
    metadata: JsonText | None = None
    """The provider's metadata of the whole answer."""
    invalid_args: Mapping[str, str] = field(factory=dict)
    """Call id to what the model wrote, for whole calls whose arguments are neither blank nor JSON. Such a call is
    stored without arguments and is answered with an error result that names the problem."""
