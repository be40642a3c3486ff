"""A worker is shut down: it leaves every chat in order, at once, and another one goes on (7.6, architecture 6)."""

from collections.abc import Mapping

import anyio
import pytest
import trio.testing

from chatcore.adapters.scripted import Call, Pause, ScriptedModel
from chatcore.app.tool_step import UNKNOWN_OUTCOME
from chatcore.domain.chat.events import Acquired, InterruptRequested, MessageAdded, TurnFinished
from chatcore.domain.chat.states import ClientStatus, client_status
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Role
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store_errors import StoreUnavailable
from chatcore.testing.deeds import Deeds, results, spoken
from chatcore.testing.gated_store import Hook, StoreCall
from chatcore.testing.replicas import Replicas

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.mark.spec("7.8.4", "7.6", "7.4")
async def test_a_shutdown_in_mid_stream_keeps_the_words_and_gives_the_chat_up() -> None:
    """The chat is pending at once, without an error, its partial reply is stored, and another replica finishes it."""
    replicas = Replicas()
    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([["It is ", Pause(9_000), "five."]])):
            chat = await front.chats.create("Two and two?", owner="ada")
            await anyio.sleep(5)
            began = anyio.current_time()
        head = await chat.head()

        assert anyio.current_time() == began
        assert ClientStatus.PENDING is client_status(head)
        assert (None, None) == (head.runner_id, head.last_error)
        assert ["user: Two and two?", "assistant: It is "] == await spoken(chat)
        async with replicas.open(ScriptedModel([["four."]])):
            await chat.rest()
        assert anyio.current_time() - began < 15
        assert ["user: Two and two?", "assistant: It is ", "assistant: four."] == await spoken(chat)
        assert [] == await replicas.faults()


@pytest.mark.spec("4.11.5", "4.5", "7.6")
async def test_a_shutdown_during_a_blocked_tool_is_no_interrupt() -> None:
    """The finished result is kept, the blocked call stays open and is told as unknown; nobody asked to interrupt."""
    replicas, deeds = Replicas(), Deeds()
    tools = [deeds.tool("stuck", seconds=9_000), deeds.tool("quick")]
    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([[Call("stuck"), Call("quick")]]), tools=tools):
            chat = await front.chats.create("Do both.", owner="ada")
            await anyio.sleep(5)
        head = await chat.head()
        assert ClientStatus.PENDING is client_status(head)
        assert (["stuck"], None) == ([call.tool_name for call in head.pending], head.last_error)
        async with replicas.open(ScriptedModel([["I will look."]]), tools=tools):
            await chat.rest()
        log = (await replicas.store.events(chat.id, actor=SYSTEM)).events

        assert not any(isinstance(event.event, InterruptRequested) for event in log)
        assert {"quick": False, "stuck": True} == {each.tool_name: each.is_error for each in await results(chat)}
        assert UNKNOWN_OUTCOME in str([each.result for each in await results(chat)])
        assert 2 == len(deeds.begun)
        assert [] == await replicas.faults()


@pytest.mark.spec("7.8.5", "7.4", "architecture-12")
@pytest.mark.parametrize("waiting", [False, True])
async def test_a_turn_that_ends_just_as_the_shutdown_begins_is_finished(waiting: bool) -> None:
    """Its last append has landed when the worker is stopped: the chat rests, or is pending with the next message."""
    replicas = Replicas()
    landed = anyio.Event()

    async def stop_after_the_end(call: StoreCall) -> None:
        if call.appends(TurnFinished):
            landed.set()
            await anyio.sleep_forever()

    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([[Pause(5), "four."]])) as replica:
            replica.store.after = stop_after_the_end
            chat = await front.chats.create("Two and two?", owner="ada")
            if waiting:
                await chat.send("And?")
            await landed.wait()
        head = await chat.head()

        assert (ClientStatus.PENDING if waiting else ClientStatus.WAITING, None) == (
            client_status(head),
            head.runner_id,
        )
        assert ["user: Two and two?", "assistant: four.", *["user: And?"][: int(waiting)]] == await spoken(chat)
        assert [] == await replicas.faults()


@pytest.mark.spec("7.8.5", "7.4", "architecture-6")
@pytest.mark.parametrize("waiting", [False, True])
async def test_a_whole_reply_is_finished_though_the_shutdown_came_before_its_append(waiting: bool) -> None:
    """What is finished ends: the answer is stored whole, not as a partial one; a waiting message is next."""
    replicas = Replicas()
    about_to = anyio.Event()

    async def stop_before_the_end(call: StoreCall) -> None:
        if call.appends(TurnFinished):
            about_to.set()
            replica.store.before = at_once
            await anyio.sleep_forever()

    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([[Pause(5), "four."]])) as replica:
            replica.store.before = stop_before_the_end
            chat = await front.chats.create("Two and two?", owner="ada")
            if waiting:
                await chat.send("And?")
            await about_to.wait()
        head = await chat.head()
        said = await spoken(chat)

        assert (ClientStatus.PENDING if waiting else ClientStatus.WAITING) is client_status(head)
        assert ["user: Two and two?", "assistant: four.", *["user: And?"][: int(waiting)]] == said
        assert [False] == [message.partial for message in await chat.transcript() if message.role is Role.ASSISTANT]
        assert [] == await replicas.faults()


