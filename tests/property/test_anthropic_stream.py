"""Whatever way a stream of the Messages API comes over the wire, and wherever it ends (spec chat-core 4.6, 4.7)."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.anthropic.translate import MessagesTranslator
from chatcore.adapters.providers.calling import last_events
from chatcore.adapters.providers.sse import SseDecoder
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.ports.model import ModelError
from chatcore.testing.recordings import pieces_of

EVENTS: Sequence[dict[str, JsonValue]] = (
    {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 3, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Grüße — 🦜"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Олень\n\ndata: x"}},
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "n"}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"a":'}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "1}"}},
    {"type": "content_block_stop", "index": 2},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
)
FRAMES = "".join(f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}  \n\n" for event in EVENTS)
BODY = FRAMES.encode()
LAST_BYTE_NEEDED = len(BODY.rstrip())


def answered(chunks: Sequence[bytes]) -> Answer | ModelError:
    """What the adapter makes of a body that comes in these chunks and then ends."""
    decoder, translator, assembler = SseDecoder(), MessagesTranslator(), Assembler()
    try:
        for chunk in chunks:
            for frame in decoder.feed(chunk):
                for event in translator.feed(frame.event, frame.data) if frame.data else ():
                    assembler.feed(event)
                if translator.finished:
                    return assembler.finish()
        for event in last_events(decoder.rest(), translator):
            assembler.feed(event)
    except ModelError as error:
        return error
    return assembler.finish()


WHOLE = answered([BODY])


@given(st.lists(st.integers(min_value=1, max_value=60), min_size=1))
def test_the_sizes_of_the_networks_pieces_change_nothing(sizes: list[int]) -> None:
    """Not within a line, a character, or a line's end."""
    assert answered(list(pieces_of(BODY, sizes))) == WHOLE


@given(st.lists(st.integers(min_value=1, max_value=60), min_size=1), st.sampled_from(["\r\n", "\r", "\n"]))
def test_the_kind_of_line_ends_changes_nothing(sizes: list[int], line_end: str) -> None:
    """Any that the standard knows."""
    body = FRAMES.replace("\n", line_end).encode()

    assert answered(list(pieces_of(body, sizes))) == WHOLE


@pytest.mark.spec("4.6")
def test_a_body_cut_at_any_byte_is_never_taken_for_whole() -> None:
    """It is an error that says so, and one to retry; only what stands behind the last brace is not missed."""
    assert isinstance(WHOLE, Answer)
    assert WHOLE.complete
    for cut in range(len(BODY)):
        answer = answered([BODY[:cut]])
        if cut >= LAST_BYTE_NEEDED:
            assert answer == WHOLE
        else:
            assert isinstance(answer, ModelError), cut
            assert answer.kind is ErrorKind.CUT_OFF


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes_are_an_answer_or_an_error(chunks: list[bytes]) -> None:
    """Nothing else is raised, and without the stream's end nothing is whole."""
    assert isinstance(answered(chunks), ModelError)


frames = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("index", "delta", "content_block", "message", "usage", "error", "text", "type", "citation", "name", "input")


@given(
    st.lists(
        st.builds(
            lambda kind, fields: {"type": kind, **fields},
            st.sampled_from([str(event["type"]) for event in EVENTS]),
            st.dictionaries(
                st.sampled_from(FIELDS),
                frames | st.dictionaries(st.sampled_from(FIELDS), frames, max_size=4),
                max_size=4,
            ),
        ),
        max_size=12,
    )
)
def test_events_of_any_shape_are_an_answer_or_an_error(events: list[dict[str, JsonValue]]) -> None:
    """What is missing or of another kind than expected reads as nothing."""
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    answer = answered([body])

    assert isinstance(answer, ModelError) or answer.complete
