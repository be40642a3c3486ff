"""What SQLite's errors mean for the callers of a store (architecture 5, 11)."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Final

from chatcore.domain.limits import MIB, SQLITE_PAGE_BYTES
from chatcore.ports.store_errors import (
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)

if sys.platform != "win32":
    import resource

_PRIMARY: Final = 0xFF
"""The low byte of an extended result code says what kind of error it is."""

_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_READ_ONLY: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_UNAVAILABLE: Final = _LOCKED | {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another process holds what was asked for, so that asking again soon helps."""
    return _kind(error) in _LOCKED


def translated(error: sqlite3.Error, path: Path) -> StoreError | sqlite3.Error:
    """The store's error for one of SQLite's; the error itself if only a bug explains it."""
    kind = _kind(error)
    if kind == sqlite3.SQLITE_FULL or (kind == sqlite3.SQLITE_IOERR and _no_room(path)):
        return StoreFull(f"no room is left for {path} ({error}); nothing was written, free space and try again")
    if kind in _READ_ONLY:
        return StoreReadOnly(f"{path} takes no writes from this process ({error}); check its permissions")
    if kind in _CORRUPT:
        return StoreCorrupt(f"{path} is damaged ({error}); stop writing to it and restore it from a backup")
    if kind in _LOCKED:
        return StoreUnavailable(f"{path} stayed locked by another process ({error}); try again")
    if kind in _UNAVAILABLE:
        return StoreUnavailable(f"{path} cannot be reached ({error}); look at its disk and try again")
    return error


def _kind(error: sqlite3.Error) -> int:
    # Errors of the module itself, such as a closed connection, have no code.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY


def _no_room(path: Path) -> bool:
    """Whether a failed write is explained by a full disk or by the largest file that the process may write.

    SQLite tells only ENOSPC as a full disk; EFBIG and EDQUOT arrive as a failed write without a reason.
    """
    if sys.platform == "win32":
        return False
    try:
        disk = os.statvfs(path.parent)
        sizes = [file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists()]
    except OSError:  # the disk is gone, which is another error
        return False
    if disk.f_bavail * disk.f_frsize < MIB:
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit != resource.RLIM_INFINITY and max(sizes, default=0) + 2 * SQLITE_PAGE_BYTES > limit