async def test_a_shutdown_while_an_answer_lands_stores_it_once() -> None:
    """The worker never learns that its answer landed: it looks, stores it no second time, and gives the chat up."""
    replicas, deeds = Replicas(), Deeds()
    landed = anyio.Event()

    async def stop_after_the_answer(call: StoreCall) -> None:
        if any(isinstance(event, MessageAdded) and event.role is Role.ASSISTANT for event in call.events):
            landed.set()
            await anyio.sleep_forever()

    async with replicas.open(worker=False) as front:
        model = ScriptedModel([["I build it.", Call("build")]])
        async with replicas.open(model, tools=[deeds.tool("build")]) as replica:
            replica.store.after = stop_after_the_answer
            chat = await front.chats.create("Build it.", owner="ada")
            await landed.wait()
        assert ClientStatus.PENDING is client_status(await chat.head())
        async with replicas.open(ScriptedModel([["Built."]]), tools=[deeds.tool("build")]):
            await chat.rest()

        expected = ["user: Build it.", "assistant: I build it.", "assistant: Built."]
        assert expected == await spoken(chat)
        assert [] == await replicas.faults()


async def test_a_shutdown_while_a_chat_is_being_taken_leaves_it_free() -> None:
    """The acquisition landed and the worker was stopped before it knew: the chat is nobody's, not its lease's."""
    replicas = Replicas()
    landed = anyio.Event()

    async def stop_after_acquiring(call: StoreCall) -> None:
        if call.appends(Acquired):
            landed.set()
            await anyio.sleep(1)

    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([])) as replica:
            replica.store.after = stop_after_acquiring
            chat = await front.chats.create("Hello", owner="ada")
            await landed.wait()

        assert ClientStatus.PENDING is client_status(await chat.head())


async def test_a_client_that_goes_away_while_its_message_lands_leaves_no_orphan() -> None:
    """The append took the chat for this process's worker as well; the worker looks for itself and answers."""
    replicas = Replicas()
    landed = anyio.Event()

    async def linger(call: StoreCall) -> None:
        if call.appends(Acquired):
            landed.set()
            await anyio.sleep_forever()

    async with replicas.open(ScriptedModel([["Hello."], ["Again."]])) as replica:
        chat = await replica.chats.create("Hello", owner="ada")
        await chat.rest()
        replica.store.after = linger
        async with anyio.create_task_group() as client:
            client.start_soon(chat.send, "Anybody?")
            await landed.wait()
            client.cancel_scope.cancel()
        began = anyio.current_time()
        await chat.rest()

        assert anyio.current_time() - began < 15
        assert "assistant: Again." == (await spoken(chat))[-1]


async def test_an_interrupt_that_meets_a_shutdown_is_finished() -> None:
    """The worker is stopped before it could finish the interruption: it does so on its way out."""
    replicas = Replicas()
    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([["Once upon ", Pause(9_000)]])) as replica:
            chat = await front.chats.create("A story.", owner="ada")
            await anyio.sleep(5)
            replica.store.before = held_back("head")
            await chat.interrupt()
            await anyio.sleep(1)
            replica.store.before = at_once

        assert Status.WAITING is (await chat.head()).status
        assert ["user: A story.", "assistant: Once upon "] == await spoken(chat)


@pytest.mark.spec("7.6")
async def test_a_store_out_of_reach_does_not_hold_a_shutdown_up_for_ever() -> None:
    """The worker tries as long as it may, then leaves the chat to its lease; nothing that was shown is lost."""
    replicas = Replicas()
    async with replicas.open(worker=False) as front:
        async with replicas.open(ScriptedModel([["Once upon ", Pause(9_000)]])) as replica:
            chat = await front.chats.create("A story.", owner="ada")
            await anyio.sleep(5)
            replica.store.before = unavailable
            began = anyio.current_time()

        assert anyio.current_time() - began <= 15
        async with replicas.open(ScriptedModel([["a time."]])):
            await chat.rest()
        assert ["user: A story.", "assistant: Once upon ", "assistant: a time."] == await spoken(chat)


async def at_once(_: StoreCall) -> None:
    """No gate."""


async def unavailable(_: StoreCall) -> None:
    """No store."""
    raise StoreUnavailable("the store is out of reach")


def held_back(name: str) -> Hook:
    """Holds up the calls of one method."""

    async def hold(call: StoreCall) -> None:
        if call.name == name:
            await anyio.sleep_forever()

    return hold
