"""What a running chat does next, whatever its head and its history (architecture 6; spec chat-core 4.2, 5.7)."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import PendingCall
from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import UserId
from chatcore.domain.json_text import JsonText
from chatcore.domain.turn.next_step import (
    CallModel,
    Compact,
    Fail,
    Finish,
    NextStep,
    Progress,
    RunTools,
    TurnLimits,
    WaitForClient,
    next_step,
)
from chatcore.domain.turn.step_end import StepEnd

OWNER = UserId("owner")
CALLER_SEQ = 5000

ARGS = (None, JsonText("{}"), JsonText('{"a":1}'))
SEARCH = ToolCallPart(tool_call_id="s", tool_name="web_search", provider_executed=True)
FOUND = ToolResultPart(tool_call_id="s", tool_name="web_search", provider_executed=True)
CONTENTS = ((), (TextPart(text="words"),), (TextPart(text="words"), SEARCH), (SEARCH, FOUND), (FOUND,))


def windows() -> st.SearchStrategy[tuple[Message, ...]]:
    """Messages of every role and visibility in any order."""
    message = st.builds(
        Message,
        id=st.integers(1, 20),
        role=st.sampled_from(Role),
        content=st.sampled_from(CONTENTS),
        visibility=st.sampled_from(Visibility),
        compressed=st.booleans(),
        partial=st.booleans(),
    )
    return st.lists(message, max_size=4).map(tuple)


WINDOWS = windows()


@st.composite
def pending_calls(draw: st.DrawFn) -> tuple[tuple[PendingCall, ...], Message]:
    """Open calls of every sort, and the message that asks for them."""
    calls = tuple(
        PendingCall(call_id=f"c{number}", tool_name="t", dynamic=draw(st.booleans()), orphaned=draw(st.booleans()))
        for number in range(draw(st.integers(0, 4)))
    )
    content = tuple(
        ToolCallPart(tool_call_id=call.call_id, tool_name="t", args=draw(st.sampled_from(ARGS))) for call in calls
    )
    return calls, Message(id=CALLER_SEQ, role=Role.ASSISTANT, content=(TextPart(text="so"), *content))


@st.composite
def situations(draw: st.DrawFn) -> tuple[ChatHead, tuple[Message, ...], Progress, TurnLimits]:
    """A running chat, the window of its history, and what its runner knows."""
    calls, caller = draw(pending_calls())
    before = draw(WINDOWS)
    window = (*before, caller) if calls else before
    head = ChatHead(
        owner_id=OWNER,
        seq=9000,
        history_version=9000,
        generation_attempt=draw(st.integers(0, 30)),
        pending=calls,
        pending_seq=CALLER_SEQ if calls else None,
        answered=draw(st.none() | st.integers(1, 20)),
        boundary=draw(st.none() | st.integers(1, 20)),
        compaction_requested=draw(st.booleans()),
    )
    progress = Progress(steps=draw(st.integers(0, 4)), last=draw(st.none() | st.sampled_from(StepEnd)))
    limits = TurnLimits(steps_max=draw(st.integers(-1, 4)), attempts_max=draw(st.none() | st.integers(1, 30)))
    return head, window, progress, limits


Situation = tuple[ChatHead, tuple[Message, ...], Progress, TurnLimits]


def _step(situation: Situation) -> NextStep:
    head, window, progress, limits = situation
    return next_step(head, window, progress=progress, limits=limits)


def _patient(situation: Situation) -> Situation:
    """The same without a limit on attempts."""
    head, window, progress, limits = situation
    return head, window, progress, evolve(limits, attempts_max=None)


@pytest.mark.spec("4.3", "10.8")
@given(situations())
def test_open_calls_come_first_and_local_ones_before_the_clients(situation: Situation) -> None:
    """Local calls are run, all of them and in order; only when the client's alone are left does the turn wait."""
    head, window, progress, _ = situation
    step = _step(_patient(situation))
    local = [call for call in head.pending if not call.dynamic]

    if not head.pending or progress.last is StepEnd.STOPPED:
        assert not isinstance(step, RunTools | WaitForClient)
    elif local:
        assert isinstance(step, RunTools)
        assert [(call.call_id, call.orphaned) for call in step.calls] == [
            (call.call_id, call.orphaned) for call in local
        ]
        written = {part.tool_call_id: part.args for part in window[-1].content if isinstance(part, ToolCallPart)}
        assert [call.args for call in step.calls] == [written[call.call_id] for call in local]
        assert sorted((*step.fresh, *step.orphaned), key=lambda call: call.call_id) == list(step.calls)
        assert all(call.orphaned for call in step.orphaned)
        assert not any(call.orphaned for call in step.fresh)
    else:
        assert step == WaitForClient()


