"""Whole turns through the service and the worker, on memory and virtual time: nothing here waits for real."""

from collections.abc import Mapping

import anyio
import pytest
import trio.testing

import chatcore
from chatcore.adapters.scripted import Call, CutOff, Fail, Pause, Say, ScriptedModel
from chatcore.app.verifying import verify_store
from chatcore.compose.chats import Chat, Chats
from chatcore.domain.chat.commands import Behavior, DynamicResult, Settings
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import DynamicTool, Status
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import TextPart, ToolResultPart
from chatcore.domain.content.tool_results import ToolOutcome, ToolText
from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.domain.work.verify import Fault

pytestmark = pytest.mark.anyio

OPEN = chatcore.open


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def tool(name: str, answer: ToolOutcome | Exception = None, *, seconds: float = 0.0) -> chatcore.Tool:
    """A tool that answers the same every time, or fails."""

    async def handle(_: chatcore.ToolContext, __: Mapping[str, JsonValue]) -> ToolOutcome:
        await anyio.sleep(seconds)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return chatcore.Tool(
        definition=ToolDefinition(name=name, description=name, input_schema=object_schema({})), handler=handle
    )


def text_of(message: Message) -> str:
    """The words of a message."""
    return "".join(part.text for part in message.content if isinstance(part, TextPart))


async def faults(chats: Chats) -> list[Fault]:
    """What verifying the store finds."""
    return [fault async for verified in verify_store(chats.store) for fault in verified.faults]


async def results_of(chat: Chat) -> list[ToolResultPart]:
    """All tool results of a chat, in order."""
    return [part for each in await chat.transcript() for part in each.content if isinstance(part, ToolResultPart)]


async def asked(chat: Chat) -> list[str]:
    """Who said what."""
    return [f"{message.role}: {text_of(message)}" for message in await chat.transcript()]


async def test_a_text_turn() -> None:
    """The answer is in the log, the chat rests, and everything stored agrees with it."""
    async with OPEN(model=ScriptedModel([["It is four."]])) as chats:
        chat = await chats.create("What is two and two?", owner="ada")
        head = await chat.rest()

        assert (Status.WAITING, None) == (head.status, head.runner_id)
        assert ["user: What is two and two?", "assistant: It is four."] == await asked(chat)
        assert [] == await faults(chats)


@pytest.mark.spec("4.11.1")
async def test_tools_of_one_step_run_together_and_answer_in_call_order() -> None:
    """The slow call was made first: its result comes first, and the step takes as long as the slowest."""
    tools = [tool("slow", ToolText(text="late"), seconds=60), tool("quick", ToolText(text="soon"), seconds=50)]
    model = ScriptedModel([[Call("slow"), Call("quick")], ["Both are done."]])
    async with OPEN(model=model, tools=tools) as chats:
        began = anyio.current_time()
        chat = await chats.create("Do both.", owner="ada")
        await chat.rest()
        took = anyio.current_time() - began
        results = [
            part for each in await chat.transcript() for part in each.content if isinstance(part, ToolResultPart)
        ]

    assert ["slow", "quick"] == [result.tool_name for result in results]
    assert 60 <= took < 75
    assert [Role.TOOL, Role.TOOL] == [message.role for message in model.requests[1].messages[-2:]] or (
        len(model.requests[1].messages[-1].content) == 2
    )


@pytest.mark.spec("4.4")
@pytest.mark.parametrize(
    ("saying", "told"),
    [
        (Call("nowhere"), "there is no tool 'nowhere'"),
        (Call("broken"), "it broke"),
        (Call("fine", "not json"), "not a JSON object"),
        (Call("fine", "[1]"), "not a JSON object"),
    ],
)
async def test_a_tool_that_cannot_answer_is_an_error_result(saying: Call, told: str) -> None:
    """The model reads what is wrong and goes on; the turn does not fail."""
    tools = [tool("broken", RuntimeError("it broke")), tool("fine")]
    async with OPEN(model=ScriptedModel([[saying], ["I see."]]), tools=tools) as chats:
        chat = await chats.create("Try.", owner="ada")
        head = await chat.rest()
        (result,) = [
            part for each in await chat.transcript() for part in each.content if isinstance(part, ToolResultPart)
        ]

        assert head.status is Status.WAITING
        assert result.is_error
        assert told in str(result.result)


@pytest.mark.spec("4.6")
async def test_a_model_that_fails_is_asked_again() -> None:
    """Two failures, waits of one and two seconds, then the answer; nothing of the failed tries stays."""
    model = ScriptedModel([["half", Fail("overloaded", status=529)], [CutOff(saying=Say("more"))], ["Whole."]])
    async with OPEN(model=model) as chats:
        began = anyio.current_time()
        chat = await chats.create("Hello", owner="ada")
        await chat.rest()

        assert 3 <= anyio.current_time() - began < 15
        assert ["user: Hello", "assistant: Whole."] == await asked(chat)
        assert [] == await faults(chats)


@pytest.mark.spec("4.6", "12.2")
async def test_a_model_that_cannot_be_asked_fails_the_turn() -> None:
    """An error that asking again does not help ends the turn, visibly; the next message clears it."""
    async with OPEN(model=ScriptedModel([[Fail("invalid api key", status=401)], ["Better."]])) as chats:
        chat = await chats.create("Hello", owner="ada")
        head = await chat.rest()
        assert (Status.ERROR, "auth") == (head.status, head.last_error.kind if head.last_error else None)

        assert "Better." == await chat.ask("And now?")
        assert (await chat.head()).last_error is None


