"""A prompt in the words of Chat Completions and of the Responses API (spec chat-core 1.5, 1.8; issue: models, 2)."""

from collections.abc import Mapping, Sequence

import pytest
from attrs import evolve

from chatcore.adapters.openai import Api, OpenAIModel, OpenAIServer
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
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.tools import ProviderTool, ToolChoice, ToolDefinition, object_schema
from chatcore.ports.model import ModelError, ModelRequest

LOOK = ToolDefinition(name="look", description="Looks.", input_schema=object_schema({"at": {"type": "string"}}))
HELLO = PromptMessage(role=Role.USER, content=(PromptText(text="Hello"),))
PIXEL = PromptFile(media_type="image/png", data=b"\x89PNG")
PAPER = PromptFile(media_type="application/pdf", name="paper.pdf", data=b"%PDF")


def asked(*messages: PromptMessage) -> ModelRequest:
    """A request that says nothing but its prompt."""
    return ModelRequest(model_id="m", messages=messages or (HELLO,), max_output_tokens=None)


def body(request: ModelRequest, provider: str, model: str, **options: JsonValue) -> Mapping[str, JsonValue]:
    """The body that is sent for a whole answer."""
    return OpenAIModel(OpenAIServer(provider, api_key="key"), model, options).body(request, stream=False)


def chat(*messages: PromptMessage, provider: str = "server", **options: JsonValue) -> JsonValue:
    """The messages of a Chat Completions body."""
    return body(asked(*messages), provider, "m", **{"api": "chat", **options})["messages"]


def items(*messages: PromptMessage, **options: JsonValue) -> JsonValue:
    """The items of a Responses body."""
    return body(asked(*messages), "openai", "gpt-5.5", **options)["input"]


def said(role: Role, *parts: PromptPart) -> PromptMessage:
    """A message."""
    return PromptMessage(role=role, content=parts)


def own(provider: str, **fields: JsonValue) -> JsonText:
    """Metadata of this provider."""
    return dump_json({provider: fields})


def call(call_id: str, options: JsonText | None = None, args: str = "{}") -> PromptToolCall:
    """A local call."""
    return PromptToolCall(tool_call_id=call_id, tool_name="look", args=JsonText(args), options=options)


def result(call_id: str, text: str, media: PromptMedia | None = None) -> PromptMessage:
    """A tool's answer."""
    return said(Role.TOOL, PromptToolResult(tool_call_id=call_id, tool_name="look", text=text, media=media))


def test_the_api_goes_by_provider_and_model_and_can_be_chosen() -> None:
    """OpenAI's own models speak Responses, servers like it Chat Completions."""
    for provider, model, options, api in (
        ("openai", "gpt-5.5", {}, Api.RESPONSES),
        ("openai", "gpt-3.5-turbo", {}, Api.CHAT),
        ("openai", "gpt-5.5", {"api": "chat"}, Api.CHAT),
        ("deepseek", "deepseek-chat", {}, Api.CHAT),
        ("somebody", "model", {"api": "responses"}, Api.RESPONSES),
    ):
        assert OpenAIModel(OpenAIServer(provider), model, options).api is api


@pytest.mark.parametrize(
    ("provider", "model", "field"),
    [
        ("openai", "gpt-4o", "max_tokens"),
        ("openai", "gpt-5", "max_completion_tokens"),
        ("openai", "o4-mini", "max_completion_tokens"),
        ("mistral", "magistral-medium", "max_tokens"),
        ("openrouter", "openai/gpt-4o", "max_completion_tokens"),
    ],
)
def test_the_longest_answer_is_named_as_the_model_wants(provider: str, model: str, field: str) -> None:
    """The two names exclude each other at one model or another; nothing is said where the request says nothing."""
    request = evolve(asked(), max_output_tokens=50)
    sent = body(request, provider, model, api="chat")
    assert sent[field] == 50
    assert not {"max_tokens", "max_completion_tokens"} - {field} & sent.keys()
    assert body(request, provider, model, api="chat", output_tokens_field="limit")["limit"] == 50
    assert body(request, "openai", "gpt-5", api="responses")["max_output_tokens"] == 50
    assert "max_tokens" not in body(asked(), provider, model, api="chat")


