"""How answers of Chat Completions end, well or badly, and what they count (issue: models, 3, 4 and 6)."""

import pytest

from chatcore.adapters.openai.chat_translator import ChatTranslator
from chatcore.domain.content.messages import Usage
from chatcore.domain.content.parts import TextPart
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason, TextDelta
from chatcore.testing.chat_chunks import COUNTED, DONE, answered, call, delta, told
from chatcore.testing.provider_bodies import frames, tell


def test_usage_in_a_chunk_of_its_own_is_kept() -> None:
    """The chunk behind the finish has no choices and counts."""
    answer = answered(delta({"content": "Hi"}, "stop"), {"choices": [], "usage": COUNTED}, DONE)
    assert answer.usage == Usage(
        input_tokens=7,
        output_tokens=5,
        total_tokens=12,
        reasoning_tokens=0,
        cache_creation_tokens=0,
        cache_read_tokens=0,
    )


def test_a_chunk_that_only_counts_takes_no_finish_back() -> None:
    """A second chunk with usage and a null finish reason leaves the finish that was told."""
    answer = answered(delta({}, "length"), delta({"content": ""}, None, usage=COUNTED), DONE)
    assert (answer.reason, answer.raw_reason) == (FinishReason.LENGTH, "length")
    assert answer.usage is not None


def test_usage_on_every_chunk_is_cumulative() -> None:
    """The newest count is the whole one: nothing is added up."""
    chunks = [
        delta({"content": word}, usage={"prompt_tokens": 9, "completion_tokens": n}) for n, word in enumerate("abc")
    ]
    answer = answered(*chunks, delta({}, "stop"), DONE)
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (9, 2)


def test_usage_may_stand_in_another_place() -> None:
    """Groq's older form."""
    answer = answered(delta({"content": "Hi"}, "stop", x_groq={"usage": COUNTED}), DONE)
    assert answer.usage is not None
    assert answer.usage.output_tokens == 5


@pytest.mark.spec("4.10")
def test_reasoning_beside_the_completion_is_added_to_the_output() -> None:
    """Where only all three counts make the total, the output holds both; else reasoning is part of it already."""
    details: JsonValue = {"reasoning_tokens": 100}
    beside: JsonValue = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 115,
        "completion_tokens_details": details,
    }
    within: JsonValue = {
        "prompt_tokens": 10,
        "completion_tokens": 105,
        "total_tokens": 115,
        "completion_tokens_details": details,
    }
    for usage in (beside, within):
        answer = answered(delta({"content": "Hi"}, "stop", usage=usage), DONE)
        assert answer.usage is not None
        assert (answer.usage.output_tokens, answer.usage.reasoning_tokens) == (105, 100)


@pytest.mark.spec("4.10")
def test_what_came_from_a_cache_is_no_input() -> None:
    """The prompt's count holds the cached tokens; chatcore counts them beside it, and a prompt is counted once."""
    for details in ({"prompt_tokens_details": {"cached_tokens": 40}}, {"prompt_cache_hit_tokens": 40}):
        usage: JsonValue = {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55, **details}
        answer = answered(delta({"content": "Hi"}, "stop", usage=usage), DONE)
        assert answer.usage is not None
        assert (answer.usage.input_tokens, answer.usage.cache_read_tokens) == (10, 40)
        assert answer.usage.context_tokens == 50


def test_done_without_a_finish_reason_is_complete() -> None:
    """The end was read, and why the model stopped is unknown."""
    answer = answered(delta({"content": "4"}), DONE)
    assert (answer.complete, answer.reason, answer.raw_reason) == (True, FinishReason.UNKNOWN, "")
    assert answer.usage is None


def test_a_finish_reason_and_a_clean_end_are_complete() -> None:
    """Some servers send no [DONE]."""
    assert answered(delta({"content": "4"}, "stop")).reason is FinishReason.STOP


def test_a_last_frame_without_its_blank_line_counts() -> None:
    """If its JSON is whole it was sent whole."""
    body = frames(delta({"content": "4"}), delta({}, "stop"), DONE)
    for missing in (1, 2):
        assert tell(ChatTranslator("server"), body[:-missing]).answer.complete


@pytest.mark.parametrize("torn", [b'data: {"choi', b"data: [DON", b"dat", b"event: x"])
def test_a_torn_frame_is_no_clean_end(torn: bytes) -> None:
    """Behind the finish reason, too: what was torn may have been an error."""
    told_body = tell(ChatTranslator("server"), frames(delta({"content": "4"}, "stop")) + torn)
    assert told_body.error is not None
    assert (told_body.error.kind, told_body.error.raw_finish) == (ErrorKind.CUT_OFF, "stop")


def test_a_finish_that_more_follows_is_not_the_end() -> None:
    """Some servers name one behind each call; a chunk without words takes nothing back."""
    first = delta({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "a"}}]}, "tool_calls")
    body = told(first, call(1, "c2", "b", '{"a"'))
    assert body.error is not None
    assert body.error.kind is ErrorKind.CUT_OFF
    assert told(first, call(1, "c2", "b", "{}"), DONE).answer.complete
    assert told(first, delta({"content": ""})).answer.complete


