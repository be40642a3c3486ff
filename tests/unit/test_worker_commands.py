"""What users do to a chat while its worker is at work, and what the worker does about it (3, 4, 5.7, 7)."""

from collections.abc import Mapping

import anyio
import pytest
import trio.testing

from chatcore.adapters.scripted import Call, Fail, Pause, Report, Saying, ScriptedModel
from chatcore.app.settings import ServiceSettings, TurnSettings, WorkSettings
from chatcore.compose.chats import Chat
from chatcore.domain.chat.commands import Behavior, Settings
from chatcore.domain.chat.events import ContextCompacted, MessageAdded, RetryScheduled
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import NothingToCompact, TransitionNotAllowed
from chatcore.domain.chat.values import DynamicTool, Status
from chatcore.domain.content.messages import Role
from chatcore.domain.json_text import JsonText
from chatcore.domain.live.view_events import HistoryReset, PartShown, PreviewReset, RetryShown, ViewEvent
from chatcore.domain.turn.next_step import TurnLimits
from chatcore.ports.actor import SYSTEM
from chatcore.testing.deeds import Deeds, results, spoken
from chatcore.testing.gated_store import StoreCall
from chatcore.testing.replicas import Replicas

pytestmark = pytest.mark.anyio
ASK_USER = DynamicTool(name="ask_user", description="asks", input_schema=JsonText('{"type":"object"}'))


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def until(chat: Chat, status: Status) -> ChatHead:
    """Wait for a status."""
    with anyio.fail_after(10_000):
        while (head := await chat.head()).status is not status:  # noqa: ASYNC110  # a store sets no event
            await anyio.sleep(1)
    return head


async def watched(chat: Chat, seconds: float) -> list[ViewEvent]:
    """What a viewer is shown in so many seconds."""
    seen: list[ViewEvent] = []
    with anyio.move_on_after(seconds):
        async with chat.watch() as view:
            async for event in view:
                seen.append(event)  # noqa: PERF401  # the time-out would lose a list
    return seen


@pytest.mark.spec("architecture-6")
async def test_a_text_turn_costs_two_appends() -> None:
    """[user's message, start, acquired] [answer, end], where the replica that takes the message has a free runner."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([["Hello."], ["Again."]])) as replica:
        chat = await replica.chats.create("Hello", owner="ada")
        await chat.rest()
        assert 2 == len(replica.store.appended)
        await chat.ask("Hello again")

        assert 4 == len(replica.store.appended)


@pytest.mark.spec("architecture-6", "4.3")
async def test_a_tool_step_costs_two_appends() -> None:
    """The intent before the tools run, all results after them."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel([[Call("one"), Call("two")], ["Done."]])
    async with replicas.open(model, tools=[deeds.tool("one"), deeds.tool("two")]) as replica:
        chat = await replica.chats.create("Both.", owner="ada")
        await chat.rest()

        assert 4 == len(replica.store.appended)


async def test_without_a_worker_of_its_own_a_replica_leaves_the_chat_to_another() -> None:
    """Three appends: the message, the acquisition, the answer."""
    replicas = Replicas()
    async with replicas.open(worker=False) as front, replicas.open(ScriptedModel([["Hello."]])) as back:
        chat = await front.chats.create("Hello", owner="ada")
        await chat.rest()

        assert (1, 2) == (len(front.store.appended), len(back.store.appended))


@pytest.mark.spec("3.6.6", "2.5")
async def test_a_promoted_message_interrupts_and_is_answered_next() -> None:
    """It was the second in the queue: the reply so far is kept, then it is said, then the first one."""
    replicas = Replicas()
    model = ScriptedModel([["I beg", Pause(500)], ["Urgent."], ["First."]])
    async with replicas.open(model) as replica:
        chat = await replica.chats.create("Slowly.", owner="ada")
        await anyio.sleep(5)
        await chat.send("first")
        head = await chat.send("urgent")
        await replica.chats.service.promote(chat.id, head.queue[1].id, actor=chat.actor)
        await chat.rest()

        expected = ["user: Slowly.", "assistant: I beg", "user: urgent", "assistant: Urgent."]
        assert [*expected, "user: first", "assistant: First."] == await spoken(chat)
        assert [] == await replicas.faults()


