"""Deciding about a new chat, its details, and its place in a family (2.5, 9.2, 12.1)."""

from typing import assert_never

from attrs import astuple

from chatcore.domain import limits
from chatcore.domain.chat.checks import check_id, check_model, check_new_messages, check_size
from chatcore.domain.chat.commands import (
    BindWorkspace,
    ChangeDiff,
    ChangeLabels,
    ChangeSettings,
    ChangeSummary,
    ChangeTitle,
    Create,
    SetArchived,
    Settings,
    SpawnChild,
)
from chatcore.domain.chat.decide_messages import added
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import (
    ChatArchived,
    ChatCreated,
    ChatUnarchived,
    ChildSpawned,
    DiffChanged,
    LabelsChanged,
    SettingsChanged,
    SummaryChanged,
    TitleChanged,
    WorkspaceBound,
)
from chatcore.domain.chat.rejections import FamilyFull, InvalidMessage, ValueTooLarge
from chatcore.domain.chat.values import TitleSource
from chatcore.domain.content.messages import Role

_OPENING_ROLES = frozenset({Role.SYSTEM, Role.USER})


def create(command: Create) -> Draft:
    """Begin a chat: what was given about it, then its first messages."""
    check_id("the owner id", command.owner_id)
    _check_opening(command)
    draft = Draft.created(
        ChatCreated(
            owner_id=command.owner_id,
            parent_id=command.parent_id,
            root_id=command.root_id,
            client_type=command.client_type,
        )
    )
    if command.title is not None:
        draft.add(_title(command.title, command.title_source))
    if command.labels:
        draft.add(_labels(command.labels))
    if command.workspace_id is not None:
        draft.add(WorkspaceBound(workspace_id=command.workspace_id))
    if command.settings != Settings():
        draft.add(_settings(command.settings))
    draft.add(*map(added, command.messages))
    return draft


def details(
    draft: Draft,
    command: SpawnChild
    | SetArchived
    | ChangeTitle
    | ChangeLabels
    | BindWorkspace
    | ChangeSettings
    | ChangeSummary
    | ChangeDiff,
) -> None:
    """Record a fact about the chat that changes neither its history nor its state of work."""
    match command:
        case SpawnChild():
            if draft.head.children + 1 >= limits.FAMILY_MAX:
                raise FamilyFull(limits.FAMILY_MAX)
            draft.add(ChildSpawned(child_id=command.child_id))
        case SetArchived():
            draft.add(ChatArchived(by=command.by) if command.archived else ChatUnarchived(by=command.by))
        case ChangeTitle():
            draft.add(_title(command.title, command.source))
        case ChangeLabels():
            draft.add(_labels(command.labels))
        case BindWorkspace():
            draft.add(_workspace(command))
        case ChangeSettings():
            draft.add(_settings(command.settings))
        case ChangeSummary():
            check_size("the summary", command.text, limits.SUMMARY_BYTES_MAX)
            draft.add(SummaryChanged(text=command.text))
        case ChangeDiff():
            draft.add(DiffChanged(diff=command.diff))
        case _:
            assert_never(command)


def _check_opening(command: Create) -> None:
    if not command.messages:
        raise InvalidMessage("a chat begins with at least one message")
    check_new_messages(command.messages, _OPENING_ROLES)
    system = sum(message.role is Role.SYSTEM for message in command.messages)
    if system > limits.SYSTEM_MESSAGES_MAX:
        raise ValueTooLarge("the number of system messages", system, limits.SYSTEM_MESSAGES_MAX)


def _title(title: str, source: TitleSource) -> TitleChanged:
    stripped = title.strip()
    if not stripped:
        raise InvalidMessage("a title has at least one visible character")
    check_size("the title", stripped, limits.TITLE_BYTES_MAX)
    return TitleChanged(title=stripped, source=source)


def _labels(labels: tuple[tuple[str, str], ...]) -> LabelsChanged:
    if len(labels) > limits.LABELS_MAX:
        raise ValueTooLarge("the number of labels", len(labels), limits.LABELS_MAX)
    names = [name for name, _ in labels]
    if len(set(names)) != len(names):
        raise InvalidMessage("two labels have the same name")
    for text in (text for pair in labels for text in pair):
        check_size("a label", text, limits.LABEL_BYTES_MAX)
    return LabelsChanged(labels=tuple(sorted(labels)))


def _workspace(command: BindWorkspace) -> WorkspaceBound:
    for value in astuple(command):
        check_id("a workspace id", value)
    return WorkspaceBound(workspace_id=command.workspace_id, build_id=command.build_id, agent_id=command.agent_id)


def _settings(settings: Settings) -> SettingsChanged:
    check_model(settings.model_id)
    if settings == Settings():
        raise InvalidMessage("it changes no setting")
    return SettingsChanged(
        model_id=settings.model_id,
        effort=settings.effort,
        plan_mode=settings.plan_mode,
        mode=settings.mode,
        mcp_server_ids=settings.mcp_server_ids,
        dynamic_tools=settings.dynamic_tools,
    )
