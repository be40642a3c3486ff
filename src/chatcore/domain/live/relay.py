"""The relay machine: how a viewer gets the parts of a reply that another replica makes (agent-and-relay C6.c, C7).

There is at most one dial or connection at a time. It serves one worker for as long as the viewer wants parts of that
worker; another episode is only selected on it. Every dial has its own identity, and what an old one brings is dropped,
so a slow answer can never install itself after a switch. Parts are forwarded without a hole and each once, whatever
the connection repeats or loses: a gap asks for the episode again, from its first part (C6.10).
"""

from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from attrs import evolve, frozen

from chatcore.domain.ids import WorkerId
from chatcore.domain.limits import RELAY_DIAL_MS_MAX, RELAY_REPLAY_MS_MAX, RELAY_RETRY_MS_MAX, RELAY_RETRY_MS_MIN
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.relay_signals import (
    Closed,
    Connected,
    Dial,
    DialFailed,
    DialId,
    Effect,
    Ended,
    Forward,
    HangUp,
    Input,
    PartsCame,
    PartsLost,
    RelayTarget,
    Select,
    Targeted,
    TimeCame,
)


class RelayPhase(StrEnum):
    """What the relay is doing."""

    IDLE = "idle"
    """No other replica makes parts for this viewer."""
    DIALING = "dialing"
    OPEN = "open"
    """Connected, and the target's episode is selected."""
    WAITING = "waiting"
    """The worker could not be reached, or the connection ended: it is dialled again at `wake_at`."""
    REFUSED = "refused"
    """The worker does not let this viewer in: nothing is dialled until there is another target."""
    CLOSED = "closed"


_ON_THE_LINE: Final = frozenset({RelayPhase.DIALING, RelayPhase.OPEN})
_NEVER: Final = DialId(0)


@frozen(kw_only=True)
class RelayState:
    """What the relay of one viewer knows. Begin with `RelayState(own=…)`."""

    own: WorkerId | None
    """The worker of this process, whose parts are read from the local buffer; None if it has none."""
    phase: RelayPhase = RelayPhase.IDLE
    target: RelayTarget | None = None
    dial: DialId = _NEVER
    """The newest dial; on the line in the phases `dialing` and `open`."""
    wake_at: float | None = None
    """When to say `TimeCame`; None: there is nothing to wait for but other inputs."""
    retry_ms: int = RELAY_RETRY_MS_MIN
    """The wait after the next failure."""
    forwarded: int = 0
    """The newest part of the target's episode that was forwarded."""
    replaying: bool = False
    """The episode was selected again, and its first part did not come yet."""
    missed: int = 0
    """The part of the episode for whose sake it was last selected again; 0 if it never was."""

    @property
    def delivering(self) -> bool:
        """Whether parts come this way as soon as they are shown where they are made."""
        return self.phase is RelayPhase.OPEN and not self.replaying


Step: TypeAlias = tuple[RelayState, tuple[Effect, ...]]


def step(state: RelayState, event: Input) -> Step:
    """The next state and what to do, in this order. A closed relay does nothing more."""
    if state.phase is RelayPhase.CLOSED:
        return state, ()
    match event:
        case Targeted(target=target, at=at):
            return _targeted(state, None if target is None or _local(state, target) else target, at)
        case TimeCame(at=at):
            return _time_came(state, at)
        case Closed():
            state, effects = _idle(state)
            return evolve(state, phase=RelayPhase.CLOSED), effects
        case Connected() | DialFailed() | PartsCame() | PartsLost() | Ended():
            if event.dial != state.dial or state.phase not in _ON_THE_LINE:
                return state, ()
            return _heard(state, event)
        case _:
            assert_never(event)


def _local(state: RelayState, target: RelayTarget) -> bool:
    """Whether there is nobody to dial: this process makes the parts itself, or none are made (C6.c)."""
    return target.worker_id == state.own or target.episode.generation_attempt == 0