async def test_a_deleted_message_is_not_said_and_the_turn_goes_on() -> None:
    """Taking a waiting message back does not disturb the reply in the making."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([[Pause(50), "Done."]])) as replica:
        chat = await replica.chats.create("Slowly.", owner="ada")
        head = await chat.send("never mind")
        await replica.chats.service.delete_queued(chat.id, head.queue[0].id, actor=chat.actor)
        await chat.rest()

        assert ["user: Slowly.", "assistant: Done."] == await spoken(chat)


@pytest.mark.spec("3.5", "7.7", "6.6.5")
async def test_an_edit_stops_the_turn_and_begins_it_anew() -> None:
    """The reply to the old words is dropped, viewers are told, the queue is emptied, and the new words are answered."""
    replicas, seen = Replicas(), list[ViewEvent]()
    async with replicas.open(ScriptedModel([["Old", Pause(500), "!"], ["New."]])) as replica:
        chat = await replica.chats.create("Odl.", owner="ada")
        async with anyio.create_task_group() as viewer:

            async def watch() -> None:
                seen.extend(await watched(chat, 100))

            viewer.start_soon(watch)
            await anyio.sleep(5)
            await chat.send("waiting")
            question = next(message for message in await chat.transcript() if message.role is Role.USER)
            await replica.chats.service.edit(chat.id, question.id, "Old.", actor=chat.actor)
            await chat.rest()

        kinds = [type(event) for event in seen]
        assert ["user: Old.", "assistant: New."] == await spoken(chat)
        assert () == (await chat.head()).queue
        assert kinds.index(HistoryReset) < len(kinds) - kinds[::-1].index(PreviewReset)
        assert [] == await replicas.faults()


async def test_an_edit_while_tools_run_drops_their_results() -> None:
    """The tool is cancelled with its turn; nothing of it enters the new history."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel([[Call("slow")], ["New."]])
    async with replicas.open(model, tools=[deeds.tool("slow", seconds=500)]) as replica:
        chat = await replica.chats.create("Odl.", owner="ada")
        await anyio.sleep(5)
        question = (await chat.transcript())[0]
        await replica.chats.service.edit(chat.id, question.id, "Old.", actor=chat.actor)
        await chat.rest()

        assert (1, []) == (len(deeds.begun), deeds.ended)
        assert [] == await results(chat)
        assert ["user: Old.", "assistant: New."] == await spoken(chat)


@pytest.mark.spec("2.11.6", "4.5")
async def test_a_second_interrupt_is_refused_and_changes_nothing() -> None:
    """The first one is being carried out."""
    replicas = Replicas()

    async def slowly(call: StoreCall) -> None:
        if call.actor is not None and call.actor != chat.actor:
            await anyio.sleep(5)

    async with replicas.open(ScriptedModel([["Once upon ", Pause(500)]])) as replica:
        chat = await replica.chats.create("A story.", owner="ada")
        await anyio.sleep(5)
        replica.store.before = slowly
        await chat.interrupt()
        with pytest.raises(TransitionNotAllowed):
            await chat.interrupt()
        await chat.rest()

        assert ["user: A story.", "assistant: Once upon "] == await spoken(chat)


@pytest.mark.spec("4.11.6", "4.5", "2.9")
async def test_an_interrupt_that_meets_the_commit_of_an_answer_keeps_the_whole_answer() -> None:
    """The commit is refused by the fence; what was said is stored once more through the interruption."""
    replicas = Replicas()
    commits = 0

    async def interrupt_first(call: StoreCall) -> None:
        nonlocal commits
        if any(isinstance(event, MessageAdded) and event.role is Role.ASSISTANT for event in call.events):
            commits += 1
            if commits == 1:
                await chat.interrupt()

    model = ScriptedModel([[Pause(5), "All of it."]])
    async with replicas.open(worker=False) as front, replicas.open(model) as replica:
        chat = await front.chats.create("Tell all.", owner="ada")
        replica.store.before = interrupt_first
        head = await chat.rest()

        assert (2, Status.WAITING) == (commits, head.status)
        assert ["user: Tell all.", "assistant: All of it."] == await spoken(chat)
        assert (await chat.transcript())[-1].partial
        assert [] == await replicas.faults()


