"""Whose file is it, and what can be done with it? (architecture 5)"""

import os
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from pathlib import Path

import anyio
import pytest
from sqlite_utils import Database

from chatcore.adapters.sqlite import SqliteSettings, SqliteStore
from chatcore.domain.chat import commands as c
from chatcore.domain.content.messages import NewMessage, Role
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store_errors import (
    NotAStore,
    StoreCorrupt,
    StoreIsNewer,
    StoreReadOnly,
    StoreUnavailable,
)
from chatcore.ports.store_values import ChatAppend, Heartbeat
from chatcore.testing.appends import OWNER, acquired, answered, append_of, created, sent, titled, words
from chatcore.testing.clocks import ManualClock

pytestmark = pytest.mark.anyio

CHAT, OTHER = ChatId("chat"), ChatId("other")
IMPATIENT = SqliteSettings(lock_wait_ms=30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is, or something else."""
    return tmp_path / "chats.db"


@pytest.fixture
async def store(path: Path) -> AsyncGenerator[SqliteStore, None]:
    """A store in that file."""
    async with aclosing(await opened(path)) as store:
        yield store


async def opened(path: Path, settings: SqliteSettings | None = None) -> SqliteStore:
    """The store in a file."""
    return await SqliteStore.open(path, clock=ManualClock(), settings=settings)


def contents(path: Path) -> dict[str, bytes]:
    """All files beside a path, with their bytes."""
    return {name: (path.parent / name).read_bytes() for name in os.listdir(path.parent)}


def write(path: Path, data: bytes) -> None:
    """Make a file of these bytes."""
    path.write_bytes(data)


def foreign(path: Path, *statements: str) -> sqlite3.Connection:
    """The database of another program."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return connection


@pytest.mark.parametrize("statement", ["CREATE TABLE notes (text)", "PRAGMA application_id = 7"])
async def test_another_programs_database_is_not_touched(path: Path, statement: str) -> None:
    """A database with tables, or with another program's mark, is named as such; not a byte changes, no file appears."""
    foreign(path, statement).close()
    before = contents(path)

    with pytest.raises(NotAStore, match=r"chats\.db"):
        await opened(path)

    assert contents(path) == before


async def test_another_programs_database_in_use_is_not_touched(path: Path) -> None:
    """Also where all it holds is still in its write-ahead log."""
    with closing(foreign(path, "PRAGMA journal_mode = WAL", "CREATE TABLE notes (text)")):
        before = {name: data for name, data in contents(path).items() if not name.endswith("-shm")}

        with pytest.raises(NotAStore):
            await opened(path)

        assert {name: data for name, data in contents(path).items() if not name.endswith("-shm")} == before


@pytest.mark.parametrize("data", [b"not a database", b"x" * 4096, b"\0" * 4096, b"SQLite format 3\0"])
async def test_what_is_no_database_is_not_touched(path: Path, data: bytes) -> None:
    """Text, noise, or a file whose head is gone is told as damaged."""
    write(path, data)

    with pytest.raises(StoreCorrupt, match=r"chats\.db"):
        await opened(path)

    assert contents(path) == {"chats.db": data}


@pytest.mark.parametrize("kept", [1024, 0.5, -1])
async def test_a_truncated_store_is_not_touched(path: Path, kept: float) -> None:
    """A store that lost its end is told as damaged when it is opened, by whatever it was cut."""
    async with aclosing(await opened(path)) as store:
        await store.append([many_titles_of_new(CHAT)], actor=SYSTEM)
    data = contents(path)["chats.db"]
    size = {1024: 1024, 0.5: len(data) // 2, -1: len(data) - 1}[kept]
    write(path, data[:size])

    with pytest.raises(StoreCorrupt, match="restore it from a backup"):
        await opened(path)

    assert contents(path) == {"chats.db": data[:size]}


async def test_damage_inside_is_told_when_it_is_met(path: Path) -> None:
    """Pages of noise in the middle are told by whichever call reads them."""
    async with aclosing(await opened(path)) as store:
        await store.append([many_titles_of_new(CHAT)], actor=SYSTEM)
    data = contents(path)["chats.db"]
    write(path, data[:1024] + b"\xa5" * (len(data) - 1024))

    with pytest.raises(StoreCorrupt):
        async with aclosing(await opened(path)) as store:
            await store.events(CHAT, actor=SYSTEM)


async def test_a_log_that_contradicts_its_chat_is_told_as_damage(path: Path, store: SqliteStore) -> None:
    """Where a row says that the log ends earlier than it does, nothing is written over what is there."""
    first = created(CHAT)
    await store.append([first, created(OTHER)], actor=SYSTEM)
    await store.append([titled(CHAT, first.head, "kept")], actor=SYSTEM)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE chats SET seq = ? WHERE chat_id = ?", (first.head.seq, CHAT))

    with pytest.raises(StoreCorrupt):
        await store.append([titled(CHAT, first.head, "written over")], actor=SYSTEM)

    assert (await store.events(CHAT, actor=SYSTEM)).events[-1].event == titled(CHAT, first.head, "kept").events[0]


async def test_a_store_needs_a_directory(path: Path) -> None:
    """A missing directory is told with its name, and not made; a directory is no store."""
    with pytest.raises(StoreUnavailable, match="missing"):
        await opened(path.parent / "missing" / "chats.db")
    with pytest.raises(NotAStore):
        await opened(path.parent)

    assert contents(path) == {}


async def test_an_empty_file_becomes_a_store(path: Path) -> None:
    """As made by a program that reserves a name."""
    write(path, b"")

    async with aclosing(await opened(path)) as store:
        await store.append([created(CHAT)], actor=SYSTEM)

    assert contents(path)["chats.db"]


async def test_a_store_is_marked_and_small_paged(path: Path, store: SqliteStore) -> None:
    """The mark in the header says whose file it is; other tools can look into it."""
    await store.append([created(CHAT)], actor=SYSTEM)

    with closing(sqlite3.connect(path)) as connection:
        values = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "page_size", "journal_mode")
        }
        assert {"events", "chats", "details", "leases", "parts"} <= set(Database(connection).table_names())

    assert values == {"application_id": 0x63686174, "user_version": 1, "page_size": 1024, "journal_mode": "wal"}


