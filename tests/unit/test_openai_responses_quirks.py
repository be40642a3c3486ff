"""What the Responses API says in odd ways, each quirk by a small fixture of our own (issue: models, 3 and 6)."""

from collections.abc import Mapping

import pytest

from chatcore.adapters.openai.responses_translator import ResponsesTranslator
from chatcore.domain.content.parts import FilePart, ReasoningPart, SourcePart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText, JsonValue, dump_json, parse_json
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason, ReasoningSealed, ToolCalled, ToolInputDelta
from chatcore.testing.provider_bodies import ToldBody, frames, tell

SERVER = "server"
BEGIN: JsonValue = {"type": "response.created", "response": {"status": "in_progress", "error": None}}


def added(item: JsonValue, position: int = 0) -> JsonValue:
    """An item begins."""
    return {"type": "response.output_item.added", "output_index": position, "item": item}


def done(item: JsonValue, position: int = 0) -> JsonValue:
    """An item is whole."""
    return {"type": "response.output_item.done", "output_index": position, "item": item}


def more(kind: str, words: str, position: int = 0, **where: JsonValue) -> JsonValue:
    """A delta."""
    return {"type": f"response.{kind}.delta", "output_index": position, "delta": words, **where}


def ended(*output: JsonValue, how: str = "completed", **fields: JsonValue) -> JsonValue:
    """The end."""
    return {"type": f"response.{how}", "response": {"status": how, "error": None, "output": output, **fields}}


def told(*events: JsonValue) -> ToldBody:
    """What is made of these events."""
    return tell(ResponsesTranslator(SERVER), frames(*events))


def answered(*events: JsonValue) -> Answer:
    """A whole answer of these events."""
    body = told(*events)
    assert body.error is None, body.error
    assert body.answer.complete
    return body.answer


def own(metadata: JsonText | None) -> Mapping[str, JsonValue]:
    """What the server wants back with a part."""
    value = parse_json(metadata or "{}")
    assert isinstance(value, dict)
    inner = value.get(SERVER, {})
    assert isinstance(inner, dict)
    return inner


def message(text: str, **more_fields: JsonValue) -> dict[str, JsonValue]:
    """A whole message of one text."""
    return {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": []}], **more_fields}


def reasoning(seal: str, *summary: str) -> dict[str, JsonValue]:
    """Reasoning with its seal."""
    texts: JsonValue = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": "rs_1", "encrypted_content": seal, "summary": texts}


def test_the_newest_seal_of_reasoning_counts() -> None:
    """It differs between the added, the done and the completed event; reasoning stays before what follows it."""
    call: JsonValue = {"type": "function_call", "id": "fc", "call_id": "c1", "name": "look", "arguments": "{}"}
    body = told(
        BEGIN,
        added(reasoning("first")),
        done(reasoning("second")),
        added(call, 1),
        done(call, 1),
        ended(reasoning("third"), call),
    )
    part, last = body.answer.content
    assert isinstance(part, ReasoningPart)
    assert isinstance(last, ToolCallPart)
    assert own(part.provider_metadata) == {"item": reasoning("third")}
    assert [type(event) for event in body.events].count(ReasoningSealed) == 1


def test_a_seal_that_stays_is_not_told_anew() -> None:
    """Nothing is news in it."""
    body = told(BEGIN, added(reasoning("one")), done(reasoning("one")), ended(reasoning("one")))
    assert not any(isinstance(event, ReasoningSealed) for event in body.events)


def test_each_part_of_a_summary_is_a_block() -> None:
    """The last of them carries the item, as it is to be handed back."""
    item = reasoning("seal", "One.", "Two.")
    answer = answered(
        added(reasoning("")),
        more("reasoning_summary_text", "One", summary_index=0),
        more("reasoning_summary_text", ".", summary_index=0),
        more("reasoning_summary_text", "Two.", summary_index=1),
        done(item),
        ended(item),
    )
    told_parts = [
        (part.text, own(part.provider_metadata)) for part in answer.content if isinstance(part, ReasoningPart)
    ]
    assert told_parts == [("One.", {}), ("Two.", {"item": item})]


def test_only_the_end_of_the_response_is_an_end() -> None:
    """Neither a whole item nor [DONE] makes an answer complete."""
    for events in ([BEGIN], [BEGIN, done(message("Hi"))], [BEGIN, done(message("Hi")), "[DONE]"], []):
        body = told(*events)
        assert body.error is not None
        assert body.error.kind is ErrorKind.CUT_OFF


def test_an_end_that_was_torn_is_a_cut() -> None:
    """Its JSON is not whole; without its blank line it is."""
    body = frames(done(message("Hi")), ended(message("Hi")))
    assert tell(ResponsesTranslator(SERVER), body[:-2]).answer.complete
    error = tell(ResponsesTranslator(SERVER), body[:-3]).error
    assert error is not None
    assert error.kind is ErrorKind.CUT_OFF


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("max_output_tokens", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("rain", FinishReason.OTHER),
    ],
)
def test_an_incomplete_response_is_a_whole_answer(why: str, reason: FinishReason) -> None:
    """It has its own end, and says why; also without any text."""
    answer = answered(BEGIN, ended(how="incomplete", incomplete_details={"reason": why}))
    assert (answer.content, answer.reason, answer.raw_reason) == ((), reason, "incomplete")


