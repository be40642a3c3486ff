"""`chatcore.open` with the names of models: which answers, with which settings, and who closes it (2.5, 4.1, 5.1)."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

import chatcore
from chatcore.adapters.model_registry import ModelRegistry
from chatcore.adapters.scripted import Saying
from chatcore.app.compaction import SUMMARY_PROMPT
from chatcore.compose.models import ModelNotReady, open_models, ready_model
from chatcore.domain.chat.commands import Settings
from chatcore.domain.chat.events_history import ContextCompacted, MessageAdded
from chatcore.domain.content.messages import Effort
from chatcore.ports.model import ModelRequest
from chatcore.ports.models import BadModelName, ModelConfig, ModelName, UnknownModelName
from chatcore.testing import Report, ScriptedModel, last_user_text
from chatcore.testing.loopback import serve_script
from chatcore.testing.recordings import RecordingServer

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")
pytest.importorskip("openai", reason="needs the extra `openai`")
pytestmark = pytest.mark.anyio

SMALL = "anthropic/claude-haiku-4-5"
KEY = "sk-ant-test-of-opening"


def script(request: ModelRequest) -> Iterator[Saying]:
    """Says which model was asked; a summary is asked for as anything else."""
    yield "All of it, in short." if last_user_text(request) == SUMMARY_PROMPT else f"{request.model_id} is here."
    yield Report(input_tokens=50, output_tokens=5, total_tokens=55)


@pytest.fixture
async def server() -> AsyncIterator[RecordingServer]:
    """A provider on loopback."""
    async with serve_script(script) as server:
        yield server


def asked(server: RecordingServer) -> list[dict[str, Any]]:
    """The bodies of the requests so far."""
    return [json.loads(request.body) for request in server.requests]


async def test_a_name_is_enough(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key comes from the environment, limits from what is known of the model, and the log names who answered."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    async with chatcore.open(model=SMALL) as chats:
        chat = await chats.create("Hello.", owner="ada")
        await chat.rest()
        answer = await chat.answer()
        stored = (await chats.store.events(chat.id, actor=chat.actor)).events

    (request,) = server.requests
    assert "claude-haiku-4-5 is here." == answer
    assert 64_000 == asked(server)[0]["max_tokens"]
    # Which header it is, is the SDK's affair.
    assert any(KEY in value for value in request.headers.values())
    answers = [each.event for each in stored if isinstance(each.event, MessageAdded) and each.event.model_id]
    assert [(SMALL, 200_000)] == [(each.model_id, each.context_limit) for each in answers]
    assert KEY not in repr(stored)


async def test_a_chat_chooses_among_several_by_name(server: RecordingServer) -> None:
    """Aliases, whole models and a registry's names; the default answers where a name is unknown (2.5)."""
    urls = {"anthropic": server.url, "local": f"{server.url}/v1"}
    async with aclosing(open_models(default="local/llama", base_urls=urls)) as registry:
        async with chatcore.open(models=registry) as chats:
            said = [await _answer(chats, name) for name in (None, SMALL, "nobody/x")]
        async with chatcore.open(models=registry, model="anthropic/claude-opus-4-1") as chats:
            said.append(await _answer(chats, None))
    async with chatcore.open(models={"own": ScriptedModel([["Here."]]), "far": SMALL}, default_model="own") as chats:
        said.append(await _answer(chats, None))

    names = ["llama", "claude-haiku-4-5", "llama", "claude-opus-4-1"]
    assert [*(f"{name} is here." for name in names), "Here."] == said


async def _answer(chats: chatcore.Chats, model_id: str | None) -> str:
    chat = await chats.create("Who?", owner="ada", settings=None if model_id is None else Settings(model_id=model_id))
    await chat.rest()
    return await chat.answer()


@pytest.mark.parametrize("name", ["nobody/x", "claude"])
async def test_a_name_that_nobody_knows_does_not_open(name: str) -> None:
    """It says what is known, or how a name looks, before anything is made."""
    with pytest.raises((UnknownModelName, BadModelName), match="anthropic"):
        async with chatcore.open(model=name):
            pytest.fail("it opened")


async def test_what_is_configured_reaches_the_provider(server: RecordingServer) -> None:
    """Output limit and effort; a chat's own effort goes first (4.1)."""
    config = ModelConfig(
        name=ModelName.parse("anthropic/claude-opus-4-1"),
        output_tokens_max=4000,
        effort=Effort.LOW,
        options={"temperature": 1},
        is_default=True,
    )
    registry = open_models([config], base_urls={"anthropic": server.url})
    async with aclosing(registry), chatcore.open(models=registry) as chats:
        for effort in (None, Effort.NONE):
            await (await chats.create("Hello.", owner="ada", settings=Settings(effort=effort))).rest()
    low, none = asked(server)

    assert (4000, 1, 2048) == (low["max_tokens"], low["temperature"], low["thinking"]["budget_tokens"])
    assert {"type": "disabled"} == none["thinking"]


@pytest.mark.spec("5.1")
async def test_a_summary_takes_the_same_road_and_knows_the_configuration(server: RecordingServer) -> None:
    """One more request to the same server, not streamed; the boundary tells the configured limit and threshold."""
    config = ModelConfig(
        name=ModelName.parse("anthropic/own"), context_limit=1000, threshold_percent=40, is_default=True
    )
    registry = open_models([config], base_urls={"anthropic": server.url})
    async with aclosing(registry), chatcore.open(models=registry) as chats:
        chat = await chats.create("Hello.", owner="ada")
        await chat.rest()
        await chats.service.request_compaction(chat.id, actor=chat.actor)
        await chat.rest()
        stored = (await chats.store.events(chat.id, actor=chat.actor)).events
    (boundary,) = [each.event for each in stored if isinstance(each.event, ContextCompacted)]

    assert [True, None] == [body.get("stream") for body in asked(server)]
    assert (1000, 40, 50) == (boundary.context_limit, boundary.threshold_percent, boundary.context_tokens)


async def test_a_registry_that_is_given_stays_open(server: RecordingServer) -> None:
    """Its owner may open a second service with it."""
    registry = open_models(default=SMALL, base_urls={"anthropic": server.url})
    assert isinstance(registry, ModelRegistry)
    async with aclosing(registry):
        for _ in range(2):
            async with chatcore.open(models=registry) as chats:
                assert "claude-haiku-4-5 is here." == await _answer(chats, None)


@pytest.mark.parametrize(
    ("name", "missing"),
    [("anthropic/x", "ANTHROPIC_API_KEY"), ("groq/x", "GROQ_API_KEY"), ("azure/x", "base URL")],
)
async def test_what_a_model_lacks_is_said_before_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, name: str, missing: str
) -> None:
    """A command can say it at once, and not in the middle of a chat."""
    for variable in ("ANTHROPIC_API_KEY", "GROQ_API_KEY", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ModelNotReady, match=missing):
        async with ready_model(name):
            pytest.fail("it is ready")


async def test_without_a_key_a_chat_fails_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The turn ends with an error that says what is missing; nothing hangs, and nothing is tried again."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    async with chatcore.open(model=SMALL) as chats:
        chat = await chats.create("Hello.", owner="ada")
        with anyio.fail_after(30):
            head = await chat.rest()

    assert head.last_error is not None
    assert "missing_key" == head.last_error.kind
