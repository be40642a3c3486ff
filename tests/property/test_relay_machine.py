"""The relay machine: one connection at a time, whatever it is told, and in whatever order (C6.c, C5.3)."""

from typing import Final

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.limits import RELAY_RETRY_MS_MAX, RELAY_RETRY_MS_MIN
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.relay import RelayPhase, RelayState, step
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

OWN, B, C = WorkerId("own"), WorkerId("b"), WorkerId("c")
PAUSES: Final = st.sampled_from([0.0, 0.0, 0.05, 0.1, 0.2, 1.0, 5.0, 10.0])


def episode(history: int, attempt: int = 1) -> Episode:
    """An episode of the one chat."""
    return Episode(chat_id=ChatId("chat"), history_version=history, generation_attempt=attempt)


def part(number: int) -> JournalPart:
    """A part that says its number."""
    return JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=str(number)))


@frozen
class Move:
    """An input to be. `age` 0 is the newest dial, 1 the one before it."""

    kind: type[Input]
    pause: float
    age: int
    target: RelayTarget | None
    episode: Episode | None
    """None: that of the target."""
    numbers: tuple[int, ...]
    refused: bool

    def input(self, state: RelayState, at: float) -> Input:
        """The input for a machine in this state."""
        dial = DialId(state.dial - self.age)
        parts = tuple(map(part, self.numbers))
        of = self.episode or (episode(1) if state.target is None else state.target.episode)
        if self.kind is Targeted:
            return Targeted(target=self.target, at=at)
        if self.kind is Connected:
            return Connected(dial=dial)
        if self.kind is DialFailed:
            return DialFailed(dial=dial, at=at, refused=self.refused)
        if self.kind is PartsCame:
            return PartsCame(dial=dial, at=at, episode=of, parts=parts)
        if self.kind is PartsLost:
            return PartsLost(dial=dial, at=at, episode=of)
        if self.kind is Ended:
            return Ended(dial=dial, at=at)
        return Closed() if self.kind is Closed else TimeCame(at=at)


@frozen
class Moment:
    """One step: the states before and after it."""

    before: RelayState
    input: Input
    after: RelayState
    effects: tuple[Effect, ...]
    at: float


KINDS: Final = (
    *(Targeted, Targeted, Targeted, Connected, Connected, Connected),
    *(PartsCame, PartsCame, PartsCame, PartsLost, PartsLost, DialFailed, Ended, TimeCame, TimeCame),
)


def moves(*kinds: type[Input]) -> st.SearchStrategy[Move]:
    """Something that can be told to the machine."""
    episodes = st.builds(episode, st.integers(1, 2), st.sampled_from([1, 1, 1, 1, 2, 2, 0]))
    targets = st.builds(RelayTarget, worker_id=st.sampled_from([B, B, B, B, C, C, OWN]), episode=episodes)
    return st.builds(
        Move,
        kind=st.sampled_from(kinds),
        pause=PAUSES,
        age=st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2]),
        target=st.integers(0, 9).flatmap(lambda number: st.none() if number == 9 else targets),
        episode=st.integers(0, 4).flatmap(lambda number: episodes if number == 4 else st.none()),
        numbers=st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple),
        refused=st.sampled_from([False, False, True]),
    )


REACHES_B: Final = [
    Move(kind, 0.0, 0, RelayTarget(worker_id=B, episode=episode(1)), None, (), refused=False)
    for kind in (Targeted, Connected)
]


def scripts(*kinds: type[Input]) -> st.SearchStrategy[list[Move]]:
    """Anything that can be told to the machine, also what no port would; often B is connected at first."""
    anything = st.lists(moves(*(kinds or KINDS)), min_size=5, max_size=40)
    return st.builds(lambda first, rest: first + rest, st.sampled_from([[], REACHES_B, REACHES_B]), anything)


def driven(script: list[Move]) -> list[Moment]:
    """What the machine makes of a script."""
    state, at, moments = RelayState(own=OWN), 0.0, list[Moment]()
    for move in script:
        at += move.pause
        before, event = state, move.input(state, at)
        state, effects = step(before, event)
        moments.append(Moment(before, event, state, effects, at))
    return moments


@pytest.mark.spec("C6.c", "architecture-7")
@given(scripts())
def test_there_is_one_connection_at_most(script: list[Move]) -> None:
    """A dial begins only when the one before it failed, ended or was hung up, and no identity is used twice (C2.1)."""
    on_the_line: DialId | None = None
    dialled, connected = 0, False
    for moment in driven(script):
        if isinstance(moment.input, DialFailed | Ended) and moment.input.dial == on_the_line:
            on_the_line = None
        if isinstance(moment.input, Connected) and moment.input.dial == on_the_line:
            connected = True
        for effect in moment.effects:
            match effect:
                case Dial(dial=dial):
                    assert on_the_line is None
                    assert dial == dialled + 1
                    on_the_line, dialled, connected = dial, dial, False
                case HangUp(dial=dial):
                    assert dial == on_the_line
                    on_the_line = None
                case Select(dial=dial):
                    assert dial == on_the_line
                    assert connected
                case Forward():
                    assert on_the_line is not None
                    assert connected


@pytest.mark.spec("C6.c", "C7.3", "6.6.8", "architecture-7")
@given(scripts())
def test_what_comes_from_an_old_dial_is_dropped(script: list[Move]) -> None:
    """An answer, a part, a gap or an end of a dial that is no longer on the line changes nothing."""
    for moment in driven(script):
        event = moment.input
        if isinstance(event, Targeted | TimeCame | Closed):
            continue
        line = moment.before.phase in (RelayPhase.DIALING, RelayPhase.OPEN)
        if not line or event.dial != moment.before.dial:
            assert (moment.after, moment.effects) == (moment.before, ())


