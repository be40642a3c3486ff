"""The closed union of everything that can be asked of a chat or told to its log (2.4, events.md)."""

from typing import TypeAlias

from chatcore.domain.chat.commands_client import (
    Behavior,
    BindWorkspace,
    CancelRequiresAction,
    ChangeDiff,
    ChangeLabels,
    ChangeSettings,
    ChangeSummary,
    ChangeTitle,
    ClearContext,
    CompleteRequiresAction,
    Create,
    DeleteQueued,
    DynamicResult,
    EditMessage,
    Interrupt,
    PromoteQueued,
    RequestCompaction,
    SendMessage,
    SetArchived,
    Settings,
    SpawnChild,
)
from chatcore.domain.chat.commands_worker import (
    Abandon,
    Acquire,
    CallResult,
    CommitAnswer,
    CommitCompaction,
    CommitResults,
    CommitSalvage,
    EnterRequiresAction,
    FinishError,
    FinishInterruption,
    FinishTurn,
    RecordGenerationAttempt,
    RecordRetryState,
)

DetailsCommand: TypeAlias = ChangeTitle | ChangeLabels | BindWorkspace | ChangeSettings | ChangeSummary | ChangeDiff
ClientCommand: TypeAlias = (
    CancelRequiresAction
    | ClearContext
    | CompleteRequiresAction
    | Create
    | DeleteQueued
    | EditMessage
    | Interrupt
    | PromoteQueued
    | RequestCompaction
    | SendMessage
    | SetArchived
    | SpawnChild
)
WorkerCommand: TypeAlias = (
    Abandon
    | Acquire
    | CommitAnswer
    | CommitCompaction
    | CommitResults
    | CommitSalvage
    | EnterRequiresAction
    | FinishError
    | FinishInterruption
    | FinishTurn
    | RecordGenerationAttempt
    | RecordRetryState
)
Command: TypeAlias = ClientCommand | DetailsCommand | WorkerCommand

__all__ = [
    "Abandon",
    "Acquire",
    "Behavior",
    "BindWorkspace",
    "CallResult",
    "CancelRequiresAction",
    "ChangeDiff",
    "ChangeLabels",
    "ChangeSettings",
    "ChangeSummary",
    "ChangeTitle",
    "ClearContext",
    "ClientCommand",
    "Command",
    "CommitAnswer",
    "CommitCompaction",
    "CommitResults",
    "CommitSalvage",
    "CompleteRequiresAction",
    "Create",
    "DeleteQueued",
    "DetailsCommand",
    "DynamicResult",
    "EditMessage",
    "EnterRequiresAction",
    "FinishError",
    "FinishInterruption",
    "FinishTurn",
    "Interrupt",
    "PromoteQueued",
    "RecordGenerationAttempt",
    "RecordRetryState",
    "RequestCompaction",
    "SendMessage",
    "SetArchived",
    "Settings",
    "SpawnChild",
    "WorkerCommand",
]
