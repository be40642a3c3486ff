"""JSON kept as text: what is read can be written, and what is written can be encoded (spec chat-core 1.4)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.well_formed import well_formed
from chatcore.domain.json_text import JsonValue, dump_json, is_json, parse_json
from chatcore.domain.limits import JSON_DEPTH_MAX
from chatcore.testing.strategies import json_values

any_text = st.lists(st.sampled_from("aé\ud800\udfff\ud83d\ude00") | st.characters(), max_size=6).map("".join)


@given(json_values())
def test_a_value_survives_being_written_and_read(value: JsonValue) -> None:
    """Reading what was written gives the value."""
    assert parse_json(dump_json(value)) == json.loads(json.dumps(value))


@given(any_text)
def test_what_was_read_can_be_written_and_encoded(text: str) -> None:
    """Even half a character, which JSON can spell and UTF-8 cannot hold."""
    written = dump_json({"text": text, text: 1})

    written.encode()
    assert parse_json(dump_json(parse_json(written))) == parse_json(written)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1e400", '{"a":-1e999}', "", " ", "{", "1" * 5000])
def test_what_is_not_json_or_could_not_be_written_again_is_refused(text: str) -> None:
    """Numbers that no float holds would come back as infinities, which are no JSON."""
    assert not is_json(text)
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


@given(st.sampled_from(("[]", '{"a":1}', "1")), st.integers(JSON_DEPTH_MAX - 3, JSON_DEPTH_MAX + 3), st.booleans())
def test_nesting_has_a_limit(core: str, depth: int, is_object: bool) -> None:
    """The same text is JSON or not wherever it is read, not by how deep the stack happens to be."""
    levels = depth - (core != "1")
    opening, closing = ('{"k":', "}") if is_object else ("[0,", "]")
    assert is_json(opening * levels + core + closing * levels) is (depth <= JSON_DEPTH_MAX)


def test_bottomless_nesting_is_refused_too() -> None:
    """What breaks the parser itself is refused in the same way."""
    assert not is_json("[" * 100_000)


@given(any_text)
def test_well_formed_text_can_be_encoded_and_is_else_unchanged(text: str) -> None:
    """Only halves of characters are replaced; two that belong together are joined."""
    clean = well_formed(text)

    assert well_formed(clean) == clean
    clean.encode()
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert clean == text
    assert well_formed("\ud83d\ude00") == "\U0001f600"
    assert well_formed("a\ud83d") == "a\ufffd"
