"""What is shown of a stream and what is stored of it (spec chat-core 4.5, 4.7)."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.call_ids import sanitised_call_id
from chatcore.domain.content.messages import Role, reported
from chatcore.domain.content.parts import (
    FilePart,
    Part,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.domain.json_text import JsonText, is_json
from chatcore.domain.limits import TOOL_CALL_ID_BYTES_MAX, TOOL_NAME_BYTES_MAX
from chatcore.domain.turn.assembler import Assembler, FedAfterEnd
from chatcore.domain.turn.partial import cut_short, rebuilt
from chatcore.domain.turn.stream import (
    FileMade,
    ProviderToolResult,
    ReasoningDelta,
    ReasoningEnded,
    ReasoningSealed,
    ReasoningStarted,
    SourceCited,
    StreamEvent,
    StreamFinished,
    TextDelta,
    TextEnded,
    TextStarted,
    ToolCalled,
    ToolInputDelta,
    ToolInputStarted,
)
from chatcore.testing.strategies.streams import stream_ends, stream_events, streams


def _fed(events: Sequence[StreamEvent], assembler: Assembler | None = None) -> tuple[Assembler, list[Part]]:
    taken = assembler or Assembler()
    return taken, [published.part for event in events for published in taken.feed(event)]


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[StreamEvent, ...]:
    """The beginning of a healthy stream."""
    events = draw(streams())
    return events[: draw(st.integers(0, len(events)))]


def _block(events: Sequence[StreamEvent], index: str, kinds: tuple[type[StreamEvent], ...]) -> list[StreamEvent] | None:
    """The events of the block that is open at the end of `events`: found by walking back to its start."""
    started, _, ended = kinds
    block: list[StreamEvent] = []
    for event in reversed(events):
        if isinstance(event, kinds) and getattr(event, "index", None) == index:
            if isinstance(event, ended):
                return None
            block.insert(0, event)
            if isinstance(event, started):
                return block
    return None


def _text_of(block: Sequence[StreamEvent]) -> str:
    return "".join(event.text for event in block if isinstance(event, TextDelta | ReasoningDelta))


def _metadata_of(block: Sequence[StreamEvent]) -> JsonText | None:
    told = [
        event.metadata
        for event in block
        if isinstance(event, ReasoningStarted | ReasoningDelta | ReasoningEnded) and event.metadata is not None
    ]
    return told[-1] if told else None


def _sealed(after: Sequence[StreamEvent], index: str) -> JsonText | None:
    """What the provider says anew of a block that ended here; blocks of healthy streams have an index of their own."""
    told = [event.metadata for event in after if isinstance(event, ReasoningSealed) and event.index == index]
    return told[-1] if told else None


TEXT = (TextStarted, TextDelta, TextEnded)
REASONING = (ReasoningStarted, ReasoningDelta, ReasoningEnded)


def _naive(events: Sequence[StreamEvent]) -> tuple[Part, ...]:
    """The rules of 4.5 and 4.7 by looking back over all events, for streams whose calls have ids of their own."""
    finished: list[Part] = []
    for position, event in enumerate(events):
        before = events[:position]
        match event:
            case TextStarted(index=index) | TextEnded(index=index):
                block = _block(before, index, TEXT)
                metadata = event.metadata if isinstance(event, TextEnded) else None
                if block is not None and _text_of(block):
                    finished.append(TextPart(text=_text_of(block), provider_metadata=metadata))
            case ReasoningStarted(index=index) | ReasoningEnded(index=index):
                block = _block(before, index, REASONING)
                if block is not None:
                    ending = [*block, event] if isinstance(event, ReasoningEnded) else block
                    if _text_of(block) or _metadata_of(ending) is not None:
                        metadata = _sealed(events[position:], index) or _metadata_of(ending)
                        finished.append(ReasoningPart(text=_text_of(block), provider_metadata=metadata))
            case ToolCalled():
                finished.append(
                    ToolCallPart(
                        tool_call_id=event.tool_call_id,
                        tool_name=event.tool_name,
                        args=JsonText(event.args) if event.args.strip() and is_json(event.args) else None,
                        provider_executed=event.provider_executed,
                        provider_metadata=event.metadata,
                    )
                )
            case ProviderToolResult():
                finished.append(
                    ToolResultPart(
                        tool_call_id=event.tool_call_id,
                        tool_name=event.tool_name,
                        result=event.result,
                        is_error=event.is_error,
                        provider_executed=True,
                        provider_metadata=event.metadata,
                    )
                )
            case SourceCited(url=url, source_id=source_id, title=title, metadata=metadata):
                finished.append(SourcePart(url=url, source_id=source_id, title=title, provider_metadata=metadata))
            case FileMade(media_type=media_type, data=data, name=name, metadata=metadata):
                finished.append(FilePart(media_type=media_type, data=data, name=name, provider_metadata=metadata))
            case _:
                pass
    return (*finished, *_naive_unfinished(events))


def _naive_unfinished(events: Sequence[StreamEvent]) -> list[Part]:
    unfinished: list[Part] = []
    for event in events:
        if isinstance(event, TextStarted):
            block = _block(events, event.index, TEXT)
            if block is not None and block[0] is event and _text_of(block):
                unfinished.append(TextPart(text=_text_of(block)))
    for event in events:
        if isinstance(event, ReasoningStarted):
            block = _block(events, event.index, REASONING)
            if block is not None and block[0] is event and _text_of(block):
                unfinished.append(ReasoningPart(text=_text_of(block), provider_metadata=_metadata_of(block)))
    called = {event.tool_call_id for event in events if isinstance(event, ToolCalled)}
    for event in events:
        if isinstance(event, ToolInputStarted) and event.tool_call_id not in called:
            written = "".join(
                delta.delta
                for delta in events
                if isinstance(delta, ToolInputDelta) and delta.tool_call_id == event.tool_call_id
            )
            unfinished.append(
                ToolCallPart(
                    tool_call_id=event.tool_call_id,
                    tool_name=event.tool_name,
                    args=JsonText(written) if written.strip() and is_json(written) else None,
                    provider_executed=event.provider_executed,
                )
            )
    return unfinished


@pytest.mark.spec("4.5", "4.7", "1.4")
@given(cut_streams())
def test_whatever_the_cut_the_content_is_what_the_rules_say(events: tuple[StreamEvent, ...]) -> None:
    """Flushing at any moment gives what looking back over all events gives, in the order of 4.5."""
    assembler, _ = _fed(events)

    assert assembler.flush() == _naive(events)


@pytest.mark.spec("4.5", "4.7")
@given(st.lists(stream_events(ids=st.just("a")), max_size=12))
def test_words_follow_the_rules_in_any_order_of_events(events: list[StreamEvent]) -> None:
    """Starts without ends, ends without starts and stray deltas of words are taken as the rules say."""
    words = [event for event in events if isinstance(event, TEXT + REASONING)]
    assembler, _ = _fed(words)

    assert assembler.flush() == _naive(words)


@pytest.mark.spec("4.7")
@given(cut_streams())
def test_the_shown_deltas_joined_are_the_stored_words(events: tuple[StreamEvent, ...]) -> None:
    """Nothing is shown and then forgotten, or stored without having been shown, wherever the stream is cut."""
    assembler, shown = _fed(events)
    stored = assembler.flush()

    for index in {event.index for event in events if isinstance(event, TextStarted | ReasoningStarted)}:
        told = "".join(
            event.text for event in events if isinstance(event, TextDelta | ReasoningDelta) and event.index == index
        )
        assert not told or told in {part.text for part in stored if isinstance(part, TextPart | ReasoningPart)}
    for kind in (TextPart, ReasoningPart):
        of_kind = [part.text for part in shown if isinstance(part, kind)]
        assert sorted("".join(of_kind)) == sorted("".join(part.text for part in stored if isinstance(part, kind)))
        assert all(of_kind)
    whole = [part for part in shown if isinstance(part, SourcePart | FilePart | ToolResultPart)]
    assert whole == [part for part in stored if isinstance(part, SourcePart | FilePart | ToolResultPart)]


@pytest.mark.spec("4.7")
@given(st.lists(stream_events(), max_size=15))
def test_finished_content_only_grows(events: list[StreamEvent]) -> None:
    """What is finished stays as it is and where it is: every whole thing shown stands in the content, in order."""
    assembler, shown = _fed(events)
    stored = assembler.flush()

    whole = [
        part
        for part in shown
        if not isinstance(part, TextPart | ReasoningPart) and not (isinstance(part, ToolCallPart) and part.args_delta)
    ]
    assert whole == [part for part in stored if not isinstance(part, TextPart | ReasoningPart)][: len(whole)]


@pytest.mark.spec("1.5", "4.5")
@given(st.lists(stream_events(), max_size=25))
def test_every_call_has_an_id_and_a_name_of_its_own(events: list[StreamEvent]) -> None:
    """However ids repeat, are missing or too long: the stored ones differ once sanitised, and fit."""
    assembler, shown = _fed(events)
    calls = [part for part in assembler.flush() if isinstance(part, ToolCallPart)]

    sanitised = [sanitised_call_id(call.tool_call_id) for call in calls]
    assert len(set(sanitised)) == len(calls)
    assert all(sanitised)
    assert all(len(call.tool_call_id.encode()) <= TOOL_CALL_ID_BYTES_MAX for call in calls)
    assert all(0 < len(call.tool_name.encode()) <= TOOL_NAME_BYTES_MAX for call in calls)
    assert {part.tool_call_id for part in shown if isinstance(part, ToolCallPart)} <= {
        call.tool_call_id for call in calls
    }


@pytest.mark.spec("4.5", "4.7")
@given(st.lists(stream_events(ids=st.sampled_from(("a", "b"))), max_size=25))
def test_a_result_never_stands_before_its_call(events: list[StreamEvent]) -> None:
    """A provider's result comes after its call; one whose call is in an earlier message shares no call's id here."""
    assembler, _ = _fed(events)
    content = assembler.flush()
    position = {part.tool_call_id: at for at, part in enumerate(content) if isinstance(part, ToolCallPart)}

    for at, part in enumerate(content):
        if isinstance(part, ToolResultPart):
            assert position.get(part.tool_call_id, -1) < at


@pytest.mark.spec("1.4")
@given(cut_streams())
def test_arguments_that_are_not_json_are_left_out_and_kept_for_the_error(events: tuple[StreamEvent, ...]) -> None:
    """A whole call with broken arguments is stored without them; what the model wrote is at hand."""
    assembler, _ = _fed(events)
    answer = assembler.finish()

    broken = {
        event.tool_call_id: event.args
        for event in events
        if isinstance(event, ToolCalled) and event.args.strip() and not is_json(event.args)
    }
    assert answer.invalid_args == broken
    for part in answer.content:
        if isinstance(part, ToolCallPart):
            assert part.args is None or is_json(part.args)


@pytest.mark.spec("4.7", "1.2a")
@given(streams(), stream_events())
def test_the_end_is_recorded_and_is_the_end(events: tuple[StreamEvent, ...], late: StreamEvent) -> None:
    """Usage, reason and metadata come from the end; without it the answer is not complete; nothing may follow it."""
    assembler, _ = _fed(events[:-1])
    assert not assembler.finish().complete

    end = events[-1]
    assert isinstance(end, StreamFinished)
    assert assembler.feed(end) == ()
    answer = assembler.finish()
    assert answer.complete
    assert (answer.reason, answer.raw_reason, answer.metadata) == (end.reason, end.raw_reason, end.metadata)
    assert answer.usage == (None if end.usage is None else reported(end.usage))
    for event in (late, end):
        with pytest.raises(FedAfterEnd):
            assembler.feed(event)


@pytest.mark.spec("4.7")
@given(cut_streams())
def test_looking_changes_nothing(events: tuple[StreamEvent, ...]) -> None:
    """The answer is a function of the events alone, however often it was asked for on the way."""
    asked = Assembler()
    for event in events:
        asked.feed(event)
        asked.flush()
        asked.finish()
    assembler, _ = _fed(events)

    assert asked.finish() == assembler.finish()


@pytest.mark.spec("4.7")
@given(cut_streams())
def test_results_are_shown_as_a_tools_all_else_as_the_assistants(events: tuple[StreamEvent, ...]) -> None:
    """Only a provider's result is published with role tool."""
    assembler = Assembler()
    for event in events:
        for published in assembler.feed(event):
            assert (published.role is Role.TOOL) is isinstance(published.part, ToolResultPart)


