"""The SQLite pubsub keeps the contract of the pubsub port, and finds out what others appended to the file."""

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import pytest

from chatcore.adapters.sqlite import SqlitePubSub, SqliteSettings, SqliteStore
from chatcore.domain.ids import ChatId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.pubsub import ChatChanged, Hint, Lagged, PubSub, WorkWanted
from chatcore.ports.store_errors import NotAStore, StoreUnavailable
from chatcore.testing.appends import acquired, created, many_titles, titled
from chatcore.testing.clocks import ManualClock
from chatcore.testing.contracts.pubsub import PATIENCE_S, OpenPubSub, PubSubContract

CHAT, OTHER = ChatId("chat"), ChatId("other")
QUICK = SqliteSettings(hint_poll_ms=5)


class TestSqlitePubSub(PubSubContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_pubsub(self, tmp_path: Path) -> OpenPubSub:
        """A new file each time."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[PubSub, None]:
            path = tmp_path / "chats.db"
            async with (
                aclosing(await SqliteStore.open(path, clock=ManualClock())),
                aclosing(await SqlitePubSub.open(path)) as pubsub,
            ):
                yield pubsub

        return opened


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[SqliteStore, None]:
    """A store that publishes nothing, as one of another process."""
    async with aclosing(await SqliteStore.open(tmp_path / "chats.db", clock=ManualClock())) as store:
        yield store


@pytest.fixture
async def pubsub(store: SqliteStore, tmp_path: Path) -> AsyncGenerator[SqlitePubSub, None]:
    """A pubsub of the same file."""
    async with aclosing(await SqlitePubSub.open(tmp_path / "chats.db", settings=QUICK)) as pubsub:
        yield pubsub


@pytest.mark.anyio
@pytest.mark.spec("2.10")
async def test_what_another_process_appends_is_seen(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """A watcher of a chat hears of its new head, one that looks for work of the chat that wants a worker."""
    first = created(CHAT)
    async with pubsub.watch_chat(CHAT) as chat, pubsub.watch_work() as work:
        await store.append([first, created(OTHER)], actor=SYSTEM)

        assert await _next(chat) == ChatChanged.of(CHAT, first.head)
        assert {await _next(work), await _next(work)} == {
            WorkWanted(chat_id=CHAT, seq=first.head.seq),
            WorkWanted(chat_id=OTHER, seq=first.head.seq),
        }


@pytest.mark.anyio
async def test_a_chat_that_is_taken_wants_nobody(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """An append that leaves a chat with a runner is no hint for those who look for work."""
    first = created(CHAT)
    await store.append([first], actor=SYSTEM)
    async with pubsub.watch_work() as work:
        await store.append([acquired(CHAT, first.head)], actor=SYSTEM)
        await store.append([created(OTHER)], actor=SYSTEM)

        assert await _next(work) == WorkWanted(chat_id=OTHER, seq=first.head.seq)


@pytest.mark.anyio
async def test_what_was_appended_before_is_no_news(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """Hints begin when the first subscriber enters; they come from the log as it is then."""
    first = created(CHAT)
    await store.append([first], actor=SYSTEM)
    async with pubsub.watch_chat(CHAT) as hints:
        later = titled(CHAT, first.head, "later")
        await store.append([later], actor=SYSTEM)

        assert await _next(hints) == ChatChanged.of(CHAT, later.head)


@pytest.mark.anyio
async def test_what_happens_while_nobody_waits_is_told_then(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """A subscriber that was busy with something else is told as soon as it waits again."""
    async with pubsub.watch_chat(CHAT) as hints:
        first = created(CHAT)
        await store.append([first], actor=SYSTEM)
        await anyio.sleep(4 * QUICK.hint_poll_ms / 1000)
        later = titled(CHAT, first.head, "later")
        await store.append([later], actor=SYSTEM)

        assert await _next(hints) == ChatChanged.of(CHAT, later.head)


@pytest.mark.anyio
async def test_when_the_one_who_looks_leaves_another_looks(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """One subscriber looks for all of them; when it stops waiting, one of the others takes over."""
    told: list[Hint | Lagged] = []
    entered = [anyio.Event() for _ in range(3)]
    scopes = [anyio.CancelScope() for _ in range(3)]

    async def watch(number: int) -> None:
        with scopes[number]:
            async with pubsub.watch_chat(CHAT) as hints:
                entered[number].set()
                told.append(await _next(hints))

    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(watch, number)
                await entered[number].wait()
                await anyio.sleep(2 * QUICK.hint_poll_ms / 1000)
            scopes[0].cancel()
            scopes[1].cancel()
            first = created(CHAT)
            await store.append([first], actor=SYSTEM)

    assert told == [ChatChanged.of(CHAT, first.head)]


@pytest.mark.anyio
async def test_one_who_always_finds_hints_still_looks(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """A subscriber kept busy by its own process hears of the others as well."""
    first = created(CHAT)
    own = ChatChanged.of(CHAT, first.head)
    async with pubsub.watch_chat(CHAT) as hints:
        await store.append([first], actor=SYSTEM)
        with anyio.fail_after(PATIENCE_S):
            later = titled(CHAT, first.head, "later")
            await store.append([later], actor=SYSTEM)
            while True:
                await pubsub.publish([own])
                if await anext(hints) == ChatChanged.of(CHAT, later.head):
                    break


@pytest.mark.anyio
async def test_a_flood_is_told_as_lagged(store: SqliteStore, pubsub: SqlitePubSub) -> None:
    """More new events than are worth reading: everybody is told to read what it watches."""
    first = created(CHAT)
    await store.append([first], actor=SYSTEM)
    async with pubsub.watch_chat(OTHER) as hints:
        await store.append([many_titles(CHAT, first.head, 10_001)], actor=SYSTEM)

        assert await _next(hints) == Lagged()


@pytest.mark.anyio
async def test_a_pubsub_needs_a_store(tmp_path: Path) -> None:
    """A file that is not there, or is no store, is told as such and not touched."""
    with pytest.raises(StoreUnavailable):
        await SqlitePubSub.open(tmp_path / "missing.db")
    with pytest.raises(NotAStore):
        await SqlitePubSub.open(tmp_path)

    assert os.listdir(tmp_path) == []


async def _next(hints: AsyncIterator[Hint | Lagged]) -> Hint | Lagged:
    with anyio.fail_after(PATIENCE_S):
        return await anext(hints)
