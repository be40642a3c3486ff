"""How many seeds of `hostile` it takes until a sabotage is noticed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.testing.simulation.checkers import CHECKERS
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.simulate import simulate
from chatcore.testing.simulation.swapping import Sabotage

SEEDS_MAX: Final = 60
"""Every sabotage is noticed by its checker within so many seeds (issue of the simulator, 4)."""

SEEDS_NEEDED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "lose_an_acknowledged_append": 1,
        "cut_a_page_inside_an_append": 1,
        "ignore_a_fence": 1,
        "never_give_up_a_lease": 1,
        "leak_another_owners_chat": 1,
        "archive_the_root_alone": 2,
        "publish_before_the_commit": 1,
        "take_a_failed_turn_for_a_finished_one": 2,
        "promote_out_of_order": 1,
        "forget_a_cancellation": 1,
        "leave_results_apart": 1,
        "rerun_a_tool": 1,
        "repeat_no_question": 1,
        "deliver_a_part_twice": 1,
        "forget_a_history_reset": 1,
        "skip_the_journal": 1,
        "forget_the_journal": 1,
        "cancel_in_a_critical_section": 5,
        "take_a_truncated_reply_for_complete": 1,
        "keep_a_cut_prompt": 1,
        "ignore_an_interrupt": 1,
        "stay_with_a_chat_at_rest": 1,
        "let_a_tool_break_the_turn": 1,
        "never_answer": 5,
        "keep_a_dead_dial": 1,
        "look_for_work_without_pause": 1,
    }
)
"""Seeds from 0 on, the last of which shows it; measured again by the soak tests, as code that changes moves them."""


def checkers_of(sabotage: Sabotage) -> tuple[type[Checker], ...]:
    """The one checker that must notice; none where it is the cluster that does."""
    return tuple(checker for checker in CHECKERS if checker.name == sabotage.checker)


def noticed(sabotage: Sabotage, seed: int) -> bool:
    """Whether the sabotage's checker notices it in this seed of `hostile`. Cost: a run."""
    run = simulate(seed, profile="hostile", sabotage=sabotage, checkers=checkers_of(sabotage))
    return run.violation is not None and run.violation.invariant == sabotage.checker


def seeds_needed(sabotage: Sabotage) -> int | None:
    """How many seeds from 0 on it takes; None if SEEDS_MAX are not enough. Cost: as many runs."""
    return next((seed + 1 for seed in range(SEEDS_MAX) if noticed(sabotage, seed)), None)