def test_a_call_that_was_cut_is_kept_as_far_as_it_came() -> None:
    """It is not run, and its arguments are not called wrong."""
    call: JsonValue = {
        "type": "function_call",
        "call_id": "c1",
        "name": "look",
        "arguments": '{"a',
        "status": "incomplete",
    }
    details: JsonValue = {"reason": "max_output_tokens"}
    body = told(added(call), done(call), ended(call, how="incomplete", incomplete_details=details))
    assert not any(isinstance(event, ToolCalled) for event in body.events)
    assert body.answer.content == (ToolCallPart(tool_call_id="c1", tool_name="look"),)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "slow down"}},
        {"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": None},
        ended(how="failed", error={"code": "rate_limit_exceeded", "message": "slow down"}),
    ],
)
def test_a_failure_under_status_200_is_an_error(event: JsonValue) -> None:
    """Whichever event tells it first."""
    error = told(BEGIN, event).error
    assert error is not None
    assert (error.kind, error.status, error.retryable) == (ErrorKind.RATE_LIMIT, None, True)
    assert (error.message, error.raw_finish) == ("slow down", "failed")


def test_a_failure_without_words_is_an_error() -> None:
    """And so is a whole body that says that it is not one."""
    error = told(BEGIN, ended(how="failed")).error
    assert error is not None
    assert error.kind is ErrorKind.GENERIC
    for status in ("failed", "cancelled", "in_progress"):
        whole = dump_json({"status": status, "output": []})
        with pytest.raises(type(error)):
            list(ResponsesTranslator(SERVER).whole(whole))


def test_a_refusal_is_told_and_marked() -> None:
    """It ends as completed."""
    item: JsonValue = {"type": "message", "id": "msg", "content": [{"type": "refusal", "refusal": "I'm sorry."}]}
    begun: JsonValue = {"type": "message", "id": "msg", "content": []}
    answer = answered(added(begun), more("refusal", "I'm "), more("refusal", "sorry."), done(item), ended(item))
    (part,) = answer.content
    assert isinstance(part, TextPart)
    assert (part.text, own(part.provider_metadata)) == ("I'm sorry.", {"id": "msg", "refusal": True})
    assert (answer.reason, answer.raw_reason) == (FinishReason.STOP, "completed")


