"""Compacting and clearing (chat-core 5.4, 5.7, 5.8)."""

import pytest
from attrs import evolve

from chatcore.domain.chat import commands as c
from chatcore.domain.chat import events as e
from chatcore.domain.chat.boundary_rows import CLEARED_NOTE
from chatcore.domain.chat.rejections import (
    InvalidStep,
    NothingToClear,
    NothingToCompact,
)
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.values import CompactionSource
from chatcore.domain.content.messages import Effort, Role, Visibility
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import (
    CLIENT_CALL,
    LOCAL_CALL,
    OWNER,
    Calls,
    Situation,
    acquire,
    reach,
    send,
    words,
)
from chatcore.testing.standard_commands import standard_command
from chatcore.testing.trying import at, messages_of, refused, situations


@pytest.mark.spec("5.7")
@pytest.mark.parametrize("situation", situations("W", "E0", "E1"), ids=str)
def test_a_compaction_is_only_asked_for_where_something_was_answered(situation: Situation) -> None:
    """It marks the chat and clears the error; without an answer since the last boundary it is refused."""
    chat = reach(situation)

    chat.do(c.RequestCompaction())
    assert (True, None, None, 0, chat.current.seq) == (
        chat.current.compaction_requested,
        chat.current.last_error,
        chat.current.runner_id,
        chat.current.generation_attempt,
        chat.current.history_version,
    )
    chat.do(acquire())
    chat.do(standard_command(CommandKey.COMMIT_COMPACTION, chat), c.FinishTurn(promotion=chat.first_promotion()))
    assert not chat.current.compaction_requested
    while chat.state.value.startswith("R"):
        chat.do(c.FinishTurn(promotion=chat.first_promotion()))
    assert "nothing_to_compact" == refused(chat, c.RequestCompaction()).code


def marked() -> ChatLog:
    """A chat that was asked to be compacted and has a runner."""
    chat = at("W")
    chat.do(c.RequestCompaction())
    chat.do(acquire())
    return chat


@pytest.mark.spec("2.5", "5.7")
@pytest.mark.parametrize(
    "key",
    [
        CommandKey.FINISH_TURN,
        CommandKey.FINISH_ERROR,
        CommandKey.INTERRUPT,
        CommandKey.SEND_INTERRUPT,
        CommandKey.EDIT_MESSAGE,
        CommandKey.COMMIT_COMPACTION,
    ],
)
def test_the_wish_for_a_compaction_is_gone_once_the_state_of_work_changes(key: CommandKey) -> None:
    """It is one-shot: finished, failed, interrupted, edited or carried out."""
    chat = marked()

    chat.do(standard_command(key, chat))
    assert not chat.current.compaction_requested


@pytest.mark.spec("2.5", "5.7")
def test_the_wish_for_a_compaction_ends_where_the_client_has_to_act() -> None:
    """Waiting for the client's tools clears the mark, and it does not come back after the wait."""
    chat = marked()
    marks = []
    for command in (
        c.CommitAnswer(content=(CLIENT_CALL,), dynamic=(CLIENT_CALL.tool_call_id,)),
        c.EnterRequiresAction(at=NOON),
        c.CancelRequiresAction(),
    ):
        chat.do(command)
        marks.append(chat.current.compaction_requested)
    assert marks == [True, False, False]


@pytest.mark.spec("2.5", "5.7")
@pytest.mark.parametrize(
    "key",
    [
        CommandKey.ACQUIRE,
        CommandKey.ABANDON,
        CommandKey.SEND_QUEUE,
        CommandKey.RECORD_GENERATION_ATTEMPT,
        CommandKey.RECORD_RETRY_STATE,
        CommandKey.COMMIT_ANSWER,
        CommandKey.COMMIT_SALVAGE,
        CommandKey.CHANGE_TITLE,
    ],
)
def test_the_wish_for_a_compaction_stays_while_work_goes_on(key: CommandKey) -> None:
    """What does not change the state of work keeps the mark."""
    chat = marked()

    chat.do(standard_command(key, chat))
    assert chat.current.compaction_requested


@pytest.mark.spec("5.4", "5.7", "events")
@pytest.mark.parametrize("source", CompactionSource)
def test_a_compaction_stores_the_triplet_and_repeats_what_is_unanswered(source: CompactionSource) -> None:
    """Summary for the model, call and result for the reader, then the unanswered message word for word."""
    chat = at("W") if source is CompactionSource.MANUAL else at("R0", owned=True, calls=Calls.NONE)
    if source is CompactionSource.MANUAL:
        chat.do(c.RequestCompaction())
        chat.do(acquire())
    head = chat.current

    compacted, *rows = chat.do(standard_command(CommandKey.COMMIT_COMPACTION, chat))
    summary, call, result, *replayed = (row for row in rows if isinstance(row, e.MessageAdded))
    assert isinstance(compacted, e.ContextCompacted)
    assert (source, head.seq, 70, 80.0, 80, 100) == (
        compacted.source,
        compacted.covers_to,
        compacted.threshold_percent,
        compacted.usage_percent,
        compacted.context_tokens,
        compacted.context_limit,
    )
    assert [
        (Role.USER, Visibility.MODEL, True),
        (Role.ASSISTANT, Visibility.USER, True),
        (Role.TOOL, Visibility.USER, True),
    ] == [(row.role, row.visibility, row.compressed) for row in (summary, call, result)]
    assert words("A summary:\n\nwhat was said") == summary.content
    assert (
        ToolCallPart(
            tool_call_id="chat_summarized_1",
            tool_name="chat_summarized",
            args=JsonText(f'{{"source":"{source}","threshold_percent":70}}'),
        ),
    ) == call.content
    report = (
        f'{{"summary":"what was said","source":"{source}","threshold_percent":70,"usage_percent":80.0,'
        '"context_tokens":80,"context_limit_tokens":100}'
    )
    assert (
        ToolResultPart(tool_call_id="chat_summarized_1", tool_name="chat_summarized", result=JsonText(report)),
    ) == result.content
    unanswered = [] if source is CompactionSource.MANUAL else [words("next question")]
    assert unanswered == [message.content for message in replayed]
    assert (head.seq + 1, None, False) == (chat.current.boundary, chat.current.usage, chat.current.compaction_requested)


