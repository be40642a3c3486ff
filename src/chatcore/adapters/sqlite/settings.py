"""What an embedding service may set of its SQLite store."""

from enum import StrEnum

from attrs import field, frozen
from attrs.validators import ge, gt

from chatcore.domain import limits


class Durability(StrEnum):
    """What a commit of appends survives. In both modes the file stays whole, and a process that dies loses nothing."""

    FULL = "FULL"
    """Also a crash of the machine: every commit waits for the disk."""
    NORMAL = "NORMAL"
    """A crash of the machine may lose the newest commits."""


@frozen(kw_only=True)
class SqliteSettings:
    """Settings of one store."""

    durability: Durability = Durability.FULL
    thread: bool = False
    """Write in a worker thread: for disks so slow that the loop must not wait. Costs 0.1 to 0.2 ms per append."""
    read_only: bool = False
    """Open an existing store without the right to write; every write raises StoreReadOnly."""
    lock_wait_ms: int = field(default=limits.SQLITE_LOCK_WAIT_MS, validator=ge(0))
    """How long a lock that another process holds is waited for."""
    wal_pages: int = field(default=limits.SQLITE_WAL_PAGES, validator=gt(0))
    """Pages in the write-ahead log from which it is copied into the database."""
    hint_poll_ms: int = field(default=limits.HINT_POLL_MS, validator=gt(0))
    """How often what other processes appended is looked for, while anybody listens."""
    hints_waiting_max: int = field(default=limits.HINTS_WAITING_MAX, validator=gt(0))
    """Hints that wait for one subscriber."""