def test_what_was_not_streamed_is_told_with_the_whole() -> None:
    """By the item's end, or by the end of the response; and nothing is told twice."""
    begun: JsonValue = {"type": "message", "content": []}
    for events in (
        [added(begun), more("output_text", "He"), done(message("Hello")), ended(message("Hello"))],
        [added(begun), more("output_text", "He"), ended(message("Hello"))],
        [done(message("Hello")), ended(message("Hello"))],
        [ended(message("Hello"))],
        [added(begun), more("output_text", "Hello"), done(message("Hello")), ended()],
    ):
        assert answered(BEGIN, *events).content == (TextPart(text="Hello"),)


def test_the_list_at_the_end_may_leave_items_out() -> None:
    """What is in it is known by its id, or by its place, and nothing is told twice."""
    hello, seal = message("Hello", id="msg"), reasoning("new")
    once = answered(done(reasoning("old")), done(hello, 1), ended(hello, seal))
    assert [type(part) for part in once.content] == [ReasoningPart, TextPart]
    (thought, _) = once.content
    assert isinstance(thought, ReasoningPart)
    assert own(thought.provider_metadata) == {"item": seal}
    renamed = answered(done(hello), ended(message("Hello", id="other")))
    assert len(renamed.content) == 1


def test_what_was_streamed_stands() -> None:
    """An end that says something else than the deltas did does not add to them."""
    begun: JsonValue = {"type": "message", "content": []}
    body = told(added(begun), more("output_text", "Hello"), done(message("Goodbye")), ended(message("Goodbye")))
    assert body.answer.content == (TextPart(text="Hello"),)


def test_a_message_has_a_phase() -> None:
    """Commentary and answer are told apart when they are handed back."""
    item = message("Let me look.", id="msg", phase="commentary", status="completed")
    (part,) = answered(done(item), ended(item)).content
    assert isinstance(part, TextPart)
    assert own(part.provider_metadata) == {"id": "msg", "phase": "commentary", "status": "completed"}


def test_a_custom_tool_takes_words() -> None:
    """They become an object, piece by piece as well."""
    begun: JsonValue = {"type": "custom_tool_call", "id": "ct", "call_id": "c1", "name": "sql", "input": ""}
    item: JsonValue = {**begun, "input": 'SELECT "a"\nFROM é'} if isinstance(begun, dict) else None
    body = told(
        added(begun),
        more("custom_tool_call_input", 'SELECT "a"'),
        more("custom_tool_call_input", "\nFROM é"),
        done(item),
        ended(item),
    )
    (part,) = body.answer.content
    assert isinstance(part, ToolCallPart)
    assert parse_json(part.args or "") == {"input": 'SELECT "a"\nFROM é'}
    assert own(part.provider_metadata) == {"id": "ct", "custom": True}
    assert "".join(event.delta for event in body.events if isinstance(event, ToolInputDelta)) == part.args
    assert body.answer.reason is FinishReason.TOOL_CALLS


def test_parallel_calls_keep_their_order() -> None:
    """Their fragments may take turns."""
    one: JsonValue = {"type": "function_call", "call_id": "c1", "name": "one", "arguments": '{"a":1}'}
    two: JsonValue = {"type": "function_call", "call_id": "c2", "name": "two", "arguments": "{}"}
    answer = answered(
        added({"type": "function_call", "call_id": "c1", "name": "one", "arguments": ""}),
        added({"type": "function_call", "call_id": "c2", "name": "two", "arguments": ""}, 1),
        more("function_call_arguments", '{"a"'),
        more("function_call_arguments", "{}", 1),
        more("function_call_arguments", ":1}"),
        done(one),
        done(two, 1),
        ended(one, two),
    )
    calls = [(part.tool_call_id, part.args) for part in answer.content if isinstance(part, ToolCallPart)]
    assert calls == [("c1", '{"a":1}'), ("c2", "{}")]


