"""Why a command is refused. Every class has a stable `code` and says what would be allowed (architecture 3, 11)."""

from typing import ClassVar

from attrs import frozen

from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.rejection import Rejection

__all__ = [
    "CallsPending",
    "ChatNotFound",
    "EditedMessageNotUser",
    "EvidenceStale",
    "FamilyArchived",
    "FamilyFull",
    "FenceRequired",
    "InvalidMessage",
    "InvalidStep",
    "MessageNotFound",
    "NoDefaultModelConfig",
    "NotARoot",
    "NotOwned",
    "NothingToClear",
    "NothingToCompact",
    "QueueFull",
    "QueuedMessageNotFound",
    "Rejection",
    "StaleFence",
    "ToolResultRejected",
    "TransitionNotAllowed",
    "ValueTooLarge",
]


class _Described(Rejection):
    """A rejection whose text is made from its fields."""

    def __str__(self) -> str:
        return self.describe()

    def describe(self) -> str:
        """The text of the rejection."""
        raise AssertionError("every rejection describes itself")


@frozen(eq=False)
class TransitionNotAllowed(_Described):
    """The state of the chat forbids the command."""

    code: ClassVar[str] = "transition_not_allowed"
    command: CommandKey
    state: ExecutionState
    allowed: frozenset[CommandKey]

    def describe(self) -> str:
        allowed = ", ".join(sorted(self.allowed)) or "nothing"
        return f"{self.command} is not allowed in state {self.state}; allowed are: {allowed}"


@frozen(eq=False)
class ChatNotFound(_Described):
    """There is no such chat, or it belongs to somebody else: callers cannot tell which."""

    code: ClassVar[str] = "chat_not_found"
    chat_id: ChatId | None = None

    def describe(self) -> str:
        return f"there is no chat {self.chat_id or 'yet'}; check the id and who owns it"


@frozen(eq=False)
class QueueFull(_Described):
    """As many messages wait as may wait (3.1)."""

    code: ClassVar[str] = "message_queue_full"
    length_max: int

    def describe(self) -> str:
        return f"{self.length_max} messages wait already; delete one or wait for the turn to end"


@frozen(eq=False)
class MessageNotFound(_Described):
    """No message of this chat's history has the id, or an edit cut it off."""

    code: ClassVar[str] = "message_not_found"
    message_id: Seq

    def describe(self) -> str:
        return f"message {self.message_id} is not in this chat's history; reload the history"


@frozen(eq=False)
class EditedMessageNotUser(_Described):
    """Only a user's message can be edited."""

    code: ClassVar[str] = "edited_message_not_user"
    message_id: Seq

    def describe(self) -> str:
        return f"message {self.message_id} is not a user's; only a user's message can be edited"


@frozen(eq=False)
class QueuedMessageNotFound(_Described):
    """No waiting message has the id."""

    code: ClassVar[str] = "queued_message_not_found"
    queued_id: Seq

    def describe(self) -> str:
        return f"no message {self.queued_id} waits; it was promoted or deleted, reload the queue"


@frozen(eq=False)
class NoDefaultModelConfig(_Described):
    """No model can answer the message that would be promoted (2.5)."""

    code: ClassVar[str] = "no_default_model_config"
    queued_id: Seq

    def describe(self) -> str:
        return f"no enabled model can answer queued message {self.queued_id}; enable a default model"


@frozen(eq=False)
class NothingToCompact(_Described):
    """There is no answer that a compaction could cover (5.7)."""

    code: ClassVar[str] = "nothing_to_compact"

    def describe(self) -> str:
        return "nothing was answered since the last compaction or clearing"


@frozen(eq=False)
class NothingToClear(_Described):
    """The model would be shown nothing that clearing takes away (5.8)."""

    code: ClassVar[str] = "nothing_to_clear"

    def describe(self) -> str:
        return "nothing was said since the last compaction or clearing"


@frozen(eq=False)
class CallsPending(_Described):
    """Tool calls wait for results, which must come first."""

    code: ClassVar[str] = "calls_pending"
    command: CommandKey
    call_ids: tuple[str, ...]

    def describe(self) -> str:
        return f"{self.command} must wait for the results of the calls {', '.join(self.call_ids)}"


@frozen(eq=False)
class ToolResultRejected(_Described):
    """A tool result does not fit the pending calls (2.7). `code` is one of the four of that section."""

    problem: str
    """`duplicate`, `unexpected`, `invalid_json` or `missing`."""
    call_id: str

    @property
    def code(self) -> str:  # type: ignore[override]  # one class for the four codes of one table
        """`tool_result_` and the problem."""
        return f"tool_result_{self.problem}"

    def describe(self) -> str:
        return f"tool result for call {self.call_id!r}: {self.problem.replace('_', ' ')}; send one per pending call"


@frozen(eq=False)
class InvalidStep(_Described):
    """What a model answered cannot be part of a legal history; treat it as a model error."""

    code: ClassVar[str] = "invalid_step"
    why: str

    def describe(self) -> str:
        return f"the step is not legal: {self.why}"


@frozen(eq=False)
class InvalidMessage(_Described):
    """A given message has a role, a flag or a content that it may not have here."""

    code: ClassVar[str] = "invalid_message"
    why: str

    def describe(self) -> str:
        return f"the message is not legal here: {self.why}"


@frozen(eq=False)
class ValueTooLarge(_Described):
    """A value is over its limit."""

    code: ClassVar[str] = "value_too_large"
    what: str
    size: int
    size_max: int

    def describe(self) -> str:
        return f"{self.what} is {self.size}, at most {self.size_max} is allowed"


@frozen(eq=False)
class NotOwned(_Described):
    """Nobody holds the chat, so nobody can give it up."""

    code: ClassVar[str] = "not_owned"

    def describe(self) -> str:
        return "the chat has no runner"


@frozen(eq=False)
class StaleFence(_Described):
    """Another writer changed what the activity stands on: it stops without writing (2.9)."""

    code: ClassVar[str] = "stale_fence"
    why: str

    def describe(self) -> str:
        return f"the chat has moved on: {self.why}; stop, another activity goes on with it"


@frozen(eq=False)
class FenceRequired(_Described):
    """Only the chat's runner may do this, and it must prove itself with a fence (2.9)."""

    code: ClassVar[str] = "fence_required"
    command: CommandKey

    def describe(self) -> str:
        return f"{self.command} belongs to the chat's runner and needs its fence"


@frozen(eq=False)
class EvidenceStale(_Described):
    """What the command brought from the log does not fit the head: read both again and decide anew."""

    code: ClassVar[str] = "evidence_stale"
    why: str

    def describe(self) -> str:
        return f"the evidence does not fit the chat: {self.why}; reload and decide again"


@frozen(eq=False)
class NotARoot(_Described):
    """Only a whole family is archived or has children: name its root."""

    code: ClassVar[str] = "not_a_root"
    root_id: ChatId

    def describe(self) -> str:
        return f"the chat belongs to a family; ask for its root {self.root_id}"


@frozen(eq=False)
class FamilyArchived(_Described):
    """An archived family gets no new member."""

    code: ClassVar[str] = "family_archived"

    def describe(self) -> str:
        return "the family is archived; unarchive it first"


@frozen(eq=False)
class FamilyFull(_Described):
    """The family has as many members as it may have."""

    code: ClassVar[str] = "family_full"
    family_max: int

    def describe(self) -> str:
        return f"the family has {self.family_max} chats already"
