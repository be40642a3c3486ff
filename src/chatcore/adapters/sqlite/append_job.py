"""Carrying out an append (architecture 5): one row per event, one per chat, and as few indexes as can be."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from chatcore.adapters.sqlite.rows import COMMAND_EVENTS, stored_events
from chatcore.adapters.sqlite.times import from_micros, maybe_micros
from chatcore.adapters.sqlite.transaction import WriteJob
from chatcore.domain.chat.codec import Codec, EncodedEvent
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import FOLD_VERSION
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import drops_journal
from chatcore.domain.work.columns import ColumnChanges, column_changes
from chatcore.ports.actor import Actor
from chatcore.ports.store_errors import Conflict, Purged, StoreIsNewer
from chatcore.ports.store_values import Appended, ChatAppend

_FIND: Final = """
    SELECT key, owner, purged, seq, fold_version, status, runner, archived, updated_at, acquired_at, runnable_at
    FROM chats WHERE chat_id = ?"""
_NEWEST_POSITION: Final = "SELECT coalesce(max(position), 0) FROM events"
_ADD_EVENT: Final = """
    INSERT INTO events (position, chat, seq, upto, joined, recorded_at, type, schema, actor, command_id, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADD_CHAT: Final = """
    INSERT INTO chats (chat_id, owner, root, created_at, archived, updated_at, runnable_at, status, runner, acquired_at,
    seq, fold_version, head) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
# SQLite rewrites the entries of every index on a column that an UPDATE names, changed or not. So an append names only
# the columns that it moves; most move none of the indexed ones.
_MOVE_HEAD: Final = "UPDATE chats SET seq = ?, fold_version = ?, head = ? WHERE key = ?"
_MOVE_RUNNER: Final = """
    UPDATE chats SET status = ?, runner = ?, acquired_at = ?, seq = ?, fold_version = ?, head = ? WHERE key = ?"""
_MOVE_ALL: Final = """
    UPDATE chats SET archived = ?, updated_at = ?, runnable_at = ?, status = ?, runner = ?, acquired_at = ?,
    seq = ?, fold_version = ?, head = ? WHERE key = ?"""
_SET_DETAILS: Final = """
    INSERT INTO details (chat, fold_version, details) VALUES (?, ?, ?)
    ON CONFLICT (chat) DO UPDATE SET fold_version = excluded.fold_version, details = excluded.details"""
_DROP_JOURNAL: Final = "DELETE FROM parts WHERE chat = ?"


@frozen(kw_only=True)
class _Columns:
    """What a chat's row holds beside the head."""

    status: str
    runner: str | None
    archived: int
    updated_at: int
    acquired_at: int | None
    runnable_at: int | None

    def indexed(self) -> tuple[int, int, int | None]:
        return self.archived, self.updated_at, self.runnable_at

    def unindexed(self) -> tuple[str, str | None, int | None]:
        return self.status, self.runner, self.acquired_at


@frozen(kw_only=True)
class _Prepared:
    """An append as it will be written, but for what only the transaction knows."""

    append: ChatAppend
    events: tuple[EncodedEvent, ...]
    head: str
    details: str | None
    changes: ColumnChanges
    drops_journal: bool

    @classmethod
    def of(cls, append: ChatAppend, codec: Codec) -> "_Prepared":
        details = append.details
        return cls(
            append=append,
            events=tuple(map(codec.encode_event, append.events)),
            head=codec.encode_head(append.head),
            details=None if details is None else codec.encode_details(details),
            changes=column_changes(append.before, append.events, append.head),
            drops_journal=drops_journal(append.events),
        )

    def columns_after(self, before: _Columns | None, now: int) -> _Columns:
        head, changes = self.append.head, self.changes
        deadline = maybe_micros(head.deadline_at)
        runnable_at = None if before is None else before.runnable_at
        acquired_at = None if before is None else before.acquired_at
        return _Columns(
            status=head.status.value,
            runner=head.runner_id,
            archived=int(head.archived),
            updated_at=now if before is None or changes.updated_at else before.updated_at,
            acquired_at=now if changes.acquired_at else acquired_at,
            runnable_at=changes.runnable_after(runnable_at, now=now, deadline=deadline),
        )


@frozen(kw_only=True)
class _Target:
    """The chat that an append goes to, as the transaction found it."""

    key: int
    seq: int
    fold_version: int
    columns: _Columns


class AppendJob(WriteJob):
    """Appends to one or several logs, all or none. `answer` holds what landed."""

    def __init__(self, appends: Sequence[ChatAppend], *, actor: Actor, codec: Codec) -> None:
        self._prepared = tuple(_Prepared.of(append, codec) for append in appends)
        self._actor = actor
        self._codec = codec
        self._targets: list[_Target | None] = []
        self.answer: tuple[Appended, ...] = ()

    def check(self, connection: sqlite3.Connection) -> None:
        """Raises ChatNotFound, Purged, StoreIsNewer, Conflict. A repeated command is answered here."""
        self._targets = [self._find(connection, prepared.append) for prepared in self._prepared]
        self.answer = self._repeated(connection)
        if self.answer:
            return
        for prepared, target in zip(self._prepared, self._targets, strict=True):
            append = prepared.append
            if target is not None and target.fold_version > FOLD_VERSION:
                raise StoreIsNewer(f"a newer chatcore wrote chat {append.chat_id}; deploy that one here before writing")
            seq = 0 if target is None else target.seq
            if seq != append.expected_seq:
                raise Conflict(append.chat_id, append.expected_seq, seq)

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """Add the rows."""
        if self.answer:
            return
        (position,) = connection.execute(_NEWEST_POSITION).fetchone()
        joined = None
        if len(self._prepared) > 1:
            joined = position + sum(len(prepared.events) for prepared in self._prepared)
        answers: list[Appended] = []
        for prepared, target in zip(self._prepared, self._targets, strict=True):
            self._write_one(connection, prepared, target, now=now, position=position, joined=joined)
            events = self._stored(prepared, position=position, now=now)
            answers.append(Appended(chat_id=prepared.append.chat_id, events=events))
            position += len(events)
        self.answer = tuple(answers)

    def _find(self, connection: sqlite3.Connection, append: ChatAppend) -> _Target | None:
        row = connection.execute(_FIND, (append.chat_id,)).fetchone()
        if row is None:
            if append.expected_seq or not self._actor.may_see(append.head.owner_id):
                raise ChatNotFound(append.chat_id)
            return None
        key, owner, purged, seq, fold_version, status, runner, archived, updated_at, acquired_at, runnable_at = row
        if not self._actor.may_see(owner):
            raise ChatNotFound(append.chat_id)
        if purged:
            raise Purged(append.chat_id)
        columns = _Columns(
            status=status,
            runner=runner,
            archived=archived,
            updated_at=updated_at,
            acquired_at=acquired_at,
            runnable_at=runnable_at,
        )
        return _Target(key=key, seq=seq, fold_version=fold_version, columns=columns)

    def _repeated(self, connection: sqlite3.Connection) -> tuple[Appended, ...]:
        found: dict[ChatId, tuple[StoredEvent, ...]] = {}
        for prepared, target in zip(self._prepared, self._targets, strict=True):
            append = prepared.append
            if target is not None and append.command_id is not None:
                rows = connection.execute(COMMAND_EVENTS, (target.key, append.command_id)).fetchall()
                if rows:
                    found[append.chat_id] = stored_events(rows, append.chat_id, self._codec)
        if not found:
            return ()
        chat_ids = [prepared.append.chat_id for prepared in self._prepared]
        return tuple(Appended(chat_id=chat_id, events=found.get(chat_id, ()), repeated=True) for chat_id in chat_ids)

    def _write_one(
        self,
        connection: sqlite3.Connection,
        prepared: _Prepared,
        target: _Target | None,
        *,
        now: int,
        position: int,
        joined: int | None,
    ) -> None:
        key = _add_chat(connection, prepared, now) if target is None else _move_chat(connection, prepared, target, now)
        append, actor = prepared.append, self._actor.id
        upto = append.head.seq
        command_id: str | None = append.command_id
        rows = []
        for seq, event in enumerate(prepared.events, append.expected_seq + 1):
            position += 1
            rows.append(
                (position, key, seq, upto, joined, now, event.type, event.schema, actor, command_id, event.payload)
            )
            command_id = None
        connection.executemany(_ADD_EVENT, rows)

    def _stored(self, prepared: _Prepared, *, position: int, now: int) -> tuple[StoredEvent, ...]:
        append = prepared.append
        recorded_at = from_micros(now)
        first = append.expected_seq + 1
        return tuple(
            StoredEvent(
                chat_id=append.chat_id,
                seq=seq,
                position=position + 1 + seq - first,
                recorded_at=recorded_at,
                actor=self._actor.id,
                command_id=append.command_id if seq == first else None,
                upto=append.head.seq,
                event=event,
            )
            for seq, event in enumerate(append.events, first)
        )


def _add_chat(connection: sqlite3.Connection, prepared: _Prepared, now: int) -> int:
    append, columns = prepared.append, prepared.columns_after(None, now)
    head = append.head
    fixed = (append.chat_id, head.owner_id, head.root_id, now)
    state = (*columns.indexed(), *columns.unindexed(), head.seq, FOLD_VERSION, prepared.head)
    key = connection.execute(_ADD_CHAT, (*fixed, *state)).lastrowid
    assert key is not None, "an INSERT has a row id"
    connection.execute(_SET_DETAILS, (key, FOLD_VERSION, prepared.details or "{}"))
    return key


def _move_chat(connection: sqlite3.Connection, prepared: _Prepared, target: _Target, now: int) -> int:
    before, after = target.columns, prepared.columns_after(target.columns, now)
    head = (prepared.append.head.seq, FOLD_VERSION, prepared.head, target.key)
    if after.indexed() != before.indexed():
        connection.execute(_MOVE_ALL, (*after.indexed(), *after.unindexed(), *head))
    elif after.unindexed() != before.unindexed():
        connection.execute(_MOVE_RUNNER, (*after.unindexed(), *head))
    else:
        connection.execute(_MOVE_HEAD, head)
    if prepared.details is not None:
        connection.execute(_SET_DETAILS, (target.key, FOLD_VERSION, prepared.details))
    if prepared.drops_journal:
        connection.execute(_DROP_JOURNAL, (target.key,))
    return target.key
