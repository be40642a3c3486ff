"""What servers of Chat Completions say in odd ways, each quirk by a small fixture of our own (issue: models, 6)."""

from collections.abc import Mapping

import pytest

from chatcore.adapters.openai.chat_translator import ChatTranslator
from chatcore.domain.content.parts import Part, ReasoningPart, SourcePart, TextPart, ToolCallPart
from chatcore.domain.json_text import JsonText, JsonValue, dump_json, parse_json
from chatcore.domain.turn.stream import FinishReason, ToolInputDelta
from chatcore.testing.chat_chunks import COUNTED, DONE, answered, call, delta, told
from chatcore.testing.provider_bodies import ToldBody


def calls_of(content: tuple[Part, ...]) -> list[tuple[str, str, JsonText | None]]:
    """Id, name and arguments of the calls."""
    return [(part.tool_call_id, part.tool_name, part.args) for part in content if isinstance(part, ToolCallPart)]


def own(metadata: JsonText | None) -> Mapping[str, JsonValue]:
    """What the server wants back with a part."""
    value = parse_json(metadata or "{}")
    assert isinstance(value, dict)
    inner = value.get("server", {})
    assert isinstance(inner, dict)
    return inner


def test_a_first_chunk_may_say_nothing() -> None:
    """A chunk without choices and without usage, as a content filter sends it first, is passed over."""
    filtered: JsonValue = {"id": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
    assert answered(filtered, {"id": ""}, delta({"content": "Hi"}, "stop"), DONE).content == (TextPart(text="Hi"),)


def test_a_refusal_that_ends_with_stop_is_told() -> None:
    """Its words are kept as text that is marked, and the finish is the one that the server named."""
    answer = answered(delta({"refusal": "I'm "}), delta({"refusal": "sorry."}), delta({}, "stop"), DONE)
    (part,) = answer.content
    assert isinstance(part, TextPart)
    assert (part.text, own(part.provider_metadata)) == ("I'm sorry.", {"refusal": True})
    assert answer.reason is FinishReason.STOP


def test_content_may_be_a_text_and_then_a_list() -> None:
    """Mistral's thoughts come in the list, its answer in either form."""
    thought: JsonValue = [{"type": "thinking", "thinking": [{"type": "text", "text": "Two and "}, {"text": "two."}]}]
    answer = answered(
        delta({"content": ""}),
        delta({"content": thought}),
        delta({"content": [{"type": "text", "text": "Fo"}]}),
        delta({"content": "ur"}, "stop"),
        DONE,
    )
    reasoning, text = answer.content
    assert isinstance(reasoning, ReasoningPart)
    assert (reasoning.text, own(reasoning.provider_metadata)) == ("Two and two.", {"field": "thinking"})
    assert text == TextPart(text="Four")


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_plain_reasoning_is_told_before_the_answer(field: str) -> None:
    """The field in which it came is remembered, so that it can go back in it."""
    chunks = [
        delta({field: "Hm"}),
        delta({field: ".", "content": None}),
        delta({"content": "Yes", field: None}, "stop"),
    ]
    reasoning, text = answered(*chunks, DONE).content
    assert isinstance(reasoning, ReasoningPart)
    assert (reasoning.text, own(reasoning.provider_metadata)) == ("Hm.", {"field": field})
    assert text == TextPart(text="Yes")


def test_signed_reasoning_is_put_together() -> None:
    """Fragments of one detail become one: words joined, the signature kept, whatever comes empty behind it."""

    def detail(text: str, **more: JsonValue) -> JsonValue:
        return delta(
            {
                "content": "",
                "reasoning": text or None,
                "reasoning_details": [{"type": "reasoning.text", "index": 0, "format": "f1", "text": text, **more}],
            }
        )

    answer = answered(
        detail("", signature=""),
        detail("Two "),
        detail("twos."),
        detail("", signature="c2ln"),
        detail("", signature=""),
        delta({"content": "4"}, "stop"),
        DONE,
    )
    reasoning = answer.content[0]
    assert isinstance(reasoning, ReasoningPart)
    assert reasoning.text == "Two twos."
    assert own(reasoning.provider_metadata) == {
        "details": [{"type": "reasoning.text", "index": 0, "format": "f1", "text": "Two twos.", "signature": "c2ln"}]
    }


def test_sealed_reasoning_without_words_is_kept() -> None:
    """It has nothing to show and must be handed back all the same."""
    sealed: JsonValue = {"type": "reasoning.encrypted", "data": "c2VhbA==", "index": 0}
    answer = answered(
        delta({"reasoning_details": [sealed]}), call(0, "c1", "look", "{}"), delta({}, "tool_calls"), DONE
    )
    reasoning = answer.content[0]
    assert isinstance(reasoning, ReasoningPart)
    assert (reasoning.text, own(reasoning.provider_metadata)) == ("", {"details": [sealed]})


def test_a_name_may_come_late_and_an_empty_one_behind_it() -> None:
    """The newest name that is not empty counts."""
    answer = answered(
        call(0, "c1", "", ""),
        call(0, name="look", arguments='{"a"'),
        call(0, name="", arguments=":1}"),
        delta({}, "tool_calls"),
        DONE,
    )
    assert calls_of(answer.content) == [("c1", "look", JsonText('{"a":1}'))]


def test_an_id_may_come_late() -> None:
    """What was written before it belongs to the call, and no piece is told under another id."""
    body = told(call(0, "", "look", '{"a"'), call(0, "c1", None, ":1}"), delta({}, "tool_calls"), DONE)
    assert calls_of(body.answer.content) == [("c1", "look", JsonText('{"a":1}'))]
    assert {event.tool_call_id for event in body.events if isinstance(event, ToolInputDelta)} == {"c1"}


def test_calls_without_ids_are_named() -> None:
    """Each has an id of its own in the answer."""
    chunks = [call(0, "", "look", "{}"), call(1, "", "look", "{}"), delta({}, "tool_calls"), DONE]
    ids = [call_id for call_id, _, _ in calls_of(answered(*chunks).content)]
    assert len(set(ids)) == 2
    assert all(ids)


@pytest.mark.parametrize("indexes", [(0, 0), (None, None), (0, 1)])
def test_parallel_calls_may_come_whole_and_share_an_index(indexes: tuple[int | None, int | None]) -> None:
    """Another id with a name is another call, whatever the index says."""
    first, second = indexes
    answer = answered(
        call(first, "c1", "look", '{"a":1}'), call(second, "c2", "look", '{"a":2}'), delta({}, "tool_calls"), DONE
    )
    assert calls_of(answer.content) == [("c1", "look", JsonText('{"a":1}')), ("c2", "look", JsonText('{"a":2}'))]


def test_fragments_of_parallel_calls_may_take_turns() -> None:
    """The index tells whose a fragment is."""
    answer = answered(
        call(0, "c1", "one"),
        call(1, "c2", "two"),
        call(0, arguments='{"a":'),
        call(1, arguments='{"b":'),
        call(0, arguments="1}"),
        call(1, arguments="2}"),
        delta({}, "tool_calls"),
        DONE,
    )
    assert calls_of(answer.content) == [("c1", "one", JsonText('{"a":1}')), ("c2", "two", JsonText('{"b":2}'))]


def test_arguments_may_be_an_object() -> None:
    """A few servers send what they should have written."""
    fragment: JsonValue = {"index": 0, "id": "c1", "function": {"name": "look", "arguments": {"a": 1}}}
    answer = answered(delta({"tool_calls": [fragment]}), delta({}, "tool_calls"), DONE)
    assert calls_of(answer.content) == [("c1", "look", JsonText('{"a":1}'))]


@pytest.mark.spec("1.4")
def test_empty_arguments_are_no_mistake_of_the_model() -> None:
    """A tool without parameters is called with nothing at all."""
    answer = answered(call(0, "c1", "look", ""), delta({}, "tool_calls"), DONE)
    assert calls_of(answer.content) == [("c1", "look", None)]
    assert not answer.invalid_args


def test_a_call_cut_by_the_length_limit_is_not_whole() -> None:
    """It is kept as far as it came, and is not one with wrong arguments."""
    answer = answered(call(0, "c1", "look", '{"a":1}'), call(1, "c2", "look", '{"a'), delta({}, "length"), DONE)
    assert calls_of(answer.content) == [("c1", "look", JsonText('{"a":1}')), ("c2", "look", None)]
    assert not answer.invalid_args
    assert answer.reason is FinishReason.LENGTH


def test_the_old_form_of_a_call_is_understood() -> None:
    """`function_call`, without an id."""
    chunks = [
        delta({"function_call": {"name": "look", "arguments": ""}}),
        delta({"function_call": {"arguments": "{}"}}),
    ]
    ((_, name, args),) = calls_of(answered(*chunks, delta({}, "function_call"), DONE).content)
    assert (name, args) == ("look", "{}")


def test_a_filtered_choice_may_have_no_message() -> None:
    """The whole answer is that it was filtered."""
    body = dump_json({"choices": [{"index": 0, "finish_reason": "content_filter"}], "usage": COUNTED})
    events = list(ChatTranslator("server").whole(body))
    assert [event.reason for event in events if hasattr(event, "reason")] == [FinishReason.CONTENT_FILTER]


def test_other_choices_are_passed_over() -> None:
    """Nobody asked for a second answer."""
    second: JsonValue = {"index": 1, "delta": {"content": "other"}, "finish_reason": "length"}
    chunk: JsonValue = {"choices": [{"index": 0, "delta": {"content": "one"}, "finish_reason": "stop"}, second]}
    answer = answered(chunk, DONE)
    assert (answer.content, answer.reason) == ((TextPart(text="one"),), FinishReason.STOP)


def test_citations_are_told_once() -> None:
    """As annotations of the message, or as a list that comes again with every chunk."""
    annotation: JsonValue = {"type": "url_citation", "url_citation": {"url": "https://a.test", "title": "A"}}
    chunks = [
        delta({"content": "x", "annotations": [annotation]}),
        delta({"content": "y"}, citations=["https://b.test"]),
    ]
    answer = answered(*chunks, delta({}, "stop", citations=["https://b.test"]), DONE)
    sources = [(part.url, part.title) for part in answer.content if isinstance(part, SourcePart)]
    assert sources == [("https://a.test", "A"), ("https://b.test", "")]


def test_a_whole_body_is_the_same_answer() -> None:
    """What was not streamed has text, reasoning, calls and usage alike."""
    message: JsonValue = {
        "role": "assistant",
        "content": "Hi",
        "reasoning_content": "Hm",
        "tool_calls": [
            {"id": "c1", "function": {"name": "a", "arguments": "{}"}},
            {"id": "c2", "function": {"name": "b", "arguments": "{}"}},
        ],
    }
    translator = ChatTranslator("server")
    body = dump_json({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": COUNTED})
    answer = ToldBody(events=tuple(translator.whole(body))).answer
    assert [type(part) for part in answer.content] == [ReasoningPart, TextPart, ToolCallPart, ToolCallPart]
    assert (answer.reason, answer.usage is not None) == (FinishReason.TOOL_CALLS, True)
