"""Proving a stored chat: its log is whole, and everything stored beside it is the log's fold (architecture 5)."""

from datetime import datetime
from typing import Final

from attrs import define, field, frozen

from chatcore.domain.chat.details import ChatDetails, evolve_details
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import ExecutionState, execution_state
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import Seq
from chatcore.domain.work.columns import RunnableAt, column_changes

_COMMANDS_PER_APPEND_MAX: Final = 3
"""Commands that chatcore puts into one append at most: salvage, results and abandon."""


@frozen(kw_only=True)
class Fault:
    """What is wrong with a stored chat, and where: the seq of the event, or 0 for the row beside the log."""

    seq: Seq
    why: str


@frozen(kw_only=True)
class StoredRow:
    """What a store keeps beside a log."""

    head: ChatHead
    details: ChatDetails
    acquired_at: datetime | None
    runnable_at: datetime | None


def _reachable() -> frozenset[tuple[ExecutionState, ExecutionState]]:
    """The pairs of states that up to _COMMANDS_PER_APPEND_MAX commands in one append can lead between."""
    single = {(state, target) for (state, _), targets in TRANSITIONS.items() for target in targets}
    pairs = set(single)
    for _ in range(_COMMANDS_PER_APPEND_MAX - 1):
        pairs |= {(first, last) for first, middle in pairs for before, last in single if middle is before}
    return frozenset(pairs)


_REACHABLE: Final = _reachable()


@define
class LogCheck:
    """Feed it every event of a log in order, then `finish` with the stored row; both tell the faults found.

    After a fault in the log itself the rest of it is not judged.
    """

    head: ChatHead | None = None
    details: ChatDetails = field(factory=ChatDetails)
    acquired_at: datetime | None = None
    runnable_at: datetime | None = None
    broken: bool = False
    _append: list[StoredEvent] = field(factory=list)
    _before: ChatHead | None = None

    def feed(self, stored: StoredEvent) -> tuple[Fault, ...]:
        """Take the next event."""
        if self.broken:
            return ()
        fault = self._misplaced(stored) or self._unfoldable(stored)
        if fault is None and stored.seq == stored.upto:
            fault = self._end_append(stored)
        if fault is None:
            return ()
        self.broken = True
        return (fault,)

    def finish(self, row: StoredRow) -> tuple[Fault, ...]:
        """Compare what is stored beside the log with what the log says."""
        if self.broken:
            return ()
        if self._append:
            return (
                Fault(seq=self._append[-1].seq, why=f"the log ends inside the append up to {self._append[-1].upto}"),
            )
        compared = (
            ("head", row.head, self.head),
            ("details", row.details, self.details),
            ("acquired_at", row.acquired_at, self.acquired_at),
            ("runnable_at", row.runnable_at, self.runnable_at),
        )
        return tuple(
            Fault(seq=0, why=f"the stored {name} is not what the log says: {stored!r} instead of {folded!r}")
            for name, stored, folded in compared
            if stored != folded
        )

    def _misplaced(self, stored: StoredEvent) -> Fault | None:
        expected = 1 if self.head is None else self.head.seq + 1
        if stored.seq != expected:
            return Fault(seq=stored.seq, why=f"event {stored.seq} follows where {expected} belongs")
        upto = self._append[0].upto if self._append else stored.upto
        if stored.upto != upto or stored.upto < stored.seq:
            return Fault(seq=stored.seq, why=f"its append ends at {stored.upto}, but {upto} was said before")
        return None

    def _unfoldable(self, stored: StoredEvent) -> Fault | None:
        if not self._append:
            self._before = self.head
        try:
            self.head = evolve(self.head, stored.event)
        except Corrupt as error:
            return Fault(seq=stored.seq, why=str(error))
        self.details = evolve_details(self.details, stored.event)
        self._append.append(stored)
        return None

    def _end_append(self, last: StoredEvent) -> Fault | None:
        assert self.head is not None, "an append has at least one event"
        events = tuple(each.event for each in self._append)
        self._append = []
        try:
            after, before = execution_state(self.head), execution_state(self._before)
        except Corrupt as error:
            return Fault(seq=last.seq, why=str(error))
        if (before, after) not in _REACHABLE:
            return Fault(seq=last.seq, why=f"no commands lead from {before} to {after}")
        self._move_columns(events, last.recorded_at)
        return None

    def _move_columns(self, events: tuple[Event, ...], recorded_at: datetime) -> None:
        assert self.head is not None, "an append has at least one event"
        changes = column_changes(self._before, events, self.head)
        if changes.acquired_at:
            self.acquired_at = recorded_at
        match changes.runnable_at:
            case RunnableAt.NEVER:
                self.runnable_at = None
            case RunnableAt.NOW:
                self.runnable_at = recorded_at
            case RunnableAt.DEADLINE:
                self.runnable_at = self.head.deadline_at
            case RunnableAt.KEEP:
                pass
