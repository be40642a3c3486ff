"""The unified diff of one file (agent-and-relay A5.4.5)."""

from collections.abc import Iterator, Sequence
from typing import Final

from chatcore.domain.limits import DIFF_CONTEXT_LINES
from chatcore.domain.workspace.editing.common_lines import common_lines

_NO_NEWLINE: Final = "\n\\ No newline at end of file\n"

_Change = tuple[int, int, int, int]
"""Old lines from, to; new lines from, to: what stands between two common lines."""


def unified_diff(path: str, before: str, after: str) -> str:
    """The change of a file as `diff -u` prints it, with the caller's path in both headers; empty when nothing changed.

    Cost: about O(lines), some seconds for the worst of a million: for a worker thread.
    """
    if before == after:
        return ""
    old, new = _lines(before), _lines(after)
    hunks = (_hunk(old, new, changes) for changes in _grouped(_changes(old, new)))
    return f"--- {path}\n+++ {path}\n" + "".join(hunks)


def _lines(text: str) -> list[str]:
    # Not `splitlines`: it also cuts at form feeds and other characters that end no line of a file.
    *terminated, rest = text.split("\n")
    lines = [line + "\n" for line in terminated]
    return [*lines, rest] if rest else lines


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    old_at = new_at = 0
    for old_next, new_next in [*common_lines(old, new), (len(old), len(new))]:
        if (old_at, new_at) != (old_next, new_next):
            yield old_at, old_next, new_at, new_next
        old_at, new_at = old_next + 1, new_next + 1


def _grouped(changes: Iterator[_Change]) -> Iterator[list[_Change]]:
    """Changes so near to each other that their context touches share a hunk."""
    group: list[_Change] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * DIFF_CONTEXT_LINES:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(old: Sequence[str], new: Sequence[str], changes: Sequence[_Change]) -> str:
    context = min(changes[0][0], DIFF_CONTEXT_LINES)
    old_from, new_from = changes[0][0] - context, changes[0][2] - context
    old_to = min(changes[-1][1] + DIFF_CONTEXT_LINES, len(old))
    new_to = changes[-1][3] + old_to - changes[-1][1]
    shown: list[str] = []
    at = old_from
    for change_from, change_to, inserted_from, inserted_to in changes:
        shown += (" " + line for line in old[at:change_from])
        shown += ("-" + line for line in old[change_from:change_to])
        shown += ("+" + line for line in new[inserted_from:inserted_to])
        at = change_to
    shown += (" " + line for line in old[at:old_to])
    header = f"@@ -{_span(old_from, old_to)} +{_span(new_from, new_to)} @@\n"
    return header + "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in shown)


def _span(start: int, end: int) -> str:
    """Line numbers of a hunk: an empty one is named by the line before it, and a count of one is left out."""
    if end == start:
        return f"{start},0"
    return f"{start + 1}" if end - start == 1 else f"{start + 1},{end - start}"
