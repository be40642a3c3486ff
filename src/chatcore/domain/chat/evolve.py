"""Folding events into the head: what each event moves (events.md). A KeyError here is a bug in decide."""

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from chatcore.domain.chat import evolve_message
from chatcore.domain.chat.events import (
    Acquired,
    ActionEnded,
    ActionRequired,
    AttemptStarted,
    ChatArchived,
    ChatCreated,
    ChatUnarchived,
    ChildSpawned,
    CompactionRequested,
    ContextCleared,
    ContextCompacted,
    DiffChanged,
    Event,
    HistoryTruncated,
    InterruptRequested,
    LabelsChanged,
    MessageAdded,
    MessageQueued,
    QueueMoved,
    QueueRemoved,
    Released,
    RetryScheduled,
    SettingsChanged,
    SummaryChanged,
    TitleChanged,
    TurnFailed,
    TurnFinished,
    TurnInterrupted,
    TurnStarted,
    WorkspaceBound,
)
from chatcore.domain.chat.head import ChatHead, HeadChanges, changed
from chatcore.domain.chat.values import PendingCall, QueuedRow, RetryState, Status
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import Seq

MOVES_HISTORY: Final = frozenset(
    {ChatCreated, MessageAdded, HistoryTruncated, ContextCompacted, ContextCleared, CompactionRequested}
)
"""Events that set `history_version` (2.8)."""

_RUNNING: Final = Status.RUNNING
_HISTORY, _QUEUE, _RETRY = 1, 2, 4
# What an event moves, as bits, so that one look answers all three questions: this is the hottest fold of all.
_MOVES: Final[Mapping[type[Event], int]] = {
    **dict.fromkeys(MOVES_HISTORY, _HISTORY | _RETRY),
    **dict.fromkeys((MessageQueued, QueueRemoved, QueueMoved), _QUEUE),
    **dict.fromkeys(
        (TurnFinished, TurnInterrupted, TurnFailed, InterruptRequested, ActionRequired, AttemptStarted), _RETRY
    ),
}


def fold(events: Iterable[Event]) -> ChatHead | None:
    """The head that a log leads to; None for an empty one."""
    head: ChatHead | None = None
    for event in events:
        head = evolve(head, event)
    return head


def evolve(head: ChatHead | None, event: Event) -> ChatHead:
    """Fold one event. Raises Corrupt if the log does not begin, or begins twice, with `chat_created`."""
    if head is None:
        if not isinstance(event, ChatCreated):
            raise Corrupt(f"a log begins with {event.TYPE} instead of chat_created")
        return ChatHead(
            owner_id=event.owner_id, parent_id=event.parent_id, root_id=event.root_id, seq=1, history_version=1
        )
    seq = head.seq + 1
    changes = _changes(head, event, seq)
    changes["seq"] = seq
    _move_versions(head, event, seq, changes)
    return changed(head, changes)


def _move_versions(head: ChatHead, event: Event, seq: Seq, changes: HeadChanges) -> None:
    """Derive the versions and the attempt from what the event changes (2.8, events.md)."""
    kind = type(event)
    moves = _MOVES.get(kind, 0)
    forgets = moves & _RETRY
    if moves & _HISTORY:
        changes["history_version"] = seq
        running = changes.get("status", head.status) is _RUNNING
        owned = changes.get("runner_id", head.runner_id) is not None
        changes["generation_attempt"] = 1 if running and owned else 0
        if kind is MessageAdded and "queue" in changes:
            changes["queue_version"] = seq
    elif moves & _QUEUE:
        changes["queue_version"] = seq
    elif kind is Acquired and head.status is _RUNNING:
        forgets = _RETRY
    if forgets and head.retry is not None:
        changes["retry"] = None
    if "retry" in changes and changes["retry"] != head.retry:
        changes["retry_version"] = seq


def _changes(head: ChatHead, event: Event, seq: Seq) -> HeadChanges:
    """What the event itself changes; the versions follow from it. The commonest come first."""
    match event:
        case MessageAdded():
            return evolve_message.message_changes(head, event, seq)
        case TurnStarted() | Acquired() | TurnFinished() | TurnInterrupted():
            return _turn_changes(head, event)
        case TurnFailed() | InterruptRequested() | ActionRequired() | ActionEnded():
            return _stop_changes(event)
        case HistoryTruncated() | ContextCompacted() | ContextCleared() | CompactionRequested():
            return _context_changes(head, event, seq)
        case Released() | AttemptStarted() | RetryScheduled():
            return _work_changes(head, event)
        case MessageQueued() | QueueRemoved() | QueueMoved():
            return {"queue": _queue_after(head.queue, event, seq)}
        case ChildSpawned():
            return {"children": head.children + 1}
        case ChatArchived():
            return {"archived": True}
        case ChatUnarchived():
            return {"archived": False}
        case SettingsChanged():
            return _settings_changes(event)
        case TitleChanged() | LabelsChanged() | WorkspaceBound() | SummaryChanged() | DiffChanged():
            return {}
        case ChatCreated():
            raise Corrupt(f"chat_created stands at seq {seq} of a log")
        case _:
            assert_never(event)