def test_a_stream_asks_for_its_usage_where_that_is_understood() -> None:
    """Mistral counts unasked and refuses to be asked; a whole answer always counts."""

    def streamed(provider: str, **options: JsonValue) -> Mapping[str, JsonValue]:
        return OpenAIModel(OpenAIServer(provider), "gpt-4o", options).body(asked())

    assert streamed("openai", api="chat")["stream_options"] == {"include_usage": True}
    assert "stream_options" not in streamed("mistral")
    assert "stream_options" not in streamed("openai")
    assert streamed("openai")["stream"] is True
    assert not {"stream", "stream_options"} & body(asked(), "openai", "gpt-4o", api="chat").keys()


@pytest.mark.parametrize(
    ("provider", "effort", "field", "value"),
    [
        ("openai", Effort.HIGH, "reasoning_effort", "high"),
        ("openai", Effort.MAX, "reasoning_effort", "xhigh"),
        ("deepseek", Effort.MAX, "reasoning_effort", "max"),
        ("openrouter", Effort.LOW, "reasoning", {"effort": "low"}),
    ],
)
def test_the_effort_is_told(provider: str, effort: Effort, field: str, value: JsonValue) -> None:
    """In the words that the server knows."""
    assert body(evolve(asked(), effort=effort), provider, "m", api="chat")[field] == value


def test_the_effort_and_a_wish_for_a_summary_go_together() -> None:
    """Options are laid over what the request says."""
    sent = body(evolve(asked(), effort=Effort.HIGH), "openai", "o4-mini", reasoning={"summary": "auto"})
    assert sent["reasoning"] == {"effort": "high", "summary": "auto"}


def test_options_add_replace_and_leave_out() -> None:
    """In the provider's own terms; the adapter's own options do not travel."""
    sent = body(asked(), "openai", "gpt-5.5", temperature=0.1, store=None, strict_tools=True)
    assert sent["temperature"] == 0.1
    assert not {"store", "strict_tools"} & sent.keys()


def test_the_provider_keeps_nothing_and_seals_its_reasoning() -> None:
    """The log is the only memory; a model that does not think refuses to be asked for seals."""
    assert body(asked(), "openai", "gpt-5.5")["store"] is False
    assert body(asked(), "openai", "gpt-5.5")["include"] == ["reasoning.encrypted_content"]
    assert "include" not in body(asked(), "openai", "gpt-4o")


def test_stop_sequences_are_told_or_refused() -> None:
    """The Responses API knows none, and they are not lost silently."""
    request = evolve(asked(), stop_sequences=("END",))
    assert body(request, "openai", "gpt-4o", api="chat")["stop"] == ["END"]
    with pytest.raises(ModelError) as caught:
        body(request, "openai", "gpt-4o")
    assert caught.value.kind is ErrorKind.CONFIG


def test_tools_and_the_choice_among_them() -> None:
    """Without tools there is no choice; provider tools go in the provider's own terms."""
    search = ProviderTool(type="web_search", name="web_search", options=JsonText('{"size":"low"}'))
    sql = ProviderTool(type="custom", name="sql", options=JsonText('{"description":"Asks."}'))
    request = evolve(asked(), tools=(LOOK, search, sql), tool_choice=ToolChoice.REQUIRED)
    schema: JsonValue = {"type": "object", "properties": {"at": {"type": "string"}}, "required": []}
    sent = body(request, "openai", "gpt-5.5")
    assert sent["tools"] == [
        {"type": "function", "name": "look", "description": "Looks.", "parameters": schema, "strict": False},
        {"type": "web_search", "size": "low"},
        {"type": "custom", "name": "sql", "description": "Asks."},
    ]
    assert sent["tool_choice"] == "required"
    function: JsonValue = {"name": "look", "description": "Looks.", "parameters": schema}
    sent = body(evolve(request, tools=(LOOK,), tool_choice=ToolChoice.NONE), "xai", "m", api="chat")
    assert (sent["tools"], sent["tool_choice"]) == ([{"type": "function", "function": function}], "none")
    assert "tool_choice" not in body(evolve(request, tools=()), "openai", "gpt-5.5")


