"""What lists and settings pages show of a chat, folded from the log beside the head (architecture 3)."""

from collections.abc import Iterable
from typing import Final, get_args

from attrs import evolve, frozen

from chatcore.domain.chat.events import (
    DetailsEvent,
    DiffChanged,
    Event,
    LabelsChanged,
    SettingsChanged,
    SummaryChanged,
    TitleChanged,
    WorkspaceBound,
)
from chatcore.domain.chat.values import DiffSummary, DynamicTool, TitleSource
from chatcore.domain.content.messages import Effort

_DETAILS_TYPES: Final[frozenset[type[Event]]] = frozenset(get_args(DetailsEvent))


@frozen(kw_only=True)
class ChatDetails:
    """A function of the log; its row is written only by appends that hold a details event."""

    title: str | None = None
    title_source: TitleSource | None = None
    labels: tuple[tuple[str, str], ...] = ()
    workspace_id: str | None = None
    build_id: str | None = None
    agent_id: str | None = None
    model_id: str | None = None
    effort: Effort | None = None
    plan_mode: bool = False
    mode: str = ""
    mcp_server_ids: tuple[str, ...] = ()
    dynamic_tools: tuple[DynamicTool, ...] = ()
    summary: str | None = None
    diff: DiffSummary | None = None


def changes_details(event: Event) -> bool:
    """Whether the event is one that the details are folded from."""
    return type(event) in _DETAILS_TYPES


def fold_details(events: Iterable[Event], details: ChatDetails | None = None) -> ChatDetails:
    """The details that a log, or the rest of one after `details`, leads to."""
    details = details or ChatDetails()
    for event in events:
        details = evolve_details(details, event)
    return details


def evolve_details(details: ChatDetails, event: Event) -> ChatDetails:
    """Fold one event; events that are not about details change nothing."""
    match event:
        case TitleChanged():
            return evolve(details, title=event.title, title_source=event.source)
        case LabelsChanged():
            return evolve(details, labels=event.labels)
        case WorkspaceBound():
            return evolve(details, workspace_id=event.workspace_id, build_id=event.build_id, agent_id=event.agent_id)
        case SettingsChanged():
            return _with_settings(details, event)
        case SummaryChanged():
            return evolve(details, summary=event.text)
        case DiffChanged():
            return evolve(details, diff=event.diff)
        case _:
            return details


def _with_settings(details: ChatDetails, event: SettingsChanged) -> ChatDetails:
    return evolve(
        details,
        model_id=details.model_id if event.model_id is None else event.model_id,
        effort=details.effort if event.effort is None else event.effort,
        plan_mode=details.plan_mode if event.plan_mode is None else event.plan_mode,
        mode=details.mode if event.mode is None else event.mode,
        mcp_server_ids=details.mcp_server_ids if event.mcp_server_ids is None else event.mcp_server_ids,
        dynamic_tools=details.dynamic_tools if event.dynamic_tools is None else event.dynamic_tools,
    )
