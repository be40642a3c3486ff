"""The contract of the feed, of purging and of closing (architecture 3, 5)."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store import Store
from chatcore.ports.store_errors import InvalidCursor, Purged, StoreClosed
from chatcore.ports.store_values import FeedCursor, Heartbeat
from chatcore.testing.appends import acquired, child_created, created, many_titles, titled
from chatcore.testing.contracts.store_base import ADA, BOB, CHAT, LONG, OTHER, THIRD, LiveChat, OpenStore, StoreFixtures
from chatcore.testing.contracts.store_chats import READS

WRITERS = 8
APPENDS = 6

ANY_CALLS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "append": lambda store: store.append([created(CHAT)], actor=SYSTEM),
    "feed": lambda store: store.feed(),
    "purge": lambda store: store.purge(CHAT, actor=SYSTEM),
    "chats": lambda store: store.chats(actor=SYSTEM),
    "chat_ids": lambda store: store.chat_ids(),
    "runnable": lambda store: store.runnable(expiry=LONG),
    "heartbeat": lambda store: store.heartbeat([]),
    "leases": lambda store: store.leases(CHAT),
    "sweep_leases": lambda store: store.sweep_leases(older_than=LONG),
    "journal_read": lambda store: store.journal_read(CHAT),
}
"""The calls that READS does not hold."""


class FeedContract(StoreFixtures):
    """Every event once, each chat's in order, and nothing that is skipped because it came late."""

    async def test_the_feed_begins_with_the_first_event(self, store: Store) -> None:
        """An empty store gives an empty page and a cursor that goes on from there."""
        empty = await store.feed()
        (first,) = await store.append([created(CHAT)], actor=SYSTEM)

        assert empty.events == ()
        assert (await store.feed(empty.cursor)).events == first.events
        assert (await store.feed()).events == first.events

    async def test_pages_follow_each_other(self, store: Store) -> None:
        """Every event of every chat comes once; each page continues the one before; at the end they are empty."""
        landed: list[StoredEvent] = []
        for chat_id in (CHAT, OTHER, THIRD):
            chat = LiveChat.of(store, chat_id)
            landed += (await chat.add(created(chat_id))).events
            landed += (await chat.add(many_titles(chat_id, chat.head, 3))).events

        pages = await _pages(store, limit=2)

        assert [event for page in pages for event in page] == landed
        assert all(page[-1].seq == page[-1].upto for page in pages)

    async def test_no_page_ends_inside_an_append_over_several_logs(self, store: Store) -> None:
        """Whoever follows the feed sees what became true together together."""
        root = LiveChat.of(store)
        await root.add(created(CHAT))
        spawned, child = child_created(OTHER, CHAT, root.head)
        await store.append([spawned, child], actor=SYSTEM)

        begun = await store.feed(limit=len(root.model.events))
        page = await store.feed(begun.cursor, limit=1)

        assert {event.chat_id for event in page.events} == {CHAT, OTHER}
        assert len(page.events) == len(spawned.events) + len(child.events)

    async def test_a_cursor_sees_what_comes_later(self, store: Store) -> None:
        """The cursor of an empty page continues with the next append."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        end = await store.feed()
        assert (await store.feed(end.cursor)).events == ()

        later = await chat.add(titled(CHAT, chat.head, "later"))

        assert (await store.feed((await store.feed(end.cursor)).cursor)).events == ()
        assert (await store.feed(end.cursor)).events == later.events

    @pytest.mark.parametrize("cursor", ["", "nonsense", "9" * 17, "9" * 60, "²"])
    async def test_the_feed_refuses_a_cursor_of_nobodys(self, store: Store, cursor: str) -> None:
        """Also one from beyond the end: it belongs to a store that held more."""
        await store.append([created(CHAT)], actor=SYSTEM)

        with pytest.raises(InvalidCursor):
            await store.feed(FeedCursor(cursor))

    async def test_a_reader_beside_writers_misses_nothing(self, store: Store) -> None:
        """While many tasks append, a reader gets every event once and every chat's in order."""
        seen: list[StoredEvent] = []
        writing = WRITERS

        async def write(number: int) -> None:
            nonlocal writing
            chat = LiveChat.of(store, ChatId(f"chat-{number}"))
            await chat.add(created(chat.chat_id))
            for size in range(APPENDS):
                await chat.add(many_titles(chat.chat_id, chat.head, 1 + size % 3))
            writing -= 1

        async def read() -> None:
            cursor: FeedCursor | None = None
            while True:
                finished = not writing
                page = await store.feed(cursor, limit=5)
                seen.extend(page.events)
                cursor = page.cursor
                if finished and not page.events:
                    return

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            for number in range(WRITERS):
                tasks.start_soon(write, number)

        for number in range(WRITERS):
            chat_id = ChatId(f"chat-{number}")
            expected = (await store.events(chat_id, actor=SYSTEM)).events
            assert tuple(event for event in seen if event.chat_id == chat_id) == expected