def _targeted(state: RelayState, target: RelayTarget | None, at: float) -> Step:
    before = state.target
    if target == before:
        return state, ()
    if target is None:
        return _idle(state)
    state = evolve(state, target=target, forwarded=0, replaying=False, missed=0)
    stays = before is not None and before.worker_id == target.worker_id
    if not stays or state.phase is RelayPhase.REFUSED:
        dialing, effects = _dialled(evolve(state, retry_ms=RELAY_RETRY_MS_MIN), at)
        return dialing, (*_hang_up(state), *effects)
    if state.phase is RelayPhase.OPEN:
        # A replay that was waited for is of no interest any more.
        return evolve(state, wake_at=None), (Select(dial=state.dial, episode=target.episode),)
    return state, ()


def _idle(state: RelayState) -> Step:
    return RelayState(own=state.own, dial=state.dial), _hang_up(state)


def _hang_up(state: RelayState) -> tuple[HangUp, ...]:
    return (HangUp(dial=state.dial),) if state.phase in _ON_THE_LINE else ()


def _dialled(state: RelayState, at: float) -> Step:
    target, dial = state.target, DialId(state.dial + 1)
    assert target is not None, "somebody is dialled for the sake of a target"
    dialing = evolve(state, phase=RelayPhase.DIALING, dial=dial, wake_at=at + RELAY_DIAL_MS_MAX / 1000)
    return dialing, (Dial(dial=dial, worker_id=target.worker_id),)


def _time_came(state: RelayState, at: float) -> Step:
    if state.wake_at is None or at < state.wake_at:
        return state, ()
    return _dialled(state, at) if state.phase is RelayPhase.WAITING else _given_up(state, at)


def _given_up(state: RelayState, at: float) -> Step:
    """Dial again after a while, twice as long as the one before."""
    waiting = evolve(
        state,
        phase=RelayPhase.WAITING,
        wake_at=at + state.retry_ms / 1000,
        retry_ms=min(2 * state.retry_ms, RELAY_RETRY_MS_MAX),
        replaying=False,
    )
    return waiting, _hang_up(state)


def _heard(state: RelayState, event: Connected | DialFailed | PartsCame | PartsLost | Ended) -> Step:
    """Something came from the dial that is on the line."""
    assert state.target is not None, "a dial has a target"
    is_open = state.phase is RelayPhase.OPEN
    match event:
        case Connected():
            connected = evolve(state, phase=RelayPhase.OPEN, wake_at=None, retry_ms=RELAY_RETRY_MS_MIN)
            # The newest target counts, whatever it was when the dial began.
            return (state, ()) if is_open else (connected, (Select(dial=state.dial, episode=state.target.episode),))
        case DialFailed(refused=True):
            return evolve(state, phase=RelayPhase.REFUSED, wake_at=None), ()
        case DialFailed(at=at) | Ended(at=at):
            return _given_up(state, at)[0], ()
        case PartsCame(episode=episode, parts=parts, at=at):
            return _parts(state, parts, at) if is_open and episode == state.target.episode else (state, ())
        case PartsLost(episode=episode, at=at):
            wanted = is_open and episode == state.target.episode and not state.replaying
            return _missing(state, state.target.episode, at) if wanted else (state, ())
        case _:
            assert_never(event)


def _parts(state: RelayState, parts: tuple[JournalPart, ...], at: float) -> Step:
    """Forward what is new, up to the first part that is missing."""
    assert state.target is not None, "parts are of a target's episode"
    episode, forwarded, replaying, gap = state.target.episode, state.forwarded, state.replaying, False
    new: list[JournalPart] = []
    for part in parts:
        # What was sent before the episode was selected again says nothing about the replay.
        replaying = replaying and part.number != 1
        if replaying or part.number <= forwarded:
            continue
        if gap := part.number != forwarded + 1:
            break
        forwarded = part.number
        new.append(part)
    effects = (Forward(episode=episode, parts=tuple(new)),) if new else ()
    state = evolve(state, forwarded=forwarded, replaying=replaying, wake_at=state.wake_at if replaying else None)
    if not gap:
        return state, effects
    state, more = _missing(state, episode, at)
    return state, (*effects, *more)


def _missing(state: RelayState, episode: Episode, at: float) -> Step:
    """Ask for the episode again; where that brought nothing new before, begin anew with another connection."""
    missed = state.forwarded + 1
    if missed == state.missed:
        return _given_up(state, at)
    again = evolve(state, replaying=True, missed=missed, wake_at=at + RELAY_REPLAY_MS_MAX / 1000)
    return again, (Select(dial=state.dial, episode=episode),)
