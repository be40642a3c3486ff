"""A request becomes a body of the Messages API (spec chat-core 1.5, 1.8, 4.4, 4.8)."""

from base64 import b64encode

import pytest

from chatcore.adapters.anthropic import MessagesOptions, Thinking
from chatcore.adapters.anthropic.options import thinking_of
from chatcore.adapters.anthropic.request import messages_body
from chatcore.domain.content.messages import Effort, Role
from chatcore.domain.content.prompt import (
    PromptFile,
    PromptMedia,
    PromptMessage,
    PromptPart,
    PromptReasoning,
    PromptText,
    PromptToolCall,
    PromptToolResult,
)
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.domain.turn.caching import with_cache_hints
from chatcore.domain.turn.tools import ProviderTool, ToolChoice, ToolDefinition, object_schema
from chatcore.ports.model import ModelRequest

WEATHER = ToolDefinition(name="weather", description="Tells it.", input_schema=object_schema({"city": {}}, ["city"]))
HINT: JsonValue = {"type": "ephemeral"}


def test_roles_and_texts_have_their_places() -> None:
    """System texts stand beside the messages, results of tools in a user's message."""
    body = _body(
        _message(Role.SYSTEM, PromptText(text="Be brief.")),
        _message(Role.USER, PromptText(text="Weather?")),
        _message(
            Role.ASSISTANT, PromptToolCall(tool_call_id="a", tool_name="weather", args=JsonText('{"city":"Oslo"}'))
        ),
        _message(Role.TOOL, PromptToolResult(tool_call_id="a", tool_name="weather", text="cold")),
    )

    assert body["system"] == [{"type": "text", "text": "Be brief."}]
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
        {
            "role": "assistant",
            "content": [{"id": "a", "name": "weather", "input": {"city": "Oslo"}, "type": "tool_use"}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "cold"}]}],
        },
    ]


@pytest.mark.spec("4.8", "4.11")
def test_hints_sit_on_the_last_block_that_may_carry_one() -> None:
    """Of five messages, two of them of the system, positions 2, 4 and 5 are hinted; thinking carries none."""
    prompt = with_cache_hints(
        (
            _message(Role.SYSTEM, PromptText(text="One.")),
            _message(Role.SYSTEM, PromptText(text="Two.")),
            _message(Role.USER, PromptText(text="Hi")),
            _message(Role.ASSISTANT, PromptText(text="Hello"), _signed("Hm")),
            _message(Role.USER, PromptText(text="And?")),
        ),
        "anthropic",
    )
    body = _body(*prompt)

    assert body["system"] == [
        {"type": "text", "text": "One."},
        {"type": "text", "text": "Two.", "cache_control": HINT},
    ]
    assert [_hinted(message) for message in _messages(body)] == [[False], [True, False], [True]]


def test_signed_thinking_goes_back_unchanged_and_unsigned_thinking_does_not() -> None:
    """The provider refuses what it has not signed, and what another one has."""
    body = _body(
        _message(
            Role.ASSISTANT,
            _signed("Hm"),
            PromptReasoning(text="cut short"),
            PromptReasoning(text="another's", options=dump_json({"openai": {"encrypted_content": "x"}})),
            PromptReasoning(text="", options=_own(type="redacted_thinking", data="eA==")),
            PromptText(text="Hello"),
        )
    )

    assert _content(body, 0) == [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "eA=="},
        {"type": "text", "text": "Hello"},
    ]


def test_what_the_provider_ran_goes_back_as_it_came() -> None:
    """Call and result, in place; those of another provider are left out."""
    found: JsonValue = [{"type": "web_search_result", "encrypted_content": "eA=="}]
    body = _body(
        _message(
            Role.ASSISTANT,
            PromptToolCall(
                tool_call_id="s1",
                tool_name="web_search",
                args=JsonText('{"query":"x"}'),
                provider_executed=True,
                options=_own(type="server_tool_use"),
            ),
            PromptToolResult(
                tool_call_id="s1",
                tool_name="web_search",
                text=dump_json(found),
                provider_executed=True,
                options=_own(type="web_search_tool_result", caller={"type": "direct"}),
            ),
            PromptToolCall(tool_call_id="ws", tool_name="search", args=JsonText("{}"), provider_executed=True),
            PromptToolResult(tool_call_id="ws", tool_name="search", text="[]", provider_executed=True),
            PromptText(text="So.", options=_own(citations=[{"type": "web_search_result_location"}])),
        )
    )

    assert _content(body, 0) == [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "s1",
            "content": found,
            "caller": {"type": "direct"},
        },
        {"type": "text", "text": "So.", "citations": [{"type": "web_search_result_location"}]},
    ]


