"""What each event moves, typed from events.md: versions, attempt, retry (chat-core 2.8), and the rest of the head."""

from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given

from chatcore.domain.chat import events as e
from chatcore.domain.chat.evolve import MOVES_HISTORY, evolve
from chatcore.domain.chat.head import ChatHead, HeadChanges, changed
from chatcore.domain.chat.values import (
    ActionEnd,
    ChatError,
    CompactionSource,
    ContextUsage,
    PendingCall,
    QueuedRow,
    QueueRemoval,
    ReleaseReason,
    RetryState,
    Status,
    TurnCause,
)
from chatcore.domain.content.messages import Effort
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.domain.work.columns import RunnableAt, column_changes
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import FAILURE, OWNER
from chatcore.testing.strategies.logs import chat_logs
from chatcore.testing.trying import at

# By type: "h" moves the history, "q" the queue; "a=" sets the attempt, "a+" counts on; "r" forgets the retry.
MOVES: Final[dict[type[e.Event], str]] = {
    e.ChatCreated: "h",
    e.ChildSpawned: "",
    e.ChatArchived: "",
    e.ChatUnarchived: "",
    e.MessageAdded: "h a= r",  # and q with from_queue
    e.HistoryTruncated: "h a= r",
    e.ContextCompacted: "h a= r",
    e.ContextCleared: "h a= r",
    e.CompactionRequested: "h a= r",
    e.TurnStarted: "a=",
    e.TurnFinished: "r",
    e.TurnInterrupted: "r",
    e.TurnFailed: "r",
    e.InterruptRequested: "r",
    e.ActionRequired: "r",
    e.ActionEnded: "",
    e.MessageQueued: "q",
    e.QueueRemoved: "q",
    e.QueueMoved: "q",
    e.Acquired: "",  # a+ and r, if running
    e.Released: "",
    e.AttemptStarted: "a+ r",
    e.RetryScheduled: "",  # sets the retry
    e.TitleChanged: "",
    e.LabelsChanged: "",
    e.WorkspaceBound: "",
    e.SettingsChanged: "",
    e.SummaryChanged: "",
    e.DiffChanged: "",
}


FULL: Final = ChatHead(
    owner_id=OWNER,
    seq=19,
    history_version=18,
    queue_version=17,
    retry_version=16,
    generation_attempt=5,
    children=2,
    queue=(QueuedRow(id=14, bytes=1), QueuedRow(id=17, bytes=1)),
    worker_id=WorkerId("w"),
    runner_id=RunnerId("r"),
    last_error=ChatError(message="no"),
    retry=RetryState(attempt=5, error=FAILURE, delay_ms=1, retry_at=NOON),
    pending=(PendingCall(call_id="a", tool_name="execute"), PendingCall(call_id="b", tool_name="pick", dynamic=True)),
    pending_seq=18,
    deadline_at=NOON,
    boundary=8,
    answered=18,
    spoken=18,
    system=(2, 9),
    usage=ContextUsage(context_tokens=1, context_limit=2),
    compaction_requested=True,
    model_id="m",
    effort=Effort.LOW,
)
"""A head with something in every field, more than any log leads to: whatever an event clears can be seen in it."""
_FORGETS: Final = HeadChanges(retry=None, retry_version=20)
_HISTORY: Final = HeadChanges(history_version=20, generation_attempt=1, **_FORGETS)
_STOPS: Final = HeadChanges(deadline_at=None, compaction_requested=False)
_UNOWNED: Final = HeadChanges(worker_id=None, runner_id=None)
_BOUNDARY: Final = HeadChanges(boundary=20, usage=None, compaction_requested=False)
_COMPACTED: Final = e.ContextCompacted(
    source=CompactionSource.MANUAL,
    threshold_percent=70,
    usage_percent=80.0,
    context_tokens=1,
    context_limit=2,
    covers_to=19,
)
_CUT: Final = HeadChanges(pending=(), pending_seq=None, usage=None, boundary=3, answered=7, system=(2,))
_LATER: Final = NOON + timedelta(seconds=1)
_ORPHANED: Final = (PendingCall(call_id="a", tool_name="execute", orphaned=True), FULL.pending[1])

CHANGES: Final[list[tuple[e.Event, HeadChanges]]] = [
    (e.ChildSpawned(child_id=ChatId("c")), {"children": 3}),
    (e.ChatArchived(by=ChatId("r")), {"archived": True}),
    (e.HistoryTruncated(from_seq=9, boundary=3, answered=7), {**_HISTORY, **_CUT}),
    (_COMPACTED, {**_HISTORY, **_BOUNDARY}),
    (
        e.ContextCleared(),
        {**_HISTORY, **_BOUNDARY, "generation_attempt": 0, "status": Status.WAITING, "last_error": None},
    ),
    (e.CompactionRequested(), {**_HISTORY, **_UNOWNED, "generation_attempt": 0, "last_error": None}),
    (e.TurnStarted(cause=TurnCause.SENT), {**_STOPS, "generation_attempt": 1, "last_error": None}),
    (e.TurnFinished(), {**_FORGETS, **_STOPS, "status": Status.WAITING}),
    (e.TurnInterrupted(), {**_FORGETS, **_STOPS, "status": Status.WAITING}),
    (
        e.TurnFailed(error=FAILURE),
        {**_FORGETS, **_STOPS, **_UNOWNED, "status": Status.ERROR, "last_error": FAILURE},
    ),
    (
        e.InterruptRequested(reason="x"),
        {**_FORGETS, "status": Status.INTERRUPTING, "compaction_requested": False},
    ),
    (
        e.ActionRequired(deadline_at=_LATER, calls=("b",)),
        {**_FORGETS, **_STOPS, **_UNOWNED, "status": Status.REQUIRES_ACTION, "deadline_at": _LATER},
    ),
    (e.ActionEnded(reason=ActionEnd.COMPLETED), _STOPS),
    (e.QueueRemoved(ids=(14,), reason=QueueRemoval.DELETED), {"queue": FULL.queue[1:], "queue_version": 20}),
    (e.QueueMoved(id=17), {"queue": FULL.queue[::-1], "queue_version": 20}),
    (
        e.Acquired(worker_id=WorkerId("x"), runner_id=RunnerId("y")),
        {
            **_FORGETS,
            "worker_id": WorkerId("x"),
            "runner_id": RunnerId("y"),
            "generation_attempt": 6,
            "pending": _ORPHANED,
        },
    ),
    (e.Released(reason=ReleaseReason.LOST), _UNOWNED),
    (e.AttemptStarted(attempt=6), {**_FORGETS, "generation_attempt": 6}),
    (e.SettingsChanged(model_id="n", effort=Effort.MAX), {"model_id": "n", "effort": Effort.MAX}),
    (e.SettingsChanged(plan_mode=True), {}),
]


