"""A worker dies, or seems to: another one takes its chats over, nothing is lost and nothing happens twice (7)."""

from collections.abc import Mapping
from datetime import timedelta

import anyio
import pytest
import trio.testing

from chatcore.adapters.scripted import Call, Pause, ScriptedModel
from chatcore.app.settings import ServiceSettings, TurnSettings
from chatcore.app.tool_step import UNKNOWN_OUTCOME
from chatcore.app.tools.tool import Repeat, Tool
from chatcore.compose.chats import Chat, Chats
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.commands import Acquire
from chatcore.domain.chat.events import Acquired, MessageAdded
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead, HeadChanges, changed
from chatcore.domain.chat.rejections import StaleFence
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Role
from chatcore.domain.ids import ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.live.batching import JournalMode, JournalSettings
from chatcore.domain.turn.next_step import TurnLimits
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store_errors import StoreUnavailable
from chatcore.ports.store_values import Heartbeat
from chatcore.testing.deeds import Deeds, results, spoken
from chatcore.testing.gated_store import GatedStore, Hook, StoreCall
from chatcore.testing.replicas import Replicas
from chatcore.testing.view_client import ViewClient

pytestmark = pytest.mark.anyio
LEASE_S = 300


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def seen_by(chats: Chats, chat: Chat) -> Chat:
    """The same chat through another replica."""
    return chats.chat(chat.id, owner=chat.actor.id)


async def acquisitions(replicas: Replicas, chat_id: ChatId) -> list[str]:
    """The runners that took a chat, in order."""
    page = await replicas.store.events(chat_id, actor=SYSTEM)
    return [event.event.runner_id for event in page.events if isinstance(event.event, Acquired)]


async def taken_long_ago(replicas: Replicas, chats: Chats, chat_id: ChatId) -> None:
    """A runner takes the chat, gives one sign of life and is never heard of again; an hour goes by."""
    gone = RunnerId("gone")

    async def acquire(_: ChatHead) -> Append:
        return Append(commands=(Acquire(worker_id=WorkerId("w"), runner_id=gone),))

    await chats.service._writer.write(chat_id, acquire, actor=Actor.worker(gone))
    await replicas.store.heartbeat([Heartbeat(chat_id=chat_id, runner_id=gone, worker_id=WorkerId("w"))])
    await anyio.sleep(3_600)


@pytest.mark.spec("7.8.1", "7.3")
async def test_a_chat_whose_worker_is_long_gone_is_answered_by_the_next_replica() -> None:
    """Its last sign of life is an hour old when the replica starts: the chat is taken at once."""
    replicas = Replicas()
    async with replicas.open(worker=False) as front:
        chat = await front.chats.create("Hello", owner="ada")
        await taken_long_ago(replicas, front.chats, chat.id)
        async with replicas.open(ScriptedModel([["Hello yourself."]])):
            began = anyio.current_time()
            await chat.rest()

            assert anyio.current_time() - began < 15
            assert ["user: Hello", "assistant: Hello yourself."] == await spoken(chat)
            assert [] == await replicas.faults()


@pytest.mark.spec("7.8.2", "7.3", "7.2")
async def test_a_worker_that_dies_is_followed_by_another_when_its_lease_has_run_out() -> None:
    """What was shown of the reply becomes its beginning, the model is told and goes on; no sooner than the expiry."""
    replicas = Replicas()
    model = ScriptedModel([["four."]])
    async with (
        replicas.open(ScriptedModel([["It is ", Pause(9_000), "five."]])) as first,
        replicas.open(model) as second,
    ):
        chat = seen_by(second.chats, await first.chats.create("Two and two?", owner="ada"))
        await anyio.sleep(40)
        first.store.pause()
        died = anyio.current_time()
        await chat.rest()

        assert LEASE_S - 30 <= anyio.current_time() - died <= LEASE_S + 15
        assert ["user: Two and two?", "assistant: It is ", "assistant: four."] == await spoken(chat)
        assert [True, False] == [m.partial for m in await chat.transcript() if m.role is Role.ASSISTANT]
        assert "cut short" in str(model.requests[-1].messages[-1])
        assert [] == await replicas.faults()


