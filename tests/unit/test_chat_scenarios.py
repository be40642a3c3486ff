"""The scenarios of chat-core 2.11 and 3.6: sending, queueing, promoting, taking, interrupting, archiving."""

from typing import Final

import pytest
from attrs import evolve

from chatcore.domain.chat import commands as c
from chatcore.domain.chat import events as e
from chatcore.domain.chat.cancellations import CancelReason
from chatcore.domain.chat.decide_messages import NEW_MESSAGE_REASON
from chatcore.domain.chat.decide_queue import PROMOTED_REASON
from chatcore.domain.chat.rejections import (
    EvidenceStale,
    NoDefaultModelConfig,
    QueuedMessageNotFound,
    TransitionNotAllowed,
)
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.values import ActionEnd, QueueRemoval, TurnCause
from chatcore.domain.content.messages import Effort, Role, Visibility
from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import (
    CLIENT_CALL,
    FAILURE,
    OWNER,
    SITUATIONS,
    Calls,
    Situation,
    acquire,
    reach,
    send,
    words,
)
from chatcore.testing.standard_commands import standard_command
from chatcore.testing.trying import at, error_of, messages_of, refused, situations

WORKING: Final = situations("R0", "R1", "I0", "I1")
QUEUED: Final = [each for each in SITUATIONS if each.rows]


@pytest.mark.spec("2.11.1")
def test_deleting_the_only_waiting_message_leaves_a_running_chat() -> None:
    """R1 with one row, deleted: R0, and the owner works on."""
    chat = at("R1", rows=1, owned=True, calls=Calls.NONE)
    owner = chat.current.runner_id

    row = chat.current.queue[0].id
    removed = chat.do(c.DeleteQueued(queued_id=row))
    assert removed == (e.QueueRemoved(ids=(row,), reason=QueueRemoval.DELETED),)
    assert (ExecutionState.RUNNING, owner) == (chat.state, chat.current.runner_id)


@pytest.mark.spec("2.11.2")
def test_an_append_is_carried_out_whole_or_not_at_all() -> None:
    """Two FinishTurn in one append: the second is refused, so neither happened."""
    chat = at("R0", owned=True, calls=Calls.NONE)

    assert isinstance(refused(chat, c.FinishTurn(), c.FinishTurn()), TransitionNotAllowed)
    assert chat.state is ExecutionState.RUNNING


@pytest.mark.spec("2.11.4", "2.6.M1")
@pytest.mark.parametrize("situation", situations("A0", "A1"), ids=str)
def test_interrupting_the_wait_for_the_client_cancels_its_calls_at_once(situation: Situation) -> None:
    """A0 interrupted: R0, a cancellation per call of the client, which tells the reason, and no deadline."""
    chat = reach(situation)

    events = chat.do(c.Interrupt(reason="enough"))
    (cancelled,) = messages_of(events)
    assert cancelled.content == (
        ToolResultPart(
            tool_call_id=CLIENT_CALL.tool_call_id,
            tool_name=CLIENT_CALL.tool_name,
            result=JsonText('"enough"'),
            is_error=True,
        ),
    )
    assert (Role.TOOL, Visibility.BOTH, "model-1") == (cancelled.role, cancelled.visibility, cancelled.model_id)
    assert (None, ()) == (chat.current.deadline_at, chat.current.pending)
    assert events[-1] == e.ActionEnded(reason=ActionEnd.INTERRUPTED)


@pytest.mark.spec("2.11.5")
@pytest.mark.parametrize("situation", situations("I0", "I1"), ids=str)
def test_a_second_interrupt_is_refused(situation: Situation) -> None:
    """The chat is interrupting already; its owner stays."""
    chat = reach(situation)

    refusal = refused(chat, c.Interrupt())
    assert isinstance(refusal, TransitionNotAllowed)
    assert (CommandKey.INTERRUPT, chat.state) == (refusal.command, refusal.state)
    assert CommandKey.FINISH_INTERRUPTION in refusal.allowed
    assert situation.owned is chat.current.owned


@pytest.mark.spec("2.11.7", "2.4")
@pytest.mark.parametrize("situation", WORKING, ids=str)
def test_a_chat_is_taken_without_looking_at_who_had_it(situation: Situation) -> None:
    """Acquire replaces the ids; a running chat counts one more attempt and forgets its retry."""
    chat = reach(situation)
    running = situation.state in ("R0", "R1")
    if running and situation.owned:
        chat.do(c.RecordRetryState(error=FAILURE, delay_ms=5, at=NOON))
    before = chat.current

    chat.do(acquire("runner-9"))
    assert ("worker-1", "runner-9") == (chat.current.worker_id, chat.current.runner_id)
    assert before.generation_attempt + running == chat.current.generation_attempt
    assert chat.current.retry is None
    assert [call.orphaned for call in chat.current.pending] == [not call.dynamic for call in chat.current.pending]


