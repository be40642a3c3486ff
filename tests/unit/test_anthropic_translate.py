"""What the Messages API sends becomes stream events, quirk by quirk (spec chat-core 4.6, 4.7)."""

import json

import pytest

from chatcore.adapters.anthropic.translate import MessagesTranslator
from chatcore.domain.content.messages import Usage
from chatcore.domain.content.parts import ReasoningPart, SourcePart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason
from chatcore.ports.model import ModelError

STOP: JsonValue = {"type": "message_stop"}
PING: JsonValue = {"type": "ping"}


def test_pings_may_stand_anywhere() -> None:
    """Before the start, between blocks, within one, before the end."""
    events = [_start(0, type="text", text=""), _delta(0, text="Hi"), _stop(0), _end("end_turn"), STOP]
    pinged = [each for event in events for each in (PING, event)]

    assert _answer(*events) == _answer(*pinged)


def test_events_and_deltas_that_nobody_knows_are_passed_over() -> None:
    """The provider says that new kinds may come at any time."""
    answer = _answer(
        {"type": "quota_hint", "left": 3},
        _start(0, type="text", text=""),
        _delta(0, type="shape_delta", shape="round"),
        _delta(0, text="Hi"),
        _stop(0),
        _end("end_turn"),
        STOP,
    )

    assert answer.content == (TextPart(text="Hi"),)


def test_thinking_keeps_its_signature() -> None:
    """It is handed back unchanged with the next request."""
    answer = _answer(
        _start(0, type="thinking", thinking="", signature=""),
        _delta(0, thinking="Hm"),
        _delta(0, signature="c2lnbmVk"),
        _stop(0),
        _end("end_turn"),
        STOP,
    )

    assert answer.content == (ReasoningPart(text="Hm", provider_metadata=_own(signature="c2lnbmVk")),)


def test_redacted_thinking_is_kept_though_it_has_no_words() -> None:
    """The provider wants it back."""
    answer = _answer(_start(0, type="redacted_thinking", data="c2VjcmV0"), _stop(0), _end("end_turn"), STOP)

    redacted = _own(type="redacted_thinking", data="c2VjcmV0")
    assert answer.content == (ReasoningPart(text="", provider_metadata=redacted),)


def test_a_kind_of_block_that_nobody_knows_is_kept_to_be_handed_back() -> None:
    """Words of its deltas are added up."""
    answer = _answer(
        _start(0, type="musing", mood="calm", words="a"), _delta(0, words="b"), _stop(0), _end("end_turn"), STOP
    )

    assert answer.content == (ReasoningPart(text="", provider_metadata=_own(type="musing", mood="calm", words="ab")),)


def test_a_call_without_input_is_a_call() -> None:
    """Its pieces are one empty piece."""
    answer = _answer(
        _start(0, type="tool_use", id="toolu_1", name="now", input={}),
        _delta(0, partial_json=""),
        _stop(0),
        _end("tool_use"),
        STOP,
    )

    assert answer.content == (ToolCallPart(tool_call_id="toolu_1", tool_name="now"),)
    assert answer.reason is FinishReason.TOOL_CALLS


def test_parallel_calls_whose_pieces_alternate_stay_apart() -> None:
    """Pieces belong to the block of their index."""
    answer = _answer(
        _start(0, type="tool_use", id="a", name="add", input={}),
        _start(1, type="tool_use", id="b", name="multiply", input={}),
        _delta(0, partial_json='{"x":'),
        _delta(1, partial_json='{"y":'),
        _delta(0, partial_json="1}"),
        _delta(1, partial_json="2}"),
        _stop(1),
        _stop(0),
        _end("tool_use"),
        STOP,
    )

    assert {part.tool_name: part.args for part in answer.content if isinstance(part, ToolCallPart)} == {
        "add": '{"x":1}',
        "multiply": '{"y":2}',
    }


