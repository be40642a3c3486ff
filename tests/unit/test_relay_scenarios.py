"""The scenarios of agent-and-relay C7 with the delays of C6.c, as lists of what happens and what the machine asks for.

C7.11 and C7.12 are about handshakes over HTTP; no machine sees them.
"""

from typing import Final

import pytest

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.relay import RelayState, step
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

HERE, B, C = WorkerId("here"), WorkerId("b"), WorkerId("c")
FIRST, SECOND, THIRD = DialId(1), DialId(2), DialId(3)
E1: Final = Episode(chat_id=ChatId("chat"), history_version=3, generation_attempt=1)
E2: Final = Episode(chat_id=ChatId("chat"), history_version=3, generation_attempt=2)


def on(worker_id: WorkerId, episode: Episode = E1, *, at: float = 0.0) -> Targeted:
    """The head says that the worker makes the episode."""
    return Targeted(target=RelayTarget(worker_id=worker_id, episode=episode), at=at)


def nowhere(*, at: float) -> Targeted:
    """The head says that nobody makes anything."""
    return Targeted(target=None, at=at)


def parts(*numbers: int) -> tuple[JournalPart, ...]:
    """Parts with these numbers."""
    return tuple(JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=str(number))) for number in numbers)


def came(*numbers: int, dial: DialId = FIRST, episode: Episode = E1, at: float = 1.0) -> PartsCame:
    """Parts came over a connection."""
    return PartsCame(dial=dial, at=at, episode=episode, parts=parts(*numbers))


def shown(*numbers: int, episode: Episode = E1) -> Forward:
    """Parts are shown to the viewer."""
    return Forward(episode=episode, parts=parts(*numbers))


def plays(*script: tuple[Input, tuple[Effect, ...]]) -> RelayState:
    """Each input has exactly these effects."""
    state = RelayState(own=HERE)
    for number, (event, expected) in enumerate(script):
        state, effects = step(state, event)
        assert effects == expected, f"input {number}: {event}"
    return state


CALLS_B: Final = (Dial(dial=FIRST, worker_id=B),)
SELECTS: Final = (Select(dial=FIRST, episode=E1),)
REACHES_B: Final = ((on(B), CALLS_B), (Connected(dial=FIRST), SELECTS))


@pytest.mark.spec("C7.1", "C6.c")
def test_what_the_worker_has_made_comes_before_what_it_makes() -> None:
    """The replay begins at part 1; a part that comes twice is shown once."""
    plays(
        *REACHES_B,
        (came(1, 2, 3), (shown(1, 2, 3),)),
        (came(3, 4), (shown(4),)),
        (came(4), ()),
        (came(5), (shown(5),)),
    )


@pytest.mark.spec("C7.2", "C6.c")
def test_a_first_dial_that_fails_is_tried_again() -> None:
    """After 100 ms, then 200 ms …; news that another worker runs the chat dials that one at once, from 100 ms on."""
    state = plays(
        (on(B), CALLS_B),
        (DialFailed(dial=FIRST, at=0.0), ()),
        (on(B, at=0.05), ()),
        (TimeCame(at=0.099), ()),
        (TimeCame(at=0.1), (Dial(dial=SECOND, worker_id=B),)),
        (DialFailed(dial=SECOND, at=0.1), ()),
        (TimeCame(at=0.299), ()),
        (on(C, at=0.299), (Dial(dial=THIRD, worker_id=C),)),
        (DialFailed(dial=THIRD, at=0.3), ()),
    )
    assert state.wake_at == pytest.approx(0.4)


@pytest.mark.spec("C7.3", "6.6.8", "C6.c")
def test_a_dial_that_is_superseded_never_installs_itself() -> None:
    """It is hung up, and whatever it still brings, an answer, parts, an end or a failure, is dropped."""
    plays(
        (on(B), CALLS_B),
        (on(C, E2, at=0.5), (HangUp(dial=FIRST), Dial(dial=SECOND, worker_id=C))),
        (Connected(dial=FIRST), ()),
        (came(1, 2), ()),
        (came(1, 2, episode=E2), ()),
        (Connected(dial=SECOND), (Select(dial=SECOND, episode=E2),)),
        (Ended(dial=FIRST, at=1.0), ()),
        (DialFailed(dial=FIRST, at=1.0, refused=True), ()),
        (came(1, dial=SECOND, episode=E2), (shown(1, episode=E2),)),
    )


