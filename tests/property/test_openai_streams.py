"""Whatever the network does to a body, its answer is the same, or known to be none (issue: models)."""

from collections.abc import Callable
from typing import Final

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.openai.chat_translator import ChatTranslator
from chatcore.adapters.openai.responses_translator import ResponsesTranslator
from chatcore.adapters.providers.translating import Translator
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamFinished
from chatcore.testing.chat_chunks import COUNTED, DONE, call, delta
from chatcore.testing.provider_bodies import ToldBody, cut_at, frames, tell


@frozen(kw_only=True)
class Sent:
    """A body and who reads it."""

    translator: Callable[[str], Translator]
    body: bytes


def _item(kind: str, **fields: JsonValue) -> dict[str, JsonValue]:
    return {"type": kind, "id": f"{kind}_1", **fields}


def _responses_events() -> list[JsonValue]:
    reasoning = _item("reasoning", encrypted_content="c2VhbA==", summary=[{"type": "summary_text", "text": "Hm, ünd?"}])
    source: JsonValue = {"type": "url_citation", "url": "https://a.test", "title": "A"}
    message = _item("message", content=[{"type": "output_text", "text": "Grüße 👋", "annotations": [source]}])
    search = _item("web_search_call", status="completed", action={"type": "search", "query": "snow"})
    wanted = _item("function_call", call_id="c1", name="look", arguments='{"at":"a"}')
    custom = _item("custom_tool_call", call_id="c2", name="sql", input="SELECT 'é'")
    output: list[JsonValue] = [reasoning, search, message, wanted, custom]
    events: list[JsonValue] = [{"type": "response.created", "response": {"status": "in_progress"}}]
    deltas: list[tuple[str, list[str]]] = [
        ("response.reasoning_summary_text.delta", ["Hm, ", "ünd?"]),
        ("response.web_search_call.searching", [""]),
        ("response.output_text.delta", ["Grü", "ße ", "👋"]),
        ("response.function_call_arguments.delta", ['{"at"', ':"a"}']),
        ("response.custom_tool_call_input.delta", ["SELECT ", "'é'"]),
    ]
    for position, (item, (kind, pieces)) in enumerate(zip(output, deltas, strict=True)):
        assert isinstance(item, dict)
        begun = {
            name: value for name, value in item.items() if name not in ("content", "arguments", "input", "summary")
        }
        events.append({"type": "response.output_item.added", "output_index": position, "item": begun})
        events.extend({"type": kind, "output_index": position, "delta": piece} for piece in pieces)
        events.append({"type": "response.output_item.done", "output_index": position, "item": item})
    usage: JsonValue = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    ended: JsonValue = {"status": "completed", "output": output, "usage": usage}
    return [*events, {"type": "response.completed", "response": ended}]


_CHAT: Final = (
    delta({"role": "assistant", "content": ""}),
    delta({"reasoning_content": "Hm, "}),
    delta({"reasoning_content": "ünd?"}),
    delta({"content": "Grü"}),
    delta({"content": "ße 👋"}),
    call(0, "c1", "look", '{"at"'),
    call(0, arguments=':"a"}'),
    call(1, "c2", "look", "{}"),
    delta({}, "tool_calls"),
    {"choices": [], "usage": COUNTED},
)
_PING: Final = b": ping\n\n"

SENT: Final = {
    "chat": Sent(translator=ChatTranslator, body=_PING + frames(*_CHAT, DONE)),
    "chat without [DONE]": Sent(translator=ChatTranslator, body=frames(*_CHAT)),
    "chat with an error": Sent(
        translator=ChatTranslator, body=frames(*_CHAT[:5]) + frames({"error": {"message": "overloaded"}}, event="error")
    ),
    "chat with CRLF": Sent(translator=ChatTranslator, body=frames(*_CHAT, DONE).replace(b"\n", b"\r\n")),
    "chat in lines": Sent(
        translator=ChatTranslator,
        body=frames(*_CHAT, DONE).replace(b',"', b',\ndata: "').replace(b"\n", b"\r\n"),
    ),
    "responses": Sent(translator=ResponsesTranslator, body=frames(*_responses_events()) + _PING),
    "responses that fail": Sent(
        translator=ResponsesTranslator,
        body=frames(*_responses_events()[:6], {"type": "error", "code": "server_error", "message": "server error"}),
    ),
}
sent = pytest.mark.parametrize("name", SENT)


def _told(name: str, pieces: list[bytes] | bytes) -> ToldBody:
    return tell(SENT[name].translator("server"), pieces)


def _says(told: ToldBody) -> tuple[object, ...]:
    error = told.error
    return (told.events, None if error is None else (error.kind, error.status, error.retryable, error.message))


