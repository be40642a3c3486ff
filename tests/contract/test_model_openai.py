"""The OpenAI adapter keeps the contract of the model port, through both of its APIs and the real client."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from anyio.lowlevel import checkpoint

from chatcore.adapters.openai import OpenAIModel, OpenAIServer
from chatcore.domain.content.messages import Usage
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.ports.model import Model
from chatcore.testing.contracts.model import Answers, BreaksOff, ModelContract, NeverEnds, OpenModel, Refuses, Scenario

pytest.importorskip("openai", reason="needs the extra `openai`")

import httpx2

Frames = Callable[[Scenario], Iterator[JsonValue]]


class TestChatCompletions(ModelContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_model(self) -> OpenModel:
        """A server of Chat Completions for each scenario."""
        return _opened("chat", _chat_frames, _chat_whole)


class TestResponses(ModelContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_model(self) -> OpenModel:
        """A server of the Responses API for each scenario."""
        return _opened("responses", _responses_frames, _responses_whole)


def _opened(api: str, frames: Frames, whole: Callable[[Answers], JsonValue]) -> OpenModel:
    @asynccontextmanager
    async def opened(scenario: Scenario) -> AsyncGenerator[Model, None]:
        async def handle(request: httpx2.Request) -> httpx2.Response:
            if isinstance(scenario, Refuses):
                wait = scenario.retry_after_ms
                headers = {} if wait is None else {"retry-after-ms": str(wait)}
                error = {"error": {"message": scenario.message}}
                return httpx2.Response(scenario.status, headers=headers, json=error)
            if isinstance(scenario, Answers) and not json.loads(await request.aread()).get("stream"):
                return httpx2.Response(200, json=whole(scenario))
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=_body(scenario, frames))

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as http:
            server = OpenAIServer("openai", api_key="sk-of-a-contract", http=http)
            yield OpenAIModel(server, "contract-model", {"api": api})

    return opened


async def _body(scenario: Scenario, frames: Frames) -> AsyncIterator[bytes]:
    for frame in frames(scenario):
        await checkpoint()
        data = frame if isinstance(frame, str) else dump_json(frame)
        yield f"data: {data}\n\n".encode()


def _words(text: str) -> Iterator[str]:
    yield from (f"{word} " for word in text.split(" ")[:-1])
    yield text.split(" ")[-1]


def _delta(delta: JsonValue, finish: str | None = None) -> JsonValue:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _chat_frames(scenario: Scenario) -> Iterator[JsonValue]:
    match scenario:
        case Answers():
            yield from (_delta({"reasoning_content": word}) for word in _words(scenario.reasoning))
            yield from (_delta({"content": word}) for word in _words(scenario.text))
            for index, (name, args) in enumerate(scenario.calls):
                head: JsonValue = {"index": index, "id": f"call_{index}", "function": {"name": name, "arguments": ""}}
                yield _delta({"tool_calls": [head]})
                for piece in _words(args):
                    yield _delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            yield _delta({}, "tool_calls" if scenario.calls else "stop")
            if scenario.usage is not None:
                yield {"choices": [], "usage": _counted(scenario.usage, "prompt_tokens", "completion_tokens")}
            yield "[DONE]"
        case BreaksOff(text=text):
            yield from (_delta({"content": word}) for word in _words(text))
        case NeverEnds():
            while True:
                yield _delta({"content": "and so on "})
        case Refuses():
            raise AssertionError("a refusal has no body of frames")


def _responses_frames(scenario: Scenario) -> Iterator[JsonValue]:
    yield {"type": "response.created", "response": {"status": "in_progress"}}
    match scenario:
        case Answers():
            response = _responses_whole(scenario)
            output = list(_items(scenario))
            for position, item in enumerate(output):
                yield {"type": "response.output_item.added", "output_index": position, "item": {**item, "content": []}}
                yield from _pieces(position, item)
                yield {"type": "response.output_item.done", "output_index": position, "item": item}
            yield {"type": "response.completed", "response": response}
        case BreaksOff(text=text):
            yield from _pieces(0, {"type": "message", "content": [{"type": "output_text", "text": text}]})
        case NeverEnds():
            yield {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}}
            while True:
                yield {"type": "response.output_text.delta", "output_index": 0, "delta": "and so on "}
        case Refuses():
            raise AssertionError("a refusal has no body of frames")


def _responses_whole(scenario: Answers) -> JsonValue:
    usage = None if scenario.usage is None else _counted(scenario.usage, "input_tokens", "output_tokens")
    return {"status": "completed", "output": list(_items(scenario)), "usage": usage}


def _chat_whole(scenario: Answers) -> JsonValue:
    calls: JsonValue = [
        {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": args}}
        for number, (name, args) in enumerate(scenario.calls)
    ]
    usage = None if scenario.usage is None else _counted(scenario.usage, "prompt_tokens", "completion_tokens")
    message: JsonValue = {"role": "assistant", "content": scenario.text or None, "tool_calls": calls}
    finish = "tool_calls" if scenario.calls else "stop"
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}


def _items(scenario: Answers) -> Iterator[dict[str, JsonValue]]:
    if scenario.reasoning:
        yield {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": scenario.reasoning}]}
    if scenario.text:
        yield {"type": "message", "content": [{"type": "output_text", "text": scenario.text}]}
    for number, (name, args) in enumerate(scenario.calls):
        yield {"type": "function_call", "id": f"fc_{number}", "call_id": f"c{number}", "name": name, "arguments": args}


def _pieces(position: int, item: dict[str, JsonValue]) -> Iterator[JsonValue]:
    match item:
        case {"type": "reasoning", "summary": [{"text": str(text)}]}:
            kind = "response.reasoning_summary_text.delta"
        case {"type": "message", "content": [{"text": str(text)}]}:
            kind = "response.output_text.delta"
            yield {"type": "response.output_item.added", "output_index": position, "item": {"type": "message"}}
        case {"type": "function_call", "arguments": str(text)}:
            kind = "response.function_call_arguments.delta"
        case _:
            return
    for piece in _words(text):
        yield {"type": kind, "output_index": position, "delta": piece}


def _counted(usage: Usage, prompt: str, written: str) -> JsonValue:
    return {prompt: usage.input_tokens, written: usage.output_tokens}
