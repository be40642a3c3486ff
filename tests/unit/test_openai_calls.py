"""One call of a model over the real client: what is sent, how often, what breaks, what is closed (issue: models)."""

import gc
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Sequence

import anyio
import pytest
from anyio.lowlevel import checkpoint

from chatcore.adapters.openai import OpenAIModel, OpenAIServer
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent, StreamFinished
from chatcore.ports.model import ModelError, ModelRequest
from chatcore.testing.chat_chunks import DONE, delta
from chatcore.testing.provider_bodies import frames
from chatcore.testing.recordings import Play, SeenRequest, serve_recordings

pytest.importorskip("openai", reason="needs the extra `openai`")

import httpx2

pytestmark = pytest.mark.anyio

KEY = "sk-a-key-of-this-test-only"
ASKED = ModelRequest(model_id="m", messages=(PromptMessage(role=Role.USER, content=(PromptText(text="Hi"),)),))
GOOD = frames(delta({"content": "Hello"}), delta({}, "stop"), DONE)
STREAM = {"content-type": "text/event-stream"}


class Body(httpx2.AsyncByteStream):
    """A body in pieces; an exception among them is raised. It counts how often it was closed."""

    def __init__(self, *pieces: bytes | Exception, endless: bool = False) -> None:
        self._pieces = pieces
        self._endless = endless
        self.closed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await checkpoint()
            if isinstance(piece, Exception):
                raise piece
            yield piece
        while self._endless:
            await checkpoint()
            yield frames(delta({"content": "and so on "}))

    async def aclose(self) -> None:
        self.closed += 1


class Provider(httpx2.AsyncBaseTransport):
    """Answers every request the same, and remembers them."""

    def __init__(self, answer: Callable[[], httpx2.Response]) -> None:
        self._answer = answer
        self.requests: list[tuple[httpx2.Request, JsonValue]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append((request, parse_json((await request.aread()).decode())))
        return self._answer()

    def model(self, provider: str = "openai", api: str = "chat", key: str | None = KEY) -> OpenAIModel:
        """A model whose server this is."""
        http = httpx2.AsyncClient(transport=self)
        return OpenAIModel(OpenAIServer(provider, api_key=key, http=http), "m", {"api": api})


def always(played: Play) -> Callable[[SeenRequest], Play]:
    """A server's answer to every request."""

    def answer(_request: SeenRequest) -> Play:
        return played

    return answer


def streaming(body: Body) -> Provider:
    """A provider that streams this body."""
    return Provider(lambda: httpx2.Response(200, headers=STREAM, stream=body))


async def read(model: OpenAIModel, into: list[StreamEvent] | None = None) -> Sequence[StreamEvent]:
    """Everything that the stream tells; with `into`, also what it told before an error."""
    events = [] if into is None else into
    async with model.stream(ASKED) as stream:
        async for event in stream:
            events.append(event)
    return events


async def stumble(model: OpenAIModel) -> None:
    """A reader that fails."""
    async with model.stream(ASKED) as events:
        async for _ in events:
            raise ZeroDivisionError


async def failure(model: OpenAIModel) -> ModelError:
    """The error of the stream."""
    with pytest.raises(ModelError) as caught:
        await read(model)
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 408, 409, 429, 500, 503, 529])
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_a_refused_call_is_one_request(status: int, api: str) -> None:
    """There is one retry layer, and it is not in the adapter: the SDK's own is off, in both ways of asking."""
    provider = Provider(
        lambda: httpx2.Response(status, headers={"retry-after": "1"}, json={"error": {"message": "no"}})
    )
    model = provider.model(api=api)
    error = await failure(model)
    assert (error.status, error.retry_after_ms, error.provider) == (status, 1000, "openai")
    assert len(provider.requests) == 1
    with pytest.raises(ModelError):
        await model.generate(ASKED)
    assert len(provider.requests) == 2


