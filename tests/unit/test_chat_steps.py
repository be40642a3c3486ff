"""What enters a history while a turn runs, and how every call gets its result (chat-core 2.5 to 2.7)."""

import pytest
from attrs import evolve

from chatcore.domain.chat import commands as c
from chatcore.domain.chat import events as e
from chatcore.domain.chat.cancellations import CancelReason
from chatcore.domain.chat.decide import decide
from chatcore.domain.chat.decide_steps import CUT_SHORT_NOTE
from chatcore.domain.chat.rejections import (
    CallsPending,
    InvalidMessage,
    InvalidStep,
)
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.values import ActionEnd, PendingCall
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.parts import TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import (
    CLIENT_CALL,
    FAILURE,
    LOCAL_CALL,
    Calls,
    Situation,
    reach,
    send,
    words,
)
from chatcore.testing.trying import at, error_of, messages_of, refused, situations


@pytest.mark.spec("2.6", "architecture-3")
@pytest.mark.parametrize("situation", situations("R0", "R1", owned=True, rows=0, calls=Calls.BOTH), ids=str)
def test_coming_to_rest_answers_everything(situation: Situation) -> None:
    """A turn that ends, well or not, first cancels each open call, in call order, with its own reason."""
    for finish, reason in (
        (c.FinishTurn(), CancelReason.TURN_FINISHED),
        (c.FinishError(error=FAILURE), CancelReason.TURN_FAILED),
    ):
        chat = reach(situation)
        cancelled = messages_of(chat.do(finish))
        assert [LOCAL_CALL.tool_call_id, CLIENT_CALL.tool_call_id] == [
            part.tool_call_id for message in cancelled for part in message.content if isinstance(part, ToolResultPart)
        ]
        assert all(JsonText(f'"{reason}"') == error_of(message) for message in cancelled)


@pytest.mark.spec("2.6")
def test_each_reason_of_a_cancellation_is_a_text_of_its_own() -> None:
    """So that the model, and a reader, can tell why a call has no result."""
    assert len(CancelReason) == len({str(reason) for reason in CancelReason})


@pytest.mark.spec("2.5", "architecture-7")
@pytest.mark.parametrize(("is_error", "is_media"), [(True, False), (False, True)])
def test_an_interrupted_reply_keeps_its_words_and_the_results_that_came(is_error: bool, is_media: bool) -> None:
    """Results are stored in call order, the rest is cancelled; words only where no call was open before them."""
    chat = at("I0", owned=True, calls=Calls.BOTH)
    pending = refused(chat, c.FinishInterruption(partial=words("x")))
    assert isinstance(pending, CallsPending)
    assert pending.command is CommandKey.FINISH_INTERRUPTION

    came = c.CallResult(
        call_id=LOCAL_CALL.tool_call_id, result=JsonText('{"output":1}'), is_error=is_error, is_media=is_media
    )
    first, second = messages_of(chat.do(c.FinishInterruption(results=(came,))))
    expected = ToolResultPart(
        tool_call_id=LOCAL_CALL.tool_call_id,
        tool_name="execute",
        result=JsonText('{"output":1}'),
        is_error=is_error,
        is_media=is_media,
    )
    assert (expected,) == first.content
    assert JsonText(f'"{CancelReason.INTERRUPTED}"') == error_of(second)


@pytest.mark.spec("architecture-7", "events")
def test_a_salvaged_reply_is_told_to_the_model() -> None:
    """The beginning of a reply is kept as partial, its calls are answered, and a note for the model alone follows."""
    chat = at("R0", owned=True, calls=Calls.NONE)

    reply, result, note = messages_of(chat.do(c.CommitSalvage(content=(*words("so far"), LOCAL_CALL))))
    assert (True, Role.ASSISTANT, "model-1") == (reply.partial, reply.role, reply.model_id)
    assert JsonText(f'"{CancelReason.CUT_SHORT}"') == error_of(result)
    assert (Role.USER, Visibility.MODEL, words(CUT_SHORT_NOTE)) == (note.role, note.visibility, note.content)
    assert (ExecutionState.RUNNING, ()) == (chat.state, chat.current.pending)


