"""The runner machine: which activity a chat's runner is in, as a function of the heads it sees (7.7, architecture 6).

A runner holds one chat. It runs at most one activity at a time; a change that another writer made cancels it, one
that it made itself never does. While an append is in flight, what is seen is held back until its outcome is known.
"""

from enum import StrEnum
from typing import TypeAlias, assert_never

from attrs import evolve, frozen

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import RunnerId


class Activity(StrEnum):
    """What a runner does."""

    GENERATE = "generate"
    INTERRUPT = "interrupt"


@frozen
class Observed:
    """The chat's head was read, after a hint or by polling."""

    head: ChatHead


@frozen
class AppendBegan:
    """The activity is about to append."""


@frozen
class AppendEnded:
    """The append landed and led to a head, or (None) it did not."""

    head: ChatHead | None


@frozen
class ActivityEnded:
    """The activity came to its end, or was cancelled."""


Input: TypeAlias = Observed | AppendBegan | AppendEnded | ActivityEnded


@frozen
class Start:
    """Begin an activity."""

    activity: Activity


@frozen
class Cancel:
    """Cancel the running activity; `ActivityEnded` follows."""


@frozen
class Stop:
    """The chat is somebody else's or at rest: the runner ends."""


Effect: TypeAlias = Start | Cancel | Stop


@frozen(kw_only=True)
class RunnerState:
    """What a runner knows. Begin with `RunnerState(runner_id=…, head=…)` and feed `Observed(head)`-like inputs."""

    runner_id: RunnerId
    head: ChatHead
    """The newest head that the runner knows."""
    active: Activity | None = None
    cancelling: bool = False
    in_flight: bool = False
    held: ChatHead | None = None
    """The newest head seen while an append was in flight."""
    stopped: bool = False


def begin(runner_id: RunnerId, head: ChatHead) -> tuple[RunnerState, tuple[Effect, ...]]:
    """The runner of a chat that was just acquired."""
    return _go_on(RunnerState(runner_id=runner_id, head=head))


def step(state: RunnerState, event: Input) -> tuple[RunnerState, tuple[Effect, ...]]:
    """The next state and what to do. A stopped runner does nothing more."""
    if state.stopped:
        return state, ()
    match event:
        case Observed(head=head):
            if head.seq <= state.head.seq:
                return state, ()
            if state.in_flight:
                newest = head if state.held is None or head.seq > state.held.seq else state.held
                return evolve(state, held=newest), ()
            return _seen(state, head)
        case AppendBegan():
            return evolve(state, in_flight=True), ()
        case AppendEnded(head=head):
            return _appended(state, head)
        case ActivityEnded():
            return _go_on(evolve(state, active=None, cancelling=False, in_flight=False))
        case _:
            assert_never(event)


def _appended(state: RunnerState, head: ChatHead | None) -> tuple[RunnerState, tuple[Effect, ...]]:
    """Take the own head first, then what was held back: only the rest of the way was another writer's."""
    own = state.head if head is None or head.seq <= state.head.seq else head
    held = state.held
    state = evolve(state, head=own, in_flight=False, held=None)
    if held is not None and held.seq > own.seq:
        return _seen(state, held)
    return state, ()


def _seen(state: RunnerState, head: ChatHead) -> tuple[RunnerState, tuple[Effect, ...]]:
    """Take a head that another writer made."""
    moved = (
        head.runner_id != state.runner_id
        or head.history_version > state.head.history_version
        or head.status is not state.head.status
    )
    state = evolve(state, head=head)
    if state.active is None:
        return _go_on(state)
    if moved and not state.cancelling:
        return evolve(state, cancelling=True), (Cancel(),)
    return state, ()


def _go_on(state: RunnerState) -> tuple[RunnerState, tuple[Effect, ...]]:
    """With no activity running: begin the one that the newest head asks for, or stop."""
    if state.held is not None:
        newest = max(state.head, state.held, key=lambda head: head.seq)
        state = evolve(state, head=newest, held=None)
    wanted = _wanted(state.head, state.runner_id)
    if wanted is None:
        return evolve(state, stopped=True), (Stop(),)
    return evolve(state, active=wanted), (Start(wanted),)


def _wanted(head: ChatHead, runner_id: RunnerId) -> Activity | None:
    if head.runner_id != runner_id:
        return None
    match head.status:
        case Status.RUNNING:
            return Activity.GENERATE
        case Status.INTERRUPTING:
            return Activity.INTERRUPT
        case _:
            return None
