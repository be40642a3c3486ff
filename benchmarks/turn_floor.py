"""The floor of whole turns: the rows that a turn leaves, written by hand in as many transactions.

The rows have the columns, and nearly the bytes, of those that chatcore writes for the same turn.
"""

import time
from pathlib import Path
from typing import Final
from uuid import uuid4

from chatcore.adapters.sqlite import SqliteSettings
from chatcore.adapters.sqlite.opening import connect, prepare

_ID: Final = "0190b2a0-0000-7000-8000-000000000000"
_ADD_CHAT: Final = """
    INSERT INTO chats (chat_id, owner, created_at, status, runner, archived, updated_at, acquired_at, runnable_at, seq,
    fold_version, head) VALUES (?, 'ada', ?, 'running', ?, 0, ?, ?, ?, 3, 1, ?)"""
_ADD_DETAILS: Final = "INSERT INTO details (chat, fold_version, details) VALUES (?, 1, '{}')"
_ADD_EVENT: Final = """
    INSERT INTO events (chat, seq, upto, recorded_at, type, schema, actor, payload) VALUES (?, ?, ?, ?, ?, 1, ?, ?)"""
_BEGIN: Final = """
    UPDATE chats SET updated_at = ?, runnable_at = ?, status = 'running', runner = ?, acquired_at = ?, seq = ?, head = ?
    WHERE key = ?"""
_MOVE: Final = "UPDATE chats SET seq = ?, head = ? WHERE key = ?"
_END: Final = """
    UPDATE chats SET updated_at = ?, runnable_at = NULL, status = 'waiting', runner = NULL, seq = ?, head = ?
    WHERE key = ?"""
_HEAD_AT_REST: Final = (
    '{"owner_id":"ada","seq":100000,"history_version":100000,"generation_attempt":1,"status":"waiting",'
    '"answered":100000,"spoken":100000}'
)
_HEAD_RUNNING: Final = f'{_HEAD_AT_REST[:-1]},"worker_id":"{_ID}","runner_id":"{_ID}"}}'
_PAYLOADS: Final = {
    "chat_created": '{"owner_id":"ada"}',
    "message_added": '{"role":"assistant","content":[{"text":"' + "An everyday answer. " * 4 + '","type":"text"}]}',
    "turn_started": '{"cause":"sent"}',
    "acquired": f'{{"worker_id":"{_ID}","runner_id":"{_ID}"}}',
    "turn_finished": "{}",
}

CREATION: Final = ("chat_created", "message_added", "acquired")
BEGINNING: Final = ("message_added", "turn_started", "acquired")
STEP: Final = ("message_added",)
END: Final = ("message_added", "turn_finished")


class TurnFloor:
    """A database of its own; every transaction is as durable as the store's."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, read_only=False, settings=SqliteSettings())
        prepare(self._connection, path)
        self._connection.execute("PRAGMA synchronous = FULL")

    def create(self) -> int:
        """A new chat, set running; its number."""
        execute, now = self._connection.execute, time.time_ns() // 1000
        execute("BEGIN IMMEDIATE")
        key = execute(_ADD_CHAT, (str(uuid4()), now, _ID, now, now, now, _HEAD_RUNNING)).lastrowid or 0
        execute(_ADD_DETAILS, (key,))
        self._add_events(key, 0, CREATION, now)
        execute("COMMIT")
        return key

    def append(self, key: int, types: tuple[str, ...]) -> None:
        """One transaction: these events, and the chat's row with the columns that they move."""
        execute, now = self._connection.execute, time.time_ns() // 1000
        execute("BEGIN IMMEDIATE")
        (seq,) = execute("SELECT seq FROM chats WHERE key = ?", (key,)).fetchone()
        upto = self._add_events(key, seq, types, now)
        if types is BEGINNING:
            execute(_BEGIN, (now, now, _ID, now, upto, _HEAD_RUNNING, key))
        elif types is END:
            execute(_END, (now, upto, _HEAD_AT_REST, key))
        else:
            execute(_MOVE, (upto, _HEAD_RUNNING, key))
        execute("COMMIT")

    def text_turn(self, key: int) -> None:
        """A turn that is answered with text: two transactions."""
        self.append(key, BEGINNING)
        self.append(key, END)

    def new_text_turn(self) -> None:
        """The same in a new chat."""
        self.append(self.create(), END)

    def new_tool_turn(self, steps: int) -> None:
        """A new chat whose first turn has so many tool calls: a transaction for each call and each result."""
        key = self.create()
        for _ in range(2 * steps):
            self.append(key, STEP)
        self.append(key, END)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _add_events(self, key: int, seq: int, types: tuple[str, ...], now: int) -> int:
        upto = seq + len(types)
        rows = [(key, seq + number, upto, now, name, _ID, _PAYLOADS[name]) for number, name in enumerate(types, 1)]
        self._connection.executemany(_ADD_EVENT, rows)
        return upto
