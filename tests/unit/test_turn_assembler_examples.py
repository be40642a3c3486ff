"""Odd streams, one at a time (spec chat-core 4.5, 4.7)."""

import pytest

from chatcore.domain.content.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.domain.limits import STEP_CHARACTERS_MAX, TOOL_CALLS_PER_STEP_MAX
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.partial import cut_short, rebuilt
from chatcore.domain.turn.stream import (
    FileMade,
    FinishReason,
    ProviderToolResult,
    ReasoningDelta,
    ReasoningEnded,
    ReasoningStarted,
    StreamEvent,
    TextDelta,
    TextEnded,
    TextStarted,
    ToolCalled,
    ToolInputDelta,
    ToolInputStarted,
)


def _answer(*events: StreamEvent, prefix: str = "call_") -> Answer:
    assembler = Assembler(call_id_prefix=prefix)
    for event in events:
        assembler.feed(event)
    return assembler.finish()


def _excess(assembler: Assembler) -> str | None:
    return assembler.excess


@pytest.mark.spec("4.5", "4.11.4")
def test_an_interrupt_in_the_middle_of_tool_input_keeps_text_call_and_an_error() -> None:
    """Text, the call as far as it came, and an error result for it."""
    answer = _answer(
        TextStarted(index="0"),
        TextDelta(index="0", text="Let me look"),
        ToolInputStarted(tool_call_id="a", tool_name="read_file"),
        ToolInputDelta(tool_call_id="a", delta='{"path": '),
    )
    short = cut_short(answer.content, "interrupted")

    assert short.content == (TextPart(text="Let me look"), ToolCallPart(tool_call_id="a", tool_name="read_file"))
    assert short.results == (
        ToolResultPart(
            tool_call_id="a", tool_name="read_file", result=JsonText('{"error":"interrupted"}'), is_error=True
        ),
    )


@pytest.mark.spec("4.5")
def test_what_is_unfinished_follows_what_is_finished_by_kind() -> None:
    """Finished content, text, reasoning with its metadata, calls: whatever the order in which they began."""
    signature = JsonText('{"signature":"s"}')
    content = _answer(
        ToolInputStarted(tool_call_id="a", tool_name="late"),
        ToolInputDelta(tool_call_id="a", delta="{}"),
        ReasoningStarted(index="r"),
        ReasoningDelta(index="r", text="hm", metadata=signature),
        TextStarted(index="t"),
        TextDelta(index="t", text="so"),
        TextStarted(index="empty"),
        ToolCalled(tool_call_id="b", tool_name="done"),
    ).content

    assert content == (
        ToolCallPart(tool_call_id="b", tool_name="done"),
        TextPart(text="so"),
        ReasoningPart(text="hm", provider_metadata=signature),
        ToolCallPart(tool_call_id="a", tool_name="late", args=JsonText("{}")),
    )


@pytest.mark.spec("4.7")
def test_a_delta_without_a_start_is_shown_and_not_stored() -> None:
    """Stray words reach viewers alone."""
    assembler = Assembler()

    assert [published.part for published in assembler.feed(TextDelta(index="0", text="stray"))] == [
        TextPart(text="stray")
    ]
    assert assembler.flush() == ()


@pytest.mark.spec("4.7")
def test_secret_reasoning_is_kept_for_its_metadata() -> None:
    """Reasoning that has only metadata is handed back to the provider; empty text is not stored."""
    redacted = JsonText('{"redacted":"x"}')
    content = _answer(
        ReasoningStarted(index="r"),
        ReasoningEnded(index="r", metadata=redacted),
        TextStarted(index="t"),
        TextEnded(index="t"),
    ).content

    assert content == (ReasoningPart(text="", provider_metadata=redacted),)


@pytest.mark.spec("4.7", "1.5")
def test_missing_and_repeated_ids_are_told_apart() -> None:
    """Calls without an id are named by prefix and position; a repeated id, also once sanitised, gets a suffix."""
    content = _answer(
        ToolCalled(tool_call_id="", tool_name="t"),
        ToolCalled(tool_call_id="c:1", tool_name="t"),
        ToolCalled(tool_call_id="c.1", tool_name="t"),
        ToolCalled(tool_call_id="c:1", tool_name="t"),
        ToolCalled(tool_call_id="", tool_name="t"),
        prefix="made_",
    ).content

    assert [part.tool_call_id for part in content if isinstance(part, ToolCallPart)] == [
        "made_1",
        "c:1",
        "c.1_2",
        "c:1_3",
        "made_5",
    ]


