"""The provider on loopback says over each API what its script says, and the adapters hear just that."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

import pytest

from chatcore.adapters.scripted import Saying, Script
from chatcore.compose.models import open_models
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import ReasoningPart, TextPart, ToolCallPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.ports.model import Model, ModelError, ModelRequest, generate_by_streaming
from chatcore.testing import Call, Cite, CutOff, Fail, Report, Say, Think
from chatcore.testing.loopback import answer_to, serve_script
from chatcore.testing.loopback.spoken import NotSpoken
from chatcore.testing.recordings import SeenRequest

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")
pytest.importorskip("openai", reason="needs the extra `openai`")
pytestmark = pytest.mark.anyio

LOOK: Final = ToolDefinition(name="look", description="Look.", input_schema=object_schema({"at": {"type": "string"}}))
REQUEST: Final = ModelRequest(
    model_id="m",
    messages=(
        PromptMessage(role=Role.SYSTEM, content=(PromptText(text="Be brief."),)),
        PromptMessage(role=Role.USER, content=(PromptText(text="Where is it?"),)),
    ),
    tools=(LOOK,),
)
each_api = pytest.mark.parametrize("name", ["anthropic/m", "openai/m", "garage/m"])


async def streamed(model: Model) -> Answer:
    """The answer by its stream."""
    return await generate_by_streaming(model, REQUEST)


async def at_once(model: Model) -> Answer:
    """The answer in one body."""
    return await model.generate(REQUEST)


@asynccontextmanager
async def speaking(name: str, script: Script) -> AsyncIterator[Model]:
    """The model of this name, at a provider for which the script speaks."""
    async with serve_script(script) as server:
        urls = {"anthropic": server.url, "openai": f"{server.url}/v1", "garage": f"{server.url}/v1"}
        async with aclosing(open_models(base_urls=urls)) as registry:
            yield registry.model(registry.config(name))


def script(request: ModelRequest) -> Iterator[Saying]:
    """Thinks, speaks, and calls twice; what it was asked is checked here, for it came over the wire."""
    assert [message.role for message in request.messages] == [Role.SYSTEM, Role.USER]
    assert request.tools == (LOOK,)
    yield Think("Ünder the bed?")
    yield Say("I look, 👋.")
    yield Call("look", {"at": "bed"}, call_id="call_bed")
    yield Call("look", {})
    yield Report(input_tokens=11, output_tokens=7, total_tokens=18)


@each_api
@pytest.mark.parametrize("ask", [streamed, at_once])
async def test_what_the_script_says_is_heard(name: str, ask: Callable[[Model], Awaitable[Answer]]) -> None:
    """Streamed and at once: reasoning, words, calls with their ids and arguments, tokens, and why it ended."""
    async with speaking(name, script) as model:
        answer = await ask(model)
    calls = [part for part in answer.content if isinstance(part, ToolCallPart)]

    assert "Ünder the bed?" == "".join(part.text for part in answer.content if isinstance(part, ReasoningPart))
    assert "I look, 👋." == "".join(part.text for part in answer.content if isinstance(part, TextPart))
    # The Messages API has one form for an empty input and for none.
    assert [("look", '{"at":"bed"}'), ("look", "{}")] == [(call.tool_name, call.args or "{}") for call in calls]
    assert "call_bed" == calls[0].tool_call_id != calls[1].tool_call_id
    assert FinishReason.TOOL_CALLS is answer.reason
    assert answer.usage is not None
    assert (11, 7) == (answer.usage.input_tokens, answer.usage.output_tokens)


@each_api
async def test_a_cut_is_a_cut(name: str) -> None:
    """The body ends in the middle of an answer."""
    async with speaking(name, lambda _: ["Once upon", CutOff(Say("a time"))]) as model:
        with pytest.raises(ModelError) as caught:
            await streamed(model)

    assert ErrorKind.CUT_OFF is caught.value.kind


@each_api
async def test_a_failure_has_its_status_and_its_words(name: str) -> None:
    """Also where it comes behind words: a failure is the whole answer."""
    async with speaking(name, lambda _: ["Well,", Fail("too much", status=429, retry_after_ms=1500)]) as model:
        with pytest.raises(ModelError, match="too much") as caught:
            await streamed(model)

    assert (429, 1500) == (caught.value.status, caught.value.retry_after_ms)


async def test_what_it_cannot_say_is_told_to_the_author() -> None:
    """A script of too much fails loudly; a path that no API has is not found."""
    body = b'{"model": "m", "messages": [], "stream": true}'

    def asked(path: str) -> SeenRequest:
        return SeenRequest(method="POST", path=path, headers={}, body=body)

    assert 404 == answer_to(asked("/v1/embeddings"), script).status
    with pytest.raises(NotSpoken, match="Cite"):
        answer_to(asked("/v1/chat/completions"), lambda _: [Cite("https://a.test")])
