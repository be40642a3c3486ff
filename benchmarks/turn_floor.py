"""The floor of whole turns: the rows that a turn leaves, written by hand in as many transactions."""

import time
from pathlib import Path
from typing import Final

from chatcore.adapters.sqlite import SqliteSettings
from chatcore.adapters.sqlite.opening import connect, prepare

_ADD_CHAT: Final = """
    INSERT INTO chats (chat_id, owner, created_at, status, archived, updated_at, seq, fold_version, head)
    VALUES (?, 'owner', 0, 'waiting', 0, 0, 0, 1, ?)"""
_ADD_EVENT: Final = """
    INSERT INTO events (chat, seq, upto, recorded_at, type, schema, actor, payload) VALUES (?, ?, ?, ?, ?, 1, ?, ?)"""
_MOVE: Final = "UPDATE chats SET seq = ?, head = ? WHERE key = ?"
_BEGIN: Final = """
    UPDATE chats SET updated_at = ?, runnable_at = ?, status = 'running', runner = ?, acquired_at = ?, seq = ?, head = ?
    WHERE key = ?"""
_END: Final = """
    UPDATE chats SET updated_at = ?, runnable_at = NULL, status = 'waiting', runner = NULL, acquired_at = NULL, seq = ?,
    head = ? WHERE key = ?"""
_ACTOR: Final = "0190b2a0-0000-7000-8000-000000000000"
_HEAD: Final = "x" * 420
"""As long as an everyday head."""
_PAYLOADS: Final = {
    "message_added": '{"role":"assistant","content":[{"text":"' + "An everyday answer. " * 4 + '","type":"text"}]}',
    "turn_started": '{"cause":"sent"}',
    "acquired": f'{{"worker_id":"{_ACTOR}","runner_id":"{_ACTOR}"}}',
    "turn_finished": "{}",
}

BEGINNING: Final = ("message_added", "turn_started", "acquired")
STEP: Final = ("message_added",)
END: Final = ("message_added", "turn_finished")


class TurnFloor:
    """A database of its own; every transaction is as durable as the store's."""

    def __init__(self, path: Path, chats: int) -> None:
        self._connection = connect(path, read_only=False, settings=SqliteSettings())
        prepare(self._connection, path)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_ADD_CHAT, [(f"chat-{number}", _HEAD) for number in range(chats)])
        self._connection.execute("COMMIT")
        self._seqs = [0] * chats

    def append(self, chat: int, types: tuple[str, ...]) -> None:
        """One transaction: these events, and the chat's row with the columns that they move."""
        execute, key = self._connection.execute, chat + 1
        execute("BEGIN IMMEDIATE")
        (seq,) = execute("SELECT seq FROM chats WHERE key = ?", (key,)).fetchone()
        upto, now = seq + len(types), time.time_ns() // 1000
        rows = [(key, seq + number, upto, now, name, _ACTOR, _PAYLOADS[name]) for number, name in enumerate(types, 1)]
        self._connection.executemany(_ADD_EVENT, rows)
        if types is BEGINNING:
            execute(_BEGIN, (now, now, _ACTOR, now, upto, _HEAD, key))
        elif types is END:
            execute(_END, (now, upto, _HEAD, key))
        else:
            execute(_MOVE, (upto, _HEAD, key))
        execute("COMMIT")

    def text_turn(self, chat: int) -> None:
        """A turn that is answered with text: two transactions."""
        self.append(chat, BEGINNING)
        self.append(chat, END)

    def tool_turn(self, chat: int, steps: int) -> None:
        """A turn of so many tool calls, each with a transaction for the call and one for its result."""
        self.append(chat, BEGINNING)
        for _ in range(2 * steps):
            self.append(chat, STEP)
        self.append(chat, END)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