@pytest.mark.spec("7.8.3", "7.3")
async def test_a_chat_at_rest_is_left_alone_whatever_its_heartbeats_say() -> None:
    """An hour after its last sign of life a waiting chat is as it was, with workers around."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([["Done."]])) as replica, replicas.open(ScriptedModel([])):
        chat = await replica.chats.create("Hello", owner="ada")
        before = await chat.rest()
        beat = Heartbeat(chat_id=chat.id, runner_id=RunnerId("old"), worker_id=WorkerId("w"))
        await replicas.store.heartbeat([beat])
        await anyio.sleep(3_600)

        assert before == await chat.head()
        assert () == await replicas.store.runnable(expiry=timedelta(seconds=LEASE_S))


@pytest.mark.spec("7.8.7", "7.4")
async def test_a_foreign_heartbeat_keeps_no_chat() -> None:
    """Signs of life of a runner that does not hold the chat change nothing about the one that does."""
    replicas = Replicas()
    async with replicas.open(worker=False) as front:
        chat = await front.chats.create("Hello", owner="ada")
        await taken_long_ago(replicas, front.chats, chat.id)
        owner = next(lease for lease in await replicas.store.leases(chat.id) if lease.runner_id == "gone")
        beat = Heartbeat(chat_id=chat.id, runner_id=RunnerId("other"), worker_id=WorkerId("w2"))
        await replicas.store.heartbeat([beat])

        assert owner in await replicas.store.leases(chat.id)
        free = await replicas.store.runnable(expiry=timedelta(seconds=LEASE_S))
        assert [chat.id] == [each.chat_id for each in free]


@pytest.mark.spec("7.4", "7.1")
async def test_heartbeats_keep_a_chat_for_as_long_as_it_takes() -> None:
    """A tool of an hour runs once, although another worker waits for chats all the time."""
    replicas, deeds = Replicas(), Deeds()
    tools = [deeds.tool("build", seconds=3_600)]
    async with (
        replicas.open(ScriptedModel([[Call("build")], ["Built."]]), tools=tools) as first,
        replicas.open(ScriptedModel([]), tools=tools),
    ):
        chat = await first.chats.create("Build it.", owner="ada")
        await chat.rest()

        assert 1 == len(deeds.begun) == len(deeds.ended)
        assert 1 == len(await acquisitions(replicas, chat.id))


@pytest.mark.spec("7.8.6", "7.4", "2.9")
async def test_a_worker_that_was_paused_writes_and_shows_nothing_when_it_wakes_up() -> None:
    """Its chat was taken over and finished: not one of its appends lands, and its viewers see the other's answer."""
    replicas = Replicas()
    async with (
        replicas.open(ScriptedModel([["It is ", Pause(500), "five."]])) as first,
        replicas.open(ScriptedModel([["four."]])) as second,
    ):
        chat = await first.chats.create("Two and two?", owner="ada")
        await anyio.sleep(5)
        first.store.pause()
        head = await seen_by(second.chats, chat).rest()
        appended = len(first.store.appended)
        first.store.resume()
        screen = ViewClient()
        async with chat.watch() as view:
            with anyio.move_on_after(1_000):
                async for event in view:
                    screen.take([event])

        assert appended == len(first.store.appended)
        assert head == await chat.head()
        assert "assistant: four." == (await spoken(chat))[-1]
        assert screen.messages == list(await chat.transcript())
        assert not screen.parts
        assert [] == await replicas.faults()


@pytest.mark.spec("7.8.6", "2.9")
@pytest.mark.parametrize(
    "moved",
    [
        {"runner_id": RunnerId("other")},
        {"history_version": 9},
        {"generation_attempt": 9},
        {"status": Status.INTERRUPTING},
    ],
)
async def test_each_thing_that_a_fence_stands_on_is_looked_at(moved: HeadChanges) -> None:
    """A chat that another runner took, or that moved on otherwise, is written to by nobody who knew it before."""
    head = ChatHead(owner_id=UserId("ada"), seq=3, history_version=2, runner_id=RunnerId("one"), generation_attempt=1)
    fence = Fence.of(head)
    fence.check(head)

    with pytest.raises(StaleFence):
        fence.check(changed(head, moved))


