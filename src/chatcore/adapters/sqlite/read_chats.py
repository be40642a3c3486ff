"""Reading chats, leases and journals: one row each, however long the log."""

import heapq
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from chatcore.adapters.sqlite.read_log import LogReader
from chatcore.adapters.sqlite.rows import FoundChat, Heads, find
from chatcore.adapters.sqlite.times import duration_micros, from_micros, maybe_time
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.events import MessageAdded
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, RunnerId, Seq, WorkerId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import SYSTEM, Actor, ActorKind
from chatcore.ports.store_errors import InvalidCursor
from chatcore.ports.store_values import (
    TRANSCRIPT_TYPES,
    ChatList,
    ChatRow,
    Journal,
    Lease,
    RunnableChat,
    Snapshot,
)

_FOUND: Final = "key, chat_id, seq, fold_version, head"
_ROW: Final = f"{_FOUND}, created_at, updated_at, acquired_at, runnable_at"
_MEMBERS: Final = f"SELECT {_FOUND} FROM chats WHERE root = ? AND NOT purged ORDER BY chat_id"
_LISTED: Final = f"""
    SELECT {_ROW} FROM chats WHERE owner = ? AND archived = ? AND NOT purged
    AND (updated_at, key) < (?, ?) ORDER BY updated_at DESC, key DESC LIMIT ?"""
_LISTED_ALL: Final = f"""
    SELECT {_ROW} FROM chats WHERE archived = ? AND NOT purged
    AND (updated_at, key) < (?, ?) ORDER BY updated_at DESC, key DESC LIMIT ?"""
_RUNNABLE: Final = f"""
    SELECT chat_id, runnable_at, runner FROM chats WHERE runnable_at IS NOT NULL
    AND CASE
        WHEN status = '{Status.REQUIRES_ACTION}' THEN runnable_at <= ?1
        WHEN runner IS NULL THEN TRUE
        ELSE coalesce(acquired_at < ?2, TRUE) AND NOT EXISTS (
            SELECT 1 FROM leases WHERE leases.chat = chats.key AND leases.runner = chats.runner AND heartbeat_at >= ?2)
    END ORDER BY runnable_at LIMIT ?3"""
_LEASES: Final = "SELECT runner, worker, heartbeat_at FROM leases WHERE chat = ? ORDER BY runner"
_EPISODE: Final = "SELECT history_version, attempt FROM parts WHERE chat = ? LIMIT 1"
_PARTS: Final = "SELECT number, schema, payload FROM parts WHERE chat = ? AND number > ? ORDER BY number"
_MICROS_MAX: Final = 2**63 - 1
_CURSOR: Final = re.compile("[0-9]{1,18}[.][0-9]{1,18}")

ListRow = tuple[int, ChatId, Seq, int, str, int, int, int | None, int | None]
"""_ROW of one chat."""