def test_calls_come_behind_the_words_of_their_message() -> None:
    """The provider refuses words between a call and its result; other providers' answers have them."""
    call = PromptToolCall(tool_call_id="a", tool_name="weather", args=JsonText("{}"))
    body = _body(_message(Role.ASSISTANT, call, PromptText(text="Let me look.")))

    assert [_type(block) for block in _content(body, 0)] == ["text", "tool_use"]


def test_images_and_documents_come_in_base64_and_words_as_words() -> None:
    """What the API has no place for is told in words."""
    data = b"\x89bytes"
    base64 = b64encode(data).decode()
    body = _body(
        _message(
            Role.USER,
            PromptFile(media_type="image/png", name="a.png", data=data),
            PromptFile(media_type="application/pdf", name="a.pdf", data=data),
            PromptFile(media_type="text/csv", name="a.csv", data=b"a,b"),
            PromptFile(media_type="audio/wav", name="a.wav", data=data),
            PromptFile(media_type="image/png", name="gone.png"),
        )
    )

    assert _content(body, 0) == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": base64}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": base64},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}, "title": "a.csv"},
        {"type": "text", "text": "[file: a.wav: this model cannot be shown it]"},
        {"type": "text", "text": "[file: gone.png]"},
    ]


def test_a_tools_image_and_a_tools_error_stand_in_its_result() -> None:
    """With the words that came with them."""
    body = _body(
        _message(
            Role.TOOL,
            PromptToolResult(
                tool_call_id="a",
                tool_name="shot",
                text="The screen",
                media=PromptMedia(data="eA==", media_type="image/png"),
            ),
            PromptToolResult(tool_call_id="b", tool_name="shot", text="no screen", is_error=True),
        )
    )

    image: JsonValue = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "eA=="}}
    assert _content(body, 0) == [
        {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "The screen"}, image]},
        {
            "type": "tool_result",
            "tool_use_id": "b",
            "content": [{"type": "text", "text": "no screen"}],
            "is_error": True,
        },
    ]


@pytest.mark.parametrize(
    ("choice", "parallel", "told"),
    [
        (ToolChoice.AUTO, None, None),
        (ToolChoice.AUTO, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice.NONE, None, {"type": "none"}),
        (ToolChoice.REQUIRED, None, {"type": "any"}),
        (ToolChoice.REQUIRED, True, {"type": "any", "disable_parallel_tool_use": False}),
    ],
)
def test_the_choice_of_tools(choice: ToolChoice, parallel: bool | None, told: JsonValue) -> None:
    """What the provider assumes by itself is not said."""
    request = ModelRequest(model_id="m", messages=(), tools=(WEATHER,), tool_choice=choice)
    body = messages_body(request, "claude-x", MessagesOptions(parallel_tools=parallel), stream=True)

    assert body.get("tool_choice") == told


def test_tools_of_both_kinds_are_offered() -> None:
    """Functions with their schema, the provider's own with their settings."""
    search = ProviderTool(type="web_search_20260318", name="web_search", options=JsonText('{"max_uses":3}'))
    request = ModelRequest(model_id="m", messages=(), tools=(WEATHER, search))
    body = messages_body(request, "claude-x", MessagesOptions(), stream=True)

    assert body["tools"] == [
        {
            "name": "weather",
            "description": "Tells it.",
            "input_schema": {"type": "object", "properties": {"city": {}}, "required": ["city"]},
        },
        {"type": "web_search_20260318", "name": "web_search", "max_uses": 3},
    ]


@pytest.mark.parametrize(
    ("model", "style"),
    [
        ("claude-3-5-sonnet-20241022", Thinking.NONE),
        ("claude-3-haiku-20240307", Thinking.NONE),
        ("claude-3-7-sonnet-20250219", Thinking.BUDGET),
        ("claude-sonnet-4-20250514", Thinking.BUDGET),
        ("claude-sonnet-4-0", Thinking.BUDGET),
        ("claude-haiku-4-5-20251001", Thinking.BUDGET),
        ("claude-sonnet-4-5", Thinking.BUDGET),
        ("claude-opus-4-6", Thinking.ADAPTIVE),
        ("claude-opus-4-10", Thinking.ADAPTIVE),
        ("claude-next-7", Thinking.ADAPTIVE),
    ],
)
def test_how_a_model_thinks_goes_by_its_name(model: str, style: Thinking) -> None:
    """A name nobody knows is taken for a newer one."""
    assert thinking_of(model) is style