class PurgeContract(StoreFixtures):
    """What was said is gone for good; that something was said, nobody denies."""

    @pytest.mark.parametrize("read", list(READS))
    async def test_reads_of_a_purged_chat_say_so(self, store: Store, read: str) -> None:
        """To those who could see it; to others it stays a missing chat."""
        await _purged(store)

        with pytest.raises(Purged) as caught:
            await READS[read](store, CHAT, Actor.owner(ADA))
        with pytest.raises(ChatNotFound):
            await READS[read](store, CHAT, Actor.owner(BOB))

        assert caught.value.chat_id == CHAT

    async def test_nothing_happens_to_a_purged_chat(self, store: Store) -> None:
        """No append, no second purge, no signs of life, no journal, and no worker is wanted."""
        chat = await _purged(store)

        with pytest.raises(Purged):
            await store.append([titled(CHAT, chat.head, "more")], actor=SYSTEM)
        with pytest.raises(Purged):
            await store.append([created(CHAT, ADA)], actor=SYSTEM)
        with pytest.raises(Purged):
            await store.purge(CHAT, actor=SYSTEM)
        await store.heartbeat([_beat(CHAT)])
        with pytest.raises(Purged):
            await store.leases(CHAT)
        with pytest.raises(Purged):
            await store.journal_read(CHAT)
        assert await store.runnable(expiry=LONG) == ()

    async def test_lists_and_the_feed_leave_it_out(self, store: Store) -> None:
        """Other chats stay as they were."""
        await _purged(store)
        other = LiveChat.of(store, OTHER)
        await other.add(created(OTHER, ADA))

        assert await store.chat_ids() == (OTHER,)
        assert [row.chat_id for row in (await store.chats(actor=Actor.owner(ADA), archived=None)).rows] == [OTHER]
        assert {event.chat_id for event in (await store.feed()).events} == {OTHER}
        assert await store.head(OTHER, actor=SYSTEM) == other.head

    async def test_a_cursor_before_a_purge_stays_good(self, store: Store) -> None:
        """The feed goes on after what is gone."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT, ADA))
        cursor = (await store.feed()).cursor
        await chat.add(many_titles(CHAT, chat.head, 5))
        await store.purge(CHAT, actor=SYSTEM)
        (later,) = await store.append([created(OTHER)], actor=SYSTEM)

        assert (await store.feed(cursor, limit=1)).events == later.events

    async def test_a_family_goes_on_without_a_purged_member(self, store: Store) -> None:
        """It is left out of the family; a purged root is told."""
        root = LiveChat.of(store)
        await root.add(created(CHAT))
        await store.append(child_created(OTHER, CHAT, root.head), actor=SYSTEM)
        await store.purge(OTHER, actor=SYSTEM)

        assert set(await store.family(CHAT, actor=SYSTEM)) == {CHAT}

    async def test_only_those_who_see_a_chat_may_purge_it(self, store: Store) -> None:
        """A missing chat and another's are the same answer."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT, ADA))

        for chat_id in (CHAT, OTHER):
            with pytest.raises(ChatNotFound):
                await store.purge(chat_id, actor=Actor.owner(BOB))

        assert await store.head(CHAT, actor=SYSTEM) == chat.head


class CloseContract(StoreFixtures):
    """A closed store says so."""

    async def test_every_call_to_a_closed_store_says_so(self, open_store: OpenStore) -> None:
        """Closing twice is allowed."""
        async with open_store() as store:
            await store.append([created(CHAT)], actor=SYSTEM)
            await store.aclose()
            await store.aclose()

            for read in READS.values():
                with pytest.raises(StoreClosed):
                    await read(store, CHAT, SYSTEM)
            for call in ANY_CALLS.values():
                with pytest.raises(StoreClosed):
                    await call(store)

    async def test_what_is_in_flight_is_finished_or_refused(self, open_store: OpenStore) -> None:
        """Appends that a closing store met are answered, one way or the other; none hangs."""
        answers: list[bool] = []

        async def write(store: Store, number: int) -> None:
            try:
                await store.append([created(ChatId(f"chat-{number}"))], actor=SYSTEM)
                answers.append(True)
            except StoreClosed:
                answers.append(False)

        async with open_store() as store, anyio.create_task_group() as tasks:
            for number in range(WRITERS):
                tasks.start_soon(write, store, number)
            await anyio.lowlevel.checkpoint()
            await store.aclose()

        assert len(answers) == WRITERS


async def _purged(store: Store) -> LiveChat:
    chat = LiveChat.of(store)
    await chat.add(created(CHAT, ADA, title="a title"))
    await chat.add(acquired(CHAT, chat.head))
    await store.heartbeat([_beat(CHAT)])
    await store.purge(CHAT, actor=Actor.owner(ADA))
    return chat


def _beat(chat_id: ChatId) -> Heartbeat:
    return Heartbeat(chat_id=chat_id, runner_id=RunnerId("runner"), worker_id=WorkerId("worker"))


async def _pages(store: Store, *, limit: int) -> list[tuple[StoredEvent, ...]]:
    pages: list[tuple[StoredEvent, ...]] = []
    cursor: FeedCursor | None = None
    while True:
        page = await store.feed(cursor, limit=limit)
        cursor = page.cursor
        if not page.events:
            return pages
        pages.append(page.events)
