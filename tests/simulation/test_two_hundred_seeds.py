"""Two hundred hostile days: what `chatcore simulate --seeds 0:200 --profile hostile --replicas 3` runs, and must find.

It takes a minute or two, so the profiles `dev` and `mutants` (CHATCORE_PROFILE) leave it out.
"""

import os
from typing import Final

import pytest

from chatcore.adapters.cli.simulate_running import cores
from chatcore.testing.simulation import PROFILES, Fault
from chatcore.testing.simulation.batch import Batch
from chatcore.testing.simulation.tally import TAKEOVERS_MIN, TURNS_MIN, tallied
from chatcore.testing.simulation.unsent_pairs import UNSENT

SEEDS: Final = range(200)
STRIKES_MIN: Final = 100


@pytest.mark.skipif(
    os.environ.get("CHATCORE_PROFILE") in ("dev", "mutants"), reason="two hundred seeds are for the profile `ci`"
)
def test_two_hundred_hostile_days() -> None:
    """No invariant breaks, enough happens, every fault strikes often, and every command is met in every state."""
    tally = tallied(Batch(seeds=SEEDS, profile=PROFILES["hostile"], replicas=3), jobs=cores())

    told = [f"seed {each.seed}: {each.violation}\n" + "\n".join(each.story) for each in tally.violations]
    assert (len(SEEDS), []) == (tally.seeds, told)
    assert () == tally.too_little()
    assert {} == {fault: tally.faults[fault] for fault in Fault if tally.faults[fault] < STRIKES_MIN}
    met = {pair for pair, count in tally.pairs.items() if count}
    assert set() == set(tally.pairs) - met - set(UNSENT), "never met, and no reason why"


def test_what_two_hundred_seeds_must_hold_is_what_was_promised() -> None:
    """5,000 turns and 500 takeovers; and what nothing sends has its reason."""
    assert (5_000, 500) == (TURNS_MIN * len(SEEDS), TAKEOVERS_MIN * len(SEEDS))
    assert all(reason.endswith(".") for reason in UNSENT.values())
