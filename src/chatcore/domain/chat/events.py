"""The closed union of everything that can happen to a chat (events.md)."""

from typing import Final, TypeAlias, get_args

from chatcore.domain.chat.events_details import (
    ChatArchived,
    ChatUnarchived,
    ChildSpawned,
    DiffChanged,
    LabelsChanged,
    SettingsChanged,
    SummaryChanged,
    TitleChanged,
    WorkspaceBound,
)
from chatcore.domain.chat.events_history import (
    ChatCreated,
    CompactionRequested,
    ContextCleared,
    ContextCompacted,
    HistoryTruncated,
    MessageAdded,
)
from chatcore.domain.chat.events_queue import MessageQueued, QueueMoved, QueueRemoved
from chatcore.domain.chat.events_turn import (
    Acquired,
    ActionEnded,
    ActionRequired,
    AttemptStarted,
    InterruptRequested,
    Released,
    RetryScheduled,
    TurnFailed,
    TurnFinished,
    TurnInterrupted,
    TurnStarted,
)

HistoryEvent: TypeAlias = (
    ChatCreated | MessageAdded | HistoryTruncated | ContextCompacted | ContextCleared | CompactionRequested
)
TurnEvent: TypeAlias = (
    TurnStarted
    | TurnFinished
    | TurnInterrupted
    | TurnFailed
    | InterruptRequested
    | ActionRequired
    | ActionEnded
    | Acquired
    | Released
    | AttemptStarted
    | RetryScheduled
)
QueueEvent: TypeAlias = MessageQueued | QueueRemoved | QueueMoved
FamilyEvent: TypeAlias = ChildSpawned | ChatArchived | ChatUnarchived
DetailsEvent: TypeAlias = TitleChanged | LabelsChanged | WorkspaceBound | SettingsChanged | SummaryChanged | DiffChanged
Event: TypeAlias = HistoryEvent | TurnEvent | QueueEvent | FamilyEvent | DetailsEvent

EVENT_TYPES: Final[tuple[type[Event], ...]] = get_args(Event)
"""Every event class, in the order of events.md's groups."""

__all__ = [
    "EVENT_TYPES",
    "Acquired",
    "ActionEnded",
    "ActionRequired",
    "AttemptStarted",
    "ChatArchived",
    "ChatCreated",
    "ChatUnarchived",
    "ChildSpawned",
    "CompactionRequested",
    "ContextCleared",
    "ContextCompacted",
    "DetailsEvent",
    "DiffChanged",
    "Event",
    "FamilyEvent",
    "HistoryEvent",
    "HistoryTruncated",
    "InterruptRequested",
    "LabelsChanged",
    "MessageAdded",
    "MessageQueued",
    "QueueEvent",
    "QueueMoved",
    "QueueRemoved",
    "Released",
    "RetryScheduled",
    "SettingsChanged",
    "SummaryChanged",
    "TitleChanged",
    "TurnEvent",
    "TurnFailed",
    "TurnFinished",
    "TurnInterrupted",
    "TurnStarted",
    "WorkspaceBound",
]