@pytest.mark.spec("2.11.8")
@pytest.mark.parametrize("situation", situations("XW", "XE0", "XE1"), ids=str)
def test_what_is_archived_cannot_be_archived_again(situation: Situation) -> None:
    """There is no silent no-op; and unarchiving gives back exactly what was archived, the error included."""
    chat = reach(situation)

    assert isinstance(refused(chat, standard_command(CommandKey.ARCHIVE, chat)), TransitionNotAllowed)
    archived = chat.current
    chat.do(standard_command(CommandKey.UNARCHIVE, chat))
    assert evolve(archived, archived=False, seq=archived.seq + 1) == chat.current


@pytest.mark.spec("3.6.1")
@pytest.mark.parametrize("situation", WORKING, ids=str)
def test_a_message_to_a_busy_chat_waits(situation: Situation) -> None:
    """The owner and the history stay as they are; the message waits as the last one."""
    chat = reach(situation)
    before, transcript = chat.current, chat.transcript()

    chat.do(send("later"))
    assert (before.runner_id, before.history_version, before.generation_attempt, before.status) == (
        chat.current.runner_id,
        chat.current.history_version,
        chat.current.generation_attempt,
        chat.current.status,
    )
    assert transcript == chat.transcript()
    assert (chat.current.seq, len("later"), OWNER) == (
        chat.current.queue[-1].id,
        chat.current.queue[-1].bytes,
        chat.current.queue[-1].created_by,
    )
    assert chat.current.queue[:-1] == before.queue


@pytest.mark.spec("3.6.2", "3.2", "2.6.M2")
def test_an_interrupting_message_follows_the_partial_answer() -> None:
    """R0, sent with interrupt: I1; when the interrupt is carried out the history ends with partial, then message."""
    chat = at("R0", owned=True, calls=Calls.NONE)

    sent = chat.do(send("no, this", c.Behavior.INTERRUPT))
    assert (ExecutionState.INTERRUPTING_QUEUED, e.InterruptRequested(reason=NEW_MESSAGE_REASON)) == (
        chat.state,
        sent[-1],
    )
    row = chat.current.queue[0].id
    chat.do(c.FinishInterruption(partial=words("I was"), promotion=chat.first_promotion()))
    partial, message = list(chat.transcript())[-2:]
    assert (True, words("I was")) == (partial.partial, partial.content)
    assert (row, words("no, this"), Role.USER) == (message.from_queue, message.content, message.role)
    assert (ExecutionState.RUNNING, 1) == (chat.state, chat.current.generation_attempt)


@pytest.mark.spec("3.6.4", "2.5")
@pytest.mark.parametrize("situation", situations("W", "E0"), ids=str)
@pytest.mark.parametrize("behavior", c.Behavior)
def test_a_message_to_a_resting_chat_is_said_at_once(situation: Situation, behavior: c.Behavior) -> None:
    """It goes straight into the history, whatever the behaviour, and the error is forgotten (M3)."""
    chat = reach(situation)
    message = c.SendMessage(
        content=words("hi"), created_by=OWNER, behavior=behavior, model_id="model-3", effort=Effort.LOW
    )

    events = chat.do(message)
    added = e.MessageAdded(role=Role.USER, content=words("hi"), model_id="model-3", effort=Effort.LOW, created_by=OWNER)
    assert (added, e.TurnStarted(cause=TurnCause.SENT)) == events
    assert ((), None, "model-3", Effort.LOW) == (
        chat.current.queue,
        chat.current.last_error,
        chat.current.model_id,
        chat.current.effort,
    )


@pytest.mark.spec("3.6.5", "2.5")
def test_the_oldest_waiting_message_is_said_when_a_turn_ends_well() -> None:
    """Two wait and the turn ends: the first is said, the second waits on, and the runner goes on without a pause."""
    chat = at("R1", rows=2, owned=True, calls=Calls.NONE)
    first, second = chat.current.queue
    runner = chat.current.runner_id

    events = chat.do(c.FinishTurn(promotion=chat.first_promotion()))
    assert (first.id, words("waiting 1")) == (messages_of(events)[-1].from_queue, messages_of(events)[-1].content)
    assert e.TurnStarted(cause=TurnCause.PROMOTED) == events[-1]
    assert ((second,), runner, 1) == (
        chat.current.queue,
        chat.current.runner_id,
        chat.current.generation_attempt,
    )


@pytest.mark.spec("3.6.6", "2.5")
@pytest.mark.parametrize("situation", situations("R1", "I1", rows=2), ids=str)
def test_a_later_row_that_is_promoted_becomes_the_first(situation: Situation) -> None:
    """In R1 it interrupts the turn, in I1 the turn is stopping anyway; the row waits and nothing enters the history."""
    chat = reach(situation)
    first, second = chat.current.queue
    transcript = chat.transcript()

    events = chat.do(c.PromoteQueued(queued_id=second.id))
    assert (second, first) == chat.current.queue
    assert transcript == chat.transcript()
    asked = (e.InterruptRequested(reason=PROMOTED_REASON),) if situation.state == "R1" else ()
    assert (e.QueueMoved(id=second.id), *asked) == events