@sent
@given(cuts=st.lists(st.integers(0, 10_000), max_size=40))
def test_the_pieces_of_the_network_change_nothing(name: str, cuts: list[int]) -> None:
    """The same events and the same error, wherever the body is cut into pieces: within a character, or a line end."""
    body = SENT[name].body
    assert _says(_told(name, cut_at(body, cuts))) == _says(_told(name, body))


@sent
def test_byte_by_byte_is_the_same(name: str) -> None:
    """The smallest pieces that there are."""
    body = SENT[name].body
    assert _says(_told(name, [body[at : at + 1] for at in range(len(body))])) == _says(_told(name, body))


@sent
def test_a_body_cut_short_at_any_byte_is_never_a_whole_answer(name: str) -> None:
    """A cut is an error to retry, or leaves the whole answer; of usage alone a part may be missing."""
    body = SENT[name].body
    whole = _told(name, body)
    for length in range(len(body)):
        told = _told(name, body[:length])
        assert told.events[: len(told.events) - 1] == whole.events[: max(len(told.events) - 1, 0)]
        if told.error is not None:
            classified = classify(told.error.failure())
            is_cut = told.error.kind is ErrorKind.CUT_OFF
            assert is_cut or _says(told) == _says(whole), f"cut at {length}"
            assert classified.retryable or not is_cut
            assert not any(isinstance(event, StreamFinished) for event in told.events)
        else:
            assert whole.error is None, f"cut at {length}"
            answer = told.answer
            assert answer.complete
            assert (answer.content, answer.reason) == (whole.answer.content, whole.answer.reason), f"cut at {length}"


@sent
@given(at=st.integers(0, 10_000))
def test_what_was_told_before_a_cut_can_be_kept(name: str, at: int) -> None:
    """The partial that is flushed is a beginning of the words of the whole answer."""
    body = SENT[name].body
    partial, whole = _told(name, body[: at % len(body)]), _told(name, body)
    assembler = Assembler()
    for event in partial.events:
        assembler.feed(event)
    assert _words(ToldBody(events=whole.events)).startswith(_words(ToldBody(events=partial.events)))


def _words(told: ToldBody) -> str:
    return "".join(getattr(event, "text", "") for event in told.events)


_BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([b"data:", b"event:", b"\n", b"\r", b"\n\n", b"{", b"}", b"[DONE]", b"\xff", b": x"])).map(
        b"".join
    ),
)


@pytest.mark.parametrize("translator", [ChatTranslator, ResponsesTranslator])
@given(pieces=st.lists(_BYTES, max_size=10))
def test_random_bytes_are_never_more_than_an_error(
    translator: Callable[[str], Translator], pieces: list[bytes]
) -> None:
    """No crash, no hang; and no answer but by an end that was read."""
    told = tell(translator("server"), pieces)
    assert told.error is not None or b"[DONE]" in b"".join(pieces)


_NAMES: Final = (
    "choices", "delta", "message", "content", "tool_calls", "function", "name", "arguments", "index", "id", "usage",
    "finish_reason", "error", "code", "reasoning", "reasoning_details", "refusal", "annotations", "text", "type",
    "response", "item", "output", "output_index", "summary", "content_index", "summary_index", "status", "action",
    "prompt_tokens", "completion_tokens", "prompt_tokens_details", "input_tokens", "incomplete_details", "thinking",
)  # fmt: skip
_TEXTS: Final = (
    "", "stop", "length", "tool_calls", "error", "message", "reasoning", "function_call", "custom_tool_call", "text",
    "web_search_call", "image_generation_call", "mcp_call", "response.completed", "response.incomplete", "output_text",
    "response.failed", "response.output_item.added", "response.output_item.done", "response.output_text.delta",
    "response.function_call_arguments.delta", "response.custom_tool_call_input.delta", "completed", "thinking",
    "response.reasoning_summary_text.delta", "response.output_text.annotation.added", "incomplete", "refusal", "a",
)  # fmt: skip
_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 600),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(_TEXTS),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, min_size=1, max_size=6)
    ),
    max_leaves=25,
)
_chunks = st.dictionaries(st.sampled_from(_NAMES), _values, max_size=6)


@pytest.mark.parametrize("translator", [ChatTranslator, ResponsesTranslator])
@given(chunks=st.lists(_chunks, max_size=8), done=st.booleans())
def test_strange_chunks_are_never_more_than_an_error(
    translator: Callable[[str], Translator], chunks: list[JsonValue], done: bool
) -> None:
    """Fields of the right name and of any kind: what cannot be understood is passed over, and an assembler takes it."""
    told = tell(translator("server"), frames(*chunks, *([DONE] if done else [])))
    answer = told.answer
    assert answer.complete is (told.error is None)