@pytest.mark.spec("2.7")
def test_a_clients_results_are_checked_in_order() -> None:
    """Duplicate comes before unexpected, that before invalid JSON, that before missing; nothing is stored."""
    chat = at("R0", owned=True, calls=Calls.NONE)
    second = evolve(CLIENT_CALL, tool_call_id="call-client-2")
    ids = (CLIENT_CALL.tool_call_id, second.tool_call_id)
    chat.do(c.CommitAnswer(content=(CLIENT_CALL, second), dynamic=ids))
    chat.do(c.EnterRequiresAction(at=NOON))

    def codes(*results: tuple[str, str]) -> str:
        given = tuple(c.DynamicResult(call_id=call_id, output=output) for call_id, output in results)
        return refused(chat, c.CompleteRequiresAction(results=given)).code

    first_id, second_id = ids
    assert codes((first_id, "{"), ("x", "1"), (first_id, "1")) == "tool_result_duplicate"
    assert codes((first_id, "{"), ("x", "1")) == "tool_result_unexpected"
    assert codes((first_id, "{")) == "tool_result_invalid_json"
    assert codes((first_id, "1")) == "tool_result_missing"
    assert codes() == "tool_result_missing"
    given = tuple(
        c.DynamicResult(call_id=call_id, output=f'"{call_id}"', is_error=call_id == first_id)
        for call_id in (second_id, first_id)
    )
    events = chat.do(c.CompleteRequiresAction(results=given))
    assert events[-1] == e.ActionEnded(reason=ActionEnd.COMPLETED)
    results = [message.content[0] for message in messages_of(events)]
    assert [
        ToolResultPart(tool_call_id=second_id, tool_name="pick_file", result=JsonText(f'"{second_id}"')),
        ToolResultPart(tool_call_id=first_id, tool_name="pick_file", result=JsonText(f'"{first_id}"'), is_error=True),
    ] == results


@pytest.mark.spec("2.7", "events")
def test_the_results_of_our_tools_are_stored_in_call_order() -> None:
    """Whatever order they come in; a result for a client's call or given twice is refused."""
    chat = at("R0", owned=True, calls=Calls.NONE)
    other = evolve(LOCAL_CALL, tool_call_id="call-local-2")
    chat.do(c.CommitAnswer(content=(LOCAL_CALL, CLIENT_CALL, other), dynamic=(CLIENT_CALL.tool_call_id,)))
    first, second = (c.CallResult(call_id=call.tool_call_id, result=JsonText("1")) for call in (LOCAL_CALL, other))

    def code(*results: c.CallResult) -> str:
        return refused(chat, c.CommitResults(results=results)).code

    assert code() == "invalid_step"
    assert code(first, first) == "tool_result_duplicate"
    assert code(evolve(first, call_id=CLIENT_CALL.tool_call_id)) == "tool_result_unexpected"
    assert code(evolve(first, result=JsonText("{"))) == "tool_result_invalid_json"
    stored = [message.content[0] for message in messages_of(chat.do(c.CommitResults(results=(second, first))))]
    assert [LOCAL_CALL.tool_call_id, other.tool_call_id] == [
        part.tool_call_id for part in stored if isinstance(part, ToolResultPart)
    ]
    assert [CLIENT_CALL.tool_call_id] == [call.call_id for call in chat.current.pending]


@pytest.mark.spec("events", "1.5")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param((), "empty", id="empty"),
        pytest.param((ToolCallPart(tool_name="x"),), "no id", id="no id"),
        pytest.param((LOCAL_CALL, LOCAL_CALL), "two tool calls", id="same id"),
        pytest.param(
            (evolve(LOCAL_CALL, tool_call_id="a:b"), evolve(LOCAL_CALL, tool_call_id="a.b")),
            "two tool calls",
            id="same id once sanitised",
        ),
        pytest.param(
            (LOCAL_CALL, ToolResultPart(tool_call_id=LOCAL_CALL.tool_call_id)), "no provider made", id="own result"
        ),
        pytest.param(
            (LOCAL_CALL, ToolResultPart(tool_call_id=LOCAL_CALL.tool_call_id, provider_executed=True)),
            "no provider made",
            id="provider's result of our call",
        ),
    ],
)
def test_a_step_that_cannot_stand_in_a_history_is_refused(content: tuple[TextPart, ...], why: str) -> None:
    """As an answer, as a salvaged reply and as the rest of an interrupted one; it is a fault of the model."""
    running = at("R0", owned=True, calls=Calls.NONE)
    stopping = at("I0", owned=True, calls=Calls.NONE)
    asked: list[tuple[ChatLog, c.Command]] = [
        (running, c.CommitAnswer(content=content)),
        (running, c.CommitSalvage(content=content)),
    ]
    if content:
        asked.append((stopping, c.FinishInterruption(partial=content)))
    for chat, command in asked:
        refusal = refused(chat, command)
        assert isinstance(refusal, InvalidStep)
        assert why in str(refusal)


