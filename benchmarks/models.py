"""What one streamed delta of a provider costs in the adapter, beside the official SDK alone over the same bytes."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from statistics import median
from typing import Final

import anyio
import httpx2
from attrs import frozen
from benchmarks.result import Result

from chatcore.adapters.anthropic import AnthropicModel, AnthropicServer
from chatcore.adapters.openai import OpenAIModel, OpenAIServer
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.stream import TextDelta
from chatcore.ports.model import Model, ModelRequest

TARGET: Final = 1.0
_ROUNDS: Final = 5
_KEY: Final = "sk-of-nobody"
_URL: Final = "http://memory.test"
_WORD: Final = "word "
_ASKED: Final = "Tell me much."


class _Body(httpx2.AsyncByteStream):
    """Frame by frame, as a network brings a stream."""

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for frame in self._frames:
            yield frame


class _Transport(httpx2.AsyncBaseTransport):
    """Answers every request with the same body, from memory."""

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=_Body(self._frames))


@frozen(kw_only=True)
class _Api:
    """One API: its frames, and who reads them; each reader returns how many deltas it saw."""

    name: str
    events: Callable[[int], Iterator[JsonValue]]
    model: Callable[[httpx2.AsyncClient], Model]
    sdk: Callable[[httpx2.AsyncClient], Awaitable[int]]


def run(*, quick: bool) -> list[Result]:
    """Medians of interleaved rounds of one long answer each."""
    return anyio.run(_run, 500 if quick else 5_000)


async def _run(deltas: int) -> list[Result]:
    return [await _compared(api, deltas) for api in _APIS]


async def _compared(api: _Api, deltas: int) -> Result:
    frames = [_frame(event) for event in api.events(deltas)]
    ours, alone = [], []
    async with httpx2.AsyncClient(transport=_Transport(frames)) as http:
        model = api.model(http)
        for _ in range(_ROUNDS):
            ours.append(await _timed(lambda: _by_adapter(model), deltas))
            alone.append(await _timed(lambda: api.sdk(http), deltas))
    return Result.at_most(f"a delta of {api.name}", median(ours), "us", "the SDK alone", median(alone), TARGET)


async def _timed(read: Callable[[], Awaitable[int]], deltas: int) -> float:
    """Microseconds for each delta."""
    began = time.perf_counter()
    seen = await read()
    took = time.perf_counter() - began
    if seen != deltas:
        raise AssertionError(f"{seen} deltas were read, not {deltas}")
    return 1e6 * took / deltas


async def _by_adapter(model: Model) -> int:
    prompt = (PromptMessage(role=Role.USER, content=(PromptText(text=_ASKED),)),)
    async with model.stream(ModelRequest(model_id="m", messages=prompt)) as events:
        return sum([isinstance(event, TextDelta) async for event in events])


async def _chat_sdk(http: httpx2.AsyncClient) -> int:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key=_KEY, base_url=_URL, http_client=http)
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": _ASKED}], stream=True
    )
    return sum([bool(chunk.choices and chunk.choices[0].delta.content) async for chunk in stream])


async def _responses_sdk(http: httpx2.AsyncClient) -> int:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key=_KEY, base_url=_URL, http_client=http)
    stream = await client.responses.create(model="m", input=_ASKED, stream=True)
    return sum([event.type == "response.output_text.delta" async for event in stream])


async def _messages_sdk(http: httpx2.AsyncClient) -> int:
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(api_key=_KEY, base_url=_URL, http_client=http)
    stream = await client.messages.create(
        model="m", max_tokens=99, messages=[{"role": "user", "content": _ASKED}], stream=True
    )
    return sum([event.type == "content_block_delta" async for event in stream])


def _chat_events(deltas: int) -> Iterator[JsonValue]:
    head: dict[str, JsonValue] = {
        "id": "chatcmpl-Ba7nWq2vQ0",
        "object": "chat.completion.chunk",
        "created": 1_763_000_000,
        "model": "m",
        "service_tier": "default",
        "system_fingerprint": "fp_3f58d112f7",
    }
    for _ in range(deltas):
        said: JsonValue = {"content": _WORD}
        yield {**head, "choices": [{"index": 0, "delta": said, "logprobs": None, "finish_reason": None}], "usage": None}
    yield {**head, "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}], "usage": None}
    yield {**head, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": deltas, "total_tokens": 9}}
    yield "[DONE]"


def _responses_events(deltas: int) -> Iterator[JsonValue]:
    words: JsonValue = {"type": "output_text", "text": _WORD * deltas, "annotations": []}
    item: dict[str, JsonValue] = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    whole: JsonValue = {**item, "status": "completed", "content": [words]}
    response: dict[str, JsonValue] = {"id": "resp_1", "object": "response", "model": "m", "output": []}
    at: dict[str, JsonValue] = {"item_id": "msg_1", "output_index": 0}
    yield {"type": "response.created", "response": {**response, "status": "in_progress"}, "sequence_number": 0}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item, "sequence_number": 1}
    for number in range(deltas):
        said: dict[str, JsonValue] = {"content_index": 0, "delta": _WORD, "logprobs": [], "sequence_number": number + 2}
        yield {"type": "response.output_text.delta", **at, **said}
    yield {"type": "response.output_item.done", "output_index": 0, "item": whole, "sequence_number": deltas + 2}
    ended: JsonValue = {**response, "status": "completed", "output": [whole]}
    yield {"type": "response.completed", "response": ended, "sequence_number": deltas + 3}


def _messages_events(deltas: int) -> Iterator[JsonValue]:
    usage: JsonValue = {"input_tokens": 9, "output_tokens": 1}
    message: dict[str, JsonValue] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for _ in range(deltas):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": _WORD}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": deltas}}
    yield {"type": "message_stop"}


def _frame(event: JsonValue) -> bytes:
    if isinstance(event, dict) and isinstance(kind := event.get("type"), str):
        return f"event: {kind}\ndata: {dump_json(event)}\n\n".encode()
    return f"data: {event if isinstance(event, str) else dump_json(event)}\n\n".encode()


def _openai(api: str) -> Callable[[httpx2.AsyncClient], Model]:
    return lambda http: OpenAIModel(OpenAIServer(api_key=_KEY, base_url=_URL, http=http), "m", {"api": api})


_APIS: Final = (
    _Api(name="Chat Completions", events=_chat_events, model=_openai("chat"), sdk=_chat_sdk),
    _Api(name="Responses", events=_responses_events, model=_openai("responses"), sdk=_responses_sdk),
    _Api(
        name="Messages",
        events=_messages_events,
        model=lambda http: AnthropicModel(AnthropicServer(api_key=_KEY, base_url=_URL, http=http), "m"),
        sdk=_messages_sdk,
    ),
)
