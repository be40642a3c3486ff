"""The head of a log, read off the whole log field by field: slow, plain, and written from events.md alone.

`evolve` folds event by event and carries everything along; here each field is looked up in what happened, so that the
two have nothing in common but the definitions.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from chatcore.domain.chat import events as e
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import ChatError, ContextUsage, PendingCall, QueuedRow, RetryState, Status
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.ids import Seq

_Log: TypeAlias = Sequence[e.Event]
_Kinds: TypeAlias = tuple[type[e.Event], ...]

_HISTORY: Final[_Kinds] = (
    e.ChatCreated,
    e.MessageAdded,
    e.HistoryTruncated,
    e.ContextCompacted,
    e.ContextCleared,
    e.CompactionRequested,
)
_BOUNDARIES: Final[_Kinds] = (e.ContextCompacted, e.ContextCleared)
_STATUS: Final[Mapping[type[e.Event], Status]] = {
    e.ChatCreated: Status.RUNNING,
    e.TurnStarted: Status.RUNNING,
    e.TurnFinished: Status.WAITING,
    e.TurnInterrupted: Status.WAITING,
    e.TurnFailed: Status.ERROR,
    e.InterruptRequested: Status.INTERRUPTING,
    e.ActionRequired: Status.REQUIRES_ACTION,
    e.ActionEnded: Status.RUNNING,
    e.CompactionRequested: Status.RUNNING,
    e.ContextCleared: Status.WAITING,
}
_FORGET_RETRY: Final[_Kinds] = (
    *_HISTORY,
    e.TurnFinished,
    e.TurnInterrupted,
    e.TurnFailed,
    e.InterruptRequested,
    e.ActionRequired,
    e.AttemptStarted,
)
_MARK: Final[Mapping[type[e.Event], bool]] = {
    e.CompactionRequested: True,
    e.ContextCompacted: False,
    e.ContextCleared: False,
    e.TurnStarted: False,
    e.TurnFinished: False,
    e.TurnInterrupted: False,
    e.TurnFailed: False,
    e.InterruptRequested: False,
    e.ActionRequired: False,
    e.ActionEnded: False,
}


def reference_head(log: _Log) -> ChatHead:
    """The head that events.md gives to a log that ends at the end of an append."""
    first = log[0]
    assert isinstance(first, e.ChatCreated)
    owner, alive = _owner(log), _alive(log)
    retry, retry_version = _retry(log)
    pending, pending_seq = _pending(log, alive)
    return ChatHead(
        owner_id=first.owner_id,
        parent_id=first.parent_id,
        root_id=first.root_id,
        seq=len(log),
        history_version=_newest(log, lambda event: isinstance(event, _HISTORY)) or 0,
        queue_version=_newest(log, _moves_queue) or 0,
        retry_version=retry_version,
        generation_attempt=_attempt(log),
        children=sum(isinstance(event, e.ChildSpawned) for event in log),
        status=_status(log),
        archived=sum(isinstance(event, e.ChatArchived) for event in log)
        > sum(isinstance(event, e.ChatUnarchived) for event in log),
        queue=_queue(log),
        worker_id=owner.worker_id if owner else None,
        runner_id=owner.runner_id if owner else None,
        last_error=_last_error(log),
        retry=retry,
        pending=pending,
        pending_seq=pending_seq,
        deadline_at=_deadline(log),
        boundary=max((seq for seq in alive if isinstance(log[seq - 1], _BOUNDARIES)), default=None),
        answered=max((seq for seq, message in _messages(log, alive) if _is_answer(message)), default=None),
        spoken=max((seq for seq, message in _messages(log, alive) if _is_spoken(message)), default=None),
        system=tuple(seq for seq, message in _messages(log, alive) if _is_system(message)),
        usage=_usage(log),
        compaction_requested=next((_MARK[type(event)] for event in reversed(log) if type(event) in _MARK), False),
        model_id=next((event.model_id for event in _choices(log) if event.model_id is not None), None),
        effort=next((event.effort for event in _choices(log) if event.effort is not None), None),
    )


def _newest(log: _Log, wanted: Callable[[e.Event], bool]) -> Seq | None:
    return max((seq for seq, event in enumerate(log, 1) if wanted(event)), default=None)


def _alive(log: _Log) -> list[Seq]:
    """The seqs that no truncation cut off."""
    cuts = [(at, event.from_seq) for at, event in enumerate(log, 1) if isinstance(event, e.HistoryTruncated)]
    return [seq for seq in range(1, len(log) + 1) if not any(start <= seq < at for at, start in cuts)]


def _messages(log: _Log, seqs: Sequence[Seq]) -> list[tuple[Seq, e.MessageAdded]]:
    found = [(seq, log[seq - 1]) for seq in seqs]
    return [(seq, event) for seq, event in found if isinstance(event, e.MessageAdded)]


def _is_answer(message: e.MessageAdded) -> bool:
    return message.role is Role.ASSISTANT and message.visibility is Visibility.BOTH


def _is_spoken(message: e.MessageAdded) -> bool:
    return message.role is not Role.SYSTEM and message.visibility is not Visibility.USER and not message.compressed


def _is_system(message: e.MessageAdded) -> bool:
    return message.role is Role.SYSTEM and message.visibility is not Visibility.USER and not message.compressed


def _choices(log: _Log) -> list[e.MessageAdded | e.SettingsChanged]:
    """What chooses a model, newest first."""
    return [
        event
        for event in reversed(log)
        if isinstance(event, e.SettingsChanged) or (isinstance(event, e.MessageAdded) and event.role is Role.USER)
    ]


def _moves_queue(event: e.Event) -> bool:
    if isinstance(event, e.MessageAdded):
        return event.from_queue is not None
    return isinstance(event, e.MessageQueued | e.QueueRemoved | e.QueueMoved)


def _status(log: _Log) -> Status:
    return next(_STATUS[type(event)] for event in reversed(log) if type(event) in _STATUS)


def _queue(log: _Log) -> tuple[QueuedRow, ...]:
    rows: list[QueuedRow] = []
    for seq, event in enumerate(log, 1):
        match event:
            case e.MessageQueued():
                size = content_bytes(event.content)
                row = QueuedRow(
                    id=seq, bytes=size, model_id=event.model_id, effort=event.effort, created_by=event.created_by
                )
                rows.append(row)
            case e.QueueRemoved():
                rows = [row for row in rows if row.id not in event.ids]
            case e.QueueMoved():
                moved = next(row for row in rows if row.id == event.id)
                rows = [moved, *(row for row in rows if row is not moved)]
            case e.MessageAdded(from_queue=int(said)):
                rows = [row for row in rows if row.id != said]
    return tuple(rows)


def _owner(log: _Log) -> e.Acquired | None:
    for seq in range(len(log), 0, -1):
        match log[seq - 1]:
            case e.Acquired() as acquired:
                return acquired
            case e.Released() | e.TurnFailed() | e.ActionRequired() | e.CompactionRequested():
                return None
            case e.TurnFinished() | e.TurnInterrupted() if not _queue(log[: seq - 1]):
                return None
    return None


def _last_error(log: _Log) -> ChatError | None:
    for event in reversed(log):
        match event:
            case e.TurnFailed(error=error):
                return error
            case e.TurnStarted() | e.CompactionRequested() | e.ContextCleared():
                return None
    return None


def _deadline(log: _Log) -> datetime | None:
    for event in reversed(log):
        match event:
            case e.ActionRequired(deadline_at=deadline_at):
                return deadline_at
            case e.ActionEnded() | e.TurnStarted() | e.TurnFinished() | e.TurnInterrupted() | e.TurnFailed():
                return None
    return None


def _retry(log: _Log) -> tuple[RetryState | None, Seq]:
    retry, version = None, 0
    for seq, event in enumerate(log, 1):
        now = retry
        if isinstance(event, e.RetryScheduled):
            now = RetryState(attempt=event.attempt, error=event.error, delay_ms=event.delay_ms, retry_at=event.retry_at)
        elif isinstance(event, _FORGET_RETRY) or _takes_running(log, seq):
            now = None
        if now != retry:
            retry, version = now, seq
    return retry, version


def _takes_running(log: _Log, seq: Seq) -> bool:
    return isinstance(log[seq - 1], e.Acquired) and _status(log[: seq - 1]) is Status.RUNNING


def _attempt(log: _Log) -> int:
    """Looks for the newest event that sets the count, then adds those that count on."""
    counted = 0
    for seq in range(len(log), 0, -1):
        event = log[seq - 1]
        if isinstance(event, e.AttemptStarted):
            counted += 1
        elif isinstance(event, e.Acquired):
            counted += _takes_running(log, seq)
        elif isinstance(event, e.TurnStarted):
            return counted + (_owner(log[:seq]) is not None)
        elif isinstance(event, _HISTORY):
            running = _status(log[:seq]) is Status.RUNNING
            return counted + (running and _owner(log[:seq]) is not None)
    return counted


def _pending(log: _Log, alive: Sequence[Seq]) -> tuple[tuple[PendingCall, ...], Seq | None]:
    steps = [(seq, message) for seq, message in _messages(log, alive) if _is_answer(message)]
    if not steps or any(isinstance(event, e.HistoryTruncated) for event in log[steps[-1][0] :]):
        return (), None
    seq, step = steps[-1]
    inside = {part.tool_call_id for part in step.content if isinstance(part, ToolResultPart)}
    later = log[seq:]
    results = {
        part.tool_call_id
        for event in later
        if isinstance(event, e.MessageAdded) and event.role is Role.TOOL
        for part in event.content
        if isinstance(part, ToolResultPart)
    }
    taken_over = any(isinstance(event, e.Acquired) for event in later)
    calls = tuple(
        PendingCall(
            call_id=part.tool_call_id,
            tool_name=part.tool_name,
            dynamic=part.tool_call_id in step.dynamic,
            orphaned=taken_over and part.tool_call_id not in step.dynamic,
        )
        for part in step.content
        if isinstance(part, ToolCallPart) and not part.provider_executed and part.tool_call_id not in inside | results
    )
    return calls, seq if calls else None


def _usage(log: _Log) -> ContextUsage | None:
    for event in reversed(log):
        if isinstance(event, e.HistoryTruncated | e.ContextCompacted | e.ContextCleared):
            return None
        if isinstance(event, e.MessageAdded) and event.usage is not None:
            return ContextUsage(context_tokens=event.usage.context_tokens, context_limit=event.context_limit)
    return None