async def test_everything_is_there_after_reopening(path: Path) -> None:
    """Log, head, details, columns, leases: closed and opened again, they are as they were."""
    async with aclosing(await opened(path)) as store:
        first = created(CHAT, title="a title")
        await store.append([first], actor=SYSTEM)
        taken = acquired(CHAT, first.head)
        await store.append([taken], actor=SYSTEM)
        await store.heartbeat([Heartbeat(chat_id=CHAT, runner_id=RunnerId("runner"), worker_id=WorkerId("worker"))])
        before = [await store.row(CHAT, actor=SYSTEM), await store.events(CHAT, actor=SYSTEM), await store.leases(CHAT)]

    async with aclosing(await opened(path)) as store:
        after = [await store.row(CHAT, actor=SYSTEM), await store.events(CHAT, actor=SYSTEM), await store.leases(CHAT)]
        await store.append([answered(CHAT, taken.head)], actor=SYSTEM)

    assert after == before
    assert os.listdir(path.parent) == ["chats.db"]


async def test_a_newer_store_can_be_read(path: Path) -> None:
    """A store whose tables a newer version made: the log can be read, every write says what to do."""
    first = created(CHAT)
    async with aclosing(await opened(path)) as store:
        await store.append([first], actor=SYSTEM)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")

    async with aclosing(await opened(path)) as store:
        assert len((await store.events(CHAT, actor=SYSTEM)).events) == first.head.seq
        with pytest.raises(StoreIsNewer, match="deploy"):
            await store.append([titled(CHAT, first.head, "late")], actor=SYSTEM)
        with pytest.raises(StoreIsNewer):
            await store.purge(CHAT, actor=SYSTEM)