@pytest.mark.spec("4.5", "4.6")
async def test_an_interrupt_that_meets_the_models_failure_keeps_what_was_said() -> None:
    """The reply is given up with the record of its failure, not before: found by the simulator, hostile, seed 6."""
    replicas = Replicas()
    met = False

    async def interrupt_first(call: StoreCall) -> None:
        nonlocal met
        if not met and any(isinstance(event, RetryScheduled) for event in call.events):
            met = True
            await chat.interrupt()

    model = ScriptedModel([["All I know. ", Fail("overloaded", status=529)], ["Again."]])
    async with replicas.open(worker=False) as front, replicas.open(model) as replica:
        replica.store.before = interrupt_first
        chat = await front.chats.create("Tell all.", owner="ada")
        await chat.rest()

        assert ["user: Tell all.", "assistant: All I know. "] == await spoken(chat)
        assert [] == await replicas.faults()


@pytest.mark.spec("3.6.2", "2.5")
async def test_interrupting_messages_pile_up_and_are_said_in_order() -> None:
    """Two messages, both with an interrupt: the reply is kept, then each is answered."""
    replicas = Replicas()
    model = ScriptedModel([["I beg", Pause(500)], ["One."], ["Two."]])
    async with replicas.open(model) as replica:
        chat = await replica.chats.create("Slowly.", owner="ada")
        await anyio.sleep(5)
        await chat.send("one", behavior=Behavior.INTERRUPT)
        await chat.send("two", behavior=Behavior.INTERRUPT)
        await chat.rest()
        said = await spoken(chat)

        assert ["user: Slowly.", "assistant: I beg", "user: one"] == said[:3]
        assert ["user: two", "assistant: Two."] == [text for text in said if "wo" in text and "lowly" not in text]
        assert [] == await replicas.faults()


