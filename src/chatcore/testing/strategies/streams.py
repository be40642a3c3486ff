"""What models say while they stream: healthy streams, and any events in any order (spec chat-core 4.7)."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from hypothesis import strategies as st

from chatcore.domain.json_text import JsonText
from chatcore.domain.turn.stream import (
    FileMade,
    FinishReason,
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
    ToolInputEnded,
    ToolInputStarted,
)
from chatcore.testing.strategies.basics import json_object_texts, json_texts, maybe, spoken, texts
from chatcore.testing.strategies.histories import usages

EXAMPLE_STREAM_IDS: Final = ("", "a", "call:1", "call.1", "call_1", "call_1_2", "x" * 200, "é" * 70)
"""None at all, some that collide, some only once they are sanitised, and some that are too long."""


@cache
def written_args() -> st.SearchStrategy[str]:
    """What models write as arguments: JSON, nothing, and neither."""
    return st.one_of(json_object_texts(), json_texts(), st.sampled_from(("", " ", "{", '{"a":', "oops")))


@cache
def stream_ends() -> st.SearchStrategy[StreamFinished]:
    """Ends for every reason, with and without usage."""
    return st.builds(
        StreamFinished,
        reason=st.sampled_from(FinishReason),
        raw_reason=texts(),
        usage=maybe(usages()),
        metadata=maybe(json_object_texts()),
    )


def stream_events(*, ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[StreamEvent]:
    """Any event but the end, as a careless adapter might send it."""
    indexes = st.sampled_from(("0", "1"))
    wanted = st.sampled_from(EXAMPLE_STREAM_IDS) if ids is None else ids
    names = st.sampled_from(("", "execute", "n" * 200))
    metadata = maybe(json_object_texts())
    return st.one_of(
        st.builds(TextStarted, index=indexes),
        st.builds(TextDelta, index=indexes, text=texts()),
        st.builds(TextEnded, index=indexes, metadata=metadata),
        st.builds(ReasoningStarted, index=indexes, metadata=metadata),
        st.builds(ReasoningDelta, index=indexes, text=texts(), metadata=metadata),
        st.builds(ReasoningEnded, index=indexes, metadata=metadata),
        st.builds(ReasoningSealed, index=indexes, metadata=json_object_texts()),
        st.builds(ToolInputStarted, tool_call_id=wanted, tool_name=names, provider_executed=st.booleans()),
        st.builds(ToolInputDelta, tool_call_id=wanted, delta=texts(), tool_name=names),
        st.builds(ToolInputEnded, tool_call_id=wanted),
        st.builds(
            ToolCalled,
            tool_call_id=wanted,
            tool_name=names,
            args=written_args(),
            provider_executed=st.booleans(),
            metadata=metadata,
        ),
        st.builds(ProviderToolResult, tool_call_id=wanted, tool_name=names, result=maybe(json_texts())),
        things(),
    )


@cache
def things() -> st.SearchStrategy[StreamEvent]:
    """Citations and files."""
    metadata = maybe(json_object_texts())
    return st.one_of(
        st.builds(SourceCited, url=texts(), source_id=texts(), title=texts(), metadata=metadata),
        st.builds(FileMade, media_type=st.just("image/png"), data=st.binary(max_size=4), metadata=metadata),
    )


@st.composite
def streams(draw: st.DrawFn, *, blocks_max: int = 6) -> tuple[StreamEvent, ...]:
    """A healthy stream: blocks and calls with an id each, woven into each other; then the end."""
    blocks = [
        draw(st.one_of(_text(number), _reasoning(number), _call(number), things().map(lambda event: [event])))
        for number in range(draw(st.integers(0, blocks_max)))
    ]
    woven: list[StreamEvent] = []
    side_by_side = draw(st.booleans())
    left = [list(reversed(block)) for block in blocks if block]
    while left:
        block = draw(st.sampled_from(left)) if side_by_side else left[0]
        woven.append(block.pop())
        left = [block for block in left if block]
    return (*woven, draw(stream_ends()))


@cache
def _metadata() -> st.SearchStrategy[JsonText | None]:
    return maybe(json_object_texts())


@cache
def _results() -> st.SearchStrategy[JsonText]:
    return json_texts()


def _text(number: int) -> st.SearchStrategy[list[StreamEvent]]:
    def events(deltas: Sequence[str]) -> list[StreamEvent]:
        index = f"t{number}"
        return [
            TextStarted(index=index),
            *(TextDelta(index=index, text=delta) for delta in deltas),
            TextEnded(index=index),
        ]

    return st.lists(texts(), max_size=4).map(events)


@st.composite
def _reasoning(draw: st.DrawFn, number: int) -> list[StreamEvent]:
    index = f"r{number}"
    metadata = _metadata()
    deltas = draw(st.lists(texts(), max_size=4))
    sealed: list[StreamEvent] = [ReasoningSealed(index=index, metadata=draw(json_object_texts()))]
    return [
        ReasoningStarted(index=index, metadata=draw(metadata)),
        *(ReasoningDelta(index=index, text=delta, metadata=draw(metadata)) for delta in deltas),
        ReasoningEnded(index=index, metadata=draw(metadata)),
        *(sealed if draw(st.booleans()) else []),
    ]


@st.composite
def _call(draw: st.DrawFn, number: int) -> list[StreamEvent]:
    call_id, name, args = f"c{number}", draw(spoken()), draw(written_args())
    provider = draw(st.booleans())
    cut = draw(st.integers(0, len(args)))
    whole = ToolCalled(tool_call_id=call_id, tool_name=name, args=args, provider_executed=provider)
    announced: list[StreamEvent] = [
        ToolInputStarted(tool_call_id=call_id, tool_name=name, provider_executed=provider),
        ToolInputDelta(tool_call_id=call_id, delta=args[:cut]),
        ToolInputDelta(tool_call_id=call_id, delta=args[cut:]),
        ToolInputEnded(tool_call_id=call_id),
    ]
    answered: list[StreamEvent] = [ProviderToolResult(tool_call_id=call_id, tool_name=name, result=draw(_results()))]
    return [
        *(announced if draw(st.booleans()) else []),
        whole,
        *(answered if provider and draw(st.booleans()) else []),
    ]
