"""The contract of leases: what is free to be taken, and who is alive (7.1, 7.2, architecture 5)."""

from datetime import UTC, datetime, timedelta

import pytest

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.chat.values import ReleaseReason
from chatcore.domain.content.parts import ToolCallPart
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store
from chatcore.ports.store_values import Heartbeat
from chatcore.testing.appends import acquired, answered, created
from chatcore.testing.contracts.store_base import CHAT, LONG, MOMENT, OTHER, THIRD, LiveChat, PassTime, StoreFixtures

FIRST, SECOND = RunnerId("first"), RunnerId("second")
PAST = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


class LeaseContract(StoreFixtures):
    """A chat is free when it wants a worker and nobody has given a sign of life for it lately."""

    async def test_a_new_chat_wants_a_worker(self, store: Store) -> None:
        """From the time of the append that made it run."""
        chat = LiveChat.of(store)
        begun = (await chat.add(created(CHAT))).events[0].recorded_at

        (wanting,) = await store.runnable(expiry=LONG)

        assert (wanting.chat_id, wanting.runnable_at, wanting.runner_id) == (CHAT, begun, None)

    @pytest.mark.spec("7.2")
    async def test_a_chat_that_was_just_taken_is_not_free(self, store: Store) -> None:
        """The acquisition itself is the first sign of life; no heartbeat is needed yet."""
        chat = await _taken(store)

        assert await store.runnable(expiry=LONG) == ()
        assert await store.leases(chat.chat_id) == ()

    @pytest.mark.spec("7.2")
    async def test_a_silent_runner_loses_its_chat(self, store: Store, pass_time: PassTime) -> None:
        """When its acquisition is older than the expiry and no heartbeat came, the chat is free."""
        await _taken(store)
        await pass_time(2 * MOMENT)

        (wanting,) = await store.runnable(expiry=MOMENT)
        assert (wanting.chat_id, wanting.runner_id) == (CHAT, FIRST)
        assert await _free(store, expiry=LONG) == []

    @pytest.mark.spec("7.2")
    async def test_a_heartbeat_keeps_the_chat(self, store: Store, pass_time: PassTime) -> None:
        """The newest sign of life counts, until it is too old as well."""
        await _taken(store)
        await pass_time(2 * MOMENT)
        await _beat(store, CHAT, FIRST)

        assert await _free(store, expiry=MOMENT) == []
        await pass_time(2 * MOMENT)
        assert await _free(store, expiry=MOMENT) == [CHAT]
        await _beat(store, CHAT, FIRST)
        assert await _free(store, expiry=MOMENT) == []

    @pytest.mark.spec("7.2")
    async def test_a_former_runners_heartbeat_counts_for_nothing(self, store: Store, pass_time: PassTime) -> None:
        """Only the current runner's signs of life keep the chat."""
        chat = await _taken(store)
        await chat.add(acquired(CHAT, chat.head, SECOND))
        await pass_time(2 * MOMENT)
        await _beat(store, CHAT, FIRST)

        assert await _free(store, expiry=MOMENT) == [CHAT]
        await _beat(store, CHAT, SECOND)
        assert await _free(store, expiry=MOMENT) == []

    async def test_a_released_chat_is_free_at_once(self, store: Store) -> None:
        """A runner that gives its chat up need not be waited for, whatever its heartbeats say."""
        chat = await _taken(store)
        await _beat(store, CHAT, FIRST)
        await chat.do(c.Abandon(reason=ReleaseReason.SHUTDOWN))

        assert await _free(store, expiry=LONG) == [CHAT]

    async def test_an_interrupted_chat_is_free_like_a_running_one(self, store: Store) -> None:
        """Somebody has to finish the interruption."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        await chat.do(c.Interrupt())

        assert await _free(store, expiry=LONG) == [CHAT]

    async def test_a_chat_at_rest_wants_nobody(self, store: Store, pass_time: PassTime) -> None:
        """Neither after an answer nor after an error, however long it waits."""
        chat = await _taken(store)
        await chat.add(answered(CHAT, chat.head))
        await pass_time(2 * MOMENT)

        assert await _free(store, expiry=MOMENT) == []

    @pytest.mark.parametrize(("deadline", "free"), [(PAST, [CHAT]), (FUTURE, [])])
    async def test_a_wait_for_the_client_is_nobodys_until_its_deadline(
        self, store: Store, deadline: datetime, free: list[ChatId]
    ) -> None:
        """A chat that requires action is to be taken when the deadline has passed, and its place is the deadline."""
        chat = await _taken(store)
        call = ToolCallPart(tool_call_id="call", tool_name="pick_file")
        await chat.do(
            c.CommitAnswer(content=(call,), dynamic=("call",)), c.EnterRequiresAction(at=deadline, timeout_ms=0)
        )

        wanting = await store.runnable(expiry=LONG)

        assert [chat.chat_id for chat in wanting] == free
        assert [chat.runnable_at for chat in wanting] == [deadline] * len(free)
        assert (await store.row(CHAT, actor=SYSTEM)).runnable_at == deadline

    async def test_the_longest_waiting_comes_first(self, store: Store, pass_time: PassTime) -> None:
        """Oldest `runnable_at` first, at most `limit` of them."""
        for chat_id in (THIRD, CHAT, OTHER):
            await store.append([created(chat_id)], actor=SYSTEM)
            await pass_time(MOMENT)

        assert await _free(store, expiry=LONG) == [THIRD, CHAT, OTHER]
        assert [chat.chat_id for chat in await store.runnable(expiry=LONG, limit=2)] == [THIRD, CHAT]

    async def test_signs_of_life_are_kept_by_chat_and_runner(self, store: Store, pass_time: PassTime) -> None:
        """The newest of each runner, with the time by the store's clock; they move no version."""
        chat = await _taken(store)
        await _beat(store, CHAT, SECOND)
        (older,) = await store.leases(CHAT)
        await pass_time(MOMENT)
        await _beat(store, CHAT, FIRST, SECOND)

        leases = await store.leases(CHAT)

        assert [(lease.runner_id, lease.worker_id) for lease in leases] == [(FIRST, "worker"), (SECOND, "worker")]
        assert all(lease.heartbeat_at > older.heartbeat_at for lease in leases)
        assert await store.head(CHAT, actor=SYSTEM) == chat.head

    async def test_a_sign_of_life_for_a_chat_that_is_gone_silences_no_other(self, store: Store) -> None:
        """It is skipped; the others are recorded."""
        await _taken(store)
        beats = [Heartbeat(chat_id=chat_id, runner_id=FIRST, worker_id=WorkerId("worker")) for chat_id in (OTHER, CHAT)]

        await store.heartbeat(beats)

        assert [lease.runner_id for lease in await store.leases(CHAT)] == [FIRST]
        with pytest.raises(ChatNotFound):
            await store.leases(OTHER)

    async def test_old_signs_of_life_are_swept(self, store: Store, pass_time: PassTime) -> None:
        """Those older than asked for are deleted and counted; younger ones stay."""
        await _taken(store)
        await _beat(store, CHAT, FIRST)
        await pass_time(2 * MOMENT)
        await _beat(store, CHAT, SECOND)

        assert await store.sweep_leases(older_than=LONG) == 0
        assert await store.sweep_leases(older_than=MOMENT) == 1
        assert [lease.runner_id for lease in await store.leases(CHAT)] == [SECOND]

    async def test_no_signs_of_life_are_no_work(self, store: Store) -> None:
        """An empty call is allowed."""
        await store.heartbeat([])


async def _taken(store: Store) -> LiveChat:
    chat = LiveChat.of(store)
    await chat.add(created(CHAT))
    await chat.add(acquired(CHAT, chat.head, FIRST))
    return chat


async def _beat(store: Store, chat_id: ChatId, *runners: RunnerId) -> None:
    await store.heartbeat(
        [Heartbeat(chat_id=chat_id, runner_id=runner, worker_id=WorkerId("worker")) for runner in runners]
    )


async def _free(store: Store, *, expiry: timedelta) -> list[ChatId]:
    return [chat.chat_id for chat in await store.runnable(expiry=expiry)]
