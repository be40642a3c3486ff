"""Recorded streams of all three APIs through the whole adapter and its real client, over a network that cuts as it
likes: the answer is the same, or it is known to be none (issue: models; spec chat-core 4.6, 4.7).
"""

from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import anyio
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent, StreamFinished
from chatcore.ports.model import Model, ModelError, ModelRequest
from chatcore.testing.provider_bodies import cut_at
from chatcore.testing.recordings import Api, Recording, load_recordings, recordings_folder, recordings_required

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")
pytest.importorskip("openai", reason="needs the extra `openai`")

import httpx2

PROJECT: Final = Path(__file__).resolve().parents[2]
HANGS_S: Final = 60.0
"""No answer from memory takes so long, however busy the machine is."""
REQUEST: Final = ModelRequest(
    model_id="m", messages=(PromptMessage(role=Role.USER, content=(PromptText(text="Hello."),)),)
)
EXAMPLES: Final = max(settings().max_examples // 10, 1)
"""A client is made for each."""
each_api = pytest.mark.parametrize("api", list(Api))


@frozen(kw_only=True)
class Outcome:
    """What came of a call."""

    events: tuple[StreamEvent, ...]
    error: ModelError | None

    @property
    def is_whole(self) -> bool:
        """Whether it claims to be an answer."""
        return bool(self.events) and isinstance(self.events[-1], StreamFinished)

    def assembled(self) -> Assembler:
        """The events, taken as a turn takes them."""
        assembler = Assembler()
        for event in self.events:
            assembler.feed(event)
        return assembler

    def says(self) -> tuple[object, ...]:
        """What two outcomes are compared by."""
        error = self.error
        return (self.events, None if error is None else (error.kind, error.status, error.retryable, error.message))


class Network(httpx2.AsyncBaseTransport):
    """Brings these pieces, and then the body's end, or a broken connection."""

    def __init__(self, pieces: Sequence[bytes], *, breaks: bool) -> None:
        self._pieces = pieces
        self._breaks = breaks

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._brought())

    async def _brought(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._breaks:
            raise httpx2.ReadError("the connection was reset")


def outcome(api: Api, pieces: Sequence[bytes], *, breaks: bool = False) -> Outcome:
    """What the adapter makes of a body. Anything but events and a ModelError fails the test, and so does a hang."""
    return anyio.run(_outcome, api, pieces, breaks)


async def _outcome(api: Api, pieces: Sequence[bytes], breaks: bool) -> Outcome:
    told: list[StreamEvent] = []
    with anyio.fail_after(HANGS_S):
        async with httpx2.AsyncClient(transport=Network(pieces, breaks=breaks)) as http:
            try:
                async with _model(api, http).stream(REQUEST) as events:
                    # What came before an error is looked at, too.
                    async for event in events:
                        told.append(event)  # noqa: PERF401
            except ModelError as error:
                return Outcome(events=tuple(told), error=error)
    return Outcome(events=tuple(told), error=None)


def _model(api: Api, http: httpx2.AsyncClient) -> Model:
    url = "http://memory.test"
    if api is Api.MESSAGES:
        from chatcore.adapters.anthropic import AnthropicModel, AnthropicServer

        return AnthropicModel(AnthropicServer(api_key="k", base_url=url, http=http), "m")
    from chatcore.adapters.openai import OpenAIModel, OpenAIServer

    chosen = "chat" if api is Api.CHAT else "responses"
    return OpenAIModel(OpenAIServer("server", api_key="k", base_url=url, http=http), "m", {"api": chosen})


@cache
def _streams(api: Api) -> Sequence[Recording]:
    """The recorded streams, the shortest first, so that a failure shrinks to one of those."""
    folder = recordings_folder(PROJECT)
    found = () if folder is None else load_recordings(folder)
    wanted = [each for each in found if each.api is api and each.streaming and each.status < 400]
    return sorted(wanted, key=lambda recording: len(recording.body))


def streams(api: Api) -> Sequence[Recording]:
    """The same; without them the test is skipped, or fails where they are required."""
    if not _streams(api):
        why = "no recordings: set CHATCORE_RECORDINGS, or put them into ../shared/recordings"
        if recordings_required():
            pytest.fail(why)
        pytest.skip(why)
    return _streams(api)


@cache
def whole(api: Api, name: str) -> Outcome:
    """What a recording says where nothing happens to it."""
    return outcome(api, [next(each.body for each in _streams(api) if each.name == name)])


@each_api
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_the_pieces_of_the_network_change_nothing(api: Api, data: st.DataObject) -> None:
    """Wherever the body is cut into pieces, the client and the adapter tell the same events and the same error."""
    recording = data.draw(st.sampled_from(streams(api)))
    cuts = data.draw(st.lists(st.integers(0, len(recording.body)), max_size=60))

    assert whole(api, recording.name).says() == outcome(api, cut_at(recording.body, cuts)).says()


@pytest.mark.spec("4.6")
@each_api
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_body_cut_short_is_an_error_to_retry_or_a_partial(api: Api, data: st.DataObject) -> None:
    """Cut at any byte, cleanly or by a broken connection: never a success that is none, and what was said is kept."""
    recording = data.draw(st.sampled_from(streams(api)))
    size = len(recording.body)
    # Half of the cuts are near the end, where finish, usage and the end itself lie.
    length = data.draw(st.integers(0, size - 1) | st.integers(max(0, size - 300), size - 1))
    breaks = data.draw(st.booleans())
    cut, entire = outcome(api, [recording.body[:length]], breaks=breaks), whole(api, recording.name)

    if cut.error is None:
        assert cut.is_whole
        _check_is_no_other_answer(recording, cut, entire)
        return
    assert not cut.is_whole
    kept, all_words = _words(cut), _words(entire)
    assert all_words.startswith(kept)
    own = entire.error is not None and (cut.error.kind, cut.error.message) == (entire.error.kind, entire.error.message)
    assert own or classify(cut.error.failure()).retryable
    assert own or breaks or cut.error.kind is ErrorKind.CUT_OFF


def _check_is_no_other_answer(recording: Recording, cut: Outcome, entire: Outcome) -> None:
    answer = cut.assembled().finish()
    assert answer.complete
    if entire.error is not None:
        # The error came behind a finish reason, and nobody can know that it would have come.
        assert answer.raw_reason == entire.error.raw_finish
        return
    expected = entire.assembled().finish()
    assert answer.reason is expected.reason
    # A server that names a finish behind each of several calls can be cut between two of them unnoticed.
    assert answer.content == expected.content[: len(answer.content)]
    assert recording.name == "together-chat-stream-parallel-tools" or answer.content == expected.content


def _words(outcome: Outcome) -> str:
    """What a reader would have kept, as an interrupt flushes it."""
    return "".join(part.text for part in outcome.assembled().flush() if isinstance(part, TextPart))


_BYTES: Final = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([b"data:", b"event:", b"\n", b"\r", b"\n\n", b"{", b"}", b"\xff", b": x"])).map(b"".join),
)


@each_api
@settings(max_examples=EXAMPLES)
@given(data=st.data(), noise=st.lists(_BYTES, max_size=6), breaks=st.booleans())
def test_bytes_of_any_kind_neither_crash_nor_hang_it(
    api: Api, data: st.DataObject, noise: list[bytes], breaks: bool
) -> None:
    """Alone they are an error; put into a recorded stream at any place they leave an answer or an error."""
    assert outcome(api, noise, breaks=breaks).error is not None

    recording = data.draw(st.sampled_from(streams(api)))
    at = data.draw(st.integers(0, len(recording.body)))
    disturbed = outcome(api, [recording.body[:at], *noise, recording.body[at:]], breaks=breaks)
    assert disturbed.is_whole is (disturbed.error is None)