@pytest.mark.spec("C6.c", "C7.8")
@given(scripts())
def test_only_another_worker_that_makes_parts_is_dialled(script: list[Move]) -> None:
    """Never this process's own worker, never for attempt 0; and only the newest target counts."""
    newest: RelayTarget | None = None
    for moment in driven(script):
        if isinstance(moment.input, Targeted):
            newest = moment.input.target
        remote = newest is not None and newest.worker_id != OWN and newest.episode.generation_attempt > 0
        for effect in moment.effects:
            if isinstance(effect, Dial | Select | Forward):
                assert newest is not None
                assert remote
            if isinstance(effect, Dial):
                assert newest is not None
                assert effect.worker_id == newest.worker_id
            if isinstance(effect, Select | Forward):
                assert newest is not None
                assert effect.episode == newest.episode
        assert moment.after.target == (newest if remote else None)


@pytest.mark.spec("C6.c")
@given(scripts())
def test_an_open_connection_has_the_newest_episode_selected(script: list[Move]) -> None:
    """Whenever it is open; another episode of the same worker never dials."""
    selected: Episode | None = None
    for moment in driven(script):
        for effect in moment.effects:
            selected = effect.episode if isinstance(effect, Select) else selected
        if moment.after.phase is RelayPhase.OPEN:
            assert moment.after.target is not None
            assert selected == moment.after.target.episode
        same_worker = (
            moment.before.target is not None
            and moment.after.target is not None
            and moment.before.target.worker_id == moment.after.target.worker_id
        )
        if isinstance(moment.input, Targeted) and same_worker and moment.before.phase is not RelayPhase.REFUSED:
            assert not any(isinstance(effect, Dial | HangUp) for effect in moment.effects)


@pytest.mark.spec("C6.10", "C7.1", "architecture-7")
@given(scripts())
def test_parts_are_forwarded_once_and_without_a_hole(script: list[Move]) -> None:
    """Of each target's episode from number 1 on, each part once, whatever came twice, early, or not at all."""
    number = 0
    for moment in driven(script):
        if moment.after.target != moment.before.target:
            number = 0
        for effect in moment.effects:
            if isinstance(effect, Forward):
                assert effect.parts
                for each in effect.parts:
                    assert each.number == number + 1
                    number = each.number


@pytest.mark.spec("C5.3", "C6.9", "C6.c")
@given(scripts())
def test_a_refused_target_is_not_dialled_again(script: list[Move]) -> None:
    """401 and 403 are final: whatever happens, only another target dials."""
    for moment in driven(script):
        if moment.before.phase is RelayPhase.REFUSED and moment.after.target == moment.before.target:
            assert moment.effects == ()
            assert moment.after.wake_at is None


@pytest.mark.spec("C6.c")
@given(scripts(*KINDS, Closed))
def test_a_closed_relay_does_nothing_more(script: list[Move]) -> None:
    """Closing hangs up; from then on there is no effect, and closing again is allowed."""
    for moment in driven(script):
        if isinstance(moment.input, Closed):
            assert moment.after.phase is RelayPhase.CLOSED
            assert moment.after.wake_at is None
        if moment.before.phase is RelayPhase.CLOSED:
            assert (moment.after, moment.effects) == (moment.before, ())


@pytest.mark.spec("C6.c")
@given(scripts())
def test_a_remote_target_is_never_forgotten(script: list[Move]) -> None:
    """As long as parts are made elsewhere and the viewer may have them, a dial is on the line or a time is set."""
    for moment in driven(script):
        state = moment.after
        match state.phase:
            case RelayPhase.IDLE:
                assert state.target is None
                assert state.wake_at is None
            case RelayPhase.DIALING | RelayPhase.WAITING:
                assert state.target is not None
                assert state.wake_at is not None
            case RelayPhase.OPEN:
                assert (state.wake_at is not None) == state.replaying
                assert state.delivering != state.replaying
            case _:
                assert state.phase is RelayPhase.REFUSED


@pytest.mark.spec("C6.c", "C7.2", "C7.4")
@given(st.lists(PAUSES, max_size=12), st.integers(0, 9))
def test_retries_wait_twice_as_long_each_time(lateness: list[float], answered: int) -> None:
    """100 ms, 200 ms … up to 5 s, not a moment earlier; a dial that is answered begins at 100 ms again."""
    state, effects = step(RelayState(own=OWN), Targeted(target=RelayTarget(worker_id=B, episode=episode(1)), at=0.0))
    at, expected_ms = 0.0, RELAY_RETRY_MS_MIN
    for count, late in enumerate(lateness):
        assert [Dial] == [type(effect) for effect in effects]
        if count == answered:
            state, _ = step(state, Connected(dial=state.dial))
            state, _ = step(state, Ended(dial=state.dial, at=at))
            expected_ms = RELAY_RETRY_MS_MIN
        else:
            state, _ = step(state, DialFailed(dial=state.dial, at=at))
        due_at = at + expected_ms / 1000
        assert step(state, TimeCame(at=due_at - 0.001)) == (state, ())
        at = due_at + late
        state, effects = step(state, TimeCame(at=at))
        expected_ms = min(2 * expected_ms, RELAY_RETRY_MS_MAX)