@pytest.mark.spec("events")
@pytest.mark.parametrize(("event", "changes"), CHANGES, ids=lambda value: getattr(value, "TYPE", ""))
def test_each_event_changes_its_fields_and_no_other(event: e.Event, changes: HeadChanges) -> None:
    """The last column of the table of events, also for events in an order that no command leads to."""
    assert changed(FULL, {**changes, "seq": 20}) == evolve(FULL, event)


def moves(head: ChatHead, event: e.Event) -> set[str]:
    found = set(MOVES[type(event)].split())
    if isinstance(event, e.MessageAdded) and event.from_queue is not None:
        found.add("q")
    if isinstance(event, e.Acquired) and head.status is Status.RUNNING:
        found |= {"a+", "r"}
    return found


def test_the_table_is_complete() -> None:
    """Each kind of event stands in it, and the journal looks at the same ones as the history."""
    assert set(e.EVENT_TYPES) == set(MOVES)
    assert {kind for kind, what in MOVES.items() if "h" in what.split()} == MOVES_HISTORY


@pytest.mark.spec("2.8", "events")
@given(chat_logs(appends_max=20))
def test_each_event_moves_what_the_table_says_and_nothing_else(chat: ChatLog) -> None:
    """A version becomes the seq of the event that moved it; the retry version only if the retry really changes."""
    head = evolve(None, chat.events[0])
    assert (1, 1, 0, 0, 0) == (
        head.seq,
        head.history_version,
        head.queue_version,
        head.retry_version,
        head.generation_attempt,
    )
    for event in chat.events[1:]:
        before, head = head, evolve(head, event)
        moved = moves(before, event)
        seq = before.seq + 1
        assert seq == head.seq
        assert (seq if "h" in moved else before.history_version) == head.history_version
        assert (seq if "q" in moved else before.queue_version) == head.queue_version
        assert (seq if before.retry != head.retry else before.retry_version) == head.retry_version
        if "r" in moved:
            assert head.retry is None
        elif not isinstance(event, e.RetryScheduled):
            assert before.retry == head.retry
        works = head.owned and head.status is Status.RUNNING
        attempt = before.generation_attempt + ("a+" in moved)
        assert (int(works) if "a=" in moved else attempt) == head.generation_attempt


@pytest.mark.spec("architecture-5", "events")
@given(chat_logs(appends_max=20))
def test_the_columns_follow_from_the_appends(chat: ChatLog) -> None:
    """A chat wants a worker from when it entered R or I, at the deadline in A, never at rest."""
    before, start = None, 0
    for end in chat.ends:
        events = chat.events[start:end]
        head = before
        for event in events:
            head = evolve(head, event)
        assert head is not None
        changes = column_changes(before, events, head)
        was_busy = before is not None and before.status in (Status.RUNNING, Status.INTERRUPTING)
        expected = {
            Status.WAITING: RunnableAt.NEVER,
            Status.ERROR: RunnableAt.NEVER,
            Status.REQUIRES_ACTION: RunnableAt.DEADLINE,
            Status.RUNNING: RunnableAt.KEEP if was_busy else RunnableAt.NOW,
            Status.INTERRUPTING: RunnableAt.KEEP if was_busy else RunnableAt.NOW,
        }
        types = {event.TYPE for event in events}
        edges = {"chat_created", "turn_started", "turn_finished", "turn_interrupted", "turn_failed"}
        assert expected[head.status] is changes.runnable_at
        assert ("acquired" in types) is changes.acquired_at
        assert bool(types & edges) is changes.updated_at
        before, start = head, end


@pytest.mark.spec("architecture-3")
@pytest.mark.parametrize("kind", sorted(kind.TYPE for kind in e.EVENT_TYPES))
def test_a_log_begins_once(kind: str) -> None:
    """A log that begins with anything but chat_created, or begins twice, is corrupt."""
    chat = at("W")
    if kind == e.ChatCreated.TYPE:
        with pytest.raises(Corrupt, match="stands at seq"):
            evolve(chat.head, chat.events[0])
    else:
        begins_wrong = next((event for event in chat.events if event.TYPE == kind), e.TurnFinished())
        with pytest.raises(Corrupt, match="instead of chat_created"):
            evolve(None, begins_wrong)
