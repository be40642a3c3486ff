"""Leader and followers: many appends in few transactions, and none of them pays for another (architecture 5)."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from datetime import datetime
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from chatcore.adapters.sqlite import SqliteSettings, SqliteStore
from chatcore.adapters.sqlite.access import Access, OpenFile
from chatcore.adapters.sqlite.opening import connect, prepare
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.fence import Fence
from chatcore.domain.content.messages import NewMessage, Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store_errors import StoreError, StoreFull
from chatcore.ports.store_values import ChatAppend, Heartbeat
from chatcore.testing.appends import OWNER, acquired, append_of, created, titled, words
from chatcore.testing.clocks import ManualClock

SETTINGS = SqliteSettings()
THREAD = SqliteSettings(thread=True)
TASKS = 50


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "chats.db"


@pytest.fixture
def connection(path: Path) -> sqlite3.Connection:
    """The connection of that store, for tests that look over its shoulder."""
    connection = connect(path, read_only=False, settings=SETTINGS)
    prepare(connection, path)
    return connection


@pytest.fixture
async def store(path: Path, connection: sqlite3.Connection) -> AsyncGenerator[SqliteStore, None]:
    """A store on that connection."""
    file = OpenFile(path=path, writer=connection, reader=connection, newer=False)
    async with aclosing(SqliteStore(Access(file, clock=ManualClock(), settings=SETTINGS, codec=Codec()))) as store:
        yield store


def chat(number: int) -> ChatId:
    """An id."""
    return ChatId(f"chat-{number}")


def wal(path: Path) -> bytes:
    """The write-ahead log."""
    file = Path(f"{path}-wal")
    return file.read_bytes() if file.exists() else b""


def commits(path: Path) -> int:
    """How many transactions the write-ahead log holds: each one's last page is marked."""
    data = wal(path)
    page_bytes = int.from_bytes(data[8:12])
    salts = data[16:24]
    frames = [data[start : start + 24] for start in range(32, len(data), 24 + page_bytes)]
    return sum(frame[8:16] == salts and frame[4:8] != bytes(4) for frame in frames)


async def append_all(store: SqliteStore, appends: list[ChatAppend]) -> list[str]:
    """Append each in a task of its own; what became of each."""
    outcomes = [""] * len(appends)

    async def append(number: int) -> None:
        try:
            await store.append([appends[number]], actor=SYSTEM)
            outcomes[number] = "landed"
        except StoreError as error:
            outcomes[number] = type(error).__name__

    async with anyio.create_task_group() as tasks:
        for number in range(len(appends)):
            tasks.start_soon(append, number)
    return outcomes


@pytest.mark.anyio
async def test_appends_that_come_together_are_committed_together(path: Path, store: SqliteStore) -> None:
    """Fifty tasks that append at once share a few transactions; one after the other they need one each."""
    firsts = [created(chat(number)) for number in range(TASKS)]
    before = commits(path)
    assert await append_all(store, firsts) == ["landed"] * TASKS
    together = commits(path) - before
    for number, first in enumerate(firsts[:5]):
        await store.append([titled(chat(number), first.head, "one by one")], actor=SYSTEM)

    assert 1 <= together <= 3
    assert commits(path) - before - together == 5


@pytest.mark.anyio
async def test_a_conflict_fails_nobody_else(path: Path, store: SqliteStore) -> None:
    """In one group, stale appends are refused and the others land."""
    firsts = [created(chat(number)) for number in range(TASKS)]
    await store.append(firsts, actor=SYSTEM)
    seconds = [titled(first.chat_id, first.head, "second") for first in firsts]
    await store.append(seconds[::2], actor=SYSTEM)
    before = commits(path)

    outcomes = await append_all(store, [titled(each.chat_id, each.head, "late") for each in firsts])

    assert outcomes == ["Conflict", "landed"] * (TASKS // 2)
    assert commits(path) - before <= 3


@pytest.mark.anyio
async def test_rivals_in_one_group(store: SqliteStore) -> None:
    """Two appends to the same end of a log that are committed together: the first lands, the second is a conflict."""
    first = created(chat(0))
    await store.append([first], actor=SYSTEM)

    outcomes = await append_all(store, [titled(chat(0), first.head, name) for name in ("one", "two", "three")])

    assert sorted(outcomes) == ["Conflict", "Conflict", "landed"]


@pytest.mark.anyio
async def test_one_that_does_not_fit_fails_nobody_else(connection: sqlite3.Connection, store: SqliteStore) -> None:
    """A full database refuses the append that is too large; those that came with it and fit are written."""
    await store.append([created(chat(100))], actor=SYSTEM)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 40}")
    appends = [created(chat(number)) for number in range(4)]
    appends.insert(2, large(chat(99)))

    outcomes = await append_all(store, appends)

    assert outcomes == ["landed", "landed", "StoreFull", "landed", "landed"]
    assert chat(99) not in await store.chat_ids()


