"""What is written can be read, says the same, and nothing else can be read (architecture 5)."""

import json
from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.fast_json import ORJSON_CODEC
from chatcore.domain.chat.codec import Codec, CorruptPayload, HeadTooLarge, NotUnicode
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.events import ContextCompacted, Event, InterruptRequested, SummaryChanged
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.limits import HEAD_BYTES_MAX
from chatcore.testing.strategies.events import all_details, events, heads

CODECS = [pytest.param(Codec(), id="stdlib"), pytest.param(ORJSON_CODEC, id="orjson")]
BROKEN = st.sampled_from(("", "{", "[]", "null", "1", '"x"', "{}x", '{"a":NaN}', "[" * 100_000, '{"a":' * 100_000))


def same(expected: object, found: object) -> bool:
    """Equal in value and in type: a word equals its enum member, but it is none."""
    return expected == found and repr(expected) == repr(found)


@pytest.mark.parametrize("codec", CODECS)
@given(events())
def test_an_event_survives_being_stored(codec: Codec, event: Event) -> None:
    """Every kind of event is read as it was written, and writing it again gives the same text."""
    stored = codec.encode_event(event)

    found = codec.decode_event(stored.type, stored.schema, stored.payload)
    assert same(event, found)
    assert stored == codec.encode_event(found)


@pytest.mark.parametrize("codec", CODECS)
@given(heads())
def test_a_head_survives_being_stored(codec: Codec, head: ChatHead) -> None:
    """Every head is read as it was written."""
    assert same(head, codec.decode_head(codec.encode_head(head)))


@pytest.mark.parametrize("codec", CODECS)
@given(all_details())
def test_details_survive_being_stored(codec: Codec, details: ChatDetails) -> None:
    """All details are read as they were written."""
    assert same(details, codec.decode_details(codec.encode_details(details)))


@given(events(), heads(), all_details())
def test_two_json_libraries_write_the_same_text(event: Event, head: ChatHead, details: ChatDetails) -> None:
    """A store may be opened with and without orjson: the bytes are equal, and each reads what the other wrote."""
    plain, fast = Codec(), ORJSON_CODEC

    ours, theirs = plain.encode_event(event), fast.encode_event(event)
    assert same(event, plain.decode_event(theirs.type, theirs.schema, theirs.payload))
    assert same(event, fast.decode_event(ours.type, ours.schema, ours.payload))
    if not isinstance(event, ContextCompacted):  # it has a fraction; the libraries spell 1e-5 differently
        assert ours == theirs
    assert plain.encode_head(head) == fast.encode_head(head)
    assert plain.encode_details(details) == fast.encode_details(details)


@pytest.mark.parametrize("codec", CODECS)
@given(events(), BROKEN)
def test_a_payload_that_is_no_object_is_corrupt(codec: Codec, event: Event, text: str) -> None:
    """Whatever stands in a row that is no JSON object is told as corrupt with its kind, not as a bug of the parser."""
    for schema in (event.SCHEMA - 1, event.SCHEMA):
        with pytest.raises(CorruptPayload, match=f"stored {event.TYPE}"):
            codec.decode_event(event.TYPE, schema, text)
    with pytest.raises(CorruptPayload, match="stored ChatHead"):
        codec.decode_head(text)
    with pytest.raises(CorruptPayload, match="stored ChatDetails"):
        codec.decode_details(text)


@pytest.mark.parametrize("codec", CODECS)
@given(events(), st.text(min_size=1), st.none() | st.integers() | st.text())
def test_a_key_that_nobody_wrote_is_corrupt(codec: Codec, event: Event, key: str, value: object) -> None:
    """An unknown field of an event is refused, not skipped."""
    stored = codec.encode_event(event)
    fields = json.loads(stored.payload)
    if hasattr(event, key) and not key.startswith("_") and key not in ("TYPE", "SCHEMA"):
        return

    with pytest.raises(CorruptPayload, match=type(event).__name__):
        codec.decode_event(stored.type, stored.schema, json.dumps({**fields, key: value}))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda codec, text: codec.encode_event(InterruptRequested(reason=text)), id="reason"),
        pytest.param(lambda codec, text: codec.encode_event(SummaryChanged(text=f"so {text}")), id="summary"),
        pytest.param(lambda codec, text: codec.encode_details(ChatDetails(summary=text)), id="details"),
    ],
)
@given(st.sampled_from(("\ud800", "a\udfff", "\udc00\ud800", "é\ud800")))
def test_half_a_character_is_refused_by_whoever_writes(
    codec: Codec, broken: Callable[[Codec, str], object], text: str
) -> None:
    """Half a surrogate pair, which UTF-8 cannot hold, is refused alike, so that no library finds it unreadable."""
    with pytest.raises(NotUnicode, match="Unicode"):
        broken(codec, text)


@pytest.mark.parametrize("codec", CODECS)
@given(heads(), st.sampled_from(("x", "é", "€", "😀")))
def test_a_head_is_written_up_to_its_limit_in_bytes(codec: Codec, head: ChatHead, character: str) -> None:
    """The limit counts bytes of UTF-8, whatever the characters; one byte more is refused."""
    room = HEAD_BYTES_MAX - len(codec.encode_head(evolve(head, model_id="")).encode())
    size = len(character.encode())
    fits = evolve(head, model_id=character * (room // size) + "x" * (room % size))

    assert len(codec.encode_head(fits).encode()) == HEAD_BYTES_MAX
    assert fits.model_id is not None
    with pytest.raises(HeadTooLarge, match=str(HEAD_BYTES_MAX)):
        codec.encode_head(evolve(fits, model_id=fits.model_id + "x"))