def test_what_the_provider_ran_is_kept_with_its_result() -> None:
    """Call, result and source stand in the answer, and the item can be handed back unchanged."""
    search: JsonValue = {
        "type": "web_search_call",
        "id": "ws",
        "status": "completed",
        "action": {"type": "search", "query": "snow"},
    }
    source: JsonValue = {
        "type": "url_citation",
        "url": "https://a.test",
        "title": "A",
        "start_index": 0,
        "end_index": 4,
    }
    text: JsonValue = {"type": "message", "content": [{"type": "output_text", "text": "Snow", "annotations": [source]}]}
    cited: JsonValue = {"type": "response.output_text.annotation.added", "output_index": 1, "annotation": source}
    answer = answered(
        added({"type": "web_search_call", "id": "ws", "status": "in_progress"}),
        done(search),
        added({"type": "message", "content": []}, 1),
        more("output_text", "Snow", 1),
        cited,
        done(text, 1),
        ended(search, text),
    )
    call, result, found, words = answer.content
    assert isinstance(call, ToolCallPart)
    assert (call.tool_name, call.provider_executed, own(call.provider_metadata)) == (
        "web_search",
        True,
        {"item": search},
    )
    assert parse_json(call.args or "") == {"type": "search", "query": "snow"}
    assert isinstance(result, ToolResultPart)
    assert (result.tool_call_id, result.provider_executed, result.is_error) == ("ws", True, False)
    assert found == SourcePart(url="https://a.test", title="A")
    assert isinstance(words, TextPart)
    assert own(words.provider_metadata) == {"annotations": [source]}
    assert answer.reason is FinishReason.STOP


def test_mcp_on_the_provider_side_has_its_tool_s_name() -> None:
    """And fails as a result, not as an answer."""
    item: JsonValue = {
        "type": "mcp_call",
        "id": "mcp",
        "name": "roll",
        "server_label": "dice",
        "arguments": '{"n":1}',
        "output": None,
        "error": "no dice",
    }
    call, result = answered(done(item), ended(item)).content
    assert isinstance(call, ToolCallPart)
    assert (call.tool_name, call.args) == ("roll", '{"n":1}')
    assert isinstance(result, ToolResultPart)
    assert (result.is_error, parse_json(result.result or "")) == (True, {"error": "no dice"})


def test_a_picture_is_a_file() -> None:
    """It is not kept a second time in the metadata."""
    item: JsonValue = {"type": "image_generation_call", "id": "ig", "status": "completed", "result": "iVBORw0="}
    call, _, file = answered(done(item), ended(item)).content
    assert isinstance(call, ToolCallPart)
    assert "iVBORw0=" not in (call.provider_metadata or "")
    assert file == FilePart(media_type="image/png", data=b"\x89PNG\r")


def test_usage_has_cache_and_reasoning() -> None:
    """Cached tokens and those put into the cache are no input a second time."""
    usage: JsonValue = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 8},
        "total_tokens": 120,
    }
    counted = answered(ended(message("Hi"), usage=usage)).usage
    assert counted is not None
    assert (counted.input_tokens, counted.cache_read_tokens, counted.cache_creation_tokens) == (10, 60, 30)
    assert (counted.output_tokens, counted.reasoning_tokens, counted.total_tokens) == (20, 8, 120)


def test_events_that_nobody_knows_are_passed_over() -> None:
    """New ones come every month."""
    strange: JsonValue = {"type": "response.moonlight.delta", "output_index": 0, "delta": "?"}
    answer = answered(BEGIN, strange, added({"type": "message"}), strange, done(message("Hi")), strange, ended())
    assert answer.content == (TextPart(text="Hi"),)


def test_a_whole_body_is_the_same_answer() -> None:
    """What was not streamed has the same parts."""
    call: JsonValue = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    output: JsonValue = [reasoning("seal", "Hm."), message("Hi"), call]
    whole = ResponsesTranslator(SERVER).whole(dump_json({"status": "completed", "output": output}))
    answer = ToldBody(events=tuple(whole)).answer
    assert [type(part) for part in answer.content] == [ReasoningPart, TextPart, ToolCallPart]
    assert answer == answered(ended(reasoning("seal", "Hm."), message("Hi"), call))
