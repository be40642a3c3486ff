"""The contract of reading a log: pages of whole appends, forwards and backwards (architecture 3, 5)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import MessageAdded, TitleChanged, TurnStarted
from chatcore.domain.ids import Seq
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store
from chatcore.ports.store_values import TRANSCRIPT_TYPES
from chatcore.testing.appends import acquired, answered, created, many_titles, titled, turn, words
from chatcore.testing.contracts.store_base import CHAT, OTHER, LiveChat, OpenStore, StoreFixtures

TITLES = frozenset({TitleChanged.TYPE})
EXAMPLES = 15


class ReadContract(StoreFixtures):
    """Every event once, in order, and no page that ends inside an append."""

    async def test_a_cursor_continues_where_the_page_ended(self, store: Store) -> None:
        """Events after a seq are those with a higher one."""
        chat = await _titles(store, [2, 1, 4])

        page = await store.events(CHAT, actor=SYSTEM, after=4)

        assert [event.seq for event in page.events] == list(range(5, chat.head.seq + 1))
        assert not page.more

    async def test_beyond_the_end_there_is_nothing(self, store: Store) -> None:
        """A cursor at the end or beyond it, however far, gives an empty page."""
        chat = await _titles(store, [1])

        for after in (chat.head.seq, chat.head.seq + 5, 2**80):
            page = await store.events(CHAT, actor=SYSTEM, after=after)
            assert (page.events, page.more) == ((), False)

    async def test_a_page_goes_on_to_the_end_of_its_append(self, store: Store) -> None:
        """A limit that falls inside an append lets the append through."""
        await _titles(store, [3, 3])

        page = await store.events(CHAT, actor=SYSTEM, after=2, limit=1)

        assert [event.seq for event in page.events] == [3, 4, 5]
        assert page.more

    async def test_a_page_that_ends_with_the_log_says_so(self, store: Store) -> None:
        """`more` is false on the last page, also where it is exactly full or went over its limit."""
        chat = await _titles(store, [3])

        for limit in (1, 2, 3):
            assert not (await store.events(CHAT, actor=SYSTEM, after=2, limit=limit)).more
        assert (await store.events(CHAT, actor=SYSTEM, limit=2)).more
        assert not (await store.events(CHAT, actor=SYSTEM, limit=chat.head.seq)).more

    async def test_types_choose_among_the_events(self, store: Store) -> None:
        """With types only those events count, for the limit, too; no types choose none out."""
        chat = await _titles(store, [2])
        await chat.add(acquired(CHAT, chat.head))
        await chat.add(titled(CHAT, chat.head, "last"))

        page = await store.events(CHAT, actor=SYSTEM, types=TITLES, limit=2)
        rest = await store.events(CHAT, actor=SYSTEM, types=TITLES, after=page.events[-1].seq, limit=2)
        absent = await store.events(CHAT, actor=SYSTEM, types=frozenset({TurnStarted.TYPE}))

        assert ([event.seq for event in page.events], page.more) == ([3, 4], True)
        assert ([event.seq for event in rest.events], rest.more) == ([6], False)
        assert (absent.events, absent.more) == ((), False)
        everything = await store.events(CHAT, actor=SYSTEM, types=frozenset())
        assert len(everything.events) == chat.head.seq

    async def test_the_newest_page_ends_with_the_log(self, store: Store) -> None:
        """The newest events of some types, oldest first; pages before a seq lead back to the beginning."""
        chat = await _titles(store, [1, 1, 2, 1])

        newest = await store.newest(CHAT, actor=SYSTEM, types=TITLES, limit=2)
        older = await store.newest(CHAT, actor=SYSTEM, types=TITLES, before=newest.events[0].seq, limit=5)

        assert ([event.seq for event in newest.events], newest.more) == ([5, 6, 7], True)
        assert ([event.seq for event in older.events], older.more) == ([3, 4], False)
        assert chat.head.seq == 7

    async def test_before_the_beginning_there_is_nothing(self, store: Store) -> None:
        """A cursor at the first event, or a limit of nothing, gives an empty page."""
        await _titles(store, [1])

        first = await store.newest(CHAT, actor=SYSTEM, types=TITLES, before=1)
        nothing = await store.newest(CHAT, actor=SYSTEM, types=TITLES, limit=0)

        assert (first.events, first.more) == ((), False)
        assert (nothing.events, nothing.more) == ((), True)
        assert (await store.newest(CHAT, actor=SYSTEM, types=TITLES, before=2**80)).events

    async def test_logs_do_not_mix(self, store: Store) -> None:
        """Two chats written in turns are read apart."""
        chat, other = LiveChat.of(store), LiveChat.of(store, OTHER)
        await chat.add(created(CHAT))
        await other.add(created(OTHER))
        for number in range(4):
            await chat.add(titled(CHAT, chat.head, f"mine {number}"))
            await other.add(titled(OTHER, other.head, f"yours {number}"))

        for each in (chat, other):
            events = (await store.events(each.chat_id, actor=SYSTEM)).events
            assert [event.event for event in events] == each.model.events
            assert {event.chat_id for event in events} == {each.chat_id}

    async def test_landmarks_are_truncations_and_boundaries(self, store: Store) -> None:
        """An edit, a compaction and a cleared context are found after any seq; nothing else is."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        await chat.add(acquired(CHAT, chat.head))
        await chat.add(answered(CHAT, chat.head))
        target = chat.model.edit_target(2)
        await chat.do(
            c.EditMessage(message_id=2, content=words("better"), created_by=chat.head.owner_id, target=target)
        )
        await chat.add(acquired(CHAT, chat.head))
        await chat.add(answered(CHAT, chat.head))
        await chat.do(c.ClearContext(call_id="chat_cleared_1"))

        landmarks = await store.landmarks(CHAT, actor=SYSTEM)

        expected = [seq for seq, event in chat.model.rows() if event.TYPE in ("history_truncated", "context_cleared")]
        assert [event.seq for event in landmarks] == expected
        assert [event.event for event in landmarks] == [chat.model.events[seq - 1] for seq in expected]
        assert await store.landmarks(CHAT, actor=SYSTEM, after=expected[0]) == landmarks[1:]
        assert await store.landmarks(CHAT, actor=SYSTEM, after=expected[1]) == ()

    async def test_a_snapshot_is_of_one_moment(self, store: Store) -> None:
        """Head, details and the newest page of the transcript agree, and the page is bounded."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT, title="a title"))
        await chat.add(acquired(CHAT, chat.head))
        await chat.add(answered(CHAT, chat.head))
        for append in turn(CHAT, chat.head):
            await chat.add(append)

        snapshot = await store.snapshot(CHAT, actor=SYSTEM, newest=3)

        assert (snapshot.head, snapshot.details) == (chat.head, chat.details)
        messages = [seq for seq, event in chat.model.rows() if isinstance(event, MessageAdded)]
        assert [event.seq for event in snapshot.newest.events] == messages[-3:]
        assert snapshot.newest.more
        whole = await store.snapshot(CHAT, actor=SYSTEM)
        assert [event.seq for event in whole.newest.events] == messages
        assert {event.event.TYPE for event in whole.newest.events} <= TRANSCRIPT_TYPES

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(sizes=st.lists(st.integers(1, 5), max_size=6), limit=st.integers(1, 7), typed=st.booleans())
    async def test_paging_gives_everything_once(
        self, open_store: OpenStore, sizes: list[int], limit: int, typed: bool
    ) -> None:
        """Whatever the sizes of the appends and of the pages: forwards and backwards every event comes exactly once,
        in order, and pages begin and end where appends do."""
        async with open_store() as store:
            await _titles(store, sizes)
            types = TITLES if typed else None
            expected = (await store.events(CHAT, actor=SYSTEM, types=types, limit=1000)).events

            assert await _forwards(store, types, limit) == expected
            assert await _backwards(store, types or frozenset(), limit) == expected


async def _titles(store: Store, sizes: list[int]) -> LiveChat:
    """A chat whose later appends hold so many titles each."""
    chat = LiveChat.of(store)
    await chat.add(created(CHAT))
    for size in sizes:
        await chat.add(many_titles(CHAT, chat.head, size))
    return chat


async def _forwards(store: Store, types: frozenset[str] | None, limit: int) -> tuple[StoredEvent, ...]:
    found: list[StoredEvent] = []
    after: Seq = 0
    more = True
    while more:
        page = await store.events(CHAT, actor=SYSTEM, after=after, types=types, limit=limit)
        assert not page.events or page.events[-1].seq == page.events[-1].upto
        found += page.events
        after = found[-1].seq if found else 0
        more = page.more
    return tuple(found)


async def _backwards(store: Store, types: frozenset[str], limit: int) -> tuple[StoredEvent, ...]:
    found: list[StoredEvent] = []
    before: Seq | None = None
    more = True
    while more:
        page = await store.newest(CHAT, actor=SYSTEM, before=before, types=types, limit=limit)
        if page.more and page.events:
            (previous,) = (
                await store.newest(CHAT, actor=SYSTEM, before=page.events[0].seq, types=types, limit=1)
            ).events[-1:]
            assert previous.upto != page.events[0].upto
        found[:0] = page.events
        before = found[0].seq if found else None
        more = page.more
    return tuple(found)
