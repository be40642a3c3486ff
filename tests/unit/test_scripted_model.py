"""Writing scripts: what they see and what they can have the model say."""

from collections.abc import Iterator

import anyio
import pytest
from attrs import evolve

from chatcore.adapters.scripted import (
    Call,
    Cite,
    CutOff,
    End,
    Fail,
    MakeFile,
    Pause,
    ProviderAnswer,
    Report,
    Say,
    Saying,
    ScriptedModel,
    Think,
    last_user_text,
    latest_results,
)
from chatcore.domain.content.messages import Role, Usage
from chatcore.domain.content.parts import FilePart, ReasoningPart, SourcePart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.prompt import PromptMessage, PromptText, PromptToolResult
from chatcore.domain.json_text import JsonText
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import FinishReason, StreamEvent, StreamFinished, TextDelta
from chatcore.ports.model import Model, ModelError, ModelRequest, generate_by_streaming

pytestmark = pytest.mark.anyio

QUESTION = PromptMessage(role=Role.USER, content=(PromptText(text="What is in the notes?"),))
REQUEST = ModelRequest(model_id="m", messages=(QUESTION,))


def _results(*texts: str) -> tuple[PromptMessage, ...]:
    return tuple(
        PromptMessage(
            role=Role.TOOL, content=(PromptToolResult(tool_call_id=f"c{number}", tool_name="read", text=text),)
        )
        for number, text in enumerate(texts)
    )


async def _events(model: Model, request: ModelRequest = REQUEST) -> list[StreamEvent]:
    async with model.stream(request) as events:
        return [event async for event in events]


async def test_a_script_sees_the_prompt_and_answers_it() -> None:
    """One script plays the model through a tool step and the answer after it."""

    def script(request: ModelRequest) -> Iterator[Saying]:
        if results := latest_results(request):
            yield f"It says: {', '.join(result.text for result in results)}"
        else:
            yield Think("I should look.")
            yield Call("read", {"about": last_user_text(request)})

    model = ScriptedModel(script)
    asked = await model.generate(REQUEST)
    answered = await model.generate(evolve(REQUEST, messages=(QUESTION, *_results("milk", "bread"))))

    assert asked.content == (
        ReasoningPart(text="I should look."),
        ToolCallPart(tool_call_id="call_1_1", tool_name="read", args=JsonText('{"about":"What is in the notes?"}')),
    )
    assert asked.reason is FinishReason.TOOL_CALLS
    assert answered.content == (TextPart(text="It says: milk, bread"),)
    assert answered.reason is FinishReason.STOP
    assert [len(request.messages) for request in model.requests] == [1, 3]


async def test_everything_that_a_model_can_say() -> None:
    """Each saying becomes its part, in order; the report goes out with the end."""
    model = ScriptedModel(
        [
            [
                Say("a"),
                Call("web_search", {}, provider_executed=True),
                ProviderAnswer({"hits": 2}),
                Cite("https://example.org", title="t"),
                MakeFile("image/png", b"png"),
                Report(input_tokens=3, metadata=JsonText('{"context_limit":9}')),
            ]
        ]
    )
    answer = await model.generate(REQUEST)

    assert answer.content == (
        TextPart(text="a"),
        ToolCallPart(tool_call_id="call_1_1", tool_name="web_search", args=JsonText("{}"), provider_executed=True),
        ToolResultPart(
            tool_call_id="call_1_1", tool_name="web_search", result=JsonText('{"hits":2}'), provider_executed=True
        ),
        SourcePart(url="https://example.org", title="t"),
        FilePart(media_type="image/png", data=b"png"),
    )
    assert answer.usage == Usage(
        input_tokens=3,
        output_tokens=0,
        total_tokens=0,
        reasoning_tokens=0,
        cache_creation_tokens=0,
        cache_read_tokens=0,
    )
    assert (answer.reason, answer.metadata) == (FinishReason.STOP, '{"context_limit":9}')


async def test_turns_are_told_one_per_request() -> None:
    """A sequence needs no script; one request too many is a clear error that is not retried."""
    model = ScriptedModel([[Fail("overloaded", status=529, retry_after_ms=9)], ["fine"]])

    with pytest.raises(ModelError) as failed:
        await model.generate(REQUEST)
    assert (failed.value.status, failed.value.retry_after_ms, failed.value.provider) == (529, 9, "scripted")
    assert (await model.generate(REQUEST)).content == (TextPart(text="fine"),)
    with pytest.raises(ModelError, match="2 turns") as spent:
        await model.generate(REQUEST)
    assert not classify(spent.value.failure()).retryable


@pytest.mark.parametrize("words", [1, 2, 50])
async def test_words_come_in_small_pieces(words: int) -> None:
    """As many words at once as wanted, and every space is kept."""
    text = "  one two\n\nthree  four "
    deltas = [
        event.text
        for event in await _events(ScriptedModel([[text]], words_per_delta=words))
        if isinstance(event, TextDelta)
    ]

    assert "".join(deltas) == text
    assert len(deltas) == -(-4 // words)
    with pytest.raises(ValueError, match="words_per_delta"):
        ScriptedModel([], words_per_delta=0)


async def test_an_end_can_be_chosen() -> None:
    """Nothing is said after it."""
    events = await _events(ScriptedModel([["a", End(FinishReason.LENGTH, "max_tokens"), "never"]]))

    assert events[-1] == StreamFinished(reason=FinishReason.LENGTH, raw_reason="max_tokens")


async def test_a_cut_leaves_what_was_begun_unfinished() -> None:
    """The beginning of a call is told, its whole is not, and the error is one to retry."""
    events: list[StreamEvent] = []
    model = ScriptedModel([[CutOff(Call("read", '{"a":1}'))]])

    async def read() -> None:
        async with model.stream(REQUEST) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what came before the error is looked at

    with pytest.raises(ModelError) as caught:
        await read()

    assert [type(event).__name__ for event in events] == ["ToolInputStarted", "ToolInputDelta"]
    assert caught.value.kind is ErrorKind.CUT_OFF
    assert classify(caught.value.failure()).retryable


async def test_a_script_that_is_left_is_closed() -> None:
    """Its `finally` runs when the reader goes away or is cancelled in a pause."""
    closed: list[str] = []

    def script(_request: ModelRequest) -> Iterator[Saying]:
        try:
            yield "a"
            yield Pause(3600)
            yield "b"
        finally:
            closed.append("closed")

    model = ScriptedModel(script)
    async with model.stream(REQUEST) as events:
        async for _ in events:
            break
    with anyio.move_on_after(0.01) as scope:
        await _events(model)

    assert scope.cancelled_caught
    assert closed == ["closed", "closed"]


async def test_a_delay_passes_before_every_event() -> None:
    """The pause is on anyio's clock, so that a simulation can skip it."""
    model = ScriptedModel([["one two three four"]], words_per_delta=1, delay_s=3600)
    with anyio.move_on_after(0.01) as scope:
        await _events(model)

    assert scope.cancelled_caught


async def test_generating_refuses_too_much() -> None:
    """The helper that folds a stream keeps to the limits of an answer."""
    model = ScriptedModel([[Call("t", {}) for _ in range(65)]])

    with pytest.raises(ModelError, match="64 tools"):
        await generate_by_streaming(model, REQUEST)