def test_a_call_that_was_cut_by_the_length_ends_with_the_answer() -> None:
    """No stop comes for its block; what was written is no JSON and is told as such."""
    answer = _answer(
        _start(0, type="tool_use", id="a", name="write", input={}),
        _delta(0, partial_json='{"text": "half'),
        _end("max_tokens"),
        STOP,
    )

    assert answer.content == (ToolCallPart(tool_call_id="a", tool_name="write"),)
    assert answer.invalid_args == {"a": '{"text": "half'}
    assert (answer.reason, answer.raw_reason) == (FinishReason.LENGTH, "max_tokens")


@pytest.mark.spec("1.6c", "4.11")
@pytest.mark.parametrize(
    ("call", "result"),
    [
        ({"type": "server_tool_use", "name": "web_search"}, {"type": "web_search_tool_result"}),
        ({"type": "server_tool_use", "name": "code_execution"}, {"type": "code_execution_tool_result"}),
        (
            {"type": "mcp_tool_use", "name": "ask", "server_name": "wiki"},
            {"type": "mcp_tool_result", "is_error": False},
        ),
    ],
)
def test_results_of_the_providers_own_tools_stay_with_their_calls(
    call: dict[str, JsonValue], result: dict[str, JsonValue]
) -> None:
    """Both are parts of the assistant's message, marked as run by the provider."""
    answer = _answer(
        _start(0, **call, id="srvtoolu_1", input={}),
        _delta(0, partial_json='{"query":"x"}'),
        _stop(0),
        _start(1, **result, tool_use_id="srvtoolu_1", content=[{"type": "thing", "sealed": "eA=="}]),
        _stop(1),
        _end("end_turn"),
        STOP,
    )

    called, answered = answer.content
    assert isinstance(called, ToolCallPart)
    assert isinstance(answered, ToolResultPart)
    assert (called.provider_executed, answered.provider_executed) == (True, True)
    assert (called.args, answered.result) == ('{"query":"x"}', '[{"type":"thing","sealed":"eA=="}]')
    assert (called.tool_call_id, answered.tool_name) == ("srvtoolu_1", call["name"])


def test_a_failed_tool_of_the_provider_is_an_error() -> None:
    """The error stands in the type of the content."""
    answer = _answer(
        _start(0, type="server_tool_use", id="s", name="web_search", input={}),
        _stop(0),
        _start(
            1,
            type="web_search_tool_result",
            tool_use_id="s",
            content={"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
        ),
        _stop(1),
        _end("end_turn"),
        STOP,
    )

    result = answer.content[1]
    assert isinstance(result, ToolResultPart)
    assert result.is_error


def test_citations_stay_with_their_words_and_those_of_the_web_become_sources() -> None:
    """A place in the user's own document has no address."""
    web: JsonValue = {"type": "web_search_result_location", "url": "https://example.org/", "title": "Example"}
    place: JsonValue = {"type": "page_location", "document_index": 0}
    answer = _answer(
        _start(0, type="text", text="", citations=[]),
        _delta(0, type="citations_delta", citation=web),
        _delta(0, text="So it is."),
        _delta(0, type="citations_delta", citation=place),
        _stop(0),
        _end("end_turn"),
        STOP,
    )

    assert answer.content == (
        TextPart(text="So it is.", provider_metadata=_own(citations=[web, place])),
        SourcePart(url="https://example.org/", title="Example"),
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("pause_turn", FinishReason.PAUSE),
        ("new_moon", FinishReason.OTHER),
        (None, FinishReason.UNKNOWN),
    ],
)
def test_every_stop_reason_has_its_place_and_the_raw_one_is_kept(raw: str | None, reason: FinishReason) -> None:
    """Also one that nobody knows, and none at all."""
    answer = _answer(_end(raw), STOP)

    assert (answer.reason, answer.raw_reason, answer.complete) == (reason, raw or "", True)


def test_usage_is_put_together_from_both_reports() -> None:
    """The last one leaves out, or gives as null, what did not change."""
    start: JsonValue = {
        "type": "message_start",
        "message": {"usage": {"input_tokens": 11, "cache_read_input_tokens": 1031, "output_tokens": 1}},
    }
    end: JsonValue = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"input_tokens": None, "output_tokens": 100, "output_tokens_details": {"thinking_tokens": 40}},
    }

    assert _answer(start, end, STOP).usage == Usage(
        input_tokens=11,
        output_tokens=100,
        total_tokens=0,
        reasoning_tokens=40,
        cache_creation_tokens=0,
        cache_read_tokens=1031,
    )


