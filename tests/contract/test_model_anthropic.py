"""The Anthropic adapter keeps the contract of the model port, over its real client and a transport in memory."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from anyio.lowlevel import checkpoint

from chatcore.adapters.anthropic import AnthropicModel, AnthropicServer
from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import Model
from chatcore.testing.contracts.model import Answers, BreaksOff, ModelContract, NeverEnds, OpenModel, Refuses, Scenario

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")

import httpx2


class TestAnthropicModel(ModelContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_model(self) -> OpenModel:
        """A provider in memory for each scenario."""

        @asynccontextmanager
        async def opened(scenario: Scenario) -> AsyncGenerator[Model, None]:
            async with httpx2.AsyncClient(transport=_Provider(scenario)) as http:
                yield AnthropicModel(AnthropicServer(api_key="key-of-a-test", http=http), "claude-test")

        return opened


class _Provider(httpx2.AsyncBaseTransport):
    """Answers every request as the scenario says, streamed or whole, as it is asked."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        wanted = json.loads(await request.aread())
        match self._scenario:
            case Refuses() as refuses:
                return _refusal(refuses)
            case Answers() as answers if not wanted.get("stream"):
                return httpx2.Response(200, json=_whole(answers))
            case scenario:
                headers = {"content-type": "text/event-stream; charset=utf-8"}
                return httpx2.Response(200, headers=headers, stream=_Body(scenario))


class _Body(httpx2.AsyncByteStream):
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in _events(self._scenario):
            await checkpoint()
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _events(scenario: Scenario) -> Iterator[dict[str, JsonValue]]:
    yield {"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "content": []}}
    yield {"type": "ping"}
    match scenario:
        case NeverEnds():
            yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            while True:
                yield _delta(0, {"type": "text_delta", "text": "and so on "})
        case BreaksOff(text=text):
            yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            yield _delta(0, {"type": "text_delta", "text": text})
        case Answers() as answers:
            for index, block in enumerate(_blocks(answers)):
                yield from _streamed(index, block)
            yield {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use" if answers.calls else "end_turn"},
                "usage": _usage(answers),
            }
            yield {"type": "message_stop"}
        case Refuses():
            raise AssertionError("a refusal has no events")


def _streamed(index: int, block: dict[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    nothing: dict[str, JsonValue] = {"text": "", "thinking": "", "input": {}}
    empty = {name: nothing.get(name, value) for name, value in block.items()}
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for name, kind, told in (("text", "text_delta", "text"), ("thinking", "thinking_delta", "thinking")):
        words = str(block.get(name, ""))
        for start in range(0, len(words), 7):
            yield _delta(index, {"type": kind, told: words[start : start + 7]})
    if "input" in block:
        yield _delta(index, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])})
    yield {"type": "content_block_stop", "index": index}


def _delta(index: int, delta: JsonValue) -> dict[str, JsonValue]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _blocks(answers: Answers) -> Iterator[dict[str, JsonValue]]:
    if answers.reasoning:
        yield {"type": "thinking", "thinking": answers.reasoning, "signature": "signed"}
    if answers.text:
        yield {"type": "text", "text": answers.text}
    for number, (name, args) in enumerate(answers.calls):
        yield {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": json.loads(args)}


def _usage(answers: Answers) -> dict[str, JsonValue]:
    usage = answers.usage
    return {} if usage is None else {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}


def _whole(answers: Answers) -> dict[str, JsonValue]:
    return {
        "type": "message",
        "content": list(_blocks(answers)),
        "stop_reason": "tool_use" if answers.calls else "end_turn",
        "usage": _usage(answers),
    }


def _refusal(refuses: Refuses) -> httpx2.Response:
    wait = refuses.retry_after_ms
    return httpx2.Response(
        refuses.status,
        headers={} if wait is None else {"retry-after-ms": str(wait)},
        json={"type": "error", "error": {"type": "some_error", "message": refuses.message}},
    )
