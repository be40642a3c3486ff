"""The checkers are checked: every line that is broken on purpose is noticed, by the checker that is named for it."""

import pytest

from chatcore.testing.simulation import CHECKERS, schedule, simulate
from chatcore.testing.simulation.checking import OF_THE_CLUSTER
from chatcore.testing.simulation.sabotages import SABOTAGES
from chatcore.testing.simulation.sabotages.needed import SEEDS_MAX, SEEDS_NEEDED, noticed, seeds_needed
from chatcore.testing.simulation.swapping import Sabotage

BATCHES_OF_A_TEST = 100_000
"""A loop that spins is noticed after so many batches here: still ten times as many as a day takes."""

each_sabotage = pytest.mark.parametrize("sabotage", list(SABOTAGES.values()), ids=list(SABOTAGES))


@each_sabotage
def test_every_sabotage_is_noticed_by_its_checker(sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the first seeds of `hostile`; the one that is known to show it comes first."""
    if sabotage.checker == "nothing_spins":
        monkeypatch.setattr(schedule, "BATCHES_MAX", BATCHES_OF_A_TEST)
    known = SEEDS_NEEDED[sabotage.name] - 1
    seeds = sorted(range(SEEDS_MAX), key=lambda seed: seed != known)

    assert any(noticed(sabotage, seed) for seed in seeds)


@pytest.mark.soak
@each_sabotage
def test_the_table_says_how_many_seeds_a_sabotage_needs(sabotage: Sabotage) -> None:
    """Counted from the first seed on; whoever changed the code and sees it fail corrects the table."""
    assert SEEDS_NEEDED[sabotage.name] == seeds_needed(sabotage)


def test_every_checker_has_a_sabotage_and_every_sabotage_a_checker() -> None:
    """A checker that nothing can make fire proves nothing; those of the cluster itself are meant, too."""
    names = {checker.name for checker in CHECKERS} | set(OF_THE_CLUSTER)

    assert names == {sabotage.checker for sabotage in SABOTAGES.values()}
    assert 14 <= len(SABOTAGES)
    assert set(SABOTAGES) == set(SEEDS_NEEDED)
    assert SEEDS_MAX >= max(SEEDS_NEEDED.values())


def test_a_sabotage_ends_with_its_run() -> None:
    """What was broken is whole again: the same seed is the same run as before, without a violation."""
    before = simulate(1, profile="calm")
    simulate(1, profile="calm", sabotage=SABOTAGES["leak_another_owners_chat"])
    after = simulate(1, profile="calm")

    assert before.violation is None
    assert before.digest == after.digest