def _context_changes(
    head: ChatHead, event: HistoryTruncated | ContextCompacted | ContextCleared | CompactionRequested, seq: Seq
) -> HeadChanges:
    match event:
        case HistoryTruncated():
            return {
                "pending": (),
                "pending_seq": None,
                "usage": None,
                "boundary": event.boundary,
                "answered": event.answered,
                "system": tuple(seq for seq in head.system if seq < event.from_seq),
            }
        case ContextCompacted():
            return {"boundary": seq, "usage": None, "compaction_requested": False}
        case ContextCleared():
            return {
                "boundary": seq,
                "usage": None,
                "compaction_requested": False,
                "status": Status.WAITING,
                "last_error": None,
            }
        case CompactionRequested():
            return {
                "status": Status.RUNNING,
                "last_error": None,
                "worker_id": None,
                "runner_id": None,
                "compaction_requested": True,
            }


def _turn_changes(head: ChatHead, event: TurnStarted | Acquired | TurnFinished | TurnInterrupted) -> HeadChanges:
    match event:
        case TurnStarted():
            return {
                "status": Status.RUNNING,
                "generation_attempt": 1 if head.owned else 0,
                "last_error": None,
                "deadline_at": None,
                "compaction_requested": False,
            }
        case Acquired():
            changes: HeadChanges = {"worker_id": event.worker_id, "runner_id": event.runner_id}
            if head.status is Status.RUNNING:
                changes["generation_attempt"] = head.generation_attempt + 1
            if head.pending:
                changes["pending"] = tuple(call if call.dynamic else _orphaned(call) for call in head.pending)
            return changes
        case TurnFinished() | TurnInterrupted():
            changes = {"status": Status.WAITING, "deadline_at": None, "compaction_requested": False}
            if not head.queue:
                changes["worker_id"] = changes["runner_id"] = None
            return changes


def _stop_changes(event: TurnFailed | InterruptRequested | ActionRequired | ActionEnded) -> HeadChanges:
    match event:
        case TurnFailed():
            return {
                "status": Status.ERROR,
                "last_error": event.error,
                "deadline_at": None,
                "compaction_requested": False,
                "worker_id": None,
                "runner_id": None,
            }
        case InterruptRequested():
            return {"status": Status.INTERRUPTING, "compaction_requested": False}
        case ActionRequired():
            return {
                "status": Status.REQUIRES_ACTION,
                "deadline_at": event.deadline_at,
                "compaction_requested": False,
                "worker_id": None,
                "runner_id": None,
            }
        case ActionEnded():
            return {"status": Status.RUNNING, "deadline_at": None, "compaction_requested": False}


def _work_changes(head: ChatHead, event: Released | AttemptStarted | RetryScheduled) -> HeadChanges:
    match event:
        case Released():
            return {"worker_id": None, "runner_id": None}
        case AttemptStarted():
            return {"generation_attempt": head.generation_attempt + 1}
        case RetryScheduled():
            retry = RetryState(
                attempt=event.attempt, error=event.error, delay_ms=event.delay_ms, retry_at=event.retry_at
            )
            return {"retry": retry}


def _orphaned(call: PendingCall) -> PendingCall:
    return PendingCall(call_id=call.call_id, tool_name=call.tool_name, orphaned=True)


def _queue_after(
    queue: tuple[QueuedRow, ...], event: MessageQueued | QueueRemoved | QueueMoved, seq: Seq
) -> tuple[QueuedRow, ...]:
    match event:
        case MessageQueued():
            row = QueuedRow(
                id=seq,
                bytes=content_bytes(event.content),
                model_id=event.model_id,
                effort=event.effort,
                created_by=event.created_by,
            )
            return (*queue, row)
        case QueueRemoved():
            return tuple(row for row in queue if row.id not in event.ids)
        case QueueMoved():
            return tuple(sorted(queue, key=lambda row: row.id != event.id))


def _settings_changes(event: SettingsChanged) -> HeadChanges:
    changes: HeadChanges = {}
    if event.model_id is not None:
        changes["model_id"] = event.model_id
    if event.effort is not None:
        changes["effort"] = event.effort
    return changes
