"""The contract of the model port: subclass `ModelContract`, override `open_model`, and pytest does the rest."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import anyio
import pytest
from attrs import frozen

from chatcore.domain.content.messages import Role, Usage
from chatcore.domain.content.parts import ReasoningPart, TextPart, ToolCallPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.json_text import JsonText, parse_json
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import (
    FinishReason,
    ReasoningDelta,
    ReasoningEnded,
    ReasoningStarted,
    StreamEvent,
    StreamFinished,
    TextDelta,
    TextEnded,
    TextStarted,
    ToolCalled,
    ToolInputDelta,
    ToolInputStarted,
)
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.ports.model import Model, ModelError, ModelRequest

PATIENCE_S = 10.0
"""How long one promise may take to be kept."""


@frozen(kw_only=True)
class Answers:
    """The provider answers with these, in this order, and ends well. Text should come in several pieces."""

    reasoning: str = ""
    text: str = ""
    calls: tuple[tuple[str, JsonText], ...] = ()
    """Name and arguments; the provider ends in order to have them run."""
    usage: Usage | None = None


@frozen(kw_only=True)
class Refuses:
    """The provider answers with an error instead."""

    status: int
    message: str
    retry_after_ms: int | None = None


@frozen(kw_only=True)
class BreaksOff:
    """The provider says this text, then the stream stops without its end."""

    text: str


@frozen(kw_only=True)
class NeverEnds:
    """The provider sends words for ever."""


Scenario: TypeAlias = Answers | Refuses | BreaksOff | NeverEnds
OpenModel: TypeAlias = Callable[[Scenario], AbstractAsyncContextManager[Model]]
"""Opens a model whose provider behaves as the scenario says, to every request."""

WEATHER = ToolDefinition(
    name="weather",
    description="Tells the weather in a city.",
    input_schema=object_schema({"city": {"type": "string"}}, ["city"]),
)

REQUEST = ModelRequest(
    model_id="contract-model",
    messages=(PromptMessage(role=Role.USER, content=(PromptText(text="What is the weather in Oslo?"),)),),
    tools=(WEATHER,),
)

WORDS = "It is cold in Oslo today, and there is snow on the hills."


@pytest.mark.anyio
class ModelContract:
    """What every model adapter promises. Runs on each backend of pytest's anyio plugin."""

    @pytest.fixture
    def open_model(self) -> OpenModel:
        """Override: give a way to open a model with a provider, real or simulated, that acts out a scenario."""
        raise NotImplementedError("a subclass of ModelContract overrides the fixture open_model")

    async def test_the_stream_ends_with_its_end(self, open_model: OpenModel) -> None:
        """StreamFinished comes exactly once, and last."""
        events = await _told(open_model, Answers(text=WORDS))

        assert isinstance(events[-1], StreamFinished)
        assert [event for event in events if isinstance(event, StreamFinished)] == [events[-1]]
        assert events[-1].reason is FinishReason.STOP

    async def test_the_deltas_joined_are_the_text(self, open_model: OpenModel) -> None:
        """Nothing of what the provider said is lost, doubled or moved, and it comes in more than one piece."""
        events = await _told(open_model, Answers(text=WORDS))

        deltas = [event.text for event in events if isinstance(event, TextDelta)]
        assert "".join(deltas) == WORDS
        assert len(deltas) > 1

    async def test_every_delta_lies_between_the_start_and_the_end_of_its_block(self, open_model: OpenModel) -> None:
        """A block starts once, ends once, and its deltas come in between."""
        events = await _told(open_model, Answers(reasoning="Snow means cold.", text=WORDS))

        open_blocks: set[tuple[str, str]] = set()
        begun: set[tuple[str, str]] = set()
        for event in events:
            match event:
                case TextStarted(index=index) | ReasoningStarted(index=index):
                    block = (_kind(event), index)
                    assert block not in begun
                    begun.add(block)
                    open_blocks.add(block)
                case TextDelta(index=index) | ReasoningDelta(index=index):
                    assert (_kind(event), index) in open_blocks
                case TextEnded(index=index) | ReasoningEnded(index=index):
                    open_blocks.remove((_kind(event), index))
                case _:
                    pass
        assert not open_blocks

    async def test_reasoning_is_told_apart_from_the_answer(self, open_model: OpenModel) -> None:
        """Reasoning and text arrive as parts of their own, reasoning first."""
        answer = _assembled(await _told(open_model, Answers(reasoning="Snow means cold.", text=WORDS)))

        assert [type(part) for part in answer] == [ReasoningPart, TextPart]
        assert [part.text for part in answer if isinstance(part, ReasoningPart | TextPart)] == [
            "Snow means cold.",
            WORDS,
        ]

    async def test_calls_come_whole_and_in_order(self, open_model: OpenModel) -> None:
        """Every call has an id of its own, its name and its arguments, and the reason is that tools are wanted."""
        wanted = (("weather", JsonText('{"city":"Oslo"}')), ("weather", JsonText('{"city":"Bergen"}')))
        events = await _told(open_model, Answers(calls=wanted))

        called = [event for event in events if isinstance(event, ToolCalled)]
        assert [(call.tool_name, parse_json(call.args)) for call in called] == [
            (name, parse_json(args)) for name, args in wanted
        ]
        assert len({call.tool_call_id for call in called}) == len(wanted)
        assert all(call.tool_call_id and not call.provider_executed for call in called)
        assert isinstance(events[-1], StreamFinished)
        assert events[-1].reason is FinishReason.TOOL_CALLS

    async def test_input_pieces_belong_to_a_call_that_follows(self, open_model: OpenModel) -> None:
        """Where a call's input is told piece by piece, the pieces joined are the call's arguments."""
        events = await _told(open_model, Answers(calls=(("weather", JsonText('{"city":"Oslo"}')),)))

        written: dict[str, str] = {}
        for event in events:
            match event:
                case ToolInputStarted(tool_call_id=call_id):
                    written[call_id] = ""
                case ToolInputDelta(tool_call_id=call_id, delta=delta):
                    written[call_id] = written.get(call_id, "") + delta
                case ToolCalled(tool_call_id=call_id, args=args) if written.get(call_id):
                    assert written[call_id] == args
                case _:
                    pass

    async def test_an_answer_with_text_and_a_call_keeps_both(self, open_model: OpenModel) -> None:
        """Words before a call stay before it."""
        answer = _assembled(await _told(open_model, Answers(text=WORDS, calls=(("weather", JsonText("{}")),))))

        assert [type(part) for part in answer] == [TextPart, ToolCallPart]

    async def test_counted_tokens_are_reported_with_the_end(self, open_model: OpenModel) -> None:
        """Input and output tokens reach the end of the stream as the provider counted them."""
        usage = Usage(input_tokens=21, output_tokens=13)
        events = await _told(open_model, Answers(text=WORDS, usage=usage))

        end = events[-1]
        assert isinstance(end, StreamFinished)
        assert end.usage is not None
        assert (end.usage.input_tokens, end.usage.output_tokens) == (21, 13)

    async def test_a_refusal_is_a_model_error(self, open_model: OpenModel) -> None:
        """The error has the status and the provider, and is not one to retry."""
        error = await _failure(open_model, Refuses(status=401, message="invalid api key"))

        assert (error.status, bool(error.provider)) == (401, True)
        classified = classify(error.failure())
        assert (classified.kind, classified.retryable) == (ErrorKind.AUTH, False)

    async def test_the_wait_that_a_provider_asks_for_is_passed_on(self, open_model: OpenModel) -> None:
        """A limited rate is one to retry, after the time that the provider named."""
        error = await _failure(open_model, Refuses(status=429, message="rate limit exceeded", retry_after_ms=7000))

        classified = classify(error.failure())
        assert (classified.kind, classified.retryable) == (ErrorKind.RATE_LIMIT, True)
        assert error.retry_after_ms == 7000

    async def test_a_stream_without_its_end_is_an_error(self, open_model: OpenModel) -> None:
        """What came is told, then the cut is: never a normal end."""
        events: list[StreamEvent] = []
        async with open_model(BreaksOff(text=WORDS)) as model:
            with pytest.raises(ModelError) as caught:
                await _read(model, events)

        assert caught.value.kind is ErrorKind.CUT_OFF
        assert not any(isinstance(event, StreamFinished) for event in events)
        shown = "".join(event.text for event in events if isinstance(event, TextDelta))
        assert shown
        assert WORDS.startswith(shown)

    async def test_a_cancelled_reader_is_told_no_end(self, open_model: OpenModel) -> None:
        """Once cancelled, a reader gets no further event: the next one is never a normal end (7.6)."""
        events: list[StreamEvent] = []
        with anyio.fail_after(PATIENCE_S):
            async with open_model(Answers(text=WORDS)) as model:
                with anyio.CancelScope() as scope:
                    async with model.stream(REQUEST) as stream:
                        async for event in stream:
                            events.append(event)
                            if isinstance(event, TextDelta):
                                scope.cancel()

        assert scope.cancelled_caught
        assert isinstance(events[-1], TextDelta)

    async def test_leaving_an_endless_stream_closes_it(self, open_model: OpenModel) -> None:
        """A reader may leave at any time, and the provider is let go at once."""
        with anyio.fail_after(PATIENCE_S):
            async with open_model(NeverEnds()) as model, model.stream(REQUEST) as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        break

    async def test_a_stream_can_be_cancelled_in_silence(self, open_model: OpenModel) -> None:
        """A deadline ends an endless stream."""
        with anyio.fail_after(PATIENCE_S):
            async with open_model(NeverEnds()) as model:
                with anyio.move_on_after(0.05) as scope:
                    await _read(model, [])

        assert scope.cancelled_caught

    async def test_many_streams_at_once_do_not_mix(self, open_model: OpenModel) -> None:
        """Each of several readers gets the whole answer."""
        told: list[list[StreamEvent]] = [[] for _ in range(3)]
        with anyio.fail_after(PATIENCE_S):
            async with open_model(Answers(text=WORDS)) as model, anyio.create_task_group() as tasks:
                for events in told:
                    tasks.start_soon(_read, model, events)

        assert [_assembled(events) for events in told] == [(TextPart(text=WORDS),)] * 3

    async def test_generate_gives_what_the_stream_tells(self, open_model: OpenModel) -> None:
        """The whole answer has the streamed words and calls, and is complete."""
        scenario = Answers(text=WORDS, calls=(("weather", JsonText('{"city":"Oslo"}')),))
        async with open_model(scenario) as model:
            answer = await model.generate(REQUEST)

        assert answer.complete
        assert answer.reason is FinishReason.TOOL_CALLS
        text, call = answer.content
        assert text == TextPart(text=WORDS)
        assert isinstance(call, ToolCallPart)
        assert (call.tool_name, parse_json(call.args or "")) == ("weather", {"city": "Oslo"})

    async def test_generate_raises_what_the_stream_raises(self, open_model: OpenModel) -> None:
        """A refusal is the same error in both ways of asking."""
        async with open_model(Refuses(status=529, message="overloaded")) as model:
            with pytest.raises(ModelError) as caught:
                await model.generate(REQUEST)

        assert caught.value.status == 529


async def _read(model: Model, into: list[StreamEvent]) -> None:
    async with model.stream(REQUEST) as events:
        stream: AsyncIterator[StreamEvent] = events
        async for event in stream:
            # Not a comprehension: what came before an error is looked at, too.
            into.append(event)  # noqa: PERF401


async def _told(open_model: OpenModel, scenario: Scenario) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    with anyio.fail_after(PATIENCE_S):
        async with open_model(scenario) as model:
            await _read(model, events)
    return events


async def _failure(open_model: OpenModel, scenario: Scenario) -> ModelError:
    with anyio.fail_after(PATIENCE_S), pytest.raises(ModelError) as caught:
        async with open_model(scenario) as model:
            await _read(model, [])
    return caught.value


def _kind(event: StreamEvent) -> str:
    return "reasoning" if isinstance(event, ReasoningStarted | ReasoningDelta | ReasoningEnded) else "text"


def _assembled(events: list[StreamEvent]) -> tuple[object, ...]:
    assembler = Assembler()
    for event in events:
        assembler.feed(event)
    return assembler.finish().content
