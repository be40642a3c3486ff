"""The Anthropic adapter over its real client and real sockets: one request a call, errors, keys, cancelling."""

import json
from collections.abc import Callable

import anyio
import pytest

from chatcore.adapters.anthropic import AnthropicModel, AnthropicServer, MessagesOptions
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import TextDelta
from chatcore.ports.model import ModelError, ModelRequest
from chatcore.testing.recordings import Play, RecordingServer, serve_recordings

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")

KEY = "sk-ant-test-0123456789abcdef"
REQUEST = ModelRequest(
    model_id="anthropic/claude-x", messages=(PromptMessage(role=Role.USER, content=(PromptText(text="Hi"),)),)
)
STREAM = b"".join(
    f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    for event in (
        {"type": "message_start", "message": {"id": "msg_1"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " there"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )
)
EVENTS = {"content-type": "text/event-stream"}

pytestmark = pytest.mark.anyio


async def _ask(server: RecordingServer, options: MessagesOptions | None = None) -> str:
    anthropic = AnthropicServer(api_key=KEY, base_url=server.url)
    model, assembler = AnthropicModel(anthropic, "claude-x", options), Assembler()
    try:
        async with model.stream(REQUEST) as events:
            async for event in events:
                assembler.feed(event)
    finally:
        await anthropic.aclose()
    return "".join(getattr(part, "text", "") for part in assembler.finish().content)


async def _refusal(play: Play) -> tuple[ModelError, int]:
    async with serve_recordings(lambda _request: play) as server:
        with pytest.raises(ModelError) as caught:
            await _ask(server)
        return caught.value, len(server.requests)


async def test_a_call_is_one_request_with_the_key_in_its_header_alone() -> None:
    """To the right path, with the body that the builder made, and the betas asked for."""
    async with serve_recordings(lambda _request: Play(headers=EVENTS, body=STREAM)) as server:
        assert await _ask(server, MessagesOptions(betas=("a-1", "b-2"))) == "Hello there"

    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/messages")
    # Which header it is, is the SDK's affair.
    assert [name for name, value in request.headers.items() if KEY in value] in (["authorization"], ["x-api-key"])
    assert request.headers["anthropic-beta"] == "a-1,b-2"
    assert json.loads(request.body)["stream"] is True
    assert KEY.encode() not in request.body


@pytest.mark.spec("4.6")
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
async def test_nothing_is_asked_twice(status: int) -> None:
    """The client's own retries are off: there is one retry layer, and this is not it."""
    error, requests = await _refusal(Play(status=status, body=b'{"error":{"message":"no"}}'))

    assert (error.status, requests) == (status, 1)


@pytest.mark.parametrize(
    ("headers", "wait_ms"),
    [
        ({"retry-after": "7"}, 7000),
        ({"retry-after-ms": "1500"}, 1500),
        ({"retry-after": "1", "retry-after-ms": "9"}, 1000),
    ],
)
async def test_the_wait_asked_for_is_passed_on(headers: dict[str, str], wait_ms: int) -> None:
    """In either header; the longer one counts."""
    error, _ = await _refusal(Play(status=429, headers=headers, body=b'{"error":{"message":"slow down"}}'))

    assert error.retry_after_ms == wait_ms


@pytest.mark.parametrize(
    "play",
    [
        Play(status=401, body=f'{{"error":{{"message":"bad key {KEY}"}}}}'.encode()),
        Play(headers=EVENTS, body=f'data: {{"type":"error","error":{{"message":"bad key {KEY}"}}}}\n\n'.encode()),
    ],
)
async def test_a_key_that_a_provider_quotes_is_not_told(play: Play) -> None:
    """Neither in words, nor in details, nor in what the error came from."""
    error, _ = await _refusal(play)
    told = [str(error), repr(error), error.message, error.detail or "", repr(error.__cause__), repr(error.__context__)]

    assert not [text for text in told if KEY in text]


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("cut", [0, 30, 200, len(STREAM) - 60])
async def test_a_connection_that_ends_too_early_cuts_the_answer_off(cut: int, clean: bool) -> None:
    """Whether it ends in order or breaks."""
    error, _ = await _refusal(Play(headers=EVENTS, body=STREAM, cut_at=cut, clean=clean))

    assert (error.kind, classify(error.failure()).retryable) == (ErrorKind.CUT_OFF, True)


async def test_a_server_that_is_not_there_is_an_error_to_retry() -> None:
    """A fault of transport."""
    async with serve_recordings(lambda _request: Play()) as server:
        gone = server
    with pytest.raises(ModelError) as caught:
        await _ask(gone)

    assert (caught.value.kind, classify(caught.value.failure()).retryable) == (ErrorKind.TIMEOUT, True)


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b'"overloaded"', b'{"detail":[{"msg":"bad"}]}', b"\xff\xfe"]
)
async def test_a_refusal_of_any_shape_is_an_error_with_its_status(body: bytes) -> None:
    """Also one without words."""
    error, _ = await _refusal(Play(status=503, body=body))

    assert error.status == 503
    assert error.message


async def test_without_a_key_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to do."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    async with serve_recordings(lambda _request: Play()) as server:
        model = AnthropicModel(AnthropicServer(base_url=server.url), "claude-x")
        with pytest.raises(ModelError, match="ANTHROPIC_API_KEY") as caught:
            await model.generate(REQUEST)

    assert caught.value.kind is ErrorKind.MISSING_KEY
    assert server.requests == []


async def test_a_cancelled_reader_leaves_a_partial_and_lets_the_connection_go() -> None:
    """At the next event, whatever the provider does."""
    slow = Play(headers=EVENTS, body=STREAM, piece_bytes=[40], delay_s=0.01)
    assembler = Assembler()
    with anyio.fail_after(5):
        async with serve_recordings(lambda _request: slow) as server:
            anthropic = AnthropicServer(api_key=KEY, base_url=server.url)
            with anyio.CancelScope() as scope:
                async with AnthropicModel(anthropic, "claude-x").stream(REQUEST) as events:
                    async for event in events:
                        assembler.feed(event)
                        if isinstance(event, TextDelta):
                            scope.cancel()
            await anthropic.aclose()

    assert scope.cancelled_caught
    assert [getattr(part, "text", "") for part in assembler.flush()] == ["Hello"]


@pytest.mark.parametrize("pieces", [lambda: [1], lambda: [3, 50, 1], lambda: [7]])
async def test_pieces_of_the_network_change_nothing(pieces: Callable[[], list[int]]) -> None:
    """Over real sockets."""
    async with serve_recordings(lambda _request: Play(headers=EVENTS, body=STREAM, piece_bytes=pieces())) as server:
        assert await _ask(server) == "Hello there"


async def test_a_stream_where_none_was_asked_for_and_the_other_way_round() -> None:
    """What comes is read as what it is."""
    whole = b'{"type":"message","content":[{"type":"text","text":"Hello there"}],"stop_reason":"end_turn"}'
    async with serve_recordings(
        lambda _request: Play(headers={"content-type": "application/json"}, body=whole)
    ) as server:
        assert await _ask(server) == "Hello there"
    async with serve_recordings(lambda _request: Play(headers=EVENTS, body=STREAM)) as server:
        anthropic = AnthropicServer(api_key=KEY, base_url=server.url)
        answer = await AnthropicModel(anthropic, "claude-x").generate(REQUEST)
        await anthropic.aclose()

    assert answer.complete
