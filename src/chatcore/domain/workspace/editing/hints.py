"""Why a search may have found nothing, said to the model so that its next try hits (A5.5, hints)."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from chatcore.domain.limits import HINT_CANDIDATES_MAX, HINTS_MAX
from chatcore.domain.workspace.editing.lines import Line, split_lines
from chatcore.domain.workspace.editing.matching import LINE_PASSES, find_blocks
from chatcore.domain.workspace.editing.values import Edit

_Runs = tuple[tuple[str, int], ...]


def not_found_hints(content: str, edit: Edit) -> str:
    """What to add to "not found": miscounted characters, else that the edit seems done; empty when neither is seen."""
    lines = split_lines(content)
    hints = _miscounts(lines, split_lines(edit.search)) or _already_done(content, lines, edit)
    return "".join(f"; {hint}" for hint in hints)


def _miscounts(lines: Sequence[Line], search: Sequence[Line]) -> list[str]:
    """One hint for each search line that differs from file lines only in how often one character is repeated."""
    numbers: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        numbers.setdefault(line.core, []).append(number)
    alike: dict[str, list[tuple[_Runs, list[int]]]] = {}
    for core, found in numbers.items():
        runs = _runs(core)
        alike.setdefault(_characters(runs), []).append((runs, found))

    hints: list[str] = []
    for core in dict.fromkeys(line.core for line in search if line.core not in numbers):
        wanted = _runs(core)
        candidates: dict[tuple[str, int, int], list[int]] = {}
        for runs, found in alike.get(_characters(wanted), []):
            difference = _one_difference(wanted, runs)
            if difference:
                candidates.setdefault(difference, []).extend(found)
        hints += (
            f"the search has {character!r} (U+{ord(character):04X}) {asked} times in a row where "
            f"{_line_numbers(found)} of the file has it {present} times"
            for (character, asked, present), found in candidates.items()
        )
    more = len(hints) - HINTS_MAX
    return [*hints[:HINTS_MAX], f"and {more} more"] if more > 0 else hints


def _runs(text: str) -> _Runs:
    return tuple((character, len(list(run))) for character, run in groupby(text))


def _characters(runs: _Runs) -> str:
    return "".join(character for character, _ in runs)


def _one_difference(wanted: _Runs, found: _Runs) -> tuple[str, int, int] | None:
    """The character and its two counts when exactly one run differs; a single character is no miscount."""
    differing = [
        (character, asked, present)
        for (character, asked), (_, present) in zip(wanted, found, strict=True)
        if asked != present
    ]
    return differing[0] if len(differing) == 1 and max(differing[0][1:]) >= 2 else None


def _already_done(content: str, lines: Sequence[Line], edit: Edit) -> list[str]:
    """Whether the replacement stands in the file already, by the first comparison that finds it."""
    if not edit.replace.strip():
        return []
    found = _numbers_of_text(content, edit.replace)
    for key in LINE_PASSES:
        found = found or [start + 1 for start in find_blocks(lines, split_lines(edit.replace), key)]
    return [f"the replacement is already there, at {_line_numbers(found)}: the edit may be done"] if found else []


def _numbers_of_text(content: str, text: str) -> list[int]:
    numbers: list[int] = []
    number, counted, at = 1, 0, content.find(text)
    while at >= 0:
        number += content.count("\n", counted, at)
        numbers.append(number)
        counted, at = at, content.find(text, at + len(text))
    return numbers


def _line_numbers(numbers: Iterable[int]) -> str:
    distinct = sorted(set(numbers))
    more = len(distinct) - HINT_CANDIDATES_MAX
    named = ", ".join(str(number) for number in distinct[:HINT_CANDIDATES_MAX])
    return f"line {named}" + (f" and {more} more" if more > 0 else "")