def test_images_and_papers_go_in() -> None:
    """As addresses that hold their bytes; words go as words; what is gone is said to be gone."""
    note = PromptFile(media_type="text/plain", name="note.txt", data=b"Buy milk")
    gone = PromptFile(media_type="image/png", name="cat.png")
    message = said(Role.USER, PromptText(text="See"), PIXEL, PAPER, note, gone)
    assert chat(message) == [{"role": "user", "content": [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
        {"type": "file", "file": {"filename": "paper.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
        {"type": "text", "text": "[file] note.txt\nBuy milk"},
        {"type": "text", "text": "[file expired: cat.png]"},
    ]}]  # fmt: skip
    assert items(message) == [{"role": "user", "content": [
        {"type": "input_text", "text": "See"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw=="},
        {"type": "input_file", "filename": "paper.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_text", "text": "[file] note.txt\nBuy milk"},
        {"type": "input_text", "text": "[file expired: cat.png]"},
    ]}]  # fmt: skip


def test_the_image_of_a_tool_is_shown() -> None:
    """Chat Completions shows it in a user's message behind the results."""
    media = PromptMedia(data="iVBORw==", media_type="image/png")
    prompt = (HELLO, said(Role.ASSISTANT, call("c1")), result("c1", "", media))
    written = chat(*prompt)
    assert isinstance(written, Sequence)
    assert written[2] == {"role": "tool", "content": "The result follows in the next message.", "tool_call_id": "c1"}
    image: JsonValue = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    assert written[3] == {"role": "user", "content": [image]}
    outputs = items(*prompt)
    assert isinstance(outputs, Sequence)
    assert outputs[2] == {
        "type": "function_call_output",
        "call_id": "c1",
        "output": [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw=="}],
    }


@pytest.mark.spec("1.5")
def test_ids_that_a_server_refuses_are_replaced_in_pairs() -> None:
    """Too long for OpenAI, or not the nine letters and digits of Mistral; a call and its result stay together."""
    for provider, given, fits in (
        ("openai", "c" * 128, lambda sent: len(sent) <= 40),
        ("mistral", "toolu_01_a-b", lambda sent: len(sent) == 9 and sent.isalnum()),
    ):
        prompt = (HELLO, said(Role.ASSISTANT, call(given)), result(given, "x"))
        _, asking, answer = _three(chat(*prompt, provider=provider))
        (sent_call,) = asking["tool_calls"] if isinstance(asking["tool_calls"], list) else []
        assert sent_call["id"] == answer["tool_call_id"]
        assert fits(answer["tool_call_id"])
    kept = _three(chat(HELLO, said(Role.ASSISTANT, call("g6fVbXS8K")), result("g6fVbXS8K", "x"), provider="mistral"))
    assert kept[2]["tool_call_id"] == "g6fVbXS8K"


def _three(written: JsonValue) -> tuple[Mapping[str, JsonValue], Mapping[str, JsonValue], Mapping[str, JsonValue]]:
    match written:
        case [dict() as one, dict() as two, dict() as three]:
            return one, two, three
    raise AssertionError(f"not three messages: {written}")


def test_a_call_without_words_beside_it() -> None:
    """Some servers want an empty text there, others none."""
    assert chat(said(Role.ASSISTANT, call("c1", args='{"a": 1}'))) == [{"role": "assistant", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}]}]  # fmt: skip
    (written,) = _list(chat(said(Role.ASSISTANT, call("c1")), provider="deepseek"))
    assert isinstance(written, dict)
    assert written["content"] == ""


def _list(value: JsonValue) -> Sequence[JsonValue]:
    assert isinstance(value, list)
    return value


def test_reasoning_goes_back_in_the_form_in_which_it_came() -> None:
    """A field of its own while tools run, signed details always, Mistral's in the list of the content."""
    text, wanted = PromptText(text="So."), call("call00001")
    plain = PromptReasoning(text="Hm.", options=own("server", field="reasoning_content"))
    signed = PromptReasoning(text="Hm.", options=own("server", details=[{"type": "reasoning.text", "signature": "s"}]))
    listed = PromptReasoning(text="Hm.", options=own("mistral", field="thinking"))
    (written,) = _list(chat(said(Role.ASSISTANT, plain, text, wanted)))
    assert isinstance(written, dict)
    assert (written["content"], written["reasoning_content"]) == ("So.", "Hm.")
    assert chat(said(Role.ASSISTANT, plain, text)) == [{"role": "assistant", "content": "So."}]
    details: JsonValue = [{"type": "reasoning.text", "signature": "s"}]
    assert chat(said(Role.ASSISTANT, signed, text)) == [
        {"role": "assistant", "content": "So.", "reasoning_details": details}
    ]
    thought: JsonValue = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    assert chat(said(Role.ASSISTANT, listed, text), provider="mistral") == [
        {"role": "assistant", "content": [thought, {"type": "text", "text": "So."}]}
    ]


def test_sealed_reasoning_goes_back_unchanged() -> None:
    """The whole item, before what followed it, message ids and phases too."""
    item: JsonValue = {"type": "reasoning", "id": "rs", "encrypted_content": "seal", "summary": [], "content": []}
    answer = said(
        Role.ASSISTANT,
        PromptReasoning(text="", options=own("openai", item=item)),
        PromptText(text="Let me ", options=own("openai", id="msg", phase="commentary", status="completed")),
        PromptText(text="look.", options=own("openai", id="msg", phase="commentary", status="completed")),
        call("c1", own("openai", id="fc")),
    )
    written = _list(items(answer, result("c1", "5")))
    assert written[0] == {"type": "reasoning", "id": "rs", "encrypted_content": "seal", "summary": []}
    texts: JsonValue = [{"type": "output_text", "text": text, "annotations": []} for text in ("Let me ", "look.")]
    head: dict[str, JsonValue] = {"type": "message", "role": "assistant", "id": "msg"}
    assert written[1] == {**head, "status": "completed", "phase": "commentary", "content": texts}
    assert written[2] == {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}", "id": "fc"}
    assert written[3] == {"type": "function_call_output", "call_id": "c1", "output": "5"}


@pytest.mark.parametrize(
    "foreign", [own("anthropic", signature="s"), own("xai", item={"encrypted_content": "x"}), None]
)
def test_what_another_provider_signed_stays_away(foreign: JsonText | None) -> None:
    """A chat may go on with another model; it takes words and calls, and no seals."""
    thought = PromptReasoning(text="Hm.", options=foreign)
    ran = PromptToolCall(
        tool_call_id="p", tool_name="web_search", args=JsonText("{}"), provider_executed=True, options=foreign
    )
    answer = said(Role.ASSISTANT, thought, ran, PromptText(text="So.", options=foreign))
    assert items(answer) == [{"role": "assistant", "content": [{"type": "output_text", "text": "So."}]}]
    assert chat(answer) == [{"role": "assistant", "content": "So."}]


def test_reasoning_that_nothing_follows_stays_away() -> None:
    """A reply that was cut short right there would be refused; and an id means nothing to who keeps nothing."""
    sealed = PromptReasoning(
        text="", options=own("openai", item={"type": "reasoning", "id": "rs", "encrypted_content": "s"})
    )
    bare = PromptReasoning(text="", options=own("openai", item={"type": "reasoning", "id": "rs", "summary": []}))
    text = PromptText(text="So.")
    assert items(said(Role.ASSISTANT, sealed)) == []
    assert len(_list(items(said(Role.ASSISTANT, sealed, text)))) == 2
    assert len(_list(items(said(Role.ASSISTANT, bare, text)))) == 1
    assert len(_list(items(said(Role.ASSISTANT, bare, text), store=None))) == 2


def test_what_the_provider_ran_goes_back_as_its_item() -> None:
    """Once: its result is part of it."""
    item: JsonValue = {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search"}}
    ran = PromptToolCall(
        tool_call_id="ws",
        tool_name="web_search",
        args=JsonText("{}"),
        provider_executed=True,
        options=own("openai", item=item),
    )
    answered = PromptToolResult(tool_call_id="ws", tool_name="web_search", text="{}", provider_executed=True)
    assert items(said(Role.ASSISTANT, ran, answered)) == [item]


def test_a_custom_tool_s_call_and_result_go_back_as_such() -> None:
    """The words out of the object again, and an output of the same kind."""
    prompt = (
        said(Role.ASSISTANT, call("c1", own("openai", id="ct", custom=True), '{"input":"SELECT 1"}')),
        result("c1", "1"),
    )
    assert items(*prompt) == [
        {"type": "custom_tool_call", "call_id": "c1", "name": "look", "input": "SELECT 1", "id": "ct"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "1"},
    ]


def test_a_refusal_goes_back_as_one() -> None:
    """And not as words that the model would take for its answer."""
    refusal = PromptText(text="No.", options=own("server", refusal=True))
    assert chat(said(Role.ASSISTANT, refusal)) == [{"role": "assistant", "refusal": "No."}]
    refusal = PromptText(text="No.", options=own("openai", refusal=True))
    assert items(said(Role.ASSISTANT, refusal)) == [
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    ]
