"""How the methods of the store reach the file: reads at one moment, writes in groups, errors translated once."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import anyio
import anyio.lowlevel
from attrs import frozen

from chatcore.adapters.sqlite.errors import translated
from chatcore.adapters.sqlite.group_commit import GroupCommit
from chatcore.adapters.sqlite.jobs import KeepRefoldedJob
from chatcore.adapters.sqlite.opening import retrying
from chatcore.adapters.sqlite.rows import (
    EVENT_COLUMNS,
    EventRow,
    Heads,
    Outdated,
    Refolded,
    stored_events,
)
from chatcore.adapters.sqlite.schema import SCHEMA_VERSION
from chatcore.adapters.sqlite.settings import SqliteSettings
from chatcore.adapters.sqlite.transaction import WriteJob, Writer
from chatcore.domain.chat.codec import Codec, NotUnicode
from chatcore.domain.chat.details import ChatDetails, fold_details
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import Seq
from chatcore.ports.clock import Clock
from chatcore.ports.store_errors import StoreClosed, StoreError, StoreIsNewer, StoreReadOnly

T = TypeVar("T")

_NEXT: Final = f"SELECT {EVENT_COLUMNS} FROM events WHERE chat = ? AND seq > ? ORDER BY seq LIMIT ?"
_REFOLD_EVENTS: Final = 500
"""Events that are folded anew before other tasks get their turn."""


@frozen(kw_only=True)
class OpenFile:
    """A file that was found to be a store, with its connections."""

    path: Path
    writer: sqlite3.Connection
    reader: sqlite3.Connection
    """The writer itself, whose cache is warm, unless it belongs to a thread."""
    newer: bool
    """A newer chatcore made it: no writes."""

    def close(self) -> None:
        """Let go of the file."""
        self.reader.close()
        self.writer.close()


class Access:
    """Reads and writes of one open file."""

    def __init__(self, file: OpenFile, *, clock: Clock, settings: SqliteSettings, codec: Codec) -> None:
        self.codec = codec
        self.clock = clock
        self._file = file
        self._settings = settings
        self._closed = False
        writer = Writer(file.writer, clock=clock, durability=settings.durability)
        self._commits = GroupCommit(writer, thread=settings.thread, lock_wait_ms=settings.lock_wait_ms)

    async def read(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Do some reading at one moment. Raises what the action raises, and store errors."""
        await anyio.lowlevel.checkpoint()
        try:
            return await retrying(lambda: self._moment(action), self._settings.lock_wait_ms)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        except UnicodeEncodeError as error:
            raise NotUnicode(f"what is looked for is not valid Unicode: {error}") from error

    async def read_heads(self, action: Callable[[sqlite3.Connection, Heads], T]) -> T:
        """As `read`, with heads. Those that an older chatcore wrote are folded anew from their logs first."""
        heads = Heads(self.codec)
        while True:
            try:
                return await self.read(lambda connection: action(connection, heads))
            except Outdated as outdated:
                heads.learn(outdated.key, await self._refold(outdated))

    async def write(self, job: WriteJob, heads: Heads | None = None) -> None:
        """Have a job carried out, which may read with these heads. Raises what the job raises, and store errors."""
        while True:
            self._check_open()
            self._check_writable()
            try:
                await self._commits.do(job)
            except Outdated as outdated:
                assert heads is not None, "only jobs with heads find them outdated"
                heads.learn(outdated.key, await self._refold(outdated))
            except sqlite3.Error as error:
                raise self._explained(error) from error
            else:
                return

    async def empty_wal(self) -> None:
        """Copy the write-ahead log into the database and cut it off; as far as no other process is reading in it."""
        give_up_at = anyio.current_time() + self._settings.lock_wait_ms / 1000
        while anyio.current_time() < give_up_at:
            busy, *_ = await retrying(self._checkpointed, self._settings.lock_wait_ms)
            if not busy:
                return
            await anyio.sleep(0.001)

    async def aclose(self) -> None:
        """Finish what waits, then let go of the file."""
        if self._closed:
            return
        self._closed = True
        with anyio.CancelScope(shield=True):
            await self._commits.drain()
            self._file.close()

    def _moment(self, action: Callable[[sqlite3.Connection], T]) -> T:
        self._check_open()
        connection = self._file.reader
        connection.execute("BEGIN")
        try:
            return action(connection)
        finally:
            # Some errors have ended the transaction already.
            if connection.in_transaction:
                connection.execute("COMMIT")

    def _checkpointed(self) -> tuple[int, int, int]:
        busy, pages, copied = self._file.reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return busy, pages, copied

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed(f"the store {self._file.path} was closed; open it again")

    def _check_writable(self) -> None:
        if self._file.newer:
            raise StoreIsNewer(f"{self._file.path} was made by a newer chatcore; deploy that one here before writing")
        if self._settings.read_only:
            raise StoreReadOnly(f"{self._file.path} was opened for reading only; open it without `read_only`")

    def _explained(self, error: sqlite3.Error) -> StoreError | sqlite3.Error:
        meant = translated(error, self._file.path)
        if meant is not error or self._closed:
            return meant
        try:
            (version,) = self._file.reader.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error:  # what is wrong is told by the first error
            return error
        if version > SCHEMA_VERSION:
            return StoreIsNewer(f"a newer chatcore changed {self._file.path}; deploy that one here, too")
        return error

    async def _refold(self, outdated: Outdated) -> Refolded:
        """Fold a log with this version, a page at a time, and write down what it gives."""
        head: ChatHead | None = None
        details = ChatDetails()
        more = True
        while more:
            rows = await self._next_rows(outdated.key, 0 if head is None else head.seq)
            events = [stored.event for stored in stored_events(rows, outdated.chat_id, self.codec)]
            for event in events:
                head = evolve(head, event)
            details = fold_details(events, details)
            more = len(rows) == _REFOLD_EVENTS
        assert head is not None, "a chat has events"
        refolded = Refolded(head=head, details=details)
        # The answer is right whether or not it can be kept; a store that takes no writes folds it anew each time.
        with suppress(StoreError):
            await self.write(KeepRefoldedJob(outdated.key, refolded, self.codec))
        return refolded

    async def _next_rows(self, key: int, after: Seq) -> list[EventRow]:
        return await self.read(lambda connection: connection.execute(_NEXT, (key, after, _REFOLD_EVENTS)).fetchall())