@pytest.mark.spec("7.2")
async def test_of_two_workers_that_reach_for_a_chat_one_gets_it() -> None:
    """Both are about to append their acquisition: one lands, the tool runs once, and losing is no error."""
    replicas, deeds = Replicas(), Deeds()
    both = anyio.Event()
    waiting = 0

    async def together(call: StoreCall) -> None:
        nonlocal waiting
        if call.appends(Acquired):
            waiting += 1
            if waiting == 2:
                both.set()
            await both.wait()

    def model() -> ScriptedModel:
        return ScriptedModel([[Call("build")], ["Built."]])

    async with replicas.open(worker=False) as front:
        chat = await front.chats.create("Build it.", owner="ada")
        tools = [deeds.tool("build", seconds=5)]
        async with (
            replicas.open(model(), tools=tools) as first,
            replicas.open(model(), tools=tools) as second,
        ):
            first.store.before = second.store.before = together
            await chat.rest()

        assert both.is_set()
        assert 1 == len(await acquisitions(replicas, chat.id))
        assert 1 == len(deeds.begun)
        assert [] == await replicas.faults()


@pytest.mark.spec("7.2")
async def test_a_chat_that_was_free_when_it_was_found_is_not_taken_from_its_new_owner() -> None:
    """A worker that is slow between finding a chat and taking it finds somebody else there, and lets go."""
    replicas, deeds = Replicas(), Deeds()
    taken = anyio.Event()

    async def tell(call: StoreCall) -> None:
        if call.appends(Acquired):
            taken.set()

    async def dawdle(call: StoreCall) -> None:
        if call.name == "runnable":
            await taken.wait()

    async with replicas.open(worker=False) as front:
        chat = await front.chats.create("Build it.", owner="ada")
        tools = [deeds.tool("build", seconds=5)]
        model = ScriptedModel([[Call("build")], ["Built."]])
        async with replicas.open(model, tools=tools) as quick, replicas.open(model, tools=tools) as slow:
            quick.store.after, slow.store.after = tell, dawdle
            await chat.rest()

        assert 1 == len(await acquisitions(replicas, chat.id))
        assert 1 == len(deeds.begun)


async def test_a_worker_that_cannot_give_signs_of_life_loses_its_chats_and_notices() -> None:
    """Only its heartbeats fail: it is taken for dead, another one finishes, and it stops without a word."""
    replicas = Replicas()

    async def no_heartbeats(call: StoreCall) -> None:
        if call.name == "heartbeat":
            raise StoreUnavailable("no heartbeat today")

    async with (
        replicas.open(ScriptedModel([[Pause(500), "five."]])) as first,
        replicas.open(ScriptedModel([["four."]])),
    ):
        first.store.before = no_heartbeats
        chat = await first.chats.create("Two and two?", owner="ada")
        await chat.rest()
        await anyio.sleep(1_000)

        assert ["user: Two and two?", "assistant: four."] == await spoken(chat)
        assert 2 == len(await acquisitions(replicas, chat.id))


@pytest.mark.spec("architecture-6", "2.6.M4")
async def test_calls_whose_runner_died_go_by_the_tools_policy() -> None:
    """An idempotent one runs again with the same key; of any other the model is told that nobody knows."""
    replicas, before, after = Replicas(), Deeds(), Deeds()

    def tools(deeds: Deeds, seconds: float) -> list[Tool]:
        return [deeds.tool("pay", seconds=seconds), deeds.tool("put", seconds=seconds, repeat=Repeat.IDEMPOTENT)]

    async with (
        replicas.open(ScriptedModel([[Call("pay"), Call("put")]]), tools=tools(before, 9_000)) as first,
        replicas.open(ScriptedModel([["I will look."]]), tools=tools(after, 1)) as second,
    ):
        chat = seen_by(second.chats, await first.chats.create("Pay and put.", owner="ada"))
        await anyio.sleep(5)
        first.store.pause()
        await chat.rest()
        pay, put = await results(chat)

        assert (True, True) == (pay.is_error, UNKNOWN_OUTCOME in str(pay.result))
        assert (False, '{"output":"done"}') == (put.is_error, put.result)
        assert [key for key in before.begun if key.endswith(put.tool_call_id)] == after.begun
        assert "assistant: I will look." == (await spoken(chat))[-1]
        assert [] == await replicas.faults()


