"""One plain command for every row of the transition table, with what it needs taken from the chat it is for."""

from collections.abc import Callable, Mapping
from typing import Final

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.states import CommandKey as Key
from chatcore.domain.chat.values import DiffSummary, ReleaseReason
from chatcore.domain.content.messages import NewMessage, Role
from chatcore.domain.content.parts import ToolCallPart
from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import JsonText
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import (
    CLIENT_CALL,
    FAILURE,
    LOCAL_CALL,
    OWNER,
    ROOT,
    acquire,
    create,
    words,
)

_NEW_CALL: Final = ToolCallPart(tool_call_id="call-new", tool_name="read_file")


def standard_command(key: Key, chat: ChatLog) -> c.Command:
    """The plain command of this key, legal if the state of the chat allows the key and its open calls allow it."""
    return _MAKERS[key](chat)


def _send(chat: ChatLog, behavior: c.Behavior) -> c.SendMessage:
    return c.SendMessage(content=words("new"), created_by=OWNER, behavior=behavior, promotion=chat.first_promotion())


def _edit(chat: ChatLog) -> c.EditMessage:
    users = [message.id for message in chat.transcript() if message.role is Role.USER]
    message_id = users[0] if users else 1
    suffix = (NewMessage(role=Role.USER, content=words("and this")),)
    target = chat.edit_target(message_id)
    return c.EditMessage(message_id=message_id, content=words("better"), created_by=OWNER, target=target, suffix=suffix)


def _delete(chat: ChatLog) -> c.DeleteQueued:
    queue = chat.head.queue if chat.head is not None else ()
    return c.DeleteQueued(queued_id=queue[0].id if queue else 1)


def _promote(chat: ChatLog) -> c.PromoteQueued:
    queue = chat.head.queue if chat.head is not None else ()
    if not queue:
        return c.PromoteQueued(queued_id=1)
    return c.PromoteQueued(queued_id=queue[-1].id, promotion=chat.promotion(queue[-1].id))


def _complete(chat: ChatLog) -> c.CompleteRequiresAction:
    pending = chat.head.pending if chat.head is not None else ()
    results = tuple(c.DynamicResult(call_id=call.call_id, output='"done"') for call in pending if call.dynamic)
    suffix = (NewMessage(role=Role.USER, content=words("go on")),)
    return c.CompleteRequiresAction(results=results, suffix=suffix)


def _local_outcomes(chat: ChatLog) -> tuple[c.CallResult, ...]:
    pending = chat.head.pending if chat.head is not None else ()
    return tuple(c.CallResult(call_id=call.call_id, result=JsonText('"done"')) for call in pending if not call.dynamic)


def _results(chat: ChatLog) -> c.CommitResults:
    nobodys = c.CallResult(call_id="call-of-nobody", result=JsonText("1"))
    return c.CommitResults(results=_local_outcomes(chat) or (nobodys,))


def _compaction(chat: ChatLog) -> c.CommitCompaction:
    return c.CommitCompaction(
        summary="what was said",
        prefix="A summary:",
        call_id="chat_summarized_1",
        threshold_percent=70,
        usage_percent=80.0,
        context_tokens=80,
        context_limit=100,
        unanswered=chat.replays() if chat.head is not None else (),
    )


def _finish_interruption(chat: ChatLog) -> c.FinishInterruption:
    pending = chat.head.pending if chat.head is not None else ()
    return c.FinishInterruption(
        partial=() if pending else (*words("I was about to"), _NEW_CALL),
        results=_local_outcomes(chat)[:1],
        promotion=chat.first_promotion(),
    )


_MAKERS: Final[Mapping[Key, Callable[[ChatLog], c.Command]]] = {
    Key.CREATE: lambda _: create(title="a title"),
    Key.SPAWN_CHILD: lambda _: c.SpawnChild(child_id=ChatId("child")),
    Key.ARCHIVE: lambda _: c.SetArchived(archived=True, by=ROOT),
    Key.UNARCHIVE: lambda _: c.SetArchived(archived=False, by=ROOT),
    Key.SEND_QUEUE: lambda chat: _send(chat, c.Behavior.QUEUE),
    Key.SEND_INTERRUPT: lambda chat: _send(chat, c.Behavior.INTERRUPT),
    Key.EDIT_MESSAGE: _edit,
    Key.DELETE_QUEUED: _delete,
    Key.PROMOTE_QUEUED: _promote,
    Key.INTERRUPT: lambda _: c.Interrupt(),
    Key.REQUEST_COMPACTION: lambda _: c.RequestCompaction(),
    Key.CLEAR_CONTEXT: lambda _: c.ClearContext(call_id="chat_cleared_1"),
    Key.COMPLETE_REQUIRES_ACTION: _complete,
    Key.CANCEL_REQUIRES_ACTION: lambda _: c.CancelRequiresAction(),
    Key.ACQUIRE: lambda _: acquire("runner-new"),
    Key.ABANDON: lambda _: c.Abandon(reason=ReleaseReason.LOST),
    Key.RECORD_GENERATION_ATTEMPT: lambda _: c.RecordGenerationAttempt(),
    Key.RECORD_RETRY_STATE: lambda _: c.RecordRetryState(error=FAILURE, delay_ms=1_000, at=NOON),
    Key.COMMIT_ANSWER: lambda _: c.CommitAnswer(
        content=(*words("so"), LOCAL_CALL, CLIENT_CALL), dynamic=(CLIENT_CALL.tool_call_id,)
    ),
    Key.COMMIT_RESULTS: _results,
    Key.COMMIT_SALVAGE: lambda _: c.CommitSalvage(content=(*words("I was about to"), _NEW_CALL)),
    Key.COMMIT_COMPACTION: _compaction,
    Key.ENTER_REQUIRES_ACTION: lambda _: c.EnterRequiresAction(at=NOON),
    Key.FINISH_TURN: lambda chat: c.FinishTurn(promotion=chat.first_promotion()),
    Key.FINISH_ERROR: lambda _: c.FinishError(error=FAILURE),
    Key.FINISH_INTERRUPTION: _finish_interruption,
    Key.CHANGE_TITLE: lambda _: c.ChangeTitle(title="another title"),
    Key.CHANGE_LABELS: lambda _: c.ChangeLabels(labels=(("team", "core"),)),
    Key.BIND_WORKSPACE: lambda _: c.BindWorkspace(workspace_id="workspace-1"),
    Key.CHANGE_SETTINGS: lambda _: c.ChangeSettings(settings=c.Settings(plan_mode=True)),
    Key.CHANGE_SUMMARY: lambda _: c.ChangeSummary(text="all about lists"),
    Key.CHANGE_DIFF: lambda _: c.ChangeDiff(diff=DiffSummary(additions=1, changed_files=1)),
}
