"""Parts and their JSON form (spec chat-core 1.3, 1.11)."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.client_parts import client_content, client_part
from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.part_fields import PART_FIELDS, Form
from chatcore.domain.content.parts import PART_TYPES, FilePart, HookContextPart, Part, ReasoningPart
from chatcore.domain.content.parts_json import content_json, content_text, part_json, part_text
from chatcore.domain.content.parts_read import read_content, read_part
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.json_text import JsonValue, dump_json, is_json, parse_json
from chatcore.testing.strategies import contents, json_values, parts

INTERNAL = {
    "provider_metadata",
    "context_file_content",
    "context_file_os",
    "context_file_directory",
    "skill_dir",
    "context_file_skill_meta_file",
}


def with_plain_json(part: Part) -> Part:
    """The part with its raw JSON spelled as a parser and a writer would leave it."""
    values = {field.name: getattr(part, field.name) for field in PART_FIELDS[type(part)]}
    for field in PART_FIELDS[type(part)]:
        if field.form is Form.RAW and values[field.name] is not None:
            values[field.name] = dump_json(parse_json(values[field.name]))
    make: Callable[..., Part] = type(part)
    return make(**values)


def read_or_fail(value: JsonValue, index: int | None = None) -> Part | ContentError:
    """The part, or what the reader says is wrong."""
    try:
        return read_part(value, index)
    except ContentError as error:
        return error


@pytest.mark.spec("1.3")
@given(parts())
def test_a_part_survives_its_json_form(part: Part) -> None:
    """Writing and reading give the part back; only the spelling of raw JSON may change."""
    assert read_part(json.loads(json.dumps(part_json(part)))) == with_plain_json(part)


@pytest.mark.spec("1.3", "1.4")
@given(contents())
def test_the_text_of_a_content_keeps_raw_json_byte_for_byte(content: tuple[Part, ...]) -> None:
    """The spliced text says the same as the JSON value, and holds every raw JSON field as it was."""
    text = content_text(content)

    assert parse_json(text) == content_json(content)
    for part in content:
        for field in PART_FIELDS[type(part)]:
            if field.form is Form.RAW:
                assert (getattr(part, field.name) or "") in text


@pytest.mark.spec("1.3")
@given(parts())
def test_required_fields_are_always_written_and_empty_optional_ones_never(part: Part) -> None:
    """A key is there if the kind requires it or the part has something to say in it, and no other key is."""
    written = part_json(part)

    expected = {"type"} | {
        field.name for field in PART_FIELDS[type(part)] if field.required or getattr(part, field.name)
    }
    assert set(written) == expected


def test_every_field_of_every_kind_has_a_form() -> None:
    """No part kind is forgotten by the tables that are read off the classes."""
    assert set(PART_FIELDS) == set(PART_TYPES)
    for kind, rules in PART_FIELDS.items():
        assert [rule.name for rule in rules] == [field.name for field in fields(kind)]


@given(parts(), st.dictionaries(st.text(min_size=1).map("new_".__add__), json_values(), max_size=2))
def test_keys_of_a_later_writer_are_ignored(part: Part, later: dict[str, JsonValue]) -> None:
    """Reading is tolerant of what it does not know."""
    assert read_part(part_json(part) | later) == with_plain_json(part)


@given(parts())
def test_a_missing_field_is_an_empty_one(part: Part) -> None:
    """A row whose writer left out what is empty, or wrote null for it, reads like one that has it."""
    full = part_json(part)
    raw = {field.name for field in PART_FIELDS[type(part)] if field.form is Form.RAW}
    sparse = {name: value for name, value in full.items() if name in raw or value not in ("", 0, False)}
    with_nulls = {name: None if name not in sparse else value for name, value in full.items()}

    assert read_part(sparse) == read_part(with_nulls) == read_part(full)


@given(json_values())
def test_reading_anything_gives_parts_or_says_what_is_wrong(value: JsonValue) -> None:
    """No JSON value that is no part breaks the reader in another way than with its own error."""
    assert isinstance(read_or_fail(value), ContentError)
    if value is None or value == []:
        assert read_content(value) == ()
    else:
        with pytest.raises(ContentError):
            read_content(value)


@given(parts(), json_values(), st.data())
def test_a_field_of_any_type_is_read_or_named_in_the_error(part: Part, value: JsonValue, data: st.DataObject) -> None:
    """Whatever stands in a field, the reader gives a part of that kind or names part and field."""
    name = data.draw(st.sampled_from([field.name for field in PART_FIELDS[type(part)]]))

    outcome = read_or_fail(part_json(part) | {name: value}, 7)

    assert isinstance(outcome, type(part)) or (
        isinstance(outcome, ContentError) and outcome.index == 7 and name in outcome.why
    )


@pytest.mark.spec("1.3", "1.11.6")
@given(contents())
def test_clients_see_no_internal_field(content: tuple[Part, ...]) -> None:
    """Provider metadata, the workspace's own fields, bytes kept elsewhere and a hook's words never leave."""
    seen = content_json(client_content(content))

    for written in seen:
        assert not INTERNAL & set(written)
        assert written["type"] != HookContextPart.TYPE
        assert not {"data", "file_id"} <= set(written)
    assert len(seen) == sum(not isinstance(part, HookContextPart) for part in content)


@pytest.mark.spec("1.3")
@given(parts())
def test_clients_see_everything_else(part: Part) -> None:
    """Only internal fields are stripped; the pieces that a stream consumer needs stay."""
    seen = client_part(part)
    if seen is not None:
        hidden = INTERNAL | ({"data"} if isinstance(part, FilePart) and part.file_id is not None else set())
        assert part_json(seen) == {name: value for name, value in part_json(part).items() if name not in hidden}


@given(contents())
def test_the_size_is_that_of_texts_and_data(content: tuple[Part, ...]) -> None:
    """`content_bytes` counts what a text encodes to and what data holds, and nothing else."""
    expected = 0
    for part in content:
        for field in PART_FIELDS[type(part)]:
            value = getattr(part, field.name)
            if isinstance(value, str):
                expected += len(value.encode())
            elif isinstance(value, bytes):
                expected += len(value)
    assert content_bytes(content) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [("start_line", True), ("start_line", 1.0), ("start_line", "1"), ("file_name", 1), ("content", ["x"])],
)
def test_a_wrong_type_is_not_taken_for_another(field: str, value: JsonValue) -> None:
    """True is no 1, and no number is a text."""
    assert isinstance(read_or_fail({"type": "file-reference", "file_name": "a", field: value}, 0), ContentError)


@pytest.mark.parametrize("value", ["yesterday", 7, "2026-13-01", "0001-01-01T00:00:00+23:00"])
def test_what_is_no_moment_is_an_error(value: JsonValue) -> None:
    """A moment that cannot be read, or that lies outside the calendar once it is in UTC, is named."""
    outcome = read_or_fail({"type": "reasoning", "text": "", "created_at": value}, 0)
    assert isinstance(outcome, ContentError)
    assert "created_at" in outcome.why


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00.123456789+02:00", datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-02T10:00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_moments_of_old_rows(written: str, read: datetime) -> None:
    """Nanoseconds are cut, zones are converted, and a moment without a zone is in UTC."""
    part = read_part({"type": "reasoning", "text": "", "created_at": written})
    assert part == ReasoningPart(text="", created_at=read)


def test_a_file_is_written_as_base64() -> None:
    """Bytes are base64 text in JSON."""
    assert part_json(FilePart(media_type="", data=b"\x00\xff")) == {
        "type": "file",
        "media_type": "",
        "data": b64encode(b"\x00\xff").decode(),
    }


@given(parts())
def test_part_text_is_json(part: Part) -> None:
    """The spliced text of a part is one JSON object that can be encoded."""
    text = part_text(part)
    assert is_json(text)
    text.encode()
