"""What each event moves, typed from events.md: versions, attempt, retry (chat-core 2.8)."""

from typing import Final

import pytest
from hypothesis import given

from chatcore.domain.chat import events as e
from chatcore.domain.chat.evolve import MOVES_HISTORY, evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.errors import Corrupt
from chatcore.domain.work.columns import RunnableAt, column_changes
from chatcore.testing.chat_log import ChatLog
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
