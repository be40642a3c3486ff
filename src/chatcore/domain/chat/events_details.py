"""Events about a chat's family and its details; none of them moves the history (events.md)."""

from typing import ClassVar

from attrs import frozen

from chatcore.domain.chat.values import DiffSummary, DynamicTool, TitleSource
from chatcore.domain.content.messages import Effort
from chatcore.domain.ids import ChatId


@frozen(kw_only=True)
class ChildSpawned:
    """On the root's log: the family has a new member."""

    TYPE: ClassVar = "child_spawned"
    SCHEMA: ClassVar = 1
    child_id: ChatId


@frozen(kw_only=True)
class ChatArchived:
    """The whole family was archived; appended to the log of every member at once."""

    TYPE: ClassVar = "chat_archived"
    SCHEMA: ClassVar = 1
    by: ChatId
    """The root of the family."""


@frozen(kw_only=True)
class ChatUnarchived:
    """The whole family came back."""

    TYPE: ClassVar = "chat_unarchived"
    SCHEMA: ClassVar = 1
    by: ChatId
    """The root of the family."""


@frozen(kw_only=True)
class TitleChanged:
    """The chat has a new name."""

    TYPE: ClassVar = "title_changed"
    SCHEMA: ClassVar = 1
    title: str
    source: TitleSource


@frozen(kw_only=True)
class LabelsChanged:
    """The chat's labels, all of them."""

    TYPE: ClassVar = "labels_changed"
    SCHEMA: ClassVar = 1
    labels: tuple[tuple[str, str], ...]
    """Pairs of name and value, sorted by name."""


@frozen(kw_only=True)
class WorkspaceBound:
    """The chat works in this workspace; None where nothing is bound."""

    TYPE: ClassVar = "workspace_bound"
    SCHEMA: ClassVar = 1
    workspace_id: str | None = None
    build_id: str | None = None
    agent_id: str | None = None


@frozen(kw_only=True)
class SettingsChanged:
    """New settings; None means that a setting stays as it is."""

    TYPE: ClassVar = "settings_changed"
    SCHEMA: ClassVar = 1
    model_id: str | None = None
    effort: Effort | None = None
    plan_mode: bool | None = None
    mode: str | None = None
    mcp_server_ids: tuple[str, ...] | None = None
    dynamic_tools: tuple[DynamicTool, ...] | None = None


@frozen(kw_only=True)
class SummaryChanged:
    """A new summary of the chat for lists."""

    TYPE: ClassVar = "summary_changed"
    SCHEMA: ClassVar = 1
    text: str


@frozen(kw_only=True)
class DiffChanged:
    """The work in the workspace changed."""

    TYPE: ClassVar = "diff_changed"
    SCHEMA: ClassVar = 1
    diff: DiffSummary