@pytest.mark.anyio
async def test_a_full_database_is_usable_again_with_more_room(
    connection: sqlite3.Connection, store: SqliteStore
) -> None:
    """Nothing of what was refused is there; what was there before is whole; and with room all goes on."""
    first = created(chat(0))
    await store.append([first], actor=SYSTEM)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreFull, match="free space"):
        await store.append([titled(chat(0), first.head, "x" * 1000), large(chat(1))], actor=SYSTEM)

    assert await store.chat_ids() == (chat(0),)
    assert await store.head(chat(0), actor=SYSTEM) == first.head
    connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    await store.append([titled(chat(0), first.head, "x" * 1000), large(chat(1))], actor=SYSTEM)
    assert await store.chat_ids() == (chat(0), chat(1))


@pytest.mark.anyio
@pytest.mark.parametrize("settings", [SETTINGS, THREAD], ids=["loop", "thread"])
@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("victim", range(3))
async def test_a_task_cancelled_at_any_await(path: Path, settings: SqliteSettings, steps: int, victim: int) -> None:
    """Leader or follower, cancelled after any number of steps: its append is whole or absent, the others land, and the
    store goes on."""
    async with aclosing(await SqliteStore.open(path, clock=ManualClock(), settings=settings)) as store:
        scopes = [anyio.CancelScope() for _ in range(3)]
        landed: set[int] = set()

        async def append(number: int) -> None:
            with scopes[number]:
                await store.append([many_titles_of_new(chat(number))], actor=SYSTEM)
                landed.add(number)

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for number in range(3):
                    tasks.start_soon(append, number)
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                scopes[victim].cancel()
            await store.append([created(chat(9))], actor=SYSTEM)

        assert landed >= {0, 1, 2} - {victim}
        there = await store.chat_ids()
        assert {chat(number) for number in landed} | {chat(9)} <= set(there)
        for chat_id in there[:-1]:
            assert len((await store.events(chat_id, actor=SYSTEM)).events) == many_titles_of_new(chat_id).head.seq


@pytest.mark.anyio
async def test_a_leader_cancelled_while_the_lock_is_held_elsewhere(path: Path, store: SqliteStore) -> None:
    """The next in line leads on, and all the others land as soon as the lock is free."""
    outcomes: list[str] = []
    leader = anyio.CancelScope()

    async def lead() -> None:
        with leader:
            await store.append([created(chat(0))], actor=SYSTEM)

    async def follow() -> None:
        outcomes.extend(await append_all(store, [created(chat(number)) for number in range(1, 4)]))

    with closing(sqlite3.connect(path, isolation_level=None)) as other, anyio.fail_after(10):
        other.execute("BEGIN IMMEDIATE")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lead)
            await anyio.sleep(0.01)
            tasks.start_soon(follow)
            await anyio.sleep(0.01)
            leader.cancel()
            await anyio.sleep(0.01)
            other.execute("COMMIT")

    assert outcomes == ["landed"] * 3
    assert await store.chat_ids() == (chat(1), chat(2), chat(3))


@pytest.mark.anyio
async def test_the_next_leader_cancelled_together_with_the_leader(path: Path, store: SqliteStore) -> None:
    """One who is asked to lead but was cancelled in the same moment hands the lead on: nobody is left waiting."""
    scopes = [anyio.CancelScope() for _ in range(4)]
    landed: list[int] = []

    async def append(number: int) -> None:
        with scopes[number]:
            await store.append([created(chat(number))], actor=SYSTEM)
            landed.append(number)

    with closing(sqlite3.connect(path, isolation_level=None)) as other, anyio.fail_after(10):
        other.execute("BEGIN IMMEDIATE")
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(append, number)
                await anyio.sleep(0.005)
            scopes[0].cancel()
            scopes[1].cancel()
            await anyio.sleep(0.005)
            other.execute("COMMIT")

    assert sorted(landed) == [2, 3]
    assert await store.chat_ids() == (chat(2), chat(3))


