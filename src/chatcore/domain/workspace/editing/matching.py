"""Where a block of lines stands in a file, by the whole-line passes of A5.5.

Endings never keep two lines apart: LF and CRLF are of one class, and an unterminated line matches either. So a pass is
told by what it forgives in the bodies alone.
"""

from collections.abc import Callable, Sequence
from typing import Final

from chatcore.domain.workspace.editing.lines import Line, without_blanks_around, without_trail

LINE_PASSES: Final[tuple[Callable[[str], str], ...]] = (without_trail, without_blanks_around)
"""Passes 2 and 3: what of a body counts in the comparison."""


def find_blocks(lines: Sequence[Line], wanted: Sequence[Line], key: Callable[[str], str]) -> list[int]:
    """The first lines' indexes of all places where `wanted` stands, from the top, not overlapping.

    Cost: O(lines + wanted), whatever the text: Knuth, Morris and Pratt, as a file of many equal lines is no rarity.
    """
    pattern = [key(line.body) for line in wanted]
    fallback = _fallbacks(pattern)
    starts: list[int] = []
    matched = 0
    for index, line in enumerate(lines):
        body = key(line.body)
        while matched and pattern[matched] != body:
            matched = fallback[matched - 1]
        if pattern[matched] == body:
            matched += 1
        if matched == len(pattern):
            starts.append(index + 1 - matched)
            matched = 0  # a line is part of one match only
    return starts


def _fallbacks(pattern: Sequence[str]) -> list[int]:
    """For each beginning of the pattern, the length of its longest proper beginning that is also its end."""
    fallback = [0] * len(pattern)
    length = 0
    for index in range(1, len(pattern)):
        while length and pattern[length] != pattern[index]:
            length = fallback[length - 1]
        if pattern[length] == pattern[index]:
            length += 1
        fallback[index] = length
    return fallback
