"""The few facts about a chat that queries need beside its head, as functions of an append (architecture 5).

`acquired_at` and `runnable_at` are store times, so they are no head fields; which of them an append moves is a rule.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeVar

from attrs import frozen

from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import (
    Acquired,
    ChatCreated,
    Event,
    TurnFailed,
    TurnFinished,
    TurnInterrupted,
    TurnStarted,
)
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status

T = TypeVar("T")

_TURN_EDGES: Final = (ChatCreated, TurnStarted, TurnFinished, TurnInterrupted, TurnFailed)


class RunnableAt(Enum):
    """What becomes of the time from which a chat wants a worker."""

    KEEP = auto()
    """It wanted one before, and still does."""
    NEVER = auto()
    """It is at rest: null."""
    NOW = auto()
    """It entered R or I: the time of this append."""
    DEADLINE = auto()
    """It waits for a client's tools: the head's `deadline_at`."""


@frozen(kw_only=True)
class ColumnChanges:
    """Which columns of a chat's row an append moves, beside the head."""

    runnable_at: RunnableAt
    acquired_at: bool
    """Set to the time of this append: it holds an `acquired`."""
    updated_at: bool
    """Set to the time of this append: a turn started or ended."""

    def runnable_after(self, current: T | None, *, now: T, deadline: T | None) -> T | None:
        """The new `runnable_at`, in whatever form the store keeps times."""
        match self.runnable_at:
            case RunnableAt.KEEP:
                return current
            case RunnableAt.NEVER:
                return None
            case RunnableAt.NOW:
                return now
            case RunnableAt.DEADLINE:
                return deadline


@frozen(kw_only=True)
class ChatTimes:
    """The times of a chat's row."""

    created_at: datetime
    updated_at: datetime
    acquired_at: datetime | None = None
    runnable_at: datetime | None = None


def chat_times(log: Iterable[StoredEvent]) -> ChatTimes | None:
    """The times that a row must hold, from the chat's whole log: what verification compares it with. None if empty."""
    times: ChatTimes | None = None
    head: ChatHead | None = None
    for _, group in groupby(log, key=attrgetter("upto")):
        append = list(group)
        now, events = append[0].recorded_at, [stored.event for stored in append]
        after = head
        for event in events:
            after = evolve(after, event)
        assert after is not None, "an append holds events"
        changes = column_changes(head, events, after)
        before = times or ChatTimes(created_at=now, updated_at=now)
        times = ChatTimes(
            created_at=before.created_at,
            updated_at=now if changes.updated_at else before.updated_at,
            acquired_at=now if changes.acquired_at else before.acquired_at,
            runnable_at=changes.runnable_after(before.runnable_at, now=now, deadline=after.deadline_at),
        )
        head = after
    return times


def column_changes(before: ChatHead | None, events: Sequence[Event], after: ChatHead) -> ColumnChanges:
    """The columns that an append from `before` to `after` moves."""
    return ColumnChanges(
        runnable_at=_runnable_at(before, after),
        acquired_at=any(isinstance(event, Acquired) for event in events),
        updated_at=any(isinstance(event, _TURN_EDGES) for event in events),
    )


def _runnable_at(before: ChatHead | None, after: ChatHead) -> RunnableAt:
    match after.status:
        case Status.WAITING | Status.ERROR:
            return RunnableAt.NEVER
        case Status.REQUIRES_ACTION:
            return RunnableAt.DEADLINE
        case Status.RUNNING | Status.INTERRUPTING:
            worked = before is not None and before.status in (Status.RUNNING, Status.INTERRUPTING)
            return RunnableAt.KEEP if worked else RunnableAt.NOW
