"""Some days of a cluster: nothing breaks, a lot happens; and what is broken on purpose is noticed."""

from collections import Counter
from collections.abc import Callable

import pytest

from chatcore.domain.chat.commands import Interrupt
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.testing.simulation import Checker, Fault, Profile, Sabotage, UnknownProfile, simulate
from chatcore.testing.simulation.checkers import ContiguousLogs, FencedAppends, NoSurprises, TableOnly
from chatcore.testing.simulation.run import Run

SEEDS = range(12)
FIRST = (ContiguousLogs, TableOnly, FencedAppends, NoSurprises)
"""Who watches here; all checkers together watch the seeds of the soak."""
SEEDS_OF_A_SABOTAGE = 20


def days(profile: str, *, replicas: int = 3) -> list[Run]:
    """A day for each seed; each shows its story if it is a bad one."""
    runs = [simulate(seed, profile=profile, replicas=replicas, checkers=FIRST) for seed in SEEDS]
    for run in runs:
        assert run.violation is None, f"{run}\n{run.story()}"
    return runs


@pytest.mark.spec("2.11.8", "7.8.4", "7.8.6")
def test_hostile_days_break_no_invariant_and_are_full_of_events() -> None:
    """Turns, takeovers and every kind of fault: less would simulate nothing."""
    runs = days("hostile")
    faults = Counter[str]()
    for run in runs:
        faults.update(run.counts.faults)

    assert 25 * len(runs) < sum(run.counts.turns for run in runs)
    assert 3 * len(runs) < sum(run.counts.takeovers for run in runs)
    assert set() == set(Fault) - set(faults)


def test_rough_days_break_no_invariant() -> None:
    """The profile between the two."""
    assert all(run.counts.faults for run in days("rough"))


def test_on_calm_days_nothing_goes_wrong_and_nobody_is_disturbed() -> None:
    """No fault, no takeover, and yet all that users do."""
    runs = days("calm")

    assert [0] * len(runs) == [sum(run.counts.faults.values()) + run.counts.takeovers for run in runs]
    assert 25 * len(runs) < sum(run.counts.turns for run in runs)


@pytest.mark.parametrize("replicas", [1, 5])
def test_clusters_have_any_size(replicas: int) -> None:
    """One replica alone, or many."""
    run = simulate(1, replicas=replicas, chats=6, checkers=FIRST)

    assert run.violation is None
    assert 6 <= run.counts.transitions["N-create-R0"]


def test_a_profile_of_ones_own_has_the_faults_that_it_names() -> None:
    """And no others."""
    mine = Profile(name="mine", rates={Fault.HINT_DROPPED: 1.0}, deeds=4)
    run = simulate(1, profile=mine, chats=4, checkers=FIRST)

    assert {Fault.HINT_DROPPED} == set(run.counts.faults)
    assert (None, "mine") == (run.violation, run.profile)
    with pytest.raises(UnknownProfile, match="calm, rough, hostile"):
        simulate(1, profile="mild")


def first_violation(sabotage: Sabotage, *checkers: type[Checker]) -> Run:
    """The first seed that shows it."""
    for seed in range(SEEDS_OF_A_SABOTAGE):
        run = simulate(seed, sabotage=sabotage, checkers=checkers)
        if run.violation is not None and run.violation.invariant == sabotage.checker:
            return run
    raise AssertionError(f"{sabotage.name} is not noticed in {SEEDS_OF_A_SABOTAGE} seeds")


def broken(checker: str, target: str, swap: Callable[..., object]) -> Sabotage:
    """A line to break."""
    return Sabotage(name="planted", sentence="It is broken.", checker=checker, target=target, swap=swap)


def test_a_fence_that_is_ignored_is_noticed() -> None:
    """A worker that lost its chat writes to it."""
    ignore = broken("fenced_appends", "chatcore.domain.chat.fence:Fence.check", lambda _: lambda *_: None)
    run = first_violation(ignore, FencedAppends)

    assert "newest runner" in str(run.violation) or "given up" in str(run.violation)
    assert run.violation is not None
    assert run.violation.chat_id is not None
    assert run.violation.chat_id[-6:] in run.story()


def test_an_event_that_gets_lost_is_noticed() -> None:
    """The store answers as if it had kept what it did not."""

    def losing(add: Callable[..., None]) -> Callable[..., None]:
        count = iter(range(1_000_000))

        def lose(chat: object, append: object, events: tuple[object, ...], now: object) -> None:
            add(chat, append, events[:-1] if next(count) == 30 else events, now)

        return lose

    lose = broken("contiguous_logs", "chatcore.adapters.memory.chat:MemoryChat.add", losing)

    assert first_violation(lose, ContiguousLogs).violation is not None


def test_a_transition_that_is_not_in_the_table_is_noticed() -> None:
    """A chat at rest that can be interrupted."""
    more = {**TRANSITIONS, (ExecutionState.WAITING, CommandKey.INTERRUPT): frozenset({ExecutionState.INTERRUPTING})}
    add = broken("table_only", "chatcore.domain.chat.decide:TRANSITIONS", lambda _: more)
    run = first_violation(add, TableOnly)

    assert "interrupt" in str(run.violation)
    assert Interrupt().reason


def test_an_error_that_nobody_foresaw_is_noticed() -> None:
    """A bug in a turn ends the turn in order; the log of the service says so."""

    def failing(_: object) -> Callable[..., object]:
        def fail(*_: object, **__: object) -> object:
            raise ZeroDivisionError("a bug")

        return fail

    fail = broken("no_surprises", "chatcore.app.turn:next_step", failing)

    assert "ZeroDivisionError: a bug in" in str(first_violation(fail, NoSurprises).violation)


@pytest.mark.spec("7.8.2")
def test_chats_that_never_come_to_rest_are_noticed() -> None:
    """Nobody takes over from who is gone."""

    def unowned_only(free: Callable[..., bool]) -> Callable[..., bool]:
        return lambda chat, cutoff, now: not chat.head.owned and free(chat, cutoff, now)

    never = broken("everything_rests", "chatcore.adapters.memory.chat:MemoryChat.free", unowned_only)

    assert "after the last fault it is" in str(first_violation(never).violation)


def test_tasks_that_are_left_over_are_noticed() -> None:
    """A runner that does not stop when its chat rests."""
    stay = broken("nothing_left", "chatcore.domain.work.runner:Stop", lambda _: lambda: None)

    assert "left over" in str(first_violation(stay).violation)