@pytest.mark.spec("events")
def test_a_client_answers_only_calls_of_the_step() -> None:
    """A call that is not in the step, or that a provider ran, cannot be the client's; the provider's is never open."""
    chat = at("R0", owned=True, calls=Calls.NONE)
    run = evolve(LOCAL_CALL, tool_call_id="call-run", provider_executed=True)
    result = ToolResultPart(tool_call_id="call-run", tool_name="execute", provider_executed=True)

    for dynamic in ("call-run", "elsewhere"):
        refusal = refused(chat, c.CommitAnswer(content=(run, result, CLIENT_CALL), dynamic=(dynamic,)))
        assert isinstance(refusal, InvalidStep)
    chat.do(c.CommitAnswer(content=(run, result, CLIENT_CALL), dynamic=(CLIENT_CALL.tool_call_id,)))
    (open_call,) = chat.current.pending
    assert (CLIENT_CALL.tool_call_id, "pick_file", True, False) == (
        open_call.call_id,
        open_call.tool_name,
        open_call.dynamic,
        open_call.orphaned,
    )
    assert chat.current.seq == chat.current.pending_seq


@pytest.mark.spec("2.5", "architecture-12")
def test_the_deadline_of_a_wait_is_the_commands_time_and_five_minutes() -> None:
    """The event names the calls that the client has to answer; the compaction mark is gone."""
    chat = at("R0", owned=True, calls=Calls.CLIENT)

    (required,) = chat.do(c.EnterRequiresAction(at=NOON))
    assert isinstance(required, e.ActionRequired)
    assert ((CLIENT_CALL.tool_call_id,), 300.0) == (required.calls, (required.deadline_at - NOON).total_seconds())
    assert (required.deadline_at, None) == (chat.current.deadline_at, chat.current.runner_id)


@pytest.mark.spec("2.5", "2.6")
def test_a_wait_is_given_up_for_two_reasons_only() -> None:
    """Given up by the client or over time, each with its own text; any other reason is refused."""
    for reason, text in (
        (ActionEnd.CANCELLED, CancelReason.ACTION_CANCELLED),
        (ActionEnd.TIMED_OUT, CancelReason.ACTION_TIMED_OUT),
    ):
        chat = at("A0")
        cancelled, ended = chat.do(c.CancelRequiresAction(reason=reason))
        assert isinstance(cancelled, e.MessageAdded)
        assert (JsonText(f'"{text}"'), e.ActionEnded(reason=reason)) == (error_of(cancelled), ended)
    for reason in (ActionEnd.COMPLETED, ActionEnd.INTERRUPTED):
        assert isinstance(refused(at("A0"), c.CancelRequiresAction(reason=reason)), InvalidMessage)


@pytest.mark.spec("2.6", "events")
@pytest.mark.parametrize("command", [send("no", c.Behavior.INTERRUPT), c.Interrupt(), c.CancelRequiresAction()])
def test_the_end_of_a_wait_cancels_the_clients_calls_alone(command: c.Command) -> None:
    """A call of ours is never open beside them; if it were, its result would still come."""
    head = at("A0").current
    ours = PendingCall(call_id="call-ours", tool_name="execute")

    cancelled = messages_of(decide(evolve(head, pending=(ours, *head.pending)), command))
    assert [CLIENT_CALL.tool_call_id] == [
        part.tool_call_id for message in cancelled for part in message.content if isinstance(part, ToolResultPart)
    ]


@pytest.mark.spec("2.5", "2.6")
def test_a_message_that_interrupts_a_wait_is_next_after_the_cancellation() -> None:
    """A0, sent with interrupt: the client's call is cancelled, the message waits, the chat runs."""
    chat = at("A0")

    cancelled, queued, ended = chat.do(send("no", c.Behavior.INTERRUPT))
    assert isinstance(cancelled, e.MessageAdded)
    assert JsonText(f'"{CancelReason.NEW_MESSAGE}"') == error_of(cancelled)
    assert isinstance(queued, e.MessageQueued)
    assert e.ActionEnded(reason=ActionEnd.INTERRUPTED) == ended