@pytest.mark.spec("C7.4", "C6.c")
def test_a_connection_that_ends_is_dialled_again_after_a_while() -> None:
    """One new dial after 100 ms, none before; what was shown before is not shown again."""
    plays(
        *REACHES_B,
        (came(1, 2), (shown(1, 2),)),
        (Ended(dial=FIRST, at=10.0), ()),
        (TimeCame(at=10.099), ()),
        (TimeCame(at=10.1), (Dial(dial=SECOND, worker_id=B),)),
        (TimeCame(at=10.1), ()),
        (Connected(dial=SECOND), (Select(dial=SECOND, episode=E1),)),
        (came(1, 2, 3, dial=SECOND), (shown(3),)),
    )


@pytest.mark.spec("C7.5", "C6.c")
def test_nobody_is_dialled_for_a_chat_that_came_to_rest() -> None:
    """The dial had failed and would be tried again, but nobody makes anything any more."""
    state = plays(
        (on(B), CALLS_B),
        (DialFailed(dial=FIRST, at=0.0), ()),
        (nowhere(at=0.05), ()),
        (TimeCame(at=0.1), ()),
        (TimeCame(at=100.0), ()),
    )
    assert state.wake_at is None


@pytest.mark.spec("C7.6")
def test_a_retry_does_not_depend_on_being_told_anything() -> None:
    """Where the chat cannot be read, the last target stands, and is dialled as late as time is told."""
    plays(
        (on(B), CALLS_B),
        (DialFailed(dial=FIRST, at=0.0), ()),
        (TimeCame(at=20.0), (Dial(dial=SECOND, worker_id=B),)),
    )


@pytest.mark.spec("C7.7", "C6.c")
def test_a_chat_at_rest_ends_the_relay() -> None:
    """Parts that are on their way are not shown; the next turn dials anew."""
    plays(
        *REACHES_B,
        (came(1), (shown(1),)),
        (nowhere(at=2.0), (HangUp(dial=FIRST),)),
        (came(2), ()),
        (Ended(dial=FIRST, at=2.0), ()),
        (TimeCame(at=99.0), ()),
        (on(B, E2, at=99.0), (Dial(dial=SECOND, worker_id=B),)),
    )


@pytest.mark.spec("C7.8", "C6.c")
def test_a_chat_that_comes_here_ends_the_relay() -> None:
    """This process reads its own parts where they are made; so it does for an attempt that makes none."""
    plays(*REACHES_B, (on(HERE, E2, at=2.0), (HangUp(dial=FIRST),)), (came(1, episode=E2), ()))
    rests = Episode(chat_id=E1.chat_id, history_version=9, generation_attempt=0)
    plays(*REACHES_B, (on(B, rests, at=2.0), (HangUp(dial=FIRST),)))
    plays((on(HERE), ()), (on(B, rests), ()))


@pytest.mark.spec("C6.c", "C6.6")
def test_another_episode_needs_no_other_connection() -> None:
    """Only the control goes out; parts of the episode before are dropped, and numbers begin at 1 again."""
    plays(
        *REACHES_B,
        (came(1, 2), (shown(1, 2),)),
        (on(B, E2, at=2.0), (Select(dial=FIRST, episode=E2),)),
        (came(3), ()),
        (came(1, 2, episode=E2), (shown(1, 2, episode=E2),)),
    )