async def test_the_request_is_the_body_and_the_key() -> None:
    """The body is what the adapter built, unchanged; the key is in the header for it."""
    provider = streaming(Body(GOOD))
    model = provider.model()
    assert isinstance((await read(model))[-1], StreamFinished)
    ((request, body),) = provider.requests
    assert body == model.body(ASKED)
    assert str(request.url) == "https://api.openai.com/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_a_server_is_chosen_by_its_address() -> None:
    """With headers and a query of its own; Azure's key goes in the header that it reads."""
    provider = streaming(Body(GOOD))
    http = httpx2.AsyncClient(transport=provider)
    base = "https://mine.test/openai/deployments/d"
    server = OpenAIServer(
        "azure", api_key=KEY, base_url=base, query={"api-version": "v"}, headers={"x-a": "b"}, http=http
    )
    await read(OpenAIModel(server, "m"))
    ((request, _),) = provider.requests
    assert str(request.url) == f"{base}/chat/completions?api-version=v"
    assert (request.headers["api-key"], request.headers["x-a"]) == (KEY, "b")


async def test_what_is_openai_s_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes an organization from the environment; another server is not told of it."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    for provider_id, told in (("openai", "org-mine"), ("groq", None)):
        provider = streaming(Body(GOOD))
        await read(provider.model(provider_id))
        assert provider.requests[0][0].headers.get("openai-organization") == told


