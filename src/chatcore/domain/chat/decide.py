"""Which facts a command makes true (2.5, events.md): `decide` chooses, `evolve` folds."""

from typing import Final, assert_never

from chatcore.domain.chat import commands as c
from chatcore.domain.chat import decide_details, decide_messages, decide_queue, decide_rest, decide_steps, decide_work
from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import ChatNotFound, TransitionNotAllowed
from chatcore.domain.chat.states import ExecutionState, execution_state
from chatcore.domain.chat.transitions import TRANSITIONS, allowed_commands

_BUG: Final = "decide led to a state that the transition table does not name"


def decide(head: ChatHead | None, command: c.Command) -> tuple[Event, ...]:
    """Name the events that the command makes true. Raises Rejection; then nothing is true."""
    return tuple(decide_draft(head, command).events)


def decide_draft(head: ChatHead | None, command: c.Command) -> Draft:
    """As `decide`, with the head that the events lead to."""
    state, key = execution_state(head), command_key(command)
    targets = TRANSITIONS.get((state, key))
    if targets is None:
        if state is ExecutionState.NONE:
            raise ChatNotFound
        raise TransitionNotAllowed(key, state, allowed_commands(state))
    if head is None:
        assert isinstance(command, c.Create), _BUG
        draft = decide_details.create(command)
    else:
        draft = Draft(head=head)
        _decide_into(draft, state, command)
    assert execution_state(draft.head) in targets, _BUG
    return draft


def _decide_into(draft: Draft, state: ExecutionState, command: c.Command) -> None:
    match command:
        case c.SendMessage():
            decide_messages.send(draft, state, command)
        case c.EditMessage():
            decide_messages.edit(draft, command)
        case c.DeleteQueued():
            decide_queue.delete(draft, command)
        case c.PromoteQueued():
            decide_queue.promote(draft, state, command)
        case c.Interrupt():
            decide_rest.interrupt(draft, state, command)
        case c.CompleteRequiresAction():
            decide_rest.complete_action(draft, command)
        case c.CancelRequiresAction():
            decide_rest.cancel_action(draft, command)
        case c.FinishTurn() | c.FinishError() | c.FinishInterruption():
            _finish(draft, command)
        case c.RequestCompaction() | c.ClearContext() | c.CommitCompaction():
            _context(draft, command)
        case c.CommitAnswer():
            decide_steps.answer(draft, command)
        case c.CommitResults():
            decide_steps.results(draft, command)
        case c.CommitSalvage():
            decide_steps.salvage(draft, command)
        case c.Acquire() | c.Abandon() | c.RecordGenerationAttempt() | c.RecordRetryState() | c.EnterRequiresAction():
            decide_work.work(draft, command)
        case c.Create():
            raise AssertionError(_BUG)
        case _:
            decide_details.details(draft, command)


def _finish(draft: Draft, command: c.FinishTurn | c.FinishError | c.FinishInterruption) -> None:
    match command:
        case c.FinishTurn():
            decide_rest.finish_turn(draft, command)
        case c.FinishError():
            decide_rest.finish_error(draft, command)
        case c.FinishInterruption():
            decide_rest.finish_interruption(draft, command)
        case _:
            assert_never(command)


def _context(draft: Draft, command: c.RequestCompaction | c.ClearContext | c.CommitCompaction) -> None:
    match command:
        case c.RequestCompaction():
            decide_work.request_compaction(draft)
        case c.ClearContext():
            decide_steps.clear_context(draft, command)
        case c.CommitCompaction():
            decide_steps.compaction(draft, command)
        case _:
            assert_never(command)