@pytest.mark.spec("C6.c")
def test_only_the_newest_target_counts_while_the_line_is_busy() -> None:
    """A dial, or a wait for one, goes on for another episode; it is the newest that is selected in the end."""
    e3 = Episode(chat_id=E1.chat_id, history_version=7, generation_attempt=1)
    plays(
        (on(B), CALLS_B),
        (on(B, E2, at=0.1), ()),
        (DialFailed(dial=FIRST, at=0.2), ()),
        (on(B, e3, at=0.25), ()),
        (TimeCame(at=0.31), (Dial(dial=SECOND, worker_id=B),)),
        (Connected(dial=SECOND), (Select(dial=SECOND, episode=e3),)),
    )


@pytest.mark.spec("C5.3", "C6.9", "C6.c")
def test_a_refusal_is_final_for_its_target() -> None:
    """One dial and no timer; another episode of the same worker may be dialled again, as may another worker."""
    refused = (on(B), CALLS_B), (DialFailed(dial=FIRST, at=0.0, refused=True), ())
    state = plays(*refused, (on(B, at=1.0), ()), (TimeCame(at=100.0), ()))
    assert state.wake_at is None
    plays(*refused, (on(B, E2, at=1.0), (Dial(dial=SECOND, worker_id=B),)))
    plays(*refused, (on(C, at=1.0), (Dial(dial=SECOND, worker_id=C),)))


@pytest.mark.spec("C6.10", "architecture-7")
def test_a_gap_selects_the_episode_again() -> None:
    """Nothing behind it is shown; what was on its way is dropped until the replay begins; nothing is shown twice."""
    again = (Select(dial=FIRST, episode=E1),)
    plays(
        *REACHES_B,
        (came(1, 2, 4), (shown(1, 2), *again)),
        (came(5), ()),
        (came(1, 2, 3), (shown(3),)),
        (TimeCame(at=99.0), ()),
        (came(4, 5), (shown(4, 5),)),
        (PartsLost(dial=FIRST, at=3.0, episode=E2), ()),
        (PartsLost(dial=FIRST, at=3.0, episode=E1), again),
        (PartsLost(dial=FIRST, at=3.0, episode=E1), ()),
        (came(1, 2, 3, 4, 5, 6), (shown(6),)),
    )


@pytest.mark.spec("C6.10", "C6.c")
def test_a_connection_that_ends_before_the_replay_is_made_anew() -> None:
    """The next one delivers as any other; what is told of parts before it stands means nothing."""
    state = plays(
        *REACHES_B,
        (came(1, 3), (shown(1), Select(dial=FIRST, episode=E1))),
        (Ended(dial=FIRST, at=1.0), ()),
        (TimeCame(at=2.0), (Dial(dial=SECOND, worker_id=B),)),
        (PartsLost(dial=SECOND, at=2.0, episode=E1), ()),
        (Connected(dial=SECOND), (Select(dial=SECOND, episode=E1),)),
    )
    assert state.delivering
    assert state.wake_at is None


@pytest.mark.spec("C6.10", "C6.c")
def test_a_gap_that_asking_again_does_not_close_needs_another_connection() -> None:
    """It is closed and dialled again after a while, as if it had ended."""
    plays(
        *REACHES_B,
        (came(1, 3), (shown(1), Select(dial=FIRST, episode=E1))),
        (came(1, 3, at=2.0), (HangUp(dial=FIRST),)),
        (TimeCame(at=2.099), ()),
        (TimeCame(at=2.1), (Dial(dial=SECOND, worker_id=B),)),
    )
    plays(
        *REACHES_B,
        (came(1, 3), (shown(1), Select(dial=FIRST, episode=E1))),
        (on(B, E2, at=2.0), (Select(dial=FIRST, episode=E2),)),
        (came(1, 3, episode=E2), (shown(1, episode=E2), Select(dial=FIRST, episode=E2))),
    )


@pytest.mark.spec("C6.c")
def test_closing_hangs_up_once() -> None:
    """Whatever comes afterwards changes nothing."""
    plays(*REACHES_B, (Closed(), (HangUp(dial=FIRST),)), (Closed(), ()), (on(C, at=1.0), ()), (came(1), ()))
    plays((on(B), CALLS_B), (Closed(), (HangUp(dial=FIRST),)), (Connected(dial=FIRST), ()))
    plays((Closed(), ()), (on(B), ()))