def test_an_end_without_any_end_is_a_cut() -> None:
    """Neither [DONE] nor a finish reason: nothing says that the answer is whole."""
    for body in (told(delta({"content": "4"})), told(), told({"choices": [], "usage": COUNTED})):
        assert body.error is not None
        assert body.error.kind is ErrorKind.CUT_OFF
        assert not body.answer.complete


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_comments_pings_and_padding_are_passed_over(ends: str) -> None:
    """Comments anywhere, padded data, fields nobody knows, empty events, and any line ends."""
    lines = [
        "\ufeff: PROCESSING",
        "",
        ": PROCESSING",
        f"data:   {dump_json(delta({'content': 'a'}))}   ",
        ": ping",
        "",
        "data:",
        "",
        "id: 7",
        "retry: 10",
        f"data:{dump_json(delta({'content': 'b'}, 'stop', p='abcdef'))}",
        "",
        ":",
        f"data: {DONE}",
        "",
    ]
    body = tell(ChatTranslator("server"), (ends.join(lines) + ends).encode())
    assert body.error is None
    assert body.answer.content == (TextPart(text="ab"),)


def test_one_event_may_have_several_data_lines() -> None:
    """They are joined, as the standard says."""
    first, _, second = dump_json(delta({"content": "a"}, "stop")).partition(",")
    assert tell(ChatTranslator("server"), f"data: {first},\ndata: {second}\n\n".encode()).answer.complete


def test_an_error_event_ends_the_answer() -> None:
    """`event: error` and then nothing: the error has the status that it names, and what was said stays."""
    error: JsonValue = {
        "error": {"message": "the tool call does not fit", "code": "tool_use_failed", "status_code": 400}
    }
    body = tell(ChatTranslator("server"), frames(delta({"content": "Hm"})) + frames(error, event="error"))
    assert body.error is not None
    assert (body.error.kind, body.error.status, body.error.retryable) == (ErrorKind.GENERIC, 400, False)
    assert [event.text for event in body.events if isinstance(event, TextDelta)] == ["Hm"]


def test_an_error_beside_choices_is_an_error() -> None:
    """Also behind a finish reason, which the error keeps."""
    chunk = delta({"content": ""}, None, error={"code": 429, "message": "slow down"}, usage=COUNTED)
    body = told(delta({"content": "Hm"}), delta({}, "length"), chunk, DONE)
    assert body.error is not None
    assert (body.error.kind, body.error.status, body.error.retryable) == (ErrorKind.RATE_LIMIT, 429, True)
    assert body.error.raw_finish == "length"


@pytest.mark.parametrize(
    "chunk",
    [
        {"error": "the server is overloaded"},
        {"error": {"message": "overloaded"}},
        {"object": "error", "message": "overloaded", "code": 529},
        {"detail": "overloaded"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}},
    ],
)
def test_an_error_under_status_200_has_many_shapes(chunk: JsonValue) -> None:
    """An object, a text, `detail`, an integer code: none of them is taken for an answer."""
    error = told(delta({"content": "Hm"}), chunk, DONE).error
    assert error is not None
    assert (error.kind, error.retryable) == (ErrorKind.OVERLOADED, True)


@pytest.mark.parametrize(
    ("raw", "kind", "retryable"),
    [("error", ErrorKind.GENERIC, False), ("insufficient_system_resource", ErrorKind.OVERLOADED, True)],
)
def test_a_finish_that_tells_of_a_failure_is_an_error(raw: str, kind: ErrorKind, retryable: bool) -> None:
    """Such an answer is not whole."""
    error = told(delta({"content": "Hm"}), delta({}, raw), DONE).error
    assert error is not None
    assert (error.kind, error.failure().classified is not None, error.raw_finish) == (kind, True, raw)
    classified = error.failure().classified
    assert classified is not None
    assert classified.retryable is retryable


def test_length_without_any_text_is_complete() -> None:
    """All tokens went into thoughts that are not told."""
    answer = answered(delta({"role": "assistant", "content": ""}), delta({}, "length"), DONE)
    assert (answer.content, answer.reason) == ((), FinishReason.LENGTH)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("function_call", FinishReason.TOOL_CALLS),
        ("length", FinishReason.LENGTH),
        ("model_length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("out_of_coffee", FinishReason.OTHER),
    ],
)
def test_every_finish_reason_is_one_of_few_and_its_word_is_kept(raw: str, reason: FinishReason) -> None:
    """Words that nobody knows are OTHER."""
    answer = answered(delta({"content": "Hi"}, raw), DONE)
    assert (answer.reason, answer.raw_reason) == (reason, raw)


def test_stop_with_calls_means_that_tools_are_wanted() -> None:
    """A model that is made to call a tool says that it stopped."""
    answer = answered(call(0, "c1", "look", "{}"), delta({}, "stop"), DONE)
    assert (answer.reason, answer.raw_reason) == (FinishReason.TOOL_CALLS, "stop")


def test_nothing_is_read_behind_the_end() -> None:
    """Whatever comes behind [DONE] is not the answer's."""
    assert answered(delta({"content": "a"}, "stop"), DONE, delta({"content": "b"}), "no json").content == (
        TextPart(text="a"),
    )
