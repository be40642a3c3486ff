"""The bug base: what broke once, shrunk, and every file of it run again."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.testing.simulation import PROFILES, Profile
from chatcore.testing.simulation.bug_base import (
    BadBugFile,
    Bug,
    NotSavable,
    load,
    save,
    saved,
    schedule_of,
    schedule_text,
)
from chatcore.testing.simulation.recipe import Recipe, UnknownSabotage

FOLDER: Final = Path(__file__).parent / "regressions"
FILES: Final = tuple(saved(FOLDER))

names = st.lists(st.from_regex(r"[a-z_]{1,8}@r[1-3]#[1-9]", fullmatch=True), max_size=4).map(tuple)
recipes = st.builds(
    Recipe,
    seed=st.integers(0, 1 << 40),
    profile=st.builds(
        lambda base, users, viewers, deeds: evolve(base, users_per_owner=users, viewers_per_owner=viewers, deeds=deeds),
        st.sampled_from(list(PROFILES.values())),
        st.integers(1, 3),
        st.integers(0, 3),
        st.integers(0, 20),
    ),
    replicas=st.integers(1, 5),
    chats=st.integers(1, 20),
    schedule=st.none() | st.binary(max_size=20),
    faults=st.none() | names,
    deeds=st.none() | names,
    sabotage=st.sampled_from([None, "forget_a_cancellation"]),
)
bugs = st.builds(Bug, recipe=recipes, invariant=st.just("calls_answered"), text=st.text(), code=st.just("0.1.0+abc"))


def test_there_are_files() -> None:
    """An empty folder would prove nothing."""
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_was_a_bug_holds_now(path: Path) -> None:
    """Without a sabotage, whatever is in the folder breaks nothing any more."""
    run = load(path).replay(sabotaged=False)

    assert run.violation is None, f"{run}\n{run.story()}"


@pytest.mark.parametrize("path", [path for path in FILES if load(path).recipe.sabotage], ids=lambda path: path.stem)
def test_what_was_broken_on_purpose_is_still_noticed(path: Path) -> None:
    """With its sabotage a run breaks its invariant as it did. Where the code has changed, it may have to be renewed."""
    bug = load(path)
    renewed = f"chatcore simulate --seeds 0:60 --sabotage {bug.recipe.sabotage} --shrink --save {FOLDER}"

    assert bug.broken_by(bug.replay()), f"{path.name} shows nothing with this code; renew it: {renewed}"


@given(bugs)
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, bug: Bug) -> None:
    """Whatever a run is made of; the file is readable."""
    path = save(bug, tmp_path_factory.getbasetemp() / "bugs")

    assert bug == load(path)
    assert f'"seed": {bug.recipe.seed}' in path.read_text(encoding="utf-8")


@given(st.binary())
def test_schedules_are_told_and_read(choices: bytes) -> None:
    """As stretches of equal choices."""
    assert choices == schedule_of(schedule_text(choices))


def test_a_schedule_is_short_for_people() -> None:
    """Long stretches of FIFO are one word."""
    assert "40x0 2 3x1" == schedule_text(bytes(40) + b"\2\1\1\1")
    for wrong in ("-1", "256", "0x4", "a", "3x", "1,2"):
        with pytest.raises(ValueError, match=re.escape(wrong.split(",")[0])):
            schedule_of(wrong)


def test_a_profile_of_ones_own_cannot_be_saved(tmp_path: Path) -> None:
    """Its name would not bring it back; nor would that of a profile that differs."""
    for profile in (Profile(name="mine"), evolve(PROFILES["hostile"], hesitation=0.9)):
        bug = Bug(recipe=Recipe(seed=1, profile=profile), invariant="calls_answered", text="", code="")
        with pytest.raises(NotSavable):
            save(bug, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "[1]",
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"seed"', '"seeds"'),
        lambda text: text.replace('"hostile"', '"mild"'),
        lambda text: text.replace('"schedule": ""', '"schedule": "300"'),
        lambda text: text.replace('"seed": 1', '"seed": "one"'),
    ],
)
def test_what_nobody_saved_is_not_loaded(spoil: Callable[[str], str], tmp_path: Path) -> None:
    """A file that was changed, or is of another version, is told as such."""
    bug = Bug(recipe=Recipe(seed=1, schedule=b""), invariant="calls_answered", text="", code="")
    path = save(bug, tmp_path)
    path.write_text(spoil(path.read_text()))

    with pytest.raises(BadBugFile, match="no run that can be replayed"):
        load(path)


def test_a_sabotage_that_is_gone_is_told(tmp_path: Path) -> None:
    """By its name."""
    bug = Bug(recipe=Recipe(seed=1, sabotage="gone"), invariant="calls_answered", text="", code="")

    with pytest.raises(UnknownSabotage, match="gone"):
        load(save(bug, tmp_path))
