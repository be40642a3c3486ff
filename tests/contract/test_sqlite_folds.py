"""Stored heads are snapshots: older ones are folded anew, newer ones are not touched (architecture 5)."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path

import pytest

from chatcore.adapters.sqlite import SqliteSettings, SqliteStore
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import FOLD_VERSION, ChatHead
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store_errors import StoreIsNewer
from chatcore.testing.appends import acquired, child_created, created, many_titles, titled
from chatcore.testing.clocks import ManualClock

pytestmark = pytest.mark.anyio

CHAT, CHILD = ChatId("chat"), ChatId("child")
LENGTH = 1200
"""More events than are folded anew at once."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "chats.db"


@pytest.fixture
async def head(path: Path) -> ChatHead:
    """The head of a long chat in that store, whose row is then made to look as if another version had written it."""
    async with aclosing(await SqliteStore.open(path, clock=ManualClock())) as store:
        first = created(CHAT, title="a title")
        await store.append([first], actor=SYSTEM)
        taken = acquired(CHAT, first.head)
        await store.append([taken], actor=SYSTEM)
        titles = many_titles(CHAT, taken.head, LENGTH)
        await store.append([titles], actor=SYSTEM)
    return titles.head


@pytest.fixture
async def store(path: Path, head: ChatHead) -> AsyncGenerator[SqliteStore, None]:
    """The store with that chat."""
    async with aclosing(await SqliteStore.open(path, clock=ManualClock())) as store:
        yield store


def as_written_by(path: Path, fold_version: int) -> None:
    """Make heads and details those of another version: this one cannot read them."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chats SET fold_version = ?, head = 'of another shape'", (fold_version,))
        connection.execute("UPDATE details SET fold_version = ?, details = 'of another shape'", (fold_version,))


async def heads_of_list(store: SqliteStore, *, actor: Actor) -> list[ChatHead]:
    """The heads on a list of all chats."""
    return [row.head for row in (await store.chats(actor=actor)).rows]


def stored_versions(path: Path) -> set[int]:
    """The fold versions of all rows."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT fold_version FROM chats UNION SELECT fold_version FROM details"
        return {version for (version,) in connection.execute(query)}


async def test_an_older_head_is_folded_anew_once(path: Path, head: ChatHead, store: SqliteStore) -> None:
    """The first read folds the log and writes down what it gives; the answers are as if nothing had been."""
    before = await store.row(CHAT, actor=SYSTEM)
    as_written_by(path, FOLD_VERSION - 1)

    assert await store.head(CHAT, actor=SYSTEM) == head
    assert stored_versions(path) == {FOLD_VERSION}
    assert await store.row(CHAT, actor=SYSTEM) == before


async def test_every_read_of_an_older_head_folds_it_anew(path: Path, head: ChatHead, store: SqliteStore) -> None:
    """Details, snapshots, families and lists as well."""
    await store.append(child_created(CHILD, CHAT, head), actor=SYSTEM)
    reads = (
        partial(store.details, CHAT),
        partial(store.snapshot, CHAT),
        partial(store.family, CHAT),
        partial(heads_of_list, store),
    )
    for read in reads:
        before = await read(actor=SYSTEM)
        as_written_by(path, FOLD_VERSION - 1)
        assert await read(actor=SYSTEM) == before


async def test_a_reader_without_the_right_to_write_folds_as_well(path: Path, head: ChatHead) -> None:
    """It gives the right answers and leaves the rows as they are."""
    as_written_by(path, FOLD_VERSION - 1)

    settings = SqliteSettings(read_only=True)
    async with aclosing(await SqliteStore.open(path, clock=ManualClock(), settings=settings)) as store:
        assert await store.head(CHAT, actor=SYSTEM) == head
        assert (await store.row(CHAT, actor=SYSTEM)).fold_version == FOLD_VERSION - 1

    assert stored_versions(path) == {FOLD_VERSION - 1}


async def test_an_append_brings_the_head_up_to_date(path: Path, head: ChatHead, store: SqliteStore) -> None:
    """Whoever holds the head already needs no read of it."""
    as_written_by(path, FOLD_VERSION - 1)
    later = titled(CHAT, head, "later")

    await store.append([later], actor=SYSTEM)

    assert stored_versions(path) == {FOLD_VERSION}
    assert await store.head(CHAT, actor=SYSTEM) == later.head


async def test_the_journal_of_a_chat_with_an_older_head(path: Path, head: ChatHead, store: SqliteStore) -> None:
    """The fence is checked against the head of this version."""
    as_written_by(path, FOLD_VERSION - 1)
    fence = Fence.of(head)
    part = JournalPart(number=1, role=Role.ASSISTANT, part=TextPart(text="hello"))

    await store.journal_write(CHAT, fence=fence, episode=Episode.under(CHAT, fence), parts=[part])

    journal = await store.journal_read(CHAT)
    assert journal is not None
    assert journal.parts == (part,)


async def test_a_newer_head_is_read_and_written_by_newer_versions(
    path: Path, head: ChatHead, store: SqliteStore
) -> None:
    """Its log can be read; its head cannot, and nothing is appended."""
    other = created(CHILD)
    as_written_by(path, FOLD_VERSION + 1)
    await store.append([other], actor=SYSTEM)

    assert len((await store.events(CHAT, actor=SYSTEM, limit=5000)).events) == head.seq
    for read in (store.head, store.details, store.snapshot, store.row, store.family):
        with pytest.raises(StoreIsNewer, match="deploy"):
            await read(CHAT, actor=SYSTEM)
    with pytest.raises(StoreIsNewer):
        await store.append([titled(CHAT, head, "late")], actor=SYSTEM)
    assert await store.head(CHILD, actor=SYSTEM) == other.head