@pytest.mark.spec("7.7", "2.6.M1")
async def test_a_client_that_never_answers_is_given_up_at_the_deadline() -> None:
    """Nobody holds the chat meanwhile; when the time is over the call is cancelled and the model goes on."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([[Call("ask_user")], ["Then without."]])) as replica:
        chat = await replica.chats.create("Ask me.", owner="ada", settings=Settings(dynamic_tools=(ASK_USER,)))
        waiting = await until(chat, Status.REQUIRES_ACTION)
        began = anyio.current_time()
        await chat.rest()
        (result,) = await results(chat)

        assert waiting.runner_id is None
        assert 290 <= anyio.current_time() - began <= 320
        assert (True, "in time" in str(result.result)) == (result.is_error, True)
        assert "assistant: Then without." == (await spoken(chat))[-1]
        assert [] == await replicas.faults()


@pytest.mark.spec("4.6")
async def test_retries_are_recorded_and_shown() -> None:
    """A viewer is told of each, with the wait, and the words of the failed try are dropped from its screen."""
    replicas = Replicas()
    fails: list[Saying] = ["half", Fail("overloaded", status=529)]
    async with replicas.open(ScriptedModel([[Pause(5), *fails], fails, ["Whole."]])) as replica:
        chat = await replica.chats.create("Hello", owner="ada")
        seen = await watched(chat, 60)
        told = [(event.attempt, event.delay_ms) for event in seen if isinstance(event, RetryShown)]
        episodes = [event.generation_attempt for event in seen if isinstance(event, PartShown)]

        assert [(1, 1_000), (2, 2_000)] == told
        assert [1, 2, 3] == sorted(set(episodes))
        assert None is (await chat.head()).retry
        assert ["user: Hello", "assistant: Whole."] == await spoken(chat)


@pytest.mark.spec("4.6")
async def test_after_the_last_attempt_the_turn_fails() -> None:
    """Twenty-five calls, then the error says how many there were and keeps what the last one was."""
    replicas = Replicas()
    model = ScriptedModel([[Fail("overloaded", status=529)] for _ in range(30)])
    async with replicas.open(model) as replica:
        chat = await replica.chats.create("Hello", owner="ada")
        head = await chat.rest()

        assert (Status.ERROR, 25) == (head.status, len(model.requests))
        assert head.last_error is not None
        assert ("overloaded", True) == (head.last_error.kind, "25 attempts" in head.last_error.message)


@pytest.mark.spec("4.1", "4.2")
async def test_a_turn_has_an_end_however_many_tools_the_model_calls() -> None:
    """At the step limit the turn ends; the next message begins another one."""
    replicas, deeds = Replicas(), Deeds()
    settings = ServiceSettings(turn=TurnSettings(bounds=TurnLimits(steps_max=3)))
    model = ScriptedModel([[Call("again")]] * 3 + [["Enough."]])
    async with replicas.open(model, tools=[deeds.tool("again")], settings=settings) as replica:
        chat = await replica.chats.create("Loop.", owner="ada")
        head = await chat.rest()
        assert (Status.WAITING, 3) == (head.status, len(deeds.ended))

        assert "Enough." == await chat.ask("Stop?")


@pytest.mark.spec("5.3", "5.7")
@pytest.mark.parametrize("saying", [Fail("overloaded", status=529), Pause(1_000), "   "])
async def test_a_summary_that_fails_ends_the_turn_and_changes_nothing(saying: Fail | Pause | str) -> None:
    """An error, silence or a blank summary: viewers see an error result, and the prompt stays as it was."""
    replicas = Replicas()
    model = ScriptedModel([["The answer.", Report(input_tokens=9)], [saying], ["Going on."]])
    async with replicas.open(model) as replica:
        chat = await replica.chats.create("A question.", owner="ada")
        await chat.rest()
        await replica.chats.service.request_compaction(chat.id, actor=chat.actor)
        head = await chat.rest()
        log = (await replicas.store.events(chat.id, actor=SYSTEM)).events

        assert (Status.WAITING, None, False) == (head.status, head.last_error, head.compaction_requested)
        assert not any(isinstance(event.event, ContextCompacted) for event in log)
        assert "Going on." == await chat.ask("Next.")
        assert "The answer." in str(model.requests[-1].messages)


@pytest.mark.spec("5.7")
async def test_a_compaction_that_is_interrupted_leaves_the_chat_as_it_was() -> None:
    """Nothing of the summary's call enters the transcript, and the mark is gone."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([["The answer."], [Pause(50), "A summary."]])) as replica:
        chat = await replica.chats.create("A question.", owner="ada")
        await chat.rest()
        await replica.chats.service.request_compaction(chat.id, actor=chat.actor)
        await anyio.sleep(5)
        await chat.interrupt()
        head = await chat.rest()

        assert (Status.WAITING, False) == (head.status, head.compaction_requested)
        assert ["user: A question.", "assistant: The answer."] == await spoken(chat)
        assert 2 == len(await chat.transcript())


@pytest.mark.spec("5.7")
async def test_nothing_is_compacted_twice() -> None:
    """After a compaction there is no answer that another one could cover: it is refused."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([["The answer."], ["A summary."]])) as replica:
        chat = await replica.chats.create("A question.", owner="ada")
        await chat.rest()
        await replica.chats.service.request_compaction(chat.id, actor=chat.actor)
        await chat.rest()

        with pytest.raises(NothingToCompact):
            await replica.chats.service.request_compaction(chat.id, actor=chat.actor)


@pytest.mark.spec("7.2", "4.1")
async def test_a_worker_takes_no_more_chats_than_it_may() -> None:
    """Of five chats two are worked on at a time; the others wait and come next."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel(lambda request: ["Done."] if "tool" in str(request.messages[-1].role) else [Call("slow")])
    async with replicas.open(
        model, tools=[deeds.tool("slow", seconds=50)], settings=ServiceSettings(work=WorkSettings(chats_max=2))
    ) as replica:
        chats = [await replica.chats.create("Go.", owner="ada") for _ in range(5)]
        await anyio.sleep(20)
        assert 2 == len(deeds.begun)
        for chat in chats:
            await chat.rest()

        assert 5 == len(deeds.ended)
