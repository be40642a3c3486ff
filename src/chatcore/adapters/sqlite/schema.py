"""The tables of a store and how older files are brought up to date (architecture 5).

Integer keys stand for chats, the few indexes are partial, and none is on a column that moves with every append: with
pages of 1 KiB an append of one event writes four pages. Migrations are only ever added. One that changes what an append
writes has to make the old statements fail (by a renamed column), so that a process that still runs the older version
stops writing.
"""

import sqlite3
from typing import TYPE_CHECKING, Final

from chatcore.domain.chat.evidence_of import LANDMARK_TYPES

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID: Final = 0x63686174
"""In the header of every store; `chat` in ASCII."""

SCHEMA_VERSION: Final = 1
"""In the header of every store (`user_version`); raised with every migration."""

LANDMARKS: Final = "type IN ({})".format(", ".join(f"'{name}'" for name in sorted(LANDMARK_TYPES)))
"""The condition of the index of landmarks. A query must say it in the same words."""

_FIRST: Final = (
    """CREATE TABLE events (
        position INTEGER PRIMARY KEY,  -- commit order over all chats
        chat INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        upto INTEGER NOT NULL,         -- seq of the append's last event
        joined INTEGER,                -- position of the call's last event, if it went to several logs
        recorded_at INTEGER NOT NULL,
        type TEXT NOT NULL,
        schema INTEGER NOT NULL,
        actor TEXT NOT NULL,
        command_id TEXT,
        payload TEXT                   -- null: purged
    ) STRICT""",
    "CREATE UNIQUE INDEX events_by_chat ON events (chat, seq)",
    "CREATE UNIQUE INDEX events_by_command ON events (chat, command_id) WHERE command_id IS NOT NULL",
    f"CREATE INDEX events_landmarks ON events (chat, seq) WHERE {LANDMARKS}",
    """CREATE TABLE chats (
        key INTEGER PRIMARY KEY,
        chat_id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        root TEXT,
        created_at INTEGER NOT NULL,
        purged INTEGER NOT NULL DEFAULT 0,
        status TEXT NOT NULL,
        runner TEXT,
        archived INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        acquired_at INTEGER,
        runnable_at INTEGER,
        seq INTEGER NOT NULL,
        fold_version INTEGER NOT NULL,
        head TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX chats_listed ON chats (owner, archived, updated_at) WHERE NOT purged",
    "CREATE INDEX chats_runnable ON chats (runnable_at) WHERE runnable_at IS NOT NULL",
    "CREATE INDEX chats_of_root ON chats (root) WHERE root IS NOT NULL",
    """CREATE TABLE details (
        chat INTEGER PRIMARY KEY,
        fold_version INTEGER NOT NULL,
        details TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE leases (
        chat INTEGER NOT NULL,
        runner TEXT NOT NULL,
        worker TEXT NOT NULL,
        heartbeat_at INTEGER NOT NULL,
        PRIMARY KEY (chat, runner)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE parts (
        chat INTEGER NOT NULL,
        number INTEGER NOT NULL,
        history_version INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        schema INTEGER NOT NULL,
        payload TEXT NOT NULL,
        PRIMARY KEY (chat, number)
    ) STRICT, WITHOUT ROWID""",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date, inside the caller's BEGIN IMMEDIATE: what is pending is read under its lock."""
    # Imported late: a store that is up to date opens without its 80 ms.
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations("chatcore")

    @migrations(name="0001_first")
    def first(database: "Database") -> None:
        for statement in _FIRST:
            database.execute(statement)

    migrations.apply(Database(connection))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
