"""One chat as the memory store keeps it, and the pages that are cut from its log."""

from collections.abc import Sequence
from datetime import datetime

from attrs import define, field

from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import FOLD_VERSION, ChatHead
from chatcore.domain.ids import ChatId, CommandId, RunnerId, Seq
from chatcore.domain.work.columns import column_changes
from chatcore.ports.store_values import ChatAppend, ChatRow, EventPage, Journal, Lease


@define(kw_only=True)
class MemoryChat:
    """A chat: its log, and what is folded from it."""

    chat_id: ChatId
    number: int
    """Chats are numbered in the order of their creation."""
    created_at: datetime
    head: ChatHead
    details: ChatDetails = field(factory=ChatDetails)
    updated_at: datetime
    acquired_at: datetime | None = None
    runnable_at: datetime | None = None
    purged: bool = False
    log: list[StoredEvent] = field(factory=list)
    commands: dict[CommandId, Seq] = field(factory=dict)
    """The first event of the append that carried out a command."""
    leases: dict[RunnerId, Lease] = field(factory=dict)
    journal: Journal | None = None

    @classmethod
    def begun(cls, append: ChatAppend, number: int, now: datetime) -> "MemoryChat":
        """A chat whose first append is about to be added."""
        return cls(chat_id=append.chat_id, number=number, created_at=now, updated_at=now, head=append.head)

    def add(self, append: ChatAppend, events: Sequence[StoredEvent], now: datetime) -> None:
        """Add an append whose conflicts were looked for."""
        changes = column_changes(append.before, append.events, append.head)
        self.runnable_at = changes.runnable_after(self.runnable_at, now=now, deadline=append.head.deadline_at)
        self.acquired_at = now if changes.acquired_at else self.acquired_at
        self.updated_at = now if changes.updated_at else self.updated_at
        self.head = append.head
        self.details = append.details or self.details
        self.log += events
        if append.command_id is not None:
            self.commands[append.command_id] = events[0].seq

    def row(self) -> ChatRow:
        """The chat without its log."""
        return ChatRow(
            chat_id=self.chat_id,
            head=self.head,
            details=self.details,
            fold_version=FOLD_VERSION,
            created_at=self.created_at,
            updated_at=self.updated_at,
            acquired_at=self.acquired_at,
            runnable_at=self.runnable_at,
        )

    def append_of(self, command_id: CommandId) -> tuple[StoredEvent, ...]:
        """The events of the append that carried out a command; empty if there is none."""
        first = self.commands.get(command_id)
        return () if first is None else tuple(self.log[first - 1 : self.log[first - 1].upto])

    def page(self, after: Seq, types: frozenset[str] | None, limit: int) -> EventPage:
        """The oldest events after a seq."""
        found = [event for event in self.log[after:] if not types or event.event.TYPE in types]
        if len(found) <= limit:
            return EventPage(events=tuple(found))
        upto = found[limit - 1].upto
        page = tuple(event for event in found if event.seq <= upto)
        return EventPage(events=page, more=len(page) < len(found))

    def newest(self, before: Seq | None, types: frozenset[str], limit: int) -> EventPage:
        """The newest events before a seq."""
        log = self.log if before is None else self.log[: max(before - 1, 0)]
        found = [event for event in log if not types or event.event.TYPE in types]
        if len(found) <= limit:
            return EventPage(events=tuple(found))
        # An append is known by its last seq: what reaches as far as the oldest event of the page belongs to it.
        upto = found[-limit].upto if limit else self.head.seq + 1
        page = tuple(event for event in found if event.upto >= upto)
        return EventPage(events=page, more=len(page) < len(found))

    def purge(self) -> None:
        """Forget everything that was said."""
        self.purged = True
        self.log.clear()
        self.commands.clear()
        self.leases.clear()
        self.journal = None
        self.details = ChatDetails()
        self.runnable_at = None

    def free(self, cutoff: datetime, now: datetime) -> bool:
        """Whether a worker may take the chat: nobody holds it, or its runner gave no sign of life since `cutoff`."""
        if self.runnable_at is None:
            return False
        if self.head.deadline_at is not None:
            return self.head.deadline_at <= now
        lease = None if self.head.runner_id is None else self.leases.get(self.head.runner_id)
        signs = [self.acquired_at, None if lease is None else lease.heartbeat_at]
        return not self.head.owned or all(sign is None or sign < cutoff for sign in signs)
