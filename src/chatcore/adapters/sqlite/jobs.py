"""The writes beside appends: signs of life, the part journal, purging, and heads folded anew."""

import sqlite3
from collections.abc import Sequence
from typing import ClassVar, Final

from chatcore.adapters.sqlite.rows import Heads, Refolded, find
from chatcore.adapters.sqlite.transaction import WriteJob
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import FOLD_VERSION
from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import JournalPart
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store_values import Heartbeat

_BEAT: Final = """
    INSERT INTO leases (chat, runner, worker, heartbeat_at)
    SELECT key, ?, ?, ? FROM chats WHERE chat_id = ? AND NOT purged
    ON CONFLICT (chat, runner) DO UPDATE SET worker = excluded.worker, heartbeat_at = excluded.heartbeat_at"""
_ADD_PART: Final = """
    INSERT OR REPLACE INTO parts (chat, number, history_version, attempt, schema, payload) VALUES (?, ?, ?, ?, ?, ?)"""
_PURGE: Final = (
    "UPDATE events SET recorded_at = 0, actor = '', command_id = NULL, payload = NULL WHERE chat = ?",
    "UPDATE chats SET purged = 1, status = '', runner = NULL, acquired_at = NULL, runnable_at = NULL WHERE key = ?",
    "UPDATE chats SET head = '' WHERE key = ?",
    "DELETE FROM details WHERE chat = ?",
    "DELETE FROM leases WHERE chat = ?",
    "DELETE FROM parts WHERE chat = ?",
)
# A newer head may have been written meanwhile: then there is nothing left to do.
_KEEP_HEAD: Final = "UPDATE chats SET fold_version = ?, head = ? WHERE key = ? AND seq = ? AND fold_version < ?"
_KEEP_DETAILS: Final = """
    UPDATE details SET fold_version = ?1, details = ?2 WHERE chat = ?3 AND fold_version < ?1
    AND (SELECT seq FROM chats WHERE key = ?3) = ?4"""


class HeartbeatJob(WriteJob):
    """Records signs of life."""

    # Whoever gave them does not survive a crash of the machine, either.
    durable: ClassVar[bool] = False

    def __init__(self, beats: Sequence[Heartbeat]) -> None:
        self._beats = beats

    def check(self, connection: sqlite3.Connection) -> None:
        """Nothing can be wrong with them."""

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """One row each."""
        rows = [(beat.runner_id, beat.worker_id, now, beat.chat_id) for beat in self._beats]
        connection.executemany(_BEAT, rows)


class SweepLeasesJob(WriteJob):
    """Deletes signs of life that are older than a time; `swept` tells how many."""

    durable: ClassVar[bool] = False

    def __init__(self, older_than: int) -> None:
        self._older_than = older_than
        self.swept = 0

    def check(self, connection: sqlite3.Connection) -> None:
        """Nothing can be wrong with it."""

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """One pass over all of them."""
        cursor = connection.execute("DELETE FROM leases WHERE heartbeat_at < ?", (now - self._older_than,))
        self.swept = cursor.rowcount


class JournalJob(WriteJob):
    """Adds parts of a reply in the making."""

    # They outlive the process. A crash of the machine may lose the last ones, as it may lose what was not yet flushed.
    durable: ClassVar[bool] = False

    def __init__(
        self, chat_id: ChatId, *, fence: Fence, parts: Sequence[JournalPart], codec: Codec, heads: Heads
    ) -> None:
        self._chat_id = chat_id
        self._fence = fence
        self._episode = (fence.history_version, fence.generation_attempt)
        encoded = [(part.number, codec.encode_event(part.as_message())) for part in parts]
        self._rows = [(number, *self._episode, event.schema, event.payload) for number, event in encoded]
        self._heads = heads
        self._key = 0
        self._other_episode = False

    def check(self, connection: sqlite3.Connection) -> None:
        """Raises ChatNotFound, Purged, StaleFence, StoreIsNewer, Outdated."""
        chat = find(connection, self._chat_id, SYSTEM)
        self._fence.check(self._heads.head(chat))
        self._key = chat.key
        query = "SELECT history_version, attempt FROM parts WHERE chat = ? LIMIT 1"
        kept = connection.execute(query, (self._key,)).fetchone()
        self._other_episode = kept not in (None, self._episode)

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """A row per part; all rows of a chat are of one episode."""
        if self._other_episode:
            connection.execute("DELETE FROM parts WHERE chat = ?", (self._key,))
        connection.executemany(_ADD_PART, [(self._key, *row) for row in self._rows])


class PurgeJob(WriteJob):
    """Blanks everything that was said in a chat."""

    def __init__(self, chat_id: ChatId, actor: Actor) -> None:
        self._chat_id = chat_id
        self._actor = actor
        self._key = 0

    def check(self, connection: sqlite3.Connection) -> None:
        """Raises ChatNotFound, Purged."""
        self._key = find(connection, self._chat_id, self._actor).key

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """The rows of the events stay, with their seq and type."""
        for statement in _PURGE:
            connection.execute(statement, (self._key,))


class KeepRefoldedJob(WriteJob):
    """Writes a head and details that were folded anew, so that it is not done again."""

    durable: ClassVar[bool] = False

    def __init__(self, key: int, refolded: Refolded, codec: Codec) -> None:
        self._key = key
        self._seq = refolded.head.seq
        self._head = codec.encode_head(refolded.head)
        self._details = codec.encode_details(refolded.details)

    def check(self, connection: sqlite3.Connection) -> None:
        """Nothing can be wrong with it."""

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """Two rows, if the chat is still where it was."""
        connection.execute(_KEEP_HEAD, (FOLD_VERSION, self._head, self._key, self._seq, FOLD_VERSION))
        connection.execute(_KEEP_DETAILS, (FOLD_VERSION, self._details, self._key, self._seq))