@pytest.mark.spec("4.7", "4.11.7")
def test_results_of_provider_calls_find_their_calls_though_ids_repeat() -> None:
    """Two searches under one id: each result carries the stored id of its own call, in order."""
    content = _answer(
        ToolCalled(tool_call_id="s", tool_name="web_search", provider_executed=True),
        ToolCalled(tool_call_id="s", tool_name="web_search", provider_executed=True),
        ProviderToolResult(tool_call_id="s", tool_name="web_search", result=JsonText("1")),
        ProviderToolResult(tool_call_id="s", tool_name="", result=JsonText("2")),
    ).content

    results = [part for part in content if isinstance(part, ToolResultPart)]
    assert [(part.tool_call_id, part.tool_name, part.result) for part in results] == [
        ("s", "web_search", "1"),
        ("s_2", "web_search", "2"),
    ]
    assert all(part.provider_executed for part in results)


@pytest.mark.spec("4.7")
def test_a_result_for_a_paused_call_of_an_earlier_message_keeps_its_id() -> None:
    """After a pause the result comes without its call, and a new call cannot take its id."""
    content = _answer(
        ProviderToolResult(tool_call_id="s", tool_name="web_search", result=JsonText("1")),
        ToolCalled(tool_call_id="s", tool_name="web_search", provider_executed=True),
    ).content

    assert [part.tool_call_id for part in content if isinstance(part, ToolCallPart | ToolResultPart)] == ["s", "s_2"]


@pytest.mark.spec("4.7")
def test_the_newest_name_that_came_is_the_calls_name() -> None:
    """The name may come late, with a delta, or never."""
    late = (
        ToolInputStarted(tool_call_id="a"),
        ToolInputDelta(tool_call_id="a", delta="{}", tool_name="execute"),
    )

    assert _answer(*late).content == (ToolCallPart(tool_call_id="a", tool_name="execute", args=JsonText("{}")),)
    assert _answer(*late[:1]).content == (ToolCallPart(tool_call_id="a", tool_name="unknown"),)
    assert _answer(*late, ToolCalled(tool_call_id="a", tool_name="")).content == _answer(*late).content


@pytest.mark.spec("1.4")
def test_broken_arguments_are_told_to_whoever_runs_the_call() -> None:
    """Blank arguments are no error; broken ones are kept as the model wrote them."""
    answer = _answer(
        ToolCalled(tool_call_id="a", tool_name="t", args=' {"path": '),
        ToolCalled(tool_call_id="b", tool_name="t", args=" "),
        ToolCalled(tool_call_id="c", tool_name="t", args="NaN"),
    )

    assert answer.invalid_args == {"a": ' {"path": ', "c": "NaN"}


@pytest.mark.spec("4.7")
def test_too_many_calls_are_too_much() -> None:
    """The limit itself is fine; one call more has the step refused, whether it is whole or only begun."""
    assembler = Assembler()
    for number in range(TOOL_CALLS_PER_STEP_MAX):
        assembler.feed(ToolCalled(tool_call_id=f"c{number}", tool_name="t"))
    assert _excess(assembler) is None

    assembler.feed(ToolInputStarted(tool_call_id="more", tool_name="t"))
    assert str(TOOL_CALLS_PER_STEP_MAX) in (_excess(assembler) or "")


def test_an_answer_without_end_is_too_much() -> None:
    """An answer that outgrows the limit is noticed while it streams."""
    assembler = Assembler()
    assembler.feed(FileMade(media_type="image/png", data=bytes(STEP_CHARACTERS_MAX)))
    assert _excess(assembler) is None

    assembler.feed(TextStarted(index="0"))
    assembler.feed(TextDelta(index="0", text="x"))
    assert _excess(assembler) is not None


@pytest.mark.spec("4.5", "5.3")
def test_rebuilding_leaves_out_tools_output_and_the_mark_of_a_compaction() -> None:
    """What the assistant said is rebuilt, not what local tools or a compaction published in the same episode."""
    parts = (
        ToolCallPart(tool_call_id="chat_summarized_1", tool_name="chat_summarized"),
        TextPart(text="a"),
        TextPart(text="b"),
        ToolResultPart(tool_call_id="x", tool_name="execute", result_delta="out"),
        TextPart(text="c"),
        ToolCallPart(tool_call_id="x", tool_name="execute", args_delta='{"a"'),
        ToolCallPart(tool_call_id="x", tool_name="execute", args_delta=":1}"),
    )

    assert rebuilt(parts) == (
        TextPart(text="abc"),
        ToolCallPart(tool_call_id="x", tool_name="execute", args=JsonText('{"a":1}')),
    )
    assert rebuilt(()) == ()


def test_an_answer_without_its_end_says_so() -> None:
    """The reason is unknown and nothing is counted."""
    assert _answer() == Answer(complete=False, reason=FinishReason.UNKNOWN)