@pytest.mark.spec("5.7")
@given(situations())
def test_a_compaction_asked_for_comes_after_the_calls_and_before_all_else(situation: Situation) -> None:
    """With nothing to cover the turn ends, and so it does without calling the model in any case."""
    head, *_ = situation
    step = _step(_patient(situation))

    if head.compaction_requested and not head.pending:
        assert step == (Compact() if head.compactable else Finish())
    else:
        assert step != Compact()


@pytest.mark.spec("4.1", "4.2")
@given(situations())
def test_the_model_is_called_exactly_when_it_is_its_turn_to_speak(situation: Situation) -> None:
    """The newest thing the model sees, system words aside, asks for an answer; and steps are left."""
    head, window, progress, limits = situation
    if head.pending or head.compaction_requested:
        return
    step = _step(_patient(situation))

    seen = [
        message
        for message in window
        if message.visibility in (Visibility.BOTH, Visibility.MODEL) and message.role is not Role.SYSTEM
    ]
    newest = seen[-1] if seen else None
    wanted = newest is not None and progress.last is not StepEnd.STOPPED
    if newest is not None and newest.role is Role.ASSISTANT and wanted:
        results = {part.tool_call_id for part in newest.content if isinstance(part, ToolResultPart)}
        broken_off = [
            part
            for part in newest.content
            if isinstance(part, ToolCallPart) and part.provider_executed and part.tool_call_id not in results
        ]
        wanted = newest.partial or progress.last is StepEnd.PAUSED or bool(broken_off)
    steps_left = progress.steps < max(1, limits.steps_max)
    assert step == (CallModel() if wanted and steps_left else Finish())


@pytest.mark.spec("4.6")
@given(situations())
def test_a_turn_that_was_tried_too_often_fails_instead_of_working(situation: Situation) -> None:
    """The durable counter ends a chat that kills its workers; ending and waiting are never in the way of it."""
    head, _, _, limits = situation
    patient = _step(_patient(situation))
    step = _step(situation)

    tried_out = limits.attempts_max is not None and head.generation_attempt > limits.attempts_max
    if tried_out and isinstance(patient, CallModel | RunTools | Compact):
        assert isinstance(step, Fail)
        assert str(head.generation_attempt - 1) in step.error.message
    else:
        assert step == patient


@pytest.mark.spec("4.1", "4.2")
@given(situations())
def test_nothing_is_ever_done_after_the_model_stopped(situation: Situation) -> None:
    """Once the model is done only a compaction asked for is left to do; calls it left behind are not run."""
    head, window, progress, limits = situation
    step = next_step(head, window, progress=evolve(progress, last=StepEnd.STOPPED), limits=limits)

    assert isinstance(step, Finish | Compact | Fail)
    if head.pending or not head.compaction_requested:
        assert step == Finish()


@pytest.mark.spec("4.3")
@given(pending_calls())
def test_arguments_that_the_window_lacks_are_a_broken_log(asked: tuple[tuple[PendingCall, ...], Message]) -> None:
    """A pending local call whose message is not there is never run with made-up arguments."""
    calls, caller = asked
    head = ChatHead(owner_id=OWNER, seq=9000, history_version=9000, pending=calls, pending_seq=CALLER_SEQ)
    if any(not call.dynamic for call in calls):
        for window in ([], [evolve(caller, content=())], [evolve(caller, id=1)]):
            with pytest.raises(Corrupt):
                next_step(head, window)
