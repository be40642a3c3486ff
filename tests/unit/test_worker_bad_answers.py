"""Answers of models that break the rules of calls: the chat goes on, and nothing that was said is lost (1.5, 4.7)."""

from collections.abc import Mapping

import pytest
import trio.testing

from chatcore.adapters.scripted import Call, ScriptedModel
from chatcore.domain.chat.values import Status
from chatcore.domain.limits import TOOL_NAME_BYTES_MAX
from chatcore.testing.deeds import Deeds, results, spoken
from chatcore.testing.replicas import Replicas

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.mark.spec("1.5")
async def test_the_same_call_id_twice_is_two_calls() -> None:
    """The model used one id for both: each call gets one of its own, is run once and answered once."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel([[Call("one", call_id="same"), Call("two", call_id="same")], ["Both."]])
    async with replicas.open(model, tools=[deeds.tool("one"), deeds.tool("two")]) as replica:
        chat = await replica.chats.create("Both.", owner="ada")
        await chat.rest()
        answers = await results(chat)

        assert (2, 2) == (len(set(deeds.begun)), len({answer.tool_call_id for answer in answers}))
        assert ["one", "two"] == [answer.tool_name for answer in answers]
        assert [] == await replicas.faults()


async def test_an_answer_whose_call_cannot_be_stored_keeps_its_words() -> None:
    """A tool's name beyond all measure ends the turn with an error; what the model said around the call stays."""
    replicas = Replicas()
    model = ScriptedModel([["I will look. ", Call("x" * (TOOL_NAME_BYTES_MAX + 1), {}), "Wait."]])
    async with replicas.open(model) as replica:
        chat = await replica.chats.create("Look.", owner="ada")
        head = await chat.rest()

        assert Status.ERROR is head.status
        assert head.last_error is not None
        assert "refused" in head.last_error.message
        assert ["user: Look.", "assistant: I will look. Wait."] == await spoken(chat)
        assert [] == await replicas.faults()


async def test_a_call_id_of_an_earlier_turn_is_a_new_call() -> None:
    """The model uses the same id in every turn: the tool runs every time."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel([[Call("one", call_id="a")], ["1"], [Call("one", call_id="a")], ["2"]])
    async with replicas.open(model, tools=[deeds.tool("one")]) as replica:
        chat = await replica.chats.create("Go.", owner="ada")
        await chat.rest()
        await chat.ask("Again.")

        assert 2 == len(set(deeds.begun)) == len(await results(chat))
