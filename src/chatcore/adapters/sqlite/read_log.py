"""Reading logs: pages that never end inside an append (architecture 3, 5)."""

import re
import sqlite3
from collections.abc import Sequence
from typing import Final

from chatcore.adapters.sqlite.rows import COMMAND_EVENTS, EVENT_COLUMNS, EventRow, find, stored_event, stored_events
from chatcore.adapters.sqlite.schema import LANDMARKS
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.ports.actor import Actor
from chatcore.ports.store_errors import InvalidCursor
from chatcore.ports.store_values import Appended, EventPage, FeedCursor, FeedPage

_UPTO: Final = 5
"""Where in EVENT_COLUMNS `upto` stands."""

_SEQ_MAX: Final = 2**63 - 1
_CURSOR: Final = re.compile("[0-9]{1,18}")

_LANDMARKS: Final = f"SELECT {EVENT_COLUMNS} FROM events WHERE chat = ? AND seq > ? AND {LANDMARKS} ORDER BY seq"
_FEED: Final = f"""
    SELECT chat_id, coalesce(joined, position + upto - events.seq), {EVENT_COLUMNS.replace("seq,", "events.seq,")}
    FROM events JOIN chats ON key = chat WHERE payload IS NOT NULL AND position > ? AND position <= ?
    ORDER BY position LIMIT ?"""
_FEED_END: Final = "SELECT coalesce(max(position), 0) FROM events"


class LogReader:
    """Reads events, each method at one moment and at once."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def events(
        self,
        connection: sqlite3.Connection,
        chat_id: ChatId,
        *,
        actor: Actor,
        after: Seq,
        types: frozenset[str] | None,
        limit: int,
    ) -> EventPage:
        """The oldest events after a seq."""
        chat = find(connection, chat_id, actor)
        kinds = _kinds(types)
        query = f"""SELECT {EVENT_COLUMNS} FROM events WHERE chat = ? AND seq > ? AND seq <= ?
            {_condition(kinds)} ORDER BY seq LIMIT ?"""
        rows = connection.execute(query, (chat.key, min(after, _SEQ_MAX), _SEQ_MAX, *kinds, limit + 1)).fetchall()
        more = len(rows) > limit
        if more:
            (next_seq, *_), last = rows.pop(), rows[-1]
            upto = last[_UPTO]
            rows += connection.execute(query, (chat.key, last[0], upto, *kinds, upto)).fetchall()
            more = next_seq > upto or bool(connection.execute(query, (chat.key, upto, _SEQ_MAX, *kinds, 1)).fetchall())
        return EventPage(events=stored_events(rows, chat_id, self._codec), more=more)

    def newest(
        self,
        connection: sqlite3.Connection,
        chat_id: ChatId,
        *,
        actor: Actor,
        before: Seq | None,
        types: frozenset[str],
        limit: int,
    ) -> EventPage:
        """The newest events before a seq, oldest first."""
        chat = find(connection, chat_id, actor)
        return self.newest_of(connection, chat.key, chat_id, before=before, types=types, limit=limit)

    def newest_of(
        self,
        connection: sqlite3.Connection,
        key: int,
        chat_id: ChatId,
        *,
        before: Seq | None,
        types: frozenset[str],
        limit: int,
    ) -> EventPage:
        """The newest events before a seq of a chat that was found, oldest first."""
        kinds = _kinds(types)
        query = f"""SELECT {EVENT_COLUMNS} FROM events WHERE chat = ? AND seq < ?
            {_condition(kinds)} ORDER BY seq DESC LIMIT ?"""
        end = _SEQ_MAX if before is None else min(before, _SEQ_MAX)
        rows: list[EventRow] = connection.execute(query, (key, end, *kinds, limit + 1)).fetchall()
        more = len(rows) > limit
        if more:
            rows.pop()
            # An append is known by its last seq: read on as long as it stays the same.
            while rows and more:
                older = connection.execute(query, (key, rows[-1][0], *kinds, 1)).fetchall()
                more = bool(older)
                if not older or older[0][_UPTO] != rows[-1][_UPTO]:
                    break
                rows += older
        return EventPage(events=stored_events(reversed(rows), chat_id, self._codec), more=more)

    def landmarks(
        self, connection: sqlite3.Connection, chat_id: ChatId, *, actor: Actor, after: Seq
    ) -> tuple[StoredEvent, ...]:
        """Truncations and boundaries after a seq."""
        chat = find(connection, chat_id, actor)
        rows = connection.execute(_LANDMARKS, (chat.key, min(after, _SEQ_MAX))).fetchall()
        return stored_events(rows, chat_id, self._codec)

    def command(
        self, connection: sqlite3.Connection, chat_id: ChatId, command_id: CommandId, *, actor: Actor
    ) -> Appended | None:
        """The append that carried out a command."""
        chat = find(connection, chat_id, actor)
        rows = connection.execute(COMMAND_EVENTS, (chat.key, command_id)).fetchall()
        if not rows:
            return None
        return Appended(chat_id=chat_id, events=stored_events(rows, chat_id, self._codec), repeated=True)

    def feed(self, connection: sqlite3.Connection, *, after: FeedCursor | None, limit: int) -> FeedPage:
        """Events of all chats in the order of their commits."""
        (newest,) = connection.execute(_FEED_END).fetchone()
        start = _position(after, newest)
        rows = connection.execute(_FEED, (start, newest, limit)).fetchall()
        end = newest
        if len(rows) == limit:
            end = rows[-1][1]
            rows += connection.execute(_FEED, (rows[-1][3], end, end)).fetchall()
        events = tuple([stored_event(row, chat_id, self._codec) for chat_id, _, *row in rows])
        return FeedPage(events=events, cursor=FeedCursor(str(end)))


def _kinds(types: frozenset[str] | None) -> Sequence[str]:
    return () if types is None else sorted(types)


def _condition(kinds: Sequence[str]) -> str:
    """Part of a query; it differs only by the number of types, so that few statements are prepared."""
    return f"AND type IN ({', '.join('?' * len(kinds))})" if kinds else ""


def _position(cursor: FeedCursor | None, newest: int) -> int:
    if cursor is None:
        return 0
    if not _CURSOR.fullmatch(cursor) or int(cursor) > newest:
        raise InvalidCursor(cursor)
    return int(cursor)