@pytest.mark.parametrize(
    ("model", "effort", "tokens", "told"),
    [
        ("claude-sonnet-4-5", None, 32_000, {}),
        ("claude-sonnet-4-5", Effort.NONE, 32_000, {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-4-5", Effort.LOW, 32_000, {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        ("claude-sonnet-4-5", Effort.MAX, 8_000, {"thinking": {"type": "enabled", "budget_tokens": 7_999}}),
        ("claude-sonnet-4-5", Effort.MAX, 500, {}),
        ("claude-3-haiku-20240307", Effort.HIGH, 32_000, {}),
        (
            "claude-opus-4-6",
            Effort.MINIMAL,
            32_000,
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ),
    ],
)
def test_effort_in_the_terms_of_the_model(
    model: str, effort: Effort | None, tokens: int, told: dict[str, JsonValue]
) -> None:
    """A budget stays below the output tokens; where none fits, none is named."""
    request = ModelRequest(model_id="m", messages=(), effort=effort, max_output_tokens=tokens)
    body = messages_body(request, model, MessagesOptions(), stream=True)

    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == told


def test_limits_stops_and_more_fields() -> None:
    """The API has no default for the output tokens, so one is always named; what a user adds counts most."""
    request = ModelRequest(model_id="m", messages=(), max_output_tokens=None, stop_sequences=("END",))
    body = messages_body(request, "claude-x", MessagesOptions(extra={"temperature": 0.5}), stream=False)

    assert body == {
        "model": "claude-x",
        "max_tokens": 32_000,
        "messages": [],
        "stop_sequences": ["END"],
        "temperature": 0.5,
    }


def test_a_file_that_the_provider_finds_by_itself_goes_back_as_it_was_named() -> None:
    """By an address, or by an id of the provider's own store."""
    source: JsonValue = {"type": "url", "url": "https://example.org/a.png"}
    body = _body(_message(Role.USER, PromptFile(media_type="image/png", options=_own(source=source))))

    assert _content(body, 0) == [{"type": "image", "source": source}]


def test_the_forms_of_a_text_that_older_clients_send() -> None:
    """A string instead of a list, by role; a hint needs the list."""
    options = MessagesOptions.of({"plain_text": ["user"], "plain_system": True, "says_no_stream": True, "top_k": 3})
    messages = (
        _message(Role.SYSTEM, PromptText(text="Be brief.")),
        _message(Role.USER, PromptText(text="Hi")),
        _message(Role.ASSISTANT, PromptText(text="Hello")),
        PromptMessage(role=Role.USER, content=(PromptText(text="And?"),), cache_hint=True),
    )
    body = messages_body(ModelRequest(model_id="m", messages=messages), "claude-x", options, stream=False)

    assert (body["system"], body["stream"], body["top_k"]) == ("Be brief.", False, 3)
    assert body["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
        {"role": "user", "content": [{"type": "text", "text": "And?", "cache_control": HINT}]},
    ]


def test_a_message_with_nothing_for_this_provider_is_left_out() -> None:
    """An empty message is refused."""
    assert _messages(_body(_message(Role.ASSISTANT, PromptReasoning(text="unsigned")))) == []


def _body(*messages: PromptMessage) -> dict[str, JsonValue]:
    return messages_body(ModelRequest(model_id="m", messages=messages), "claude-x", MessagesOptions(), stream=True)


def _message(role: Role, *parts: PromptPart) -> PromptMessage:
    return PromptMessage(role=role, content=parts)


def _signed(text: str) -> PromptReasoning:
    return PromptReasoning(text=text, options=_own(signature="s"))


def _own(**fields: JsonValue) -> JsonText:
    return dump_json({"anthropic": fields})


def _messages(body: dict[str, JsonValue]) -> list[JsonValue]:
    messages = body["messages"]
    assert isinstance(messages, list)
    return messages


def _content(body: dict[str, JsonValue], position: int) -> list[JsonValue]:
    message = _messages(body)[position]
    assert isinstance(message, dict)
    content = message["content"]
    assert isinstance(content, list)
    return content


def _type(block: JsonValue) -> str:
    assert isinstance(block, dict)
    return str(block["type"])


def _hinted(message: JsonValue) -> list[bool]:
    assert isinstance(message, dict)
    content = message["content"]
    assert isinstance(content, list)
    return ["cache_control" in block for block in content]