def test_no_usage_is_none() -> None:
    """Nothing was counted, which is no error."""
    assert _answer(_end("end_turn"), STOP).usage is None


@pytest.mark.spec("4.6")
@pytest.mark.parametrize(
    ("kind", "status", "expected", "retryable"),
    [
        ("overloaded_error", 529, ErrorKind.OVERLOADED, True),
        ("rate_limit_error", 429, ErrorKind.RATE_LIMIT, True),
        ("api_error", 500, ErrorKind.GENERIC, True),
        ("timeout_error", 504, ErrorKind.TIMEOUT, True),
        ("authentication_error", 401, ErrorKind.AUTH, False),
        ("invalid_request_error", 400, ErrorKind.GENERIC, False),
        ("brand_new_error", None, ErrorKind.GENERIC, False),
    ],
)
def test_an_error_within_a_stream_has_the_status_of_its_type(
    kind: str, status: int | None, expected: ErrorKind, retryable: bool
) -> None:
    """Under HTTP 200, after words were said."""
    with pytest.raises(ModelError) as caught:
        _answer(
            _start(0, type="text", text=""),
            _delta(0, text="Well"),
            {"type": "error", "error": {"type": kind, "message": "Sorry"}},
        )

    classified = classify(caught.value.failure())
    assert (caught.value.status, caught.value.provider) == (status, "anthropic")
    assert (classified.kind, classified.retryable) == (expected, retryable)


def test_a_body_that_ends_before_its_end_was_cut_off() -> None:
    """Even behind the stop reason."""
    translator = MessagesTranslator()
    _feed(translator, Assembler(), _end("end_turn"))

    with pytest.raises(ModelError) as caught:
        list(translator.end(torn=False))

    assert caught.value.kind is ErrorKind.CUT_OFF


def test_an_answer_that_is_not_streamed_says_the_same() -> None:
    """Blocks come whole."""
    message: JsonValue = {
        "type": "message",
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "s"},
            {"type": "text", "text": "Hi", "citations": None},
            {"type": "tool_use", "id": "a", "name": "add", "input": {"x": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    assembler = Assembler()
    for event in MessagesTranslator().whole(json.dumps(message)):
        assembler.feed(event)
    answer = assembler.finish()

    assert answer.content == (
        ReasoningPart(text="Hm", provider_metadata=_own(signature="s")),
        TextPart(text="Hi"),
        ToolCallPart(tool_call_id="a", tool_name="add", args=JsonText('{"x":1}')),
    )
    assert answer.complete


@pytest.mark.parametrize("body", ["", "null", "[]", "<html>", '{"type":"message"}', '{"choices":[]}'])
def test_a_body_that_is_no_answer_is_an_error(body: str) -> None:
    """Never an empty answer."""
    with pytest.raises(ModelError):
        list(MessagesTranslator().whole(body))


def _answer(*events: JsonValue) -> Answer:
    translator, assembler = MessagesTranslator(), Assembler()
    _feed(translator, assembler, *events)
    assert translator.finished
    return assembler.finish()


def _feed(translator: MessagesTranslator, assembler: Assembler, *events: JsonValue) -> None:
    for each in events:
        assert isinstance(each, dict)
        for event in translator.feed(str(each["type"]), json.dumps(each)):
            assembler.feed(event)


def _start(index: int, **block: JsonValue) -> JsonValue:
    return {"type": "content_block_start", "index": index, "content_block": block}


def _delta(index: int, **delta: JsonValue) -> JsonValue:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _stop(index: int) -> JsonValue:
    return {"type": "content_block_stop", "index": index}


def _end(reason: str | None) -> JsonValue:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}}


def _own(**fields: JsonValue) -> JsonText:
    return dump_json({"anthropic": fields})
