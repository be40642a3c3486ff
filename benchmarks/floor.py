"""The floor: what the SQLite store does for an append, written by hand with `sqlite3` and nothing around it.

The same tables, indexes, pragmas and transactions, and rows of the same size, ready encoded. What a store takes beyond
this is the price of types, of encoding, and of the event loop.
"""

import sqlite3
import time
from pathlib import Path
from typing import Final

from chatcore.adapters.sqlite import SqliteSettings
from chatcore.adapters.sqlite.opening import connect, prepare

_FIND: Final = "SELECT key, seq FROM chats WHERE chat_id = ?"
_ADD_CHAT: Final = """
    INSERT INTO chats (chat_id, owner, created_at, status, archived, updated_at, seq, fold_version, head)
    VALUES (?, 'owner', 0, 'waiting', 0, 0, 0, 1, ?)"""
_ADD_EVENT: Final = """
    INSERT INTO events (chat, seq, upto, recorded_at, type, schema, actor, payload) VALUES (?, ?, ?, ?, ?, 1, ?, ?)"""
_MOVE: Final = "UPDATE chats SET seq = ?, head = ? WHERE key = ?"


class Floor:
    """A database of its own, written by hand."""

    def __init__(self, path: Path, chat_ids: list[str], *, type_name: str, payload: str, head: str) -> None:
        self._connection = connect(path, read_only=False, settings=SqliteSettings())
        prepare(self._connection, path)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._type = type_name
        self._payload = payload
        self._head = head
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_ADD_CHAT, [(chat_id, head) for chat_id in chat_ids])
        self._connection.execute("COMMIT")

    def append(self, *chat_ids: str) -> None:
        """Append one event to each chat, all in one transaction."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for chat_id in chat_ids:
            key, seq = execute(_FIND, (chat_id,)).fetchone()
            seq += 1
            execute(_ADD_EVENT, (key, seq, seq, time.time_ns() // 1000, self._type, "owner", self._payload))
            execute(_MOVE, (seq, self._head, key))
        execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def commits_per_second(path: Path, *, seconds: float) -> float:
    """How many of the smallest durable transactions the disk takes: the calibration of everything else."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE counter (n INTEGER)",
        "INSERT INTO counter VALUES (0)",
    ):
        connection.execute(statement)
    count, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        connection.execute("UPDATE counter SET n = n + 1")
        count += 1
    connection.close()
    return count / spent