@pytest.mark.spec("5.4", "events")
def test_a_repeated_message_keeps_all_that_belongs_to_it() -> None:
    """Words, model, effort and who said it, for the model alone; it names the message that it repeats, ever again."""
    chat = at("W")
    said = c.SendMessage(content=words("why?"), created_by=OWNER, model_id="model-6", effort=Effort.LOW)
    chat.do(said)
    seq = chat.current.history_version
    chat.do(acquire())
    for _ in range(2):
        events = chat.do(standard_command(CommandKey.COMMIT_COMPACTION, chat))
        assert messages_of(events)[-1] == e.MessageAdded(
            role=Role.USER,
            content=words("why?"),
            visibility=Visibility.MODEL,
            model_id="model-6",
            effort=Effort.LOW,
            created_by=OWNER,
            replay_of=seq,
        )
        chat.do(c.CommitAnswer(content=(*words("let me see"), LOCAL_CALL)))
        chat.do(standard_command(CommandKey.COMMIT_RESULTS, chat))


@pytest.mark.spec("5.4", "5.3")
def test_a_compaction_without_a_summary_stores_nothing() -> None:
    """A blank summary or a report that is no number is refused; without a prefix the summary stands alone."""
    chat = at("R0", owned=True, calls=Calls.NONE)
    command = standard_command(CommandKey.COMMIT_COMPACTION, chat)
    assert isinstance(command, c.CommitCompaction)

    for broken in (
        evolve(command, summary=" \n"),
        evolve(command, usage_percent=float("inf")),
        evolve(command, usage_percent=float("nan")),
    ):
        assert isinstance(refused(chat, broken), InvalidStep)
    (_, summary, *_) = chat.do(evolve(command, prefix=""))
    assert isinstance(summary, e.MessageAdded)
    assert words("what was said") == summary.content


@pytest.mark.spec("5.7", "5.8")
def test_a_chat_without_answers_cannot_be_compacted_but_cleared() -> None:
    """Clearing needs a message for the model, compacting an answer; both since the last boundary."""
    chat = at("W")
    chat.do(standard_command(CommandKey.CLEAR_CONTEXT, chat))
    assert isinstance(refused(chat, c.RequestCompaction()), NothingToCompact)
    assert isinstance(refused(chat, c.ClearContext(call_id="x")), NothingToClear)

    chat.do(send("hello"))
    chat.do(acquire())
    compaction = standard_command(CommandKey.COMMIT_COMPACTION, chat)
    assert isinstance(refused(chat, compaction), NothingToCompact)
    chat.do(c.FinishTurn())
    assert isinstance(refused(chat, c.RequestCompaction()), NothingToCompact)
    chat.do(c.ClearContext(call_id="y"))


@pytest.mark.spec("5.8", "events")
@pytest.mark.parametrize("situation", situations("W", "E0"), ids=str)
def test_clearing_hides_what_was_said_from_the_model_alone(situation: Situation) -> None:
    """A marker for the model, call and result for the reader; the error is forgotten, the transcript stays readable."""
    chat = reach(situation)
    before = list(chat.transcript())

    cleared, *rows = chat.do(c.ClearContext(call_id="chat_cleared_7"))
    marker, call, result = (row for row in rows if isinstance(row, e.MessageAdded))
    assert e.ContextCleared() == cleared
    assert (words(CLEARED_NOTE), Role.USER, Visibility.MODEL) == (marker.content, marker.role, marker.visibility)
    assert (ToolCallPart(tool_call_id="chat_cleared_7", tool_name="chat_cleared", args=JsonText("{}")),) == call.content
    cleared_result = ToolResultPart(
        tool_call_id="chat_cleared_7", tool_name="chat_cleared", result=JsonText('{"cleared":true}')
    )
    assert (cleared_result,) == result.content
    assert [Visibility.USER, Visibility.USER] == [call.visibility, result.visibility]
    assert all(row.compressed for row in (marker, call, result))
    assert before == list(chat.transcript())[: len(before)]
    assert (ExecutionState.WAITING, None, None) == (chat.state, chat.current.last_error, chat.current.usage)
