"""The runner machine: at most one activity, cancelled only by what others did (7.7, architecture 6)."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import RunnerId, UserId
from chatcore.domain.work.runner import (
    Activity,
    ActivityEnded,
    AppendBegan,
    AppendEnded,
    Cancel,
    Effect,
    Input,
    Observed,
    RunnerState,
    Start,
    Stop,
    begin,
    step,
)

ME, OTHER = RunnerId("me"), RunnerId("other")
FIRST = ChatHead(owner_id=UserId("ada"), seq=1, history_version=1, status=Status.RUNNING, runner_id=ME)


def heads() -> st.SearchStrategy[ChatHead]:
    """Heads that a runner may see, in any order."""
    return st.builds(
        lambda seq, moved, status, runner: evolve(
            FIRST, seq=seq, history_version=max(1, seq - moved), status=status, runner_id=runner
        ),
        st.integers(1, 12),
        st.integers(0, 3),
        st.sampled_from(Status),
        st.sampled_from([ME, ME, ME, OTHER, None]),
    )


def inputs() -> st.SearchStrategy[Input]:
    """Anything that can be fed to the machine."""
    return st.one_of(
        heads().map(Observed),
        st.just(AppendBegan()),
        st.one_of(st.none(), heads()).map(AppendEnded),
        st.just(ActivityEnded()),
    )


def driven(script: list[Input]) -> list[tuple[RunnerState, Input | None, tuple[Effect, ...]]]:
    """Every state with the input that led to it and the effects that were asked for."""
    state, effects = begin(ME, FIRST)
    trace: list[tuple[RunnerState, Input | None, tuple[Effect, ...]]] = [(state, None, effects)]
    for event in script:
        state, effects = step(state, event)
        trace.append((state, event, effects))
    return trace


@given(st.lists(inputs(), max_size=25))
def test_at_most_one_activity_runs(script: list[Input]) -> None:
    """An activity is started only when none runs, and cancelled only when one does and was not cancelled before."""
    running, cancelled = False, False
    for _, event, effects in driven(script):
        if isinstance(event, ActivityEnded):
            running = cancelled = False
        for effect in effects:
            match effect:
                case Start():
                    assert not running
                    running, cancelled = True, False
                case Cancel():
                    assert running
                    assert not cancelled
                    cancelled = True
                case Stop():
                    assert not running


@given(st.lists(inputs(), max_size=25))
def test_the_newest_head_is_never_forgotten(script: list[Input]) -> None:
    """What the machine stands on never goes back, whatever order heads come in."""
    seqs = [state.head.seq for state, _, _ in driven(script)]

    assert seqs == sorted(seqs)


@pytest.mark.spec("7.7")
@given(st.lists(inputs(), max_size=25))
def test_a_stopped_runner_does_nothing_more(script: list[Input]) -> None:
    """After Stop there is no effect."""
    stopped = False
    for _, _, effects in driven(script):
        assert not (stopped and effects)
        stopped = stopped or Stop() in effects


@given(st.lists(heads().map(AppendEnded), max_size=10))
def test_its_own_appends_never_cancel_an_activity(appends: list[AppendEnded]) -> None:
    """Only a change that another writer made cancels (architecture 12, `own commits`)."""
    script: list[Input] = [each for append in appends for each in (AppendBegan(), append)]

    assert not any(Cancel() in effects for _, _, effects in driven(script))


@given(heads())
def test_what_is_seen_during_an_append_waits_for_its_outcome(seen: ChatHead) -> None:
    """The own head comes through a hint first, often; judged at once it would cancel the activity that wrote it."""
    own = evolve(
        FIRST, seq=seen.seq, history_version=seen.history_version, status=seen.status, runner_id=seen.runner_id
    )
    trace = driven([AppendBegan(), Observed(seen), AppendEnded(own)])

    assert not any(Cancel() in effects for _, _, effects in trace)


@pytest.mark.spec("7.7")
@pytest.mark.parametrize(
    ("status", "runner", "expected"),
    [
        (Status.RUNNING, ME, Start(Activity.GENERATE)),
        (Status.INTERRUPTING, ME, Start(Activity.INTERRUPT)),
        (Status.WAITING, None, Stop()),
        (Status.ERROR, None, Stop()),
        (Status.REQUIRES_ACTION, None, Stop()),
        (Status.RUNNING, OTHER, Stop()),
        (Status.RUNNING, None, Stop()),
    ],
)
def test_the_activity_follows_from_the_head(status: Status, runner: RunnerId | None, expected: Effect) -> None:
    """Running: generate; interrupting: finish the interruption; anything else, or another's chat: stop."""
    _, effects = begin(ME, evolve(FIRST, status=status, runner_id=runner))

    assert (expected,) == effects


@pytest.mark.spec("7.7")
def test_an_interrupt_cancels_first_and_then_finishes() -> None:
    """The activity that runs ends before the one that the new status asks for begins."""
    interrupting = evolve(FIRST, seq=2, status=Status.INTERRUPTING)
    trace = driven([Observed(interrupting), ActivityEnded()])

    assert [(Start(Activity.GENERATE),), (Cancel(),), (Start(Activity.INTERRUPT),)] == [each[2] for each in trace]


@pytest.mark.spec("7.7")
def test_a_queued_message_does_not_disturb_the_activity() -> None:
    """A new head with the same history and status is nothing to act on."""
    queued = evolve(FIRST, seq=2, queue_version=2)

    assert () == driven([Observed(queued)])[-1][2]