@pytest.mark.spec("4.5")
@given(cut_streams())
def test_what_viewers_saw_rebuilds_what_was_said(events: tuple[StreamEvent, ...]) -> None:
    """The shown parts alone give the words and the calls of the content; only signatures may be missing."""
    assembler, shown = _fed(events)
    stored, again = assembler.flush(), rebuilt(shown)

    for kind in (TextPart, ReasoningPart):
        assert sorted("".join(part.text for part in again if isinstance(part, kind))) == sorted(
            "".join(part.text for part in stored if isinstance(part, kind))
        )
    announced = {part.tool_call_id for part in shown if isinstance(part, ToolCallPart)}
    whole = {part.tool_call_id for part in shown if isinstance(part, ToolCallPart) and not part.args_delta}
    calls = [part for part in stored if isinstance(part, ToolCallPart) and part.tool_call_id in announced]
    calls_again = [part for part in again if isinstance(part, ToolCallPart)]
    # Viewers do not see input begin, so unfinished calls are known by their first piece alone.
    assert {part.tool_call_id: part for part in calls_again} == {part.tool_call_id: part for part in calls}
    assert [part for part in calls_again if part.tool_call_id in whole] == [
        part for part in calls if part.tool_call_id in whole
    ]
    others = (SourcePart, FilePart, ToolResultPart)
    assert [part for part in again if isinstance(part, others)] == [part for part in stored if isinstance(part, others)]


@pytest.mark.spec("4.5")
@given(st.lists(stream_events(), max_size=25), st.none() | stream_ends())
def test_a_partial_answer_leaves_no_call_open(events: list[StreamEvent], end: StreamFinished | None) -> None:
    """Each call of a reply cut short has exactly one more result than it had if it had none, and keeps its flag."""
    assembler, _ = _fed([*events, *([] if end is None else [end])])
    content = assembler.flush()
    short = cut_short(content, "interrupted")

    assert short.content[: len(content)] == content
    added = (*short.content[len(content) :], *short.results)
    answered = {sanitised_call_id(part.tool_call_id) for part in content if isinstance(part, ToolResultPart)}
    open_calls = [
        part
        for part in content
        if isinstance(part, ToolCallPart) and sanitised_call_id(part.tool_call_id) not in answered
    ]
    assert {part.tool_call_id: part.provider_executed for part in added if isinstance(part, ToolResultPart)} == {
        part.tool_call_id: part.provider_executed for part in open_calls
    }
    assert len(added) == len(open_calls)
    assert all(isinstance(part, ToolResultPart) and part.is_error and part.result for part in added)
    assert not any(part.provider_executed for part in short.results)
