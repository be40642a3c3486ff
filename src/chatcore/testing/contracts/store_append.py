"""The contract of appending: atomic, gapless, checked against `expected_seq` (architecture 5)."""

import anyio
import pytest
from attrs import evolve

from chatcore.domain.chat.codec import HeadTooLarge, NotUnicode
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.chat.values import QueuedRow
from chatcore.domain.ids import ChatId, CommandId
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store import Store
from chatcore.ports.store_errors import Conflict
from chatcore.ports.store_values import ChatAppend
from chatcore.testing.appends import (
    acquired,
    answered,
    child_created,
    created,
    many_titles,
    sent,
    titled,
    turn,
)
from chatcore.testing.contracts.store_base import (
    ADA,
    BOB,
    CHAT,
    MOMENT,
    OTHER,
    THIRD,
    LiveChat,
    PassTime,
    StoreFixtures,
)

TASKS = 20


class AppendContract(StoreFixtures):
    """Whole or absent, in the order of seq, and never onto a log that has moved on."""

    async def test_events_are_numbered_from_one_without_gaps(self, store: Store) -> None:
        """Three appends of several events each make one log 1, 2, 3 …"""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        await chat.add(many_titles(CHAT, chat.head, 3))
        await chat.add(titled(CHAT, chat.head, "last"))

        page = await store.events(CHAT, actor=SYSTEM)

        assert [event.seq for event in page.events] == list(range(1, chat.head.seq + 1))
        assert [event.event for event in page.events] == chat.model.events

    async def test_the_answer_is_what_is_read_back(self, store: Store) -> None:
        """What an append returns equals what `events` gives, to the last field."""
        chat = LiveChat.of(store)
        appended = [await chat.add(created(CHAT)), await chat.add(many_titles(CHAT, chat.head, 2))]

        page = await store.events(CHAT, actor=SYSTEM)

        assert page.events == tuple(event for answer in appended for event in answer.events)
        assert not any(answer.repeated for answer in appended)

    async def test_an_event_knows_its_append(self, store: Store) -> None:
        """`upto` is the seq of the append's last event, the time is one for the append, the actor is the caller's."""
        first = await store.append([created(CHAT, ADA)], actor=Actor.owner(ADA))

        events = first[0].events
        assert {event.upto for event in events} == {len(events)}
        assert {event.actor for event in events} == {ADA}
        assert len({event.recorded_at for event in events}) == 1
        assert {event.chat_id for event in events} == {CHAT}

    async def test_positions_ascend_in_a_log(self, store: Store) -> None:
        """Later events of a chat have higher positions."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        await store.append([created(OTHER)], actor=SYSTEM)
        await chat.add(many_titles(CHAT, chat.head, 3))

        positions = [event.position for event in (await store.events(CHAT, actor=SYSTEM)).events]
        assert positions == sorted(set(positions))

    async def test_the_slower_of_two_writers_loses_its_whole_append(self, store: Store) -> None:
        """Both read the same end of the log; one lands, nothing of the other does, and it is told where the log is."""
        first = created(CHAT)
        await store.append([first], actor=SYSTEM)
        faster, slower = many_titles(CHAT, first.head, 2), many_titles(CHAT, first.head, 3)
        await store.append([faster], actor=SYSTEM)

        with pytest.raises(Conflict) as caught:
            await store.append([slower], actor=SYSTEM)

        assert (caught.value.chat_id, caught.value.expected_seq, caught.value.actual_seq) == (
            CHAT,
            first.head.seq,
            faster.head.seq,
        )
        assert await store.head(CHAT, actor=SYSTEM) == faster.head
        assert len((await store.events(CHAT, actor=SYSTEM)).events) == faster.head.seq

    async def test_a_chat_is_created_once(self, store: Store) -> None:
        """A second first append is a conflict."""
        await store.append([created(CHAT)], actor=SYSTEM)

        with pytest.raises(Conflict):
            await store.append([created(CHAT, text="other words")], actor=SYSTEM)

    async def test_a_paused_owner_cannot_write(self, store: Store) -> None:
        """A runner that slept while another took its chat over wakes up and writes nothing."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        await chat.add(acquired(CHAT, chat.head, "first"))
        late = answered(CHAT, chat.head)
        await chat.add(acquired(CHAT, chat.head, "second"))

        with pytest.raises(Conflict):
            await store.append([late], actor=SYSTEM)

        assert await store.head(CHAT, actor=SYSTEM) == chat.head

    async def test_several_logs_land_together(self, store: Store) -> None:
        """A child's first append and its root's are one call, answered in the order given."""
        root = created(CHAT)
        await store.append([root], actor=SYSTEM)
        spawned, child = child_created(OTHER, CHAT, root.head)

        answers = await store.append([child, spawned], actor=SYSTEM)

        assert [answer.chat_id for answer in answers] == [OTHER, CHAT]
        assert await store.head(OTHER, actor=SYSTEM) == child.head
        assert await store.head(CHAT, actor=SYSTEM) == spawned.head

    @pytest.mark.parametrize("stale", [0, 1])
    async def test_a_conflict_of_one_log_keeps_all_logs_as_they_were(self, store: Store, stale: int) -> None:
        """Nothing of a call over several logs lands if one of them has moved on, whichever it is."""
        first, second = created(CHAT), created(OTHER)
        await store.append([first, second], actor=SYSTEM)
        moved = titled((CHAT, OTHER)[stale], (first, second)[stale].head, "moved")
        await store.append([moved], actor=SYSTEM)
        late = [titled(CHAT, first.head, "late"), titled(OTHER, second.head, "late"), created(THIRD)]

        with pytest.raises(Conflict) as caught:
            await store.append(late, actor=SYSTEM)

        assert caught.value.chat_id == moved.chat_id
        heads = {CHAT: first.head, OTHER: second.head, moved.chat_id: moved.head}
        assert {chat_id: await store.head(chat_id, actor=SYSTEM) for chat_id in (CHAT, OTHER)} == heads
        with pytest.raises(ChatNotFound):
            await store.head(THIRD, actor=SYSTEM)

    async def test_nobody_appends_to_a_chat_that_does_not_exist_for_them(self, store: Store) -> None:
        """A missing chat and another owner's are the same answer, and nothing is written."""
        first = created(CHAT, ADA)
        late = titled(CHAT, first.head, "late")
        with pytest.raises(ChatNotFound) as missing:
            await store.append([late], actor=Actor.owner(BOB))
        await store.append([first], actor=SYSTEM)

        with pytest.raises(ChatNotFound) as hidden:
            await store.append([late], actor=Actor.owner(BOB))
        with pytest.raises(ChatNotFound):
            await store.append([created(CHAT, BOB)], actor=Actor.owner(BOB))
        with pytest.raises(ChatNotFound):
            await store.append([created(OTHER, ADA)], actor=Actor.owner(BOB))

        assert str(missing.value) == str(hidden.value)
        assert await store.head(CHAT, actor=SYSTEM) == first.head

    async def test_text_that_is_no_unicode_is_refused(self, store: Store) -> None:
        """Half a surrogate pair, in words or in an identifier, is refused; nothing is written."""
        first = created(CHAT)
        broken: list[ChatAppend] = [
            created(CHAT, text="half of \ud83d"),
            evolve(first, command_id=CommandId("\ud83d")),
            created(ChatId("\ud83d")),
        ]
        for append in broken:
            with pytest.raises(NotUnicode):
                await store.append([created(OTHER), append], actor=SYSTEM)

        assert await store.chat_ids() == ()

    async def test_a_head_over_its_bound_is_refused(self, store: Store) -> None:
        """A head that is too large is a bug, told before anything is written."""
        first = created(CHAT)
        rows = tuple(QueuedRow(id=number, bytes=1, model_id="m" * 64) for number in range(1000))

        with pytest.raises(HeadTooLarge):
            await store.append([evolve(first, head=evolve(first.head, queue=rows))], actor=SYSTEM)

        assert await store.chat_ids() == ()

    async def test_details_stay_where_an_append_brings_none(self, store: Store) -> None:
        """The details are those of the newest append that held a details event."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT, title="a title"))
        await chat.add(acquired(CHAT, chat.head))

        assert (await store.details(CHAT, actor=SYSTEM)).title == "a title"
        assert await store.details(CHAT, actor=SYSTEM) == chat.details

    async def test_many_chats_can_be_written_at_once(self, store: Store) -> None:
        """Appends of many tasks to chats of their own all land."""
        chat_ids = [ChatId(f"{CHAT}-{number}") for number in range(TASKS)]

        async def write(chat_id: ChatId) -> None:
            chat = LiveChat.of(store, chat_id)
            await chat.add(created(chat_id))
            for number in range(3):
                await chat.add(titled(chat_id, chat.head, f"title {number}"))

        async with anyio.create_task_group() as tasks:
            for chat_id in chat_ids:
                tasks.start_soon(write, chat_id)

        for chat_id in chat_ids:
            page = await store.events(chat_id, actor=SYSTEM)
            assert [event.seq for event in page.events] == [1, 2, 3, 4, 5]

    async def test_one_of_many_rivals_wins(self, store: Store) -> None:
        """Of many tasks that append to the same end of a log exactly one lands; the others are told of the conflict."""
        first = created(CHAT)
        await store.append([first], actor=SYSTEM)
        won: list[int] = []
        lost: list[int] = []

        async def write(number: int) -> None:
            try:
                await store.append([many_titles(CHAT, first.head, 1 + number % 3)], actor=SYSTEM)
                won.append(number)
            except Conflict:
                lost.append(number)

        async with anyio.create_task_group() as tasks:
            for number in range(TASKS):
                tasks.start_soon(write, number)

        assert (len(won), len(lost)) == (1, TASKS - 1)
        head = await store.head(CHAT, actor=SYSTEM)
        assert head.seq == first.head.seq + 1 + won[0] % 3

    async def test_a_cancelled_append_is_whole_or_absent(self, store: Store) -> None:
        """Tasks that are cancelled while they append leave whole appends behind, and the other tasks unharmed."""
        scopes = [anyio.CancelScope() for _ in range(TASKS)]
        landed: set[int] = set()

        async def write(number: int) -> None:
            with scopes[number]:
                chat = LiveChat.of(store, ChatId(f"{CHAT}-{number}"))
                await chat.add(created(chat.chat_id))
                await chat.add(many_titles(chat.chat_id, chat.head, 3))
                landed.add(number)

        async with anyio.create_task_group() as tasks:
            for number in range(TASKS):
                tasks.start_soon(write, number)
            for number in range(0, TASKS, 2):
                await anyio.lowlevel.checkpoint()
                scopes[number].cancel()

        assert landed >= set(range(1, TASKS, 2))
        for number in range(TASKS):
            chat_id = ChatId(f"{CHAT}-{number}")
            if number in landed:
                assert (await store.head(chat_id, actor=SYSTEM)).seq == 5
            elif chat_id in await store.chat_ids():
                events = (await store.events(chat_id, actor=SYSTEM)).events
                assert len(events) in (2, 5)
                assert (await store.head(chat_id, actor=SYSTEM)).seq == len(events)

    async def test_columns_follow_the_turn(self, store: Store, pass_time: PassTime) -> None:
        """`runnable_at`, `acquired_at` and `updated_at` move as architecture 5 says, by the time of the append."""
        chat = LiveChat.of(store)
        begun = (await chat.add(created(CHAT))).events[0].recorded_at
        row = await store.row(CHAT, actor=SYSTEM)
        assert (row.created_at, row.updated_at, row.runnable_at, row.acquired_at) == (begun, begun, begun, None)

        await pass_time(MOMENT)
        taken = (await chat.add(acquired(CHAT, chat.head))).events[0].recorded_at
        row = await store.row(CHAT, actor=SYSTEM)
        assert (row.created_at, row.updated_at, row.runnable_at, row.acquired_at) == (begun, begun, begun, taken)

        await pass_time(MOMENT)
        ended = (await chat.add(answered(CHAT, chat.head))).events[0].recorded_at
        row = await store.row(CHAT, actor=SYSTEM)
        assert (row.created_at, row.updated_at, row.runnable_at, row.acquired_at) == (begun, ended, None, taken)

        await pass_time(MOMENT)
        await chat.add(titled(CHAT, chat.head, "a title"))
        assert (await store.row(CHAT, actor=SYSTEM)).updated_at == ended

        again = (await chat.add(sent(CHAT, chat.head, "more"))).events[0].recorded_at
        row = await store.row(CHAT, actor=SYSTEM)
        assert (row.updated_at, row.runnable_at, row.head, row.details) == (again, again, chat.head, chat.details)
        assert begun < taken < ended < again

    async def test_whole_turns_leave_the_head_of_the_fold(self, store: Store) -> None:
        """After every append the stored head and details are the folds of the log."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT, title="a title"))
        await chat.add(acquired(CHAT, chat.head))
        await chat.add(answered(CHAT, chat.head))
        for append in turn(CHAT, chat.head):
            await chat.add(append)
            assert await store.head(CHAT, actor=SYSTEM) == chat.head
            assert await store.details(CHAT, actor=SYSTEM) == chat.details
