"""A run is (seed, profile, code): in any process, under any hash seed, and whatever of it is named again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.testing.simulation import PROFILES, Draws, Fault, Profile, Schedule, Trace, simulate
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.run import Run

PROGRAM: Final = Path(__file__).parent / "programs" / "digests.py"
SEEDS: Final = ("0", "1", "2")


def digests(hash_seed: str, mistake: str, profile: str, *seeds: str) -> str:
    """What the program prints in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, str(PROGRAM), mistake, profile, *seeds]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("profile", ["calm", "hostile"])
def test_digests_are_equal_in_four_processes_with_four_hash_seeds(profile: str) -> None:
    """And every seed has a digest of its own."""
    told = {digests(hash_seed, "none", profile, *SEEDS) for hash_seed in ("0", "1", "424242", "random")}

    assert 1 == len(told)
    lines = told.pop().splitlines()
    assert len(SEEDS) == len({line.split()[1] for line in lines})
    assert all(line.endswith("None") for line in lines)


@pytest.mark.parametrize("mistake", ["set", "clock", "address"])
def test_whatever_depends_on_the_process_is_caught(mistake: str) -> None:
    """The order of a set, the wall clock, the address of an object: each makes digests differ."""
    assert 1 < len({digests(hash_seed, mistake, "calm", "0") for hash_seed in ("1", "2", "3")})


def test_what_a_run_tells_of_itself_is_the_same_run_again() -> None:
    """Its schedule, its faults and its deeds, named one by one, change nothing."""
    run = simulate(3, profile="hostile")

    assert run.digest == simulate(3, profile="hostile", schedule=run.schedule).digest
    assert run.digest == simulate(3, profile="hostile", faults=run.faults, deeds=run.deeds).digest
    assert run.digest != simulate(4, profile="hostile").digest


def test_less_can_be_left_of_a_run() -> None:
    """Without faults, with few deeds, in FIFO order: each is a simpler run of the same seed, and a legal one."""
    run = simulate(5, profile="hostile")
    without = simulate(5, profile="hostile", faults=(), checkers=())
    kept = run.deeds[: len(run.deeds) // 4]
    fewer = simulate(5, profile="hostile", deeds=kept, checkers=())
    fifo = simulate(5, profile="hostile", schedule=(), checkers=())

    assert () == without.faults
    assert without.counts.takeovers == 0
    assert set(fewer.deeds) <= set(kept)
    assert fewer.counts.appends < run.counts.appends
    assert b"" == fifo.schedule
    assert [None] * 3 == [each.violation for each in (without, fewer, fifo)]


def test_a_run_says_what_it_was() -> None:
    """Seed, profile and code are printed: all that repeating it takes."""
    run = simulate(6, profile="rough")

    assert str(run).startswith(f"seed 6, profile rough, code {run.code}: ")
    assert run.code == simulate(7, profile="calm").code


@given(st.integers(), st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"))))
def test_a_stream_of_chance_does_not_know_of_the_others(seed: int, asked: list[tuple[str, str]]) -> None:
    """In whatever order streams are drawn from, each gives what it gives alone."""
    together = Draws(seed)
    numbers: dict[tuple[str, str], list[float]] = {}
    for names in asked:
        numbers.setdefault(names, []).append(together.of(*names).random())

    for names, drawn in numbers.items():
        alone = Draws(seed).of(*names)
        assert drawn == [alone.random() for _ in drawn]


def struck(profile: Profile, kinds: list[Fault], *, seed: int) -> dict[Fault, list[bool]]:
    """Which of a series of opportunities each kind of fault took."""
    faults = Faults(profile, Draws(seed), Trace(Schedule([]), now=lambda: 0.0))
    taken: dict[Fault, list[bool]] = {}
    for kind in kinds:
        taken.setdefault(kind, []).append(faults.strikes(kind, "r1"))
    return taken


@given(st.integers(), st.lists(st.sampled_from(list(Fault)[4:9])), st.sampled_from(list(Fault)[4:9]))
def test_taking_one_kind_of_fault_away_does_not_shift_the_others(seed: int, kinds: list[Fault], gone: Fault) -> None:
    """The others strike when they would have struck."""
    rates = dict.fromkeys(kinds, 0.5)
    everything = struck(Profile(name="all", rates=rates), kinds, seed=seed)
    without = struck(Profile(name="less", rates={**rates, gone: 0.0}), kinds, seed=seed)

    assert {**everything, **({gone: without[gone]} if gone in without else {})} == without
    assert not any(without.get(gone, []))


def test_profiles_name_every_fault() -> None:
    """`hostile` and `rough` hold all kinds of faults, `calm` none."""
    assert set(Fault) == set(PROFILES["rough"].rates) == set(PROFILES["hostile"].rates)
    assert not PROFILES["calm"].rates


def test_the_digest_covers_what_happened_to_the_last_choice() -> None:
    """A run that differs in one strike differs in its digest, however small the difference."""
    run = simulate(8, profile="rough")
    last = run.faults[-1]
    other: Run = simulate(8, profile="rough", faults=[each for each in run.faults if each != last])

    assert run.digest != other.digest
