"""The tables that `chatcore simulate` prints: what was met, how often, and what never was."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.tally import Never, Tally

_NAME: Final = 27
_COLUMN: Final = 7
_FAULT_COLUMNS: Final = 3
_WIDTH: Final = 118


def sum_lines(tally: Tally, seconds: float) -> Iterator[str]:
    """How much was simulated, and how fast."""
    sums = tally.sums
    faults = tally.faults.total()
    yield f"{sums['turns']:,} turns, {sums['parts']:,} parts, {sums['takeovers']:,} takeovers, {faults:,} faults"
    yield (
        f"{sums['appends']:,} appends, {sums['hints']:,} hints, {sums['model_requests']:,} requests to models, "
        f"{sums['tool_effects']:,} effects of tools, {sums['deeds']:,} answers to users"
    )
    yield (
        f"{tally.virtual_s / 3600:.1f} simulated hours in {seconds:.1f} s: {tally.seeds / seconds:.2f} seeds/s, "
        f"{sums['turns'] / seconds:,.0f} turns/s"
    )


def fault_lines(tally: Tally) -> Iterator[str]:
    """How often each fault struck that the profile has."""
    faults = [fault for fault in Fault if tally.profile.rate(fault)]
    yield "faults" if faults else "faults: none in this profile"
    for start in range(0, len(faults), _FAULT_COLUMNS):
        row = faults[start : start + _FAULT_COLUMNS]
        yield "  " + "   ".join(f"{fault:<{_NAME - 2}}{tally.faults[fault]:>{_COLUMN},}" for fault in row)


def pair_lines(tally: Tally) -> Iterator[str]:
    """How often each command was met in each state; a dot where the table does not allow it."""
    yield f"{'command in state':<{_NAME}}{''.join(f'{state:>{_COLUMN}}' for state in ExecutionState)}"
    pairs = tally.pairs
    for key in CommandKey:
        cells = (
            f"{pairs[state, key]:>{_COLUMN},}" if (state, key) in TRANSITIONS else f"{'.':>{_COLUMN}}"
            for state in ExecutionState
        )
        yield f"  {key:<{_NAME - 2}}{''.join(cells)}"


def choice_lines(tally: Tally) -> Iterator[str]:
    """The transitions of pairs that may lead to more than one state. Every other one is as frequent as its pair."""
    yield "where two states may follow"
    for state, key in TRANSITIONS:
        targets = [target for target in ExecutionState if target in TRANSITIONS[state, key]]
        if len(targets) > 1:
            counts = ", ".join(f"{target} {tally.transitions[f'{state}-{key}-{target}']:,}" for target in targets)
            yield f"  {f'{state} {key}':<{_NAME - 2}} {counts}"


def never_lines(never: Sequence[Never]) -> Iterator[str]:
    """What was not met, with the reason where there is one."""
    yield "never met" if never else "never met: nothing"
    for kind in dict.fromkeys(each.kind for each in never):
        names = ", ".join(each.name for each in never if each.kind == kind and each.reason is None)
        yield from wrap(f"{kind}s: {names}", _WIDTH, initial_indent="  ", subsequent_indent="    ") if names else ()
    for each in never:
        if each.reason is not None:
            told = f"{each.kind} {each.name}: {each.reason}"
            yield from wrap(told, _WIDTH, initial_indent="  ", subsequent_indent="    ")
