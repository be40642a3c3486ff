"""The store in an SQLite file (architecture 5): safe with many tasks, and with many processes on one file."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from chatcore.adapters.sqlite.access import Access, OpenFile
from chatcore.adapters.sqlite.append_job import AppendJob
from chatcore.adapters.sqlite.errors import translated
from chatcore.adapters.sqlite.jobs import HeartbeatJob, JournalJob, PurgeJob, SweepLeasesJob
from chatcore.adapters.sqlite.opening import Content, check_readable, connect, examine, prepare, retrying
from chatcore.adapters.sqlite.read_chats import ChatReader
from chatcore.adapters.sqlite.read_log import LogReader
from chatcore.adapters.sqlite.rows import Heads, find
from chatcore.adapters.sqlite.settings import SqliteSettings
from chatcore.adapters.sqlite.times import duration_micros, to_micros
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import Actor
from chatcore.ports.clock import Clock
from chatcore.ports.store_errors import StoreUnavailable
from chatcore.ports.store_values import (
    Appended,
    ChatAppend,
    ChatList,
    ChatRow,
    EventPage,
    FeedCursor,
    FeedPage,
    Heartbeat,
    Journal,
    Lease,
    RunnableChat,
    Snapshot,
    check_appends,
)


class SqliteStore:
    """A store in one file. Make it with `open`, end it with `aclose`; for one event loop, asyncio's or trio's.

    Reading and writing happen on the loop, in some 0.02 and 0.15 ms on a local disk; `settings.thread` moves writes
    off it. On a network file system it cannot be used.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._log = LogReader(access.codec)
        self._chats = ChatReader(access.codec)

    @classmethod
    async def open(
        cls,
        path: Path | str,
        *,
        clock: Clock,
        settings: SqliteSettings | None = None,
        codec: Codec | None = None,
    ) -> "SqliteStore":
        """Open a store, or make one where there is no file. Its directory has to exist.

        A store that a newer chatcore made is opened for reading.
        Raises: NotAStore, StoreCorrupt, the file was not touched; StoreUnavailable, StoreFull, StoreReadOnly.
        """
        path, settings = Path(path), settings or SqliteSettings()
        content = examine(path)
        if content is Content.NOTHING and settings.read_only:
            raise StoreUnavailable(f"there is no store at {path} to read; name another file")
        newer = content is Content.NEWER_STORE
        try:
            file = await _opened(path, newer=newer, settings=settings)
        except sqlite3.Error as error:
            raise translated(error, path) from error
        return cls(Access(file, clock=clock, settings=settings, codec=codec or Codec()))

    async def append(self, appends: Sequence[ChatAppend], *, actor: Actor) -> tuple[Appended, ...]:
        """Add events to one or several logs, all or none."""
        check_appends(appends, actor)
        job = AppendJob(appends, actor=actor, codec=self._access.codec)
        await self._access.write(job)
        return job.answer

    async def events(
        self,
        chat_id: ChatId,
        *,
        actor: Actor,
        after: Seq = 0,
        types: frozenset[str] | None = None,
        limit: int = 500,
    ) -> EventPage:
        """Events after a seq, oldest first."""
        assert limit > 0, "a page holds at least one event"
        return await self._access.read(
            lambda connection: self._log.events(connection, chat_id, actor=actor, after=after, types=types, limit=limit)
        )

    async def newest(
        self, chat_id: ChatId, *, actor: Actor, before: Seq | None = None, types: frozenset[str], limit: int = 50
    ) -> EventPage:
        """The newest events before a seq, oldest first."""
        return await self._access.read(
            lambda connection: self._log.newest(
                connection, chat_id, actor=actor, before=before, types=types, limit=limit
            )
        )

    async def landmarks(self, chat_id: ChatId, *, actor: Actor, after: Seq = 0) -> tuple[StoredEvent, ...]:
        """Truncations and boundaries after a seq."""
        return await self._access.read(
            lambda connection: self._log.landmarks(connection, chat_id, actor=actor, after=after)
        )

    async def command(self, chat_id: ChatId, command_id: CommandId, *, actor: Actor) -> Appended | None:
        """The append that carried out a command."""
        return await self._access.read(
            lambda connection: self._log.command(connection, chat_id, command_id, actor=actor)
        )

    async def feed(self, after: FeedCursor | None = None, *, limit: int = 500) -> FeedPage:
        """Events of all chats in the order of their commits."""
        return await self._access.read(lambda connection: self._log.feed(connection, after=after, limit=limit))

    async def purge(self, chat_id: ChatId, *, actor: Actor) -> None:
        """Blank everything that was said in a chat; in the write-ahead log, too, unless another process reads in it."""
        await self._access.write(PurgeJob(chat_id, actor))
        await self._access.empty_wal()

    async def head(self, chat_id: ChatId, *, actor: Actor) -> ChatHead:
        """The chat's head."""
        return await self._access.read_heads(lambda connection, heads: heads.head(find(connection, chat_id, actor)))

    async def details(self, chat_id: ChatId, *, actor: Actor) -> ChatDetails:
        """The chat's details."""
        return await self._access.read_heads(
            lambda connection, heads: heads.details(connection, find(connection, chat_id, actor))
        )

    async def family(self, root_id: ChatId, *, actor: Actor) -> Mapping[ChatId, ChatHead]:
        """The heads of a root and all its descendants."""
        return await self._access.read_heads(
            lambda connection, heads: self._chats.family(connection, root_id, actor=actor, heads=heads)
        )

    async def snapshot(self, chat_id: ChatId, *, actor: Actor, newest: int = 50) -> Snapshot:
        """Head, details and the newest page."""
        return await self._access.read_heads(
            lambda connection, heads: self._chats.snapshot(connection, chat_id, actor=actor, newest=newest, heads=heads)
        )

    async def row(self, chat_id: ChatId, *, actor: Actor) -> ChatRow:
        """Everything that is kept of a chat beside its log."""
        return await self._access.read_heads(
            lambda connection, heads: self._chats.row(connection, chat_id, actor=actor, heads=heads)
        )

    async def chats(
        self, *, actor: Actor, archived: bool | None = False, after: str | None = None, limit: int = 50
    ) -> ChatList:
        """Chats that the actor may see, the newest `updated_at` first. Workers and the system pay for a full scan."""
        return await self._access.read_heads(
            lambda connection, heads: self._chats.chats(
                connection, actor=actor, archived=archived, after=after, limit=limit, heads=heads
            )
        )

    async def chat_ids(self, *, after: ChatId | None = None, limit: int = 500) -> tuple[ChatId, ...]:
        """All chats in the order of their ids."""
        return await self._access.read(lambda connection: self._chats.chat_ids(connection, after=after, limit=limit))

    async def runnable(self, *, expiry: timedelta, limit: int = 10) -> tuple[RunnableChat, ...]:
        """Chats that want a worker now, the longest waiting first."""
        now = to_micros(self._access.clock.now())
        return await self._access.read(
            lambda connection: self._chats.runnable(connection, now=now, expiry=expiry, limit=limit)
        )

    async def heartbeat(self, beats: Sequence[Heartbeat]) -> None:
        """Record signs of life. They survive a crash of the process, not always one of the machine."""
        await self._access.write(HeartbeatJob(beats))

    async def leases(self, chat_id: ChatId) -> tuple[Lease, ...]:
        """The signs of life that are kept for a chat."""
        return await self._access.read(lambda connection: self._chats.leases(connection, chat_id))

    async def sweep_leases(self, *, older_than: timedelta) -> int:
        """Delete old signs of life."""
        job = SweepLeasesJob(duration_micros(older_than))
        await self._access.write(job)
        return job.swept

    async def journal_write(
        self, chat_id: ChatId, *, fence: Fence, episode: Episode, parts: Sequence[JournalPart]
    ) -> None:
        """Add parts of a reply in the making. They survive a crash of the process, not always one of the machine."""
        assert episode == Episode.under(chat_id, fence), "the episode is the fence's"
        codec = self._access.codec
        heads = Heads(codec)
        await self._access.write(JournalJob(chat_id, fence=fence, parts=parts, codec=codec, heads=heads), heads)

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        """The parts that are kept."""
        return await self._access.read(lambda connection: self._chats.journal(connection, chat_id, after))

    async def aclose(self) -> None:
        """Finish what waits, then let go of the file."""
        await self._access.aclose()


async def _opened(path: Path, *, newer: bool, settings: SqliteSettings) -> OpenFile:
    """The connections to a file that was examined. Raises sqlite3.Error, and what `prepare` raises."""
    read_only = newer or settings.read_only
    writer = connect(path, read_only=read_only, settings=settings)
    try:
        await retrying(lambda: check_readable(writer), settings.lock_wait_ms)
        if not read_only:
            await retrying(lambda: prepare(writer, path), settings.lock_wait_ms)
        reader = connect(path, read_only=read_only, settings=settings) if settings.thread else writer
    except BaseException:
        writer.close()
        raise
    return OpenFile(path=path, writer=writer, reader=reader, newer=newer)