@pytest.mark.spec("architecture-7")
async def test_results_that_were_shown_survive_the_worker_that_could_not_commit_them() -> None:
    """They are in the journal: nobody runs the tools again, and nobody says that their outcome is unknown."""
    replicas, deeds = Replicas(), Deeds()
    settings = ServiceSettings(journal=JournalSettings(mode=JournalMode.BEFORE_SHOW))
    tools = [deeds.tool("pay"), deeds.tool("put", repeat=Repeat.IDEMPOTENT)]
    script = ScriptedModel([[Call("pay"), Call("put")]])
    async with (
        replicas.open(script, tools=tools, settings=settings) as first,
        replicas.open(ScriptedModel([["Paid."]]), tools=tools) as second,
    ):
        first.store.before = dies_before_results(first.store)
        chat = seen_by(second.chats, await first.chats.create("Pay and put.", owner="ada"))
        await chat.rest()

        assert [False, False] == [result.is_error for result in await results(chat)]
        assert 2 == len(deeds.begun)
        assert [] == await replicas.faults()


@pytest.mark.spec("architecture-7", "4.5")
async def test_an_interrupt_of_a_dead_workers_chat_keeps_its_words() -> None:
    """Whoever takes the chat over finishes the interruption with what the journal holds."""
    replicas = Replicas()
    async with (
        replicas.open(ScriptedModel([["Once upon ", Pause(9_000), "a time."]])) as first,
        replicas.open(ScriptedModel([])) as second,
    ):
        chat = seen_by(second.chats, await first.chats.create("A story.", owner="ada"))
        await anyio.sleep(5)
        first.store.pause()
        await chat.interrupt()
        head = await chat.rest()

        assert Status.WAITING is head.status
        assert ["user: A story.", "assistant: Once upon "] == await spoken(chat)
        assert (await chat.transcript())[-1].partial


@pytest.mark.spec("architecture-7", "4.5")
async def test_an_interrupt_of_a_dead_workers_tools_keeps_the_results_that_were_shown() -> None:
    """The other worker finds them in the journal when it finishes the interruption."""
    replicas, deeds = Replicas(), Deeds()
    settings = ServiceSettings(journal=JournalSettings(mode=JournalMode.BEFORE_SHOW))
    async with (
        replicas.open(ScriptedModel([[Call("pay")]]), tools=[deeds.tool("pay")], settings=settings) as first,
        replicas.open(ScriptedModel([])) as second,
    ):
        first.store.before = dies_before_results(first.store)
        chat = seen_by(second.chats, await first.chats.create("Pay.", owner="ada"))
        await anyio.sleep(5)
        await chat.interrupt()
        head = await chat.rest()

        assert (Status.WAITING, [False]) == (head.status, [result.is_error for result in await results(chat)])


@pytest.mark.spec("4.6")
async def test_a_chat_that_kills_every_worker_is_given_up() -> None:
    """Takeovers count as tries: after as many as are allowed the turn fails and says so."""
    replicas = Replicas()
    settings = ServiceSettings(turn=TurnSettings(bounds=TurnLimits(attempts_max=2)))
    async with (
        replicas.open(ScriptedModel([[Pause(9_000)]]), settings=settings) as first,
        replicas.open(worker=False) as front,
    ):
        chat = seen_by(front.chats, await first.chats.create("Die.", owner="ada"))
        await anyio.sleep(5)
        first.store.pause()
        async with replicas.open(ScriptedModel([[Pause(9_000)]]), settings=settings) as second:
            await anyio.sleep(LEASE_S + 10)
            second.store.pause()
            async with replicas.open(ScriptedModel([["Never asked."]]), settings=settings):
                head = await chat.rest()

        assert Status.ERROR is head.status
        assert head.last_error is not None
        assert "tried 2 times" in head.last_error.message
        assert 3 == len(await acquisitions(replicas, chat.id))


def dies_before_results(store: GatedStore) -> Hook:
    """A replica that is never heard of again from the moment when it would commit tool results."""

    async def hook(call: StoreCall) -> None:
        if any(isinstance(event, MessageAdded) and event.role is Role.TOOL for event in call.events):
            store.pause()
            await anyio.sleep_forever()

    return hook
