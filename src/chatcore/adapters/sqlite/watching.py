"""What other processes appended to a file, seen by polling a counter that SQLite keeps (architecture 5)."""

import sqlite3
from typing import Final

from attrs import frozen

from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.head import FOLD_VERSION
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.limits import HINT_EVENTS_MAX
from chatcore.ports.fanout import Fanout
from chatcore.ports.pubsub import ChatChanged, WorkWanted

_NEWEST: Final = "SELECT coalesce(max(position), 0) FROM events"
_CHANGED: Final = f"""
    SELECT chat_id, seq, runnable_at IS NOT NULL AND runner IS NULL AND status <> '{Status.REQUIRES_ACTION}',
    fold_version, head FROM chats
    WHERE NOT purged AND key IN (SELECT chat FROM events WHERE position > ? AND position <= ?)"""


@frozen
class _Seen:
    """How far a file was read."""

    version: int
    position: int


class Watcher:
    """Turns what was appended since the last look into hints; on a connection of its own."""

    def __init__(self, connection: sqlite3.Connection, fanout: Fanout, codec: Codec) -> None:
        self._connection = connection
        self._fanout = fanout
        self._codec = codec
        self._seen: _Seen | None = None
        """None as long as the file cannot be read."""
        self._told: dict[ChatId, Seq] = {}
        """What was published here since the last look; it need not be told again."""

    def start(self) -> None:
        """Begin at the end of the log."""
        self._told.clear()
        try:
            self._seen = _Seen(self._version(), self._newest())
        except sqlite3.Error:  # told as Lagged as soon as the file can be read again
            self._seen = None

    def told(self, chat_id: ChatId, seq: Seq) -> None:
        """A hint about a chat at this seq was published here."""
        if len(self._told) >= HINT_EVENTS_MAX:
            self._told.clear()
        self._told[chat_id] = seq

    def look(self) -> None:
        """Send hints for what is new."""
        try:
            version = self._version()
            if self._seen is not None and version == self._seen.version:
                return
            seen = _Seen(version, self._newest())
            if self._seen is None or seen.position - self._seen.position > HINT_EVENTS_MAX:
                self._fanout.lag()
            else:
                self._tell_changed(self._seen.position, seen.position)
        except sqlite3.Error:
            # A lock is gone at the next look. A file that cannot be read is told once, and once more when it can be.
            if self._seen is not None:
                self._fanout.lag()
            self._seen = None
            return
        self._seen = seen
        self._told.clear()

    def _tell_changed(self, after: int, upto: int) -> None:
        for chat_id, seq, wanting, fold_version, head in self._connection.execute(_CHANGED, (after, upto)).fetchall():
            if self._told.get(chat_id, 0) >= seq:
                continue
            if self._fanout.listens_to(chat_id):
                if fold_version == FOLD_VERSION:
                    self._fanout.send([ChatChanged.of(chat_id, self._codec.decode_head(head))])
                else:
                    self._fanout.lag(chat_id)
            if wanting:
                self._fanout.send([WorkWanted(chat_id=chat_id, seq=seq)])

    def _version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _newest(self) -> int:
        (position,) = self._connection.execute(_NEWEST).fetchone()
        return int(position)
