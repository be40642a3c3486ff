"""Shrinking: what is not needed is left out, the violation stays, and the same run shrinks to the same."""

from typing import Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.testing.simulation.fewer import fewer, shortest, simpler, smallest
from chatcore.testing.simulation.recipe import Recipe
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.sabotages import SABOTAGES
from chatcore.testing.simulation.shrinking import NothingToShrink, shrink

SABOTAGE: Final = "forget_a_cancellation"
INVARIANT: Final = SABOTAGES[SABOTAGE].checker


@given(st.integers(0, 60), st.sets(st.integers(0, 59)))
def test_what_is_left_is_what_is_needed(count: int, needed: set[int]) -> None:
    """Whichever items it takes, alone they remain."""
    wanted = {each for each in needed if each < count}

    assert tuple(sorted(wanted)) == fewer(range(count), lambda some: wanted <= set(some))


@given(st.lists(st.integers(0, 30), min_size=1, unique=True), st.integers(1, 40))
def test_no_single_item_that_is_left_can_be_left_out(items: list[int], total: int) -> None:
    """Also where it depends on how they come together; and it is asked about no list twice in a row."""

    def heavy(some: object) -> bool:
        assert isinstance(some, tuple)
        return sum(some) >= total

    if heavy(tuple(items)):
        left = fewer(items, heavy)
        assert heavy(left)
        assert not any(heavy((*left[:place], *left[place + 1 :])) for place in range(len(left)))
        assert [each for each in items if each in left] == list(left)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_numbers_shrink_to_the_smallest_that_does(length: int, needed: int) -> None:
    """By bisection, or one by one."""
    if needed <= length:
        assert needed == shortest(length, lambda tried: tried >= needed)
        assert needed == smallest(length, lambda tried: tried >= needed)


@given(st.binary(max_size=60), st.dictionaries(st.integers(0, 59), st.integers(1, 255), max_size=4))
def test_a_schedule_keeps_the_choices_that_it_takes(drawn: bytes, needed: dict[int, int]) -> None:
    """As small as they may be; everything else is FIFO, and nothing stands behind the last of them."""
    wanted = {place: choice for place, choice in needed.items() if place < len(drawn) and choice <= drawn[place]}

    def fails(choices: bytes) -> bool:
        assert not choices.endswith(b"\0")
        return all(place < len(choices) and choices[place] >= choice for place, choice in wanted.items())

    simple = bytes(wanted.get(place, 0) for place in range(max(wanted, default=-1) + 1))
    assert simple == simpler(drawn, fails)


def failing() -> Recipe:
    """The first seed that shows the sabotage."""
    for seed in range(60):
        recipe = Recipe(seed=seed, sabotage=SABOTAGE)
        violation = recipe.run().violation
        if violation is not None and violation.invariant == INVARIANT:
            return recipe
    raise AssertionError(f"{SABOTAGE} is not noticed")


def test_a_failing_run_shrinks_to_one_that_can_be_read() -> None:
    """The same invariant, with a few deeds, hardly a fault and hardly a choice; again it is the same."""
    recipe = failing()
    steps: list[tuple[int, Run]] = []
    shrunk = shrink(recipe, invariant=INVARIANT, progress=lambda runs, run: steps.append((runs, run)))

    assert INVARIANT == shrunk.violation.invariant
    assert shrunk.recipe.run().digest == shrunk.run.digest
    assert len(shrunk.run.deeds) <= 8
    assert len(shrunk.run.faults) <= 5
    assert len(shrunk.run.trace.noted) < len(recipe.run().trace.noted)
    assert [runs for runs, _ in steps] == list(range(1, shrunk.runs + 1))
    assert shrunk.recipe == shrink(recipe, invariant=INVARIANT).recipe


def test_the_budget_is_kept() -> None:
    """With few runs the result is larger, and still a violation."""
    shrunk = shrink(failing(), invariant=INVARIANT, runs_max=3)

    assert shrunk.runs <= 3
    assert shrunk.run.violation is not None


def test_a_run_that_breaks_nothing_is_not_shrunk() -> None:
    """And one that breaks something else is not, either."""
    calm = Recipe(seed=1, chats=2)
    with pytest.raises(NothingToShrink, match="breaks no invariant"):
        shrink(calm)
    with pytest.raises(NothingToShrink, match="effects_once, which was asked about, not"):
        shrink(evolve(calm, seed=2), invariant="effects_once")
