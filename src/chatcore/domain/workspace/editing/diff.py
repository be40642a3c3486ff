"""The unified diff of one file (agent-and-relay A5.4.5)."""

from difflib import unified_diff as differences
from typing import Final

from chatcore.domain.limits import DIFF_CONTEXT_LINES

_NO_NEWLINE: Final = "\n\\ No newline at end of file\n"


def unified_diff(path: str, before: str, after: str) -> str:
    """The change of a file as `diff -u` prints it, with the caller's path in both headers; empty when nothing changed.

    Cost: O(lines) when little changed, quadratic in the number of separate changes: not for an event loop.
    """
    if before == after:
        return ""
    header = f"--- {path}\n+++ {path}\n"
    # difflib's own two headers are dropped: it would put blanks and tabs of a path between path and date.
    _, _, *lines = differences(_lines(before), _lines(after), n=DIFF_CONTEXT_LINES)
    return header + "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)


def _lines(text: str) -> list[str]:
    # Not `splitlines`: it also cuts at form feeds and other characters that end no line of a file.
    *terminated, rest = text.split("\n")
    lines = [line + "\n" for line in terminated]
    return [*lines, rest] if rest else lines