async def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable that everybody uses; without one the error names it."""
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    provider = streaming(Body(GOOD))
    error = await failure(provider.model("groq", key=None))
    assert error.kind is ErrorKind.MISSING_KEY
    assert "GROQ_API_KEY" in error.message
    monkeypatch.setenv("GROQ_API_KEY", f" {KEY}\n")
    await read(provider.model("groq", key=None))
    assert provider.requests[0][0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_key_that_no_header_can_carry_is_not_quoted() -> None:
    """An HTTP client would put it into its error."""
    error = await failure(streaming(Body(GOOD)).model(key="sk-first\nsk-second"))
    assert error.kind is ErrorKind.MISSING_KEY
    assert "sk-first" not in "".join(traceback.format_exception(error))


async def test_a_server_without_an_address_says_what_is_known() -> None:
    """And how to name another one."""
    error = await failure(streaming(Body(GOOD)).model("somebody"))
    assert error.kind is ErrorKind.CONFIG
    assert "deepseek" in error.message
    assert "base_url" in error.message


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (httpx2.ConnectError(f"refused {KEY}"), ErrorKind.TIMEOUT),
        (httpx2.ConnectTimeout("slow"), ErrorKind.TIMEOUT),
        (httpx2.ReadTimeout("slow"), ErrorKind.TIMEOUT),
        (httpx2.PoolTimeout("slow"), ErrorKind.TIMEOUT),
        (httpx2.RemoteProtocolError("gone"), ErrorKind.TIMEOUT),
        (httpx2.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"), ErrorKind.CONFIG),
    ],
)
async def test_a_server_that_cannot_be_reached(fault: Exception, kind: ErrorKind) -> None:
    """One request, a kind by 4.6, and nothing of what the client said, for it may quote the key."""

    def answer() -> httpx2.Response:
        raise fault

    provider = Provider(answer)
    error = await failure(provider.model())
    assert error.kind is kind
    assert classify(error.failure()).retryable is (kind is ErrorKind.TIMEOUT)
    assert len(provider.requests) == 1
    assert KEY not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (httpx2.ReadError("reset"), ErrorKind.CUT_OFF),
        (httpx2.RemoteProtocolError("peer closed connection"), ErrorKind.CUT_OFF),
        (httpx2.ReadTimeout("silence"), ErrorKind.STREAM_SILENCE_TIMEOUT),
    ],
)
async def test_a_connection_that_breaks_cuts_the_answer_off(fault: Exception, kind: ErrorKind) -> None:
    """Also behind the finish reason, for that is no clean end; what came before is told, and all is closed."""
    body = Body(GOOD.removesuffix(frames(DONE)), fault)
    events: list[StreamEvent] = []
    with pytest.raises(ModelError) as caught:
        await read(streaming(body).model(), events)
    assert caught.value.kind is kind
    assert classify(caught.value.failure()).retryable
    assert events
    assert not any(isinstance(event, StreamFinished) for event in events)
    assert body.closed


async def test_a_refusal_may_break_off_too() -> None:
    """Its words are lost, and it is a ModelError all the same."""
    body = Body(b'{"error', httpx2.ReadError(f"reset {KEY}"))
    provider = Provider(lambda: httpx2.Response(500, stream=body))
    error = await failure(provider.model())
    assert error.kind is ErrorKind.TIMEOUT
    assert len(provider.requests) == 1
    assert KEY not in "".join(traceback.format_exception(error))


async def test_a_redirect_is_not_followed() -> None:
    """It would carry the key elsewhere."""
    provider = Provider(lambda: httpx2.Response(307, headers={"location": "https://elsewhere.test/"}))
    assert (await failure(provider.model())).status == 307
    assert len(provider.requests) == 1


async def test_leaving_a_real_connection_leaves_nothing_behind() -> None:
    """In the middle and behind the end; what the client keeps open would warn when it is collected."""
    endless = Play(
        headers=STREAM, body=frames(*[delta({"content": "so on "})] * 5000), piece_bytes=(200,), delay_s=0.001
    )
    whole = Play(headers=STREAM, body=GOOD + b": and more\n\n" * 50, piece_bytes=(40,), delay_s=0.001)
    for answer in (endless, whole):
        async with serve_recordings(always(answer)) as server:
            openai = OpenAIServer(api_key=KEY, base_url=server.url)
            with anyio.fail_after(30):
                async with OpenAIModel(openai, "m", {"api": "chat"}).stream(ASKED) as events:
                    async for event in events:
                        if answer is endless or isinstance(event, StreamFinished):
                            break
            await openai.aclose()
    gc.collect()


async def test_leaving_closes_the_connection() -> None:
    """By whatever road: at the end, early, by an error of the reader, cancelled."""
    whole = Body(GOOD)
    await read(streaming(whole).model())
    assert whole.closed

    early = Body(endless=True)
    async with streaming(early).model().stream(ASKED) as events:
        await anext(aiter(events))
    assert early.closed

    broken = Body(endless=True)
    with pytest.raises(ZeroDivisionError):
        await stumble(streaming(broken).model())
    assert broken.closed

    cancelled = Body(endless=True)
    with anyio.CancelScope() as scope:
        async with streaming(cancelled).model().stream(ASKED) as events:
            async for _ in events:
                scope.cancel()
    assert scope.cancelled_caught
    assert cancelled.closed


@pytest.mark.spec("4.5")
async def test_a_cancelled_reader_is_told_nothing_more_of_what_has_arrived() -> None:
    """A checkpoint comes before each event, also where the whole answer came in one piece (7.6)."""
    events: list[StreamEvent] = []
    with anyio.CancelScope() as scope:
        async with streaming(Body(GOOD)).model().stream(ASKED) as stream:
            async for event in stream:
                events.append(event)
                scope.cancel()
    assert scope.cancelled_caught
    assert len(events) == 1


async def test_the_connection_is_not_kept_waiting_behind_the_end() -> None:
    """A server that goes on after [DONE] is left."""
    body = Body(GOOD, endless=True)
    with anyio.fail_after(30):
        assert isinstance((await read(streaming(body).model()))[-1], StreamFinished)
    assert body.closed


async def test_an_answer_that_is_no_stream_is_read_all_the_same() -> None:
    """Some servers pass over the wish for a stream, and some tell errors with status 200."""
    choice: JsonValue = {"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}
    model = Provider(lambda: httpx2.Response(200, json={"choices": [choice]})).model()
    assert (await model.generate(ASKED)).content == (TextPart(text="Hello"),)
    assert isinstance((await read(model))[-1], StreamFinished)
    told = Provider(lambda: httpx2.Response(200, json={"error": {"message": "overloaded"}}))
    assert (await failure(told.model())).kind is ErrorKind.OVERLOADED
    torn = Provider(lambda: httpx2.Response(200, headers={"content-type": "application/json"}, content=b'{"choi'))
    assert (await failure(torn.model())).kind is ErrorKind.CUT_OFF


async def test_a_whole_answer_may_come_as_a_stream() -> None:
    """Whatever was asked for."""
    answer = await streaming(Body(GOOD)).model().generate(ASKED)
    assert (answer.complete, answer.content) == (True, (TextPart(text="Hello"),))


def test_the_sdk_is_imported_only_when_it_is_used() -> None:
    """Whoever has no model of this kind needs neither it nor the HTTP client."""
    code = "import chatcore.adapters.openai, sys; print({'openai', 'httpx2', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
