"""Which row of the transition table a command belongs to."""

from types import MappingProxyType
from typing import Final

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.states import CommandKey

_KEYS: Final = MappingProxyType[type[c.Command], CommandKey](
    {
        c.Create: CommandKey.CREATE,
        c.SpawnChild: CommandKey.SPAWN_CHILD,
        c.EditMessage: CommandKey.EDIT_MESSAGE,
        c.DeleteQueued: CommandKey.DELETE_QUEUED,
        c.PromoteQueued: CommandKey.PROMOTE_QUEUED,
        c.Interrupt: CommandKey.INTERRUPT,
        c.RequestCompaction: CommandKey.REQUEST_COMPACTION,
        c.ClearContext: CommandKey.CLEAR_CONTEXT,
        c.CompleteRequiresAction: CommandKey.COMPLETE_REQUIRES_ACTION,
        c.CancelRequiresAction: CommandKey.CANCEL_REQUIRES_ACTION,
        c.Acquire: CommandKey.ACQUIRE,
        c.Abandon: CommandKey.ABANDON,
        c.RecordGenerationAttempt: CommandKey.RECORD_GENERATION_ATTEMPT,
        c.RecordRetryState: CommandKey.RECORD_RETRY_STATE,
        c.CommitAnswer: CommandKey.COMMIT_ANSWER,
        c.CommitResults: CommandKey.COMMIT_RESULTS,
        c.CommitSalvage: CommandKey.COMMIT_SALVAGE,
        c.CommitCompaction: CommandKey.COMMIT_COMPACTION,
        c.EnterRequiresAction: CommandKey.ENTER_REQUIRES_ACTION,
        c.FinishTurn: CommandKey.FINISH_TURN,
        c.FinishError: CommandKey.FINISH_ERROR,
        c.FinishInterruption: CommandKey.FINISH_INTERRUPTION,
        c.ChangeTitle: CommandKey.CHANGE_TITLE,
        c.ChangeLabels: CommandKey.CHANGE_LABELS,
        c.BindWorkspace: CommandKey.BIND_WORKSPACE,
        c.ChangeSettings: CommandKey.CHANGE_SETTINGS,
        c.ChangeSummary: CommandKey.CHANGE_SUMMARY,
        c.ChangeDiff: CommandKey.CHANGE_DIFF,
    }
)


def command_key(command: c.Command) -> CommandKey:
    """The key of a command; sending and archiving have two each."""
    match command:
        case c.SendMessage(behavior=c.Behavior.QUEUE):
            return CommandKey.SEND_QUEUE
        case c.SendMessage():
            return CommandKey.SEND_INTERRUPT
        case c.SetArchived(archived=True):
            return CommandKey.ARCHIVE
        case c.SetArchived():
            return CommandKey.UNARCHIVE
        case _:
            return _KEYS[type(command)]
