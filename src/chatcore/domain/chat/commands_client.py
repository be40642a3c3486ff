"""What clients ask of a chat. A command carries every id, time and evidence that the decider needs (architecture 3)."""

from enum import StrEnum

from attrs import frozen

from chatcore.domain.chat.evidence import EditTarget, Promotion
from chatcore.domain.chat.values import ActionEnd, ClientType, DiffSummary, DynamicTool, TitleSource
from chatcore.domain.content.messages import Effort, NewMessage
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import ChatId, Seq, UserId


class Behavior(StrEnum):
    """What a message does that is sent to a busy chat (2.5)."""

    QUEUE = "queue"
    INTERRUPT = "interrupt"


@frozen(kw_only=True)
class Settings:
    """Settings of a chat; None leaves one as it is."""

    model_id: str | None = None
    effort: Effort | None = None
    plan_mode: bool | None = None
    mode: str | None = None
    mcp_server_ids: tuple[str, ...] | None = None
    dynamic_tools: tuple[DynamicTool, ...] | None = None


@frozen(kw_only=True)
class Create:
    """Begin a chat with at least one message: system and user messages only."""

    owner_id: UserId
    messages: tuple[NewMessage, ...]
    client_type: ClientType = ClientType.UI
    parent_id: ChatId | None = None
    root_id: ChatId | None = None
    """The root of the parent's family; set by `tree.decide_child`, which also appends to its log."""
    title: str | None = None
    title_source: TitleSource = TitleSource.USER
    labels: tuple[tuple[str, str], ...] = ()
    settings: Settings = Settings()
    workspace_id: str | None = None


@frozen(kw_only=True)
class SpawnChild:
    """On the root: a member joins the family. Part of creating a child (`tree.decide_child`)."""

    child_id: ChatId


@frozen(kw_only=True)
class SetArchived:
    """One member's share of archiving or unarchiving its family (`tree.decide_archived`)."""

    archived: bool
    by: ChatId
    """The root of the family."""


@frozen(kw_only=True)
class SendMessage:
    """Say something. `promotion` is needed in E1: the first row of the queue, which is said instead."""

    content: tuple[Part, ...]
    created_by: UserId
    behavior: Behavior = Behavior.QUEUE
    model_id: str | None = None
    effort: Effort | None = None
    promotion: Promotion | None = None


@frozen(kw_only=True)
class EditMessage:
    """Say message `message_id` differently: it and all after it leave the history; the queue is emptied."""

    message_id: Seq
    content: tuple[Part, ...]
    created_by: UserId
    target: EditTarget | None
    """What the log says of the message; None if the chat has no such message."""
    model_id: str | None = None
    """None keeps the target's."""
    effort: Effort | None = None
    """None keeps the target's."""
    suffix: tuple[NewMessage, ...] = ()
    """User messages that follow the new one."""


@frozen(kw_only=True)
class DeleteQueued:
    """Take a waiting message back."""

    queued_id: Seq


@frozen(kw_only=True)
class PromoteQueued:
    """Say a waiting message next. `promotion` is needed in E1 and A1, where it is said at once."""

    queued_id: Seq
    promotion: Promotion | None = None


@frozen(kw_only=True)
class Interrupt:
    """Stop the turn and keep what was said."""

    reason: str = "interrupted by the user"


@frozen(kw_only=True)
class RequestCompaction:
    """Replace what was said by a summary (5.7)."""


@frozen(kw_only=True)
class ClearContext:
    """Let the model start afresh; readers keep the transcript (5.8)."""

    call_id: str
    """Id of the call that marks the place for readers: `chat_cleared_` and a UUID."""


@frozen(kw_only=True)
class DynamicResult:
    """What a client's tool gave back."""

    call_id: str
    output: str
    """JSON text; checked by the decider."""
    is_error: bool = False


@frozen(kw_only=True)
class CompleteRequiresAction:
    """The client's tools are done: one result per pending call (2.7)."""

    results: tuple[DynamicResult, ...]
    suffix: tuple[NewMessage, ...] = ()
    """User messages that follow the results."""


@frozen(kw_only=True)
class CancelRequiresAction:
    """Stop waiting for the client's tools; at the deadline the system does so."""

    reason: ActionEnd = ActionEnd.CANCELLED
    """CANCELLED or TIMED_OUT."""


@frozen(kw_only=True)
class ChangeTitle:
    """Name the chat."""

    title: str
    source: TitleSource = TitleSource.USER


@frozen(kw_only=True)
class ChangeLabels:
    """Set all labels of the chat."""

    labels: tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class BindWorkspace:
    """Let the chat work in a workspace; None unbinds it."""

    workspace_id: str | None = None
    build_id: str | None = None
    agent_id: str | None = None


@frozen(kw_only=True)
class ChangeSettings:
    """Change settings of the chat."""

    settings: Settings


@frozen(kw_only=True)
class ChangeSummary:
    """Set the summary that lists show."""

    text: str


@frozen(kw_only=True)
class ChangeDiff:
    """Tell what the work in the workspace changed."""

    diff: DiffSummary