class _Gate:
    """A clock that holds whoever asks for the time until it is opened: a disk that takes its time."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.opened = threading.Event()
        self._clock = ManualClock()

    def now(self) -> datetime:
        """The time, when the gate is open."""
        self.asked.set()
        assert self.opened.wait(10), "the gate was never opened"
        return self._clock.now()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_one_that_asyncio_cancels_just_as_it_is_asked_to_lead(path: Path, store: SqliteStore) -> None:
    """asyncio can cancel a task that was woken but has not yet run: it hands the lead on as well."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other, anyio.fail_after(10):
        other.execute("BEGIN IMMEDIATE")
        tasks = [asyncio.create_task(store.append([created(chat(number))], actor=SYSTEM)) for number in range(4)]
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        # In this one step the leader leaves and wakes the next one, which is then cancelled before its own step.
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait(tasks[:2])
        other.execute("COMMIT")
        await asyncio.gather(*tasks[2:])

    assert [task.cancelled() for task in tasks] == [True, True, False, False]
    assert await store.chat_ids() == (chat(2), chat(3))


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_a_task_that_asyncio_cancels_during_a_commit_in_a_thread(path: Path) -> None:
    """asyncio's own cancellation respects no shield: the commit is waited for, and nobody commits beside it."""
    gate = _Gate()
    async with aclosing(await SqliteStore.open(path, clock=gate, settings=THREAD)) as store:
        first = asyncio.create_task(store.append([created(chat(0))], actor=SYSTEM))
        await anyio.to_thread.run_sync(gate.asked.wait, 10)
        second = asyncio.create_task(store.append([created(chat(1))], actor=SYSTEM))
        await asyncio.sleep(0.01)
        first.cancel()
        threading.Timer(0.05, gate.opened.set).start()
        with pytest.raises(asyncio.CancelledError):
            await first
        await second

        assert await store.chat_ids() == (chat(0), chat(1))


@pytest.mark.anyio
async def test_reads_see_nothing_of_a_commit_in_a_thread_before_its_end(path: Path) -> None:
    """While a thread writes, the loop reads what was there before."""
    gate = _Gate()
    async with aclosing(await SqliteStore.open(path, clock=gate, settings=THREAD)) as store:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: store.append([created(chat(0))], actor=SYSTEM))
                await anyio.to_thread.run_sync(gate.asked.wait, 10)
                assert await store.chat_ids() == ()
                gate.opened.set()

        assert await store.chat_ids() == (chat(0),)


@pytest.mark.anyio
async def test_journals_and_heartbeats_do_not_wait_for_the_disk(
    connection: sqlite3.Connection, store: SqliteStore
) -> None:
    """A group of them alone is committed without waiting; with an append among them it waits, as appends do."""
    first = created(chat(0))
    taken = acquired(chat(0), first.head)
    await store.append([first], actor=SYSTEM)
    await store.append([taken], actor=SYSTEM)
    fence = Fence.of(taken.head)
    episode = Episode.under(chat(0), fence)
    parts = [JournalPart(number=1, role=Role.ASSISTANT, part=TextPart(text="hello"))]
    beat = Heartbeat(chat_id=chat(0), runner_id=RunnerId("runner"), worker_id=WorkerId("worker"))

    def synchronous() -> int:
        (value,) = connection.execute("PRAGMA synchronous").fetchone()
        return int(value)

    await store.journal_write(chat(0), fence=fence, episode=episode, parts=parts)
    assert synchronous() == 1
    await store.heartbeat([beat])
    assert synchronous() == 1
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: store.journal_write(chat(0), fence=fence, episode=episode, parts=parts))
        tasks.start_soon(lambda: store.append([created(chat(1))], actor=SYSTEM))
        tasks.start_soon(lambda: store.heartbeat([beat]))
    assert synchronous() == 2


@pytest.mark.anyio
async def test_an_append_of_one_event_writes_few_pages(path: Path, store: SqliteStore) -> None:
    """Four pages of 1 KiB: the event, its place in the chat, the chat's row, and now and then one that is new."""
    await store.append([created(chat(number)) for number in range(TASKS)], actor=SYSTEM)
    first = created(chat(100))
    await store.append([first], actor=SYSTEM)
    head = first.head
    before = len(wal(path))
    for number in range(TASKS):
        append = append_of(chat(100), head, c.BindWorkspace(workspace_id=f"workspace-{number}"))
        await store.append([append], actor=SYSTEM)
        head = append.head

    pages = (len(wal(path)) - before) / (1024 + 24) / TASKS
    assert pages <= 5


def large(chat_id: ChatId) -> ChatAppend:
    """A chat with some 60 pages of words."""
    message = NewMessage(role=Role.USER, content=words("words " * 10_000))
    return append_of(chat_id, None, c.Create(owner_id=OWNER, messages=(message,)))


def many_titles_of_new(chat_id: ChatId) -> ChatAppend:
    """A chat whose first append holds several events."""
    message = NewMessage(role=Role.USER, content=words("question"))
    create = c.Create(owner_id=OWNER, messages=(message,))
    return append_of(chat_id, None, create, *(c.ChangeTitle(title=f"title {number}") for number in range(3)))
