"""Rows of old, one example per rule (spec chat-core 1.7, 1.11)."""

import json

import pytest

from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import (
    FilePart,
    Part,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.domain.content.stored import read_stored
from chatcore.domain.json_text import JsonText

META = {"anthropic": {"signature": "c2ln"}}
META_TEXT = JsonText('{"anthropic":{"signature":"c2ln"}}')


def read(role: Role, row: object, version: int | None = 0) -> tuple[Part, ...]:
    """The parts of a row given as a JSON value."""
    return read_stored(role, version, json.dumps(row))


@pytest.mark.spec("1.7", "1.11.1")
def test_an_assistants_envelope_gives_its_blocks_with_metadata() -> None:
    """Every kind of block, in the names of both spellings; the provider's own data survives."""
    envelope = [
        {"type": "reasoning", "data": {"text": "hm", "provider_metadata": META}},
        {"type": "text", "data": {"text": "hi", "providerOptions": META}},
        {
            "type": "tool-call",
            "data": {"toolCallId": "a", "toolName": "ls", "input": '{"p":1}', "provider_options": META},
        },
        {"type": "tool-call", "data": {"tool_call_id": "b", "tool_name": "ls", "args": {"p": 1}}},
        {"type": "tool-call", "data": {"toolCallId": "c", "input": "{broken", "providerExecuted": True}},
        {"type": "tool-call", "data": {"toolCallId": "d", "input": None}},
        {"type": "tool-result", "data": {"toolCallId": "c", "output": [1], "provider_executed": True}},
        {"type": "source", "data": {"url": "https://example.org", "id": "s", "title": "t"}},
        {"type": "file", "data": {"mediaType": "image/png", "data": "AQI="}},
    ]
    assert read(Role.ASSISTANT, envelope, None) == (
        ReasoningPart(text="hm", provider_metadata=META_TEXT),
        TextPart(text="hi", provider_metadata=META_TEXT),
        ToolCallPart(tool_call_id="a", tool_name="ls", args=JsonText('{"p":1}'), provider_metadata=META_TEXT),
        ToolCallPart(tool_call_id="b", tool_name="ls", args=JsonText('{"p":1}')),
        ToolCallPart(tool_call_id="c", provider_executed=True),
        ToolCallPart(tool_call_id="d"),
        ToolResultPart(tool_call_id="c", result=JsonText("[1]"), provider_executed=True),
        SourcePart(url="https://example.org", source_id="s", title="t"),
        FilePart(media_type="image/png", data=b"\x01\x02"),
    )


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"type": "text", "data": {"text": "done"}}, ToolResultPart(result=JsonText('{"output":"done"}'))),
        ({"type": "text", "data": {"text": "[1]"}}, ToolResultPart(result=JsonText("[1]"))),
        ({"type": "error", "data": {"error": "no"}}, ToolResultPart(result=JsonText('{"error":"no"}'), is_error=True)),
        (
            {"type": "media", "data": {"data": "AQ==", "mediaType": "image/png"}},
            ToolResultPart(result=JsonText('{"data":"AQ==","mime_type":"image/png","text":""}'), is_media=True),
        ),
        ({"type": "odd", "data": {}}, ToolResultPart(result=JsonText('{"type":"odd","data":{}}'))),
        (None, ToolResultPart()),
    ],
)
@pytest.mark.spec("1.4", "1.7")
def test_an_outcome_block_is_stored_like_an_outcome(outcome: object, expected: ToolResultPart) -> None:
    """What a tool answered in an envelope follows the table for tool results."""
    assert read(Role.ASSISTANT, [{"type": "tool-result", "data": {"result": outcome}}]) == (expected,)


@pytest.mark.spec("1.7a")
def test_an_envelope_is_not_read_as_parts() -> None:
    """Read as a part array it would decode, and its words would be gone."""
    assert read(Role.USER, [{"type": "text", "data": {"text": "precious"}}]) == (TextPart(text="precious"),)


@pytest.mark.spec("1.7b")
def test_a_legacy_file_block_is_read_by_reference() -> None:
    """The file id is inside the envelope, and inline data is dropped where there is one."""
    block = {"type": "file", "data": {"file_id": "f", "media_type": "image/png", "data": "AQI="}}
    assert read(Role.USER, [block]) == (FilePart(media_type="image/png", file_id="f"),)


@pytest.mark.spec("1.7", "1.11.2")
def test_plain_strings() -> None:
    """A user's or a system's string is one text part, unless it is blank."""
    assert read(Role.USER, "hello") == (TextPart(text="hello"),)
    assert read(Role.SYSTEM, "be kind") == (TextPart(text="be kind"),)
    assert read(Role.USER, "  ") == ()
    assert read(Role.SYSTEM, "\n") == ()


@pytest.mark.spec("1.7")
def test_tool_rows_and_tool_parts() -> None:
    """Without a tool-result part among them, elements are rows of the old form."""
    row = {
        "tool_call_id": "a",
        "tool_name": "ls",
        "result": {"x": 1},
        "is_error": True,
        "provider_executed": True,
        "provider_metadata": META,
    }
    part = {"type": "tool-result", "tool_call_id": "a", "result": None}

    assert read(Role.TOOL, [row, {"tool_call_id": "b"}]) == (
        ToolResultPart(
            tool_call_id="a",
            tool_name="ls",
            result=JsonText('{"x":1}'),
            is_error=True,
            provider_executed=True,
            provider_metadata=META_TEXT,
        ),
        ToolResultPart(tool_call_id="b"),
    )
    assert read(Role.TOOL, [part]) == (ToolResultPart(tool_call_id="a", result=JsonText("null")),)


@pytest.mark.parametrize(
    ("role", "row", "index"),
    [
        (Role.SYSTEM, ["not", "a", "string"], None),
        (Role.USER, {"type": "text"}, None),
        (Role.USER, [{"type": "text", "text": "a"}, {"text": "no type"}], 1),
        (Role.USER, [{"type": "text", "text": 1}], 0),
        (Role.USER, [{"type": "hologram"}], 0),
        (Role.ASSISTANT, "a string", None),
        (Role.ASSISTANT, [{"type": "text", "data": {}}, {"type": "text", "data": "x"}], 1),
        (Role.ASSISTANT, [{"type": "hologram", "data": {}}], 0),
        (Role.ASSISTANT, [{"type": "text", "data": {"text": 1}}], 0),
        (Role.ASSISTANT, [{"type": "file", "data": {"data": "%"}}], 0),
        (Role.TOOL, "a string", None),
        (Role.TOOL, [{"tool_call_id": 1}], 0),
        (Role.TOOL, [{}, {"is_error": "yes"}], 1),
        (Role.TOOL, [{"type": "tool-result"}, 1], 1),
    ],
)
@pytest.mark.spec("1.7", "1.7d")
def test_what_has_the_wrong_shape_is_an_error_that_names_the_place(role: Role, row: object, index: int | None) -> None:
    """Nothing is skipped silently."""
    with pytest.raises(ContentError) as caught:
        read(role, row)
    assert caught.value.index == index


def test_what_is_not_json_is_an_error() -> None:
    """A broken row says so."""
    with pytest.raises(ContentError, match="not JSON"):
        read_stored(Role.USER, 0, "{")