@pytest.mark.spec("2.5")
@pytest.mark.parametrize("situation", situations("E1", "A1", rows=2), ids=str)
def test_a_row_that_is_promoted_at_rest_is_said_at_once(situation: Situation) -> None:
    """In E1 and A1 exactly that row leaves the queue; calls that were open are cancelled before it is said (M2)."""
    chat = reach(situation)
    first, second = chat.current.queue

    events = chat.do(c.PromoteQueued(queued_id=second.id, promotion=chat.promotion(second.id)))
    *cancelled, said = messages_of(events)
    assert e.TurnStarted(cause=TurnCause.PROMOTED) == events[-1]
    assert (second.id, OWNER, "model-default") == (said.from_queue, said.created_by, said.model_id)
    assert len(situation.calls.parts) == len(cancelled)
    assert all(JsonText(f'"{CancelReason.PROMOTED}"') == error_of(message) for message in cancelled)
    assert ((first,), None, None, ()) == (
        chat.current.queue,
        chat.current.last_error,
        chat.current.deadline_at,
        chat.current.pending,
    )


@pytest.mark.spec("2.5", "events")
def test_a_message_after_an_error_waits_behind_those_that_wait() -> None:
    """E1: the new message is queued and the first one is said, with the cause `sent`."""
    chat = at("E1", rows=2)
    first, second = chat.current.queue

    events = chat.do(evolve(send("new"), promotion=chat.first_promotion()))
    assert first.id == messages_of(events)[0].from_queue
    assert e.TurnStarted(cause=TurnCause.SENT) == events[-1]
    assert [second.id, chat.current.seq - 2] == [row.id for row in chat.current.queue]
    assert chat.current.last_error is None


@pytest.mark.spec("2.5", "3.4", "2.4")
@pytest.mark.parametrize("situation", QUEUED, ids=str)
def test_a_row_that_does_not_wait_cannot_be_deleted_or_promoted(situation: Situation) -> None:
    """The refusal names the id that was asked for."""
    chat = reach(situation)
    if chat.current.archived:
        return
    for command in (c.DeleteQueued(queued_id=999), c.PromoteQueued(queued_id=999)):
        refusal = refused(chat, command)
        assert isinstance(refusal, QueuedMessageNotFound)
        assert (999, "queued_message_not_found") == (refusal.queued_id, refusal.code)


@pytest.mark.spec("2.5", "events")
def test_words_are_only_said_for_the_row_that_they_belong_to() -> None:
    """A promotion without words, with those of another row or without a model that can answer is refused."""
    chat = at("R1", rows=2, owned=True, calls=Calls.NONE)
    first, second = chat.current.queue

    for wrong, given in ((None, "nothing"), (chat.promotion(second.id), f"message {second.id}")):
        stale = refused(chat, c.FinishTurn(promotion=wrong))
        assert isinstance(stale, EvidenceStale)
        assert stale.why.endswith(f" of {given}")
    nobody = refused(chat, c.FinishTurn(promotion=evolve(chat.promotion(first.id), model_id=None)))
    assert isinstance(nobody, NoDefaultModelConfig)
    assert (first.id, "no_default_model_config") == (nobody.queued_id, nobody.code)


@pytest.mark.spec("2.5", "3.1")
def test_a_promoted_message_keeps_effort_and_sender() -> None:
    """The row's own; the model is the one that was found for it."""
    chat = at("R0", owned=True, calls=Calls.NONE)
    chat.do(c.SendMessage(content=words("later"), created_by=OWNER, model_id="model-8", effort=Effort.XHIGH))
    row = chat.current.queue[0]
    promotion = evolve(chat.promotion(row.id), model_id="model-found")

    said = messages_of(chat.do(c.FinishTurn(promotion=promotion)))[-1]
    assert (row.id, Effort.XHIGH, OWNER, "model-found") == (
        said.from_queue,
        said.effort,
        said.created_by,
        said.model_id,
    )
    assert ("model-8", Effort.XHIGH) == (row.model_id, row.effort)


@pytest.mark.spec("3.1")
def test_a_waiting_message_keeps_what_it_came_with() -> None:
    """Words, model, effort and sender stand in the event; all but the words in the head."""
    chat = at("R0", owned=True, calls=Calls.NONE)
    message = c.SendMessage(content=words("later"), created_by=OWNER, model_id="model-8", effort=Effort.XHIGH)

    assert chat.do(message) == (
        e.MessageQueued(content=words("later"), created_by=OWNER, model_id="model-8", effort=Effort.XHIGH),
    )
