"""Opening a file: whose is it, can it be used, and is it up to date? (architecture 5)

A file that is not a store is looked at, never written to.
"""

import sqlite3
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Final, TypeVar

import anyio

from chatcore.adapters.sqlite.errors import is_locked
from chatcore.adapters.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION, migrate
from chatcore.adapters.sqlite.settings import SqliteSettings
from chatcore.domain import limits
from chatcore.ports.store_errors import NotAStore, StoreCorrupt, StoreIsNewer, StoreUnavailable

T = TypeVar("T")

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_BYTES: Final = 100
_SQLITE_VERSION_MIN: Final = (3, 37, 0)
"""The first one with STRICT tables."""


class Content(Enum):
    """What was found at a path."""

    NOTHING = auto()
    """No file, or an empty one: a store can be made there."""
    STORE = auto()
    NEWER_STORE = auto()
    """Made by a newer chatcore: it can be read, as far as the log goes."""


def examine(path: Path) -> Content:
    """Tell what a file is from its first bytes, without a lock and without touching it.

    Raises: NotAStore, StoreCorrupt, StoreUnavailable.
    """
    if sqlite3.sqlite_version_info < _SQLITE_VERSION_MIN:
        raise StoreUnavailable(f"this Python has SQLite {sqlite3.sqlite_version}; a store needs 3.37 or newer")
    if not path.parent.is_dir():
        raise StoreUnavailable(f"the directory {path.parent} does not exist; create it, or name another file")
    if path.is_dir():
        raise NotAStore(f"{path} is a directory; name a file")
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return Content.NOTHING
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if not header:
        return Content.NOTHING
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise StoreCorrupt(f"{path} is no SQLite database: damaged, or something else; it was not touched")
    application_id, user_version = int.from_bytes(header[68:72]), int.from_bytes(header[60:64])
    if application_id == APPLICATION_ID:
        _check_whole(path, header)
        return Content.STORE if user_version <= SCHEMA_VERSION else Content.NEWER_STORE
    if application_id or not _is_blank(path):
        raise NotAStore(f"{path} is the database of another program; it was not touched, name another file")
    return Content.NOTHING


def connect(path: Path, *, read_only: bool, settings: SqliteSettings) -> sqlite3.Connection:
    """A connection with a store's settings, which takes no lock yet."""
    address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
    for pragma in (
        "trusted_schema = OFF",
        # What was purged must not linger in free pages.
        "secure_delete = ON",
        f"cache_size = -{limits.SQLITE_CACHE_KIB}",
        f"wal_autocheckpoint = {settings.wal_pages}",
        f"journal_size_limit = {limits.SQLITE_WAL_BYTES_KEPT}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables or bring them up to date, and switch to write-ahead logging. Safe with many processes at once.

    The tables come first: so the file is marked as a store from its first page on, even if the process dies in between.
    Raises: sqlite3.Error; NotAStore; StoreIsNewer, a newer chatcore was here a moment ago; StoreUnavailable.
    """
    if _pragma(connection, "user_version") != SCHEMA_VERSION or _pragma(connection, "application_id") != APPLICATION_ID:
        connection.execute(f"PRAGMA page_size = {limits.SQLITE_PAGE_BYTES}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            _bring_up_to_date(connection, path)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnavailable(f"the file system of {path} does not support write-ahead logging; use a local disk")


def check_readable(connection: sqlite3.Connection) -> None:
    """Read what every query needs. Raises sqlite3.DatabaseError for a damaged or truncated file."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


async def retrying(action: Callable[[], T], wait_ms: int) -> T:
    """Do something with a database; while another process holds the lock, again and again. Raises sqlite3.Error."""
    give_up_at = anyio.current_time() + wait_ms / 1000
    while True:
        try:
            return action()
        except sqlite3.Error as error:
            if not is_locked(error) or anyio.current_time() >= give_up_at:
                raise
        await anyio.sleep(limits.SQLITE_LOCK_POLL_MS / 1000)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    application_id, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if application_id != APPLICATION_ID:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application_id or tables:
            raise NotAStore(f"{path} is the database of another program; it was not touched, name another file")
    if version > SCHEMA_VERSION:
        raise StoreIsNewer(f"{path} was made by a newer chatcore; deploy that one here, too")
    if version < SCHEMA_VERSION:
        migrate(connection)


def _in_use(path: Path) -> bool:
    """Whether somebody is at work here, or died at work: then the file alone does not tell everything."""
    return any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-journal"))


def _check_whole(path: Path, header: bytes) -> None:
    """Raises StoreCorrupt if the file is shorter than its header says."""
    page_bytes, pages = int.from_bytes(header[16:18]), int.from_bytes(header[28:32])
    counts = header[24:28] == header[92:96]
    if counts and not _in_use(path) and path.stat().st_size < pages * page_bytes:
        raise StoreCorrupt(f"{path} lost its end; it was not touched, restore it from a backup")


def _is_blank(path: Path) -> bool:
    """Whether a database without an owner's mark holds nothing, as one does that was only just made."""
    if _in_use(path):
        # Stores are marked from their first page on.
        return False
    # `immutable` keeps SQLite from locking the file or making others beside it.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreCorrupt(f"{path} is damaged ({error}); it was not touched") from error
    finally:
        connection.close()
    return not tables


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
