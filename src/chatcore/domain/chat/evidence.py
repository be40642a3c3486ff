"""What commands bring from the log because the head is too small to hold it (events.md, "Evidence").

Evidence is about events that never change, and the append's `expected_seq` proves that nothing was added since.
"""

from attrs import frozen

from chatcore.domain.content.messages import Effort, Role, Visibility
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import Seq, UserId


@frozen(kw_only=True)
class EditTarget:
    """The message that an edit replaces."""

    role: Role
    visibility: Visibility
    alive: bool
    """No truncation after the message began at or before it."""
    boundary: Seq | None
    """The newest surviving boundary before it."""
    answered: Seq | None
    """The newest surviving visible answer before it."""
    model_id: str | None = None
    effort: Effort | None = None


@frozen(kw_only=True)
class Promotion:
    """A queue row that is said now."""

    queued_id: Seq
    content: tuple[Part, ...]
    model_id: str | None
    """The model that will answer it, by the rule of 2.5's last line; None if there is none."""


@frozen(kw_only=True)
class Replay:
    """A user's message without an answer, which a compaction repeats word for word."""

    message_id: Seq
    content: tuple[Part, ...]
    model_id: str | None = None
    effort: Effort | None = None
    created_by: UserId | None = None