async def test_a_store_that_becomes_newer_takes_no_more_writes(path: Path, store: SqliteStore) -> None:
    """A newer version changed what an append writes while this process had the file open."""
    first = created(CHAT)
    await store.append([first], actor=SYSTEM)
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute("ALTER TABLE chats RENAME COLUMN runner TO runner_id")
        newer.execute("PRAGMA user_version = 99")

    with pytest.raises(StoreIsNewer):
        await store.append([titled(CHAT, first.head, "late")], actor=SYSTEM)

    assert len((await store.events(CHAT, actor=SYSTEM)).events) == first.head.seq


async def test_a_store_opened_for_reading_takes_no_writes(path: Path) -> None:
    """It reads everything, refuses every write, and makes no file where there is none."""
    reading = SqliteSettings(read_only=True)
    with pytest.raises(StoreUnavailable, match="no store"):
        await opened(path, reading)
    assert contents(path) == {}
    first = created(CHAT)
    async with aclosing(await opened(path)) as store:
        await store.append([first], actor=SYSTEM)

    async with aclosing(await opened(path, reading)) as store:
        assert await store.head(CHAT, actor=SYSTEM) == first.head
        with pytest.raises(StoreReadOnly):
            await store.append([titled(CHAT, first.head, "late")], actor=SYSTEM)
        with pytest.raises(StoreReadOnly):
            await store.heartbeat([])


async def test_a_purged_chat_leaves_no_word_in_the_file(path: Path, store: SqliteStore) -> None:
    """Neither in the database nor in the write-ahead log, whatever its size; the other chats' words stay."""
    secret = "c0ffee-secret-" * 500
    first = created(CHAT, text=secret, title="a c0ffee-secret-title")
    await store.append([first], actor=SYSTEM)
    more = sent(CHAT, first.head, "one more c0ffee-secret-word")
    await store.append([more], actor=SYSTEM)
    said = (*first.events, *more.events)
    await store.append([created(OTHER, text="plain words")], actor=SYSTEM)

    await store.purge(CHAT, actor=SYSTEM)

    data = b"".join(contents(path).values())
    assert b"c0ffee-secret" not in data
    assert b"plain words" in data
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT seq, type, actor, command_id, payload FROM events WHERE chat = 1 ORDER BY seq"
        rows = connection.execute(query).fetchall()
    assert [row[:2] for row in rows] == list(enumerate((event.TYPE for event in said), 1))
    assert {row[2:] for row in rows} == {("", None, None)}


async def test_a_lock_held_elsewhere_is_waited_for(path: Path, store: SqliteStore) -> None:
    """An append waits for another process's transaction, the loop goes on meanwhile, and reads do not wait at all."""
    first = created(CHAT)
    await store.append([first], actor=SYSTEM)
    landed = anyio.Event()

    async def write() -> None:
        await store.append([titled(CHAT, first.head, "late")], actor=SYSTEM)
        landed.set()

    with closing(sqlite3.connect(path, isolation_level=None)) as other, anyio.fail_after(10):
        other.execute("BEGIN IMMEDIATE")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            await anyio.sleep(0.02)
            assert not landed.is_set()
            assert await store.head(CHAT, actor=SYSTEM) == first.head
            other.execute("COMMIT")
            await landed.wait()


async def test_a_lock_that_stays_is_told(path: Path) -> None:
    """After the wait that was set the append gives up, and nothing of it lands later."""
    async with aclosing(await opened(path, IMPATIENT)) as store:
        first = created(CHAT)
        await store.append([first], actor=SYSTEM)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                await store.append([titled(CHAT, first.head, "late")], actor=SYSTEM)
            other.execute("COMMIT")

        assert await store.head(CHAT, actor=SYSTEM) == first.head
        await store.append([titled(CHAT, first.head, "later")], actor=SYSTEM)


def many_titles_of_new(chat_id: ChatId) -> ChatAppend:
    """A chat that fills some pages."""
    message = NewMessage(role=Role.USER, content=words("question"))
    create = c.Create(owner_id=OWNER, messages=(message,))
    return append_of(chat_id, None, create, *(c.ChangeTitle(title=f"title {n} " * 20) for n in range(50)))
