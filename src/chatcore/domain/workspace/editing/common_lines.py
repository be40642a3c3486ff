"""Which lines two texts have in common, in order: fast on long texts with many changes, and never quadratic.

Lines that occur once in each text are fixed points (the "patience" method); between them the same is tried again, then
short stretches are compared exactly. Long stretches without a fixed point are taken as replaced, or line by line where
their number did not change. Every answer makes a right diff; only how short it is depends on luck.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from chatcore.domain.limits import DIFF_DEPTH_MAX, DIFF_GAP_CELLS_MAX


@frozen
class _Stretch:
    """Lines `old_from` up to `old_to`, and `new_from` up to `new_to`, the ends not included."""

    old_from: int
    old_to: int
    new_from: int
    new_to: int
    depth: int = 0


def common_lines(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of indexes of equal lines, both strictly ascending."""
    pairs: list[tuple[int, int]] = []
    waiting = [_Stretch(0, len(old), 0, len(new))]
    while waiting:
        stretch, ends = _without_equal_ends(old, new, waiting.pop())
        pairs += ends
        if stretch.old_from == stretch.old_to or stretch.new_from == stretch.new_to:
            continue
        fixed = _fixed_points(old, new, stretch) if stretch.depth < DIFF_DEPTH_MAX else []
        if fixed:
            waiting += _between(stretch, fixed)
        else:
            pairs += _compared(old, new, stretch)
    return sorted(pairs)


def _without_equal_ends(
    old: Sequence[str], new: Sequence[str], stretch: _Stretch
) -> tuple[_Stretch, list[tuple[int, int]]]:
    shorter = min(stretch.old_to - stretch.old_from, stretch.new_to - stretch.new_from)
    head = 0
    while head < shorter and old[stretch.old_from + head] == new[stretch.new_from + head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[stretch.old_to - 1 - tail] == new[stretch.new_to - 1 - tail]:
        tail += 1
    pairs = [(stretch.old_from + step, stretch.new_from + step) for step in range(head)]
    pairs += [(stretch.old_to - step, stretch.new_to - step) for step in range(1, tail + 1)]
    rest = evolve(
        stretch,
        old_from=stretch.old_from + head,
        old_to=stretch.old_to - tail,
        new_from=stretch.new_from + head,
        new_to=stretch.new_to - tail,
    )
    return rest, pairs


def _fixed_points(old: Sequence[str], new: Sequence[str], stretch: _Stretch) -> list[tuple[int, int]]:
    """The longest ascending run of lines that occur once on either side."""
    old_places, new_places = (
        _single_places(old, stretch.old_from, stretch.old_to),
        _single_places(new, stretch.new_from, stretch.new_to),
    )
    candidates = [(place, new_places[line]) for line, place in old_places.items() if line in new_places]
    # The longest ascending subsequence of the new places, by patience sorting; each candidate knows its predecessor.
    tops: list[int] = []
    top_candidates: list[int] = []
    before: list[int | None] = []
    for index, (_, place) in enumerate(candidates):
        pile = bisect_left(tops, place)
        before.append(top_candidates[pile - 1] if pile else None)
        tops[pile : pile + 1] = [place]
        top_candidates[pile : pile + 1] = [index]
    chosen: list[tuple[int, int]] = []
    last = top_candidates[-1] if top_candidates else None
    while last is not None:
        chosen.append(candidates[last])
        last = before[last]
    return chosen[::-1]


def _single_places(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    """Where each line stands that occurs once, in order."""
    counts = Counter(lines[start:end])
    return {line: start + step for step, line in enumerate(lines[start:end]) if counts[line] == 1}


def _between(stretch: _Stretch, fixed: Sequence[tuple[int, int]]) -> Iterator[_Stretch]:
    """The stretches that begin at the start and at each fixed point."""
    starts = [(stretch.old_from, stretch.new_from), *fixed]
    ends = [*fixed, (stretch.old_to, stretch.new_to)]
    for (old_from, new_from), (old_to, new_to) in zip(starts, ends, strict=True):
        yield _Stretch(old_from, old_to, new_from, new_to, stretch.depth + 1)


def _compared(old: Sequence[str], new: Sequence[str], stretch: _Stretch) -> list[tuple[int, int]]:
    """Common lines of a stretch without fixed points."""
    old_count, new_count = stretch.old_to - stretch.old_from, stretch.new_to - stretch.new_from
    if old_count * new_count > DIFF_GAP_CELLS_MAX:
        if old_count != new_count:
            return []
        steps = range(old_count)
        together = [(stretch.old_from + step, stretch.new_from + step) for step in steps]
        return [(old_at, new_at) for old_at, new_at in together if old[old_at] == new[new_at]]
    return _longest_common(old, new, stretch)


def _longest_common(old: Sequence[str], new: Sequence[str], stretch: _Stretch) -> list[tuple[int, int]]:
    """The longest common subsequence, by the table of its lengths for all ends of the stretch."""
    old_lines, new_lines = old[stretch.old_from : stretch.old_to], new[stretch.new_from : stretch.new_to]
    lengths = [[0] * (len(new_lines) + 1)]
    for old_line in reversed(old_lines):
        below = lengths[-1]
        row = [0] * (len(new_lines) + 1)
        for at in range(len(new_lines) - 1, -1, -1):
            row[at] = below[at + 1] + 1 if old_line == new_lines[at] else max(below[at], row[at + 1])
        lengths.append(row)
    lengths.reverse()
    pairs: list[tuple[int, int]] = []
    old_at = new_at = 0
    while old_at < len(old_lines) and new_at < len(new_lines):
        if old_lines[old_at] == new_lines[new_at]:
            pairs.append((stretch.old_from + old_at, stretch.new_from + new_at))
            old_at, new_at = old_at + 1, new_at + 1
        elif lengths[old_at + 1][new_at] >= lengths[old_at][new_at + 1]:
            old_at += 1
        else:
            new_at += 1
    return pairs