@pytest.mark.spec("4.1")
async def test_a_silent_model_is_asked_again() -> None:
    """Ten minutes without a word end the try."""
    async with OPEN(model=ScriptedModel([[Pause(3_600), "Never said."], ["Here I am."]])) as chats:
        chat = await chats.create("Hello", owner="ada")
        await chat.rest()

        assert ["user: Hello", "assistant: Here I am."] == await asked(chat)


@pytest.mark.spec("3.6.2", "4.11.4")
async def test_an_interrupt_keeps_what_was_said_and_answers_the_new_message() -> None:
    """The partial reply comes first, then the message that interrupted it, then its answer."""
    model = ScriptedModel([["I begin to tell ", Pause(50), "you a long story."], ["Gladly, in short."]])
    async with OPEN(model=model) as chats:
        chat = await chats.create("Tell me a story.", owner="ada")
        await anyio.sleep(20)
        await chat.send("In short, please.", behavior=Behavior.INTERRUPT)
        await chat.rest()
        transcript = await chat.transcript()

        assert ["user: Tell me a story.", "assistant: I begin to tell ", "user: In short, please."] == (
            await asked(chat)
        )[:3]
        assert "assistant: Gladly, in short." == (await asked(chat))[-1]
        assert transcript[1].partial
        assert [] == await faults(chats)


async def test_an_interrupt_while_tools_run_keeps_finished_results() -> None:
    """Calls that did not end are answered by a cancellation; the one that ended keeps its result."""
    tools = [tool("slow", ToolText(text="late"), seconds=1_000), tool("quick", ToolText(text="soon"))]
    async with OPEN(model=ScriptedModel([[Call("slow"), Call("quick")]]), tools=tools) as chats:
        chat = await chats.create("Do both.", owner="ada")
        await anyio.sleep(20)
        await chat.interrupt()
        head = await chat.rest()
        results = [
            part for each in await chat.transcript() for part in each.content if isinstance(part, ToolResultPart)
        ]

        assert head.status is Status.WAITING
        assert {"slow": True, "quick": False} == {result.tool_name: result.is_error for result in results}
        assert [] == await faults(chats)


@pytest.mark.spec("3.6.1", "3.6.5")
async def test_messages_wait_for_their_turn() -> None:
    """Two messages sent to a busy chat are answered after it, one after the other."""
    model = ScriptedModel([[Pause(30), "one"], ["two"], ["three"]])
    async with OPEN(model=model) as chats:
        chat = await chats.create("first", owner="ada")
        await anyio.sleep(10)
        await chat.send("second")
        await chat.send("third")
        assert 2 == len((await chat.head()).queue)
        await chat.rest()

        expected = [
            "user: first",
            "assistant: one",
            "user: second",
            "assistant: two",
            "user: third",
            "assistant: three",
        ]
        assert expected == await asked(chat)


DYNAMIC = DynamicTool(name="ask_user", description="asks", input_schema=JsonText('{"type":"object"}'))


@pytest.mark.spec("10.8", "2.7")
async def test_a_clients_tool_is_waited_for() -> None:
    """Nobody holds the chat meanwhile; the client's result goes on with the turn."""
    async with OPEN(model=ScriptedModel([[Call("ask_user")], ["Thank you."]])) as chats:
        chat = await chats.create("Ask me.", owner="ada", settings=Settings(dynamic_tools=(DYNAMIC,)))
        head = await until(chat, Status.REQUIRES_ACTION)
        assert head.runner_id is None
        results = [DynamicResult(call_id=head.pending[0].call_id, output='{"answer":42}')]
        await chats.service.complete_action(chat.id, results, actor=chat.actor)
        await chat.rest()

        assert "assistant: Thank you." == (await asked(chat))[-1]
        assert [] == await faults(chats)


async def test_compaction_by_hand_replaces_the_prompt_and_keeps_the_transcript() -> None:
    """The model is shown the summary; readers still see everything."""
    model = ScriptedModel([["The answer."], ["A dense summary."], ["Going on."]])
    async with OPEN(model=model) as chats:
        chat = await chats.create("A question.", owner="ada")
        await chat.rest()
        await chats.service.request_compaction(chat.id, actor=chat.actor)
        await chat.rest()
        assert "Going on." == await chat.ask("Next.")
        prompt = " ".join(str(message) for message in model.requests[-1].messages)

        assert "A dense summary." in prompt
        assert "The answer." not in prompt
        assert "assistant: The answer." in await asked(chat)
        assert [] == await faults(chats)


async def test_clearing_lets_the_model_start_afresh() -> None:
    """Nothing said before is in the next prompt; readers keep it."""
    model = ScriptedModel([["The secret is 7."], ["I know of none."]])
    async with OPEN(model=model) as chats:
        chat = await chats.create("Tell me a secret.", owner="ada")
        await chat.rest()
        await chats.service.clear_context(chat.id, actor=chat.actor)
        await chat.ask("What was the secret?")

        assert "7" not in " ".join(str(message.content) for message in model.requests[-1].messages)
        assert "assistant: The secret is 7." in await asked(chat)


async def until(chat: Chat, status: Status) -> ChatHead:
    """Wait for a status, on virtual time."""
    with anyio.fail_after(1_000):
        while (head := await chat.head()).status is not status:  # noqa: ASYNC110  # a store sets no event
            await anyio.sleep(1)
    return head