class ChatReader:
    """Reads what is kept beside the logs, each method at one moment and at once."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._log = LogReader(codec)

    def family(
        self, connection: sqlite3.Connection, root_id: ChatId, *, actor: Actor, heads: Heads
    ) -> Mapping[ChatId, ChatHead]:
        """The heads of a root and its descendants."""
        root = find(connection, root_id, actor)
        members = map(_found, connection.execute(_MEMBERS, (root_id,)).fetchall())
        return {chat.chat_id: heads.head(chat) for chat in (root, *members)}

    def snapshot(
        self, connection: sqlite3.Connection, chat_id: ChatId, *, actor: Actor, newest: int, heads: Heads
    ) -> Snapshot:
        """Head, details and the newest page."""
        chat = find(connection, chat_id, actor)
        page = self._log.newest_of(connection, chat.key, chat_id, before=None, types=TRANSCRIPT_TYPES, limit=newest)
        return Snapshot(head=heads.head(chat), details=heads.details(connection, chat), newest=page)

    def row(self, connection: sqlite3.Connection, chat_id: ChatId, *, actor: Actor, heads: Heads) -> ChatRow:
        """The chat's row."""
        key = find(connection, chat_id, actor).key
        row = connection.execute(f"SELECT {_ROW} FROM chats WHERE key = ?", (key,)).fetchone()
        return _chat_row(connection, row, heads)

    def chats(
        self,
        connection: sqlite3.Connection,
        *,
        actor: Actor,
        archived: bool | None,
        after: str | None,
        limit: int,
        heads: Heads,
    ) -> ChatList:
        """A page of the chats that an actor may see."""
        place = (_MICROS_MAX, 0) if after is None else _parsed(after)
        pages: list[list[ListRow]] = []
        for kind in (False, True) if archived is None else (archived,):
            if actor.kind is ActorKind.OWNER:
                rows = connection.execute(_LISTED, (actor.id, kind, *place, limit + 1))
            else:
                rows = connection.execute(_LISTED_ALL, (kind, *place, limit + 1))
            pages.append(rows.fetchall())
        merged: Iterable[ListRow] = heapq.merge(*pages, key=_list_place, reverse=True)
        found = list(merged)
        page = found[:limit]
        after = "{}.{}".format(*_list_place(page[-1])) if page and len(found) > limit else None
        return ChatList(rows=tuple(_chat_row(connection, row, heads) for row in page), after=after)

    def chat_ids(self, connection: sqlite3.Connection, *, after: ChatId | None, limit: int) -> tuple[ChatId, ...]:
        """Chats in the order of their ids."""
        query = "SELECT chat_id FROM chats WHERE chat_id > ? AND NOT purged ORDER BY chat_id LIMIT ?"
        return tuple(chat_id for (chat_id,) in connection.execute(query, (after or "", limit)).fetchall())

    def runnable(
        self, connection: sqlite3.Connection, *, now: int, expiry: timedelta, limit: int
    ) -> tuple[RunnableChat, ...]:
        """Chats that want a worker now."""
        rows = connection.execute(_RUNNABLE, (now, now - duration_micros(expiry), limit)).fetchall()
        return tuple(
            RunnableChat(chat_id=chat_id, runnable_at=from_micros(runnable_at), runner_id=runner)
            for chat_id, runnable_at, runner in rows
        )

    def leases(self, connection: sqlite3.Connection, chat_id: ChatId) -> tuple[Lease, ...]:
        """A chat's signs of life."""
        key = find(connection, chat_id, SYSTEM).key
        return tuple(
            Lease(
                chat_id=chat_id,
                runner_id=RunnerId(runner),
                worker_id=WorkerId(worker),
                heartbeat_at=from_micros(heartbeat_at),
            )
            for runner, worker, heartbeat_at in connection.execute(_LEASES, (key,)).fetchall()
        )

    def journal(self, connection: sqlite3.Connection, chat_id: ChatId, after: int) -> Journal | None:
        """A chat's part journal above a number."""
        key = find(connection, chat_id, SYSTEM).key
        written = connection.execute(_EPISODE, (key,)).fetchone()
        if written is None:
            return None
        history_version, attempt = written
        rows = connection.execute(_PARTS, (key, after)).fetchall()
        episode = Episode(chat_id=chat_id, history_version=history_version, generation_attempt=attempt)
        return Journal(episode=episode, parts=tuple(self._part(*row) for row in rows))

    def _part(self, number: int, schema: int, payload: str) -> JournalPart:
        message = self._codec.decode_event(MessageAdded.TYPE, schema, payload)
        assert isinstance(message, MessageAdded), "its type was asked for"
        return JournalPart.from_message(number, message)


def _found(row: tuple[int, ChatId, Seq, int, str]) -> FoundChat:
    key, chat_id, seq, fold_version, head = row
    return FoundChat(key=key, chat_id=chat_id, seq=seq, fold_version=fold_version, head=head)


def _chat_row(connection: sqlite3.Connection, row: ListRow, heads: Heads) -> ChatRow:
    *_, created_at, updated_at, acquired_at, runnable_at = row
    chat = _found(row[:5])
    return ChatRow(
        chat_id=chat.chat_id,
        head=heads.head(chat),
        details=heads.details(connection, chat),
        fold_version=chat.fold_version,
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
        acquired_at=maybe_time(acquired_at),
        runnable_at=maybe_time(runnable_at),
    )


def _list_place(row: ListRow) -> tuple[int, int]:
    key, *_, updated_at, _, _ = row
    return updated_at, key


def _parsed(cursor: str) -> tuple[int, int]:
    if not _CURSOR.fullmatch(cursor):
        raise InvalidCursor(cursor)
    updated_at, _, key = cursor.partition(".")
    return int(updated_at), int(key)
