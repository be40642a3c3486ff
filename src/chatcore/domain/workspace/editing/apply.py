"""Carrying out one edit on a text: the passes of A5.5 in order, and the rules about line endings."""

from collections.abc import Sequence

from chatcore.domain.workspace.editing.alignment import Alignment
from chatcore.domain.workspace.editing.hints import not_found_hints
from chatcore.domain.workspace.editing.indentation import indent_unit
from chatcore.domain.workspace.editing.lines import Line, dominant_ending, internal_ending, join_lines, split_lines
from chatcore.domain.workspace.editing.matching import LINE_PASSES, find_blocks
from chatcore.domain.workspace.editing.splicing import Splicer
from chatcore.domain.workspace.editing.values import Edit
from chatcore.domain.workspace.refusal import Refusal


def apply_edits(content: str, edits: Sequence[Edit]) -> str | Refusal:
    """The content after all edits, each on the result of the one before; the first refusal ends it (A5.4.3)."""
    for edit in edits:
        edited = apply_edit(content, edit)
        if isinstance(edited, Refusal):
            return edited
        content = edited
    return content


def apply_edit(content: str, edit: Edit) -> str | Refusal:
    """The content with the edit's search replaced by the first pass that finds it (A5.5.1).

    Passes: the exact text; whole lines without the blanks at their end; whole lines without the blanks around them.
    A pass that finds several places without `replace_all` refuses, and no further pass is tried.
    """
    if not edit.search:
        return Refusal(status=400, code="edit.empty_search", message="the search text is empty: say what to replace")
    search, replace = split_lines(edit.search), split_lines(edit.replace)
    written, asked = internal_ending(replace), internal_ending(search)
    # Search and replacement that differ in their endings are there to change them: nothing is adapted or forgiven.
    changes_endings = written is not None and asked is not None and written != asked
    forced_ending = None if written is None or changes_endings else dominant_ending(content)

    count = content.count(edit.search)
    if count:
        replacement = (
            edit.replace if forced_ending in (None, written) else _with_interior_endings(replace, forced_ending)
        )
        return _unless_ambiguous(count, edit) or content.replace(edit.search, replacement)
    if not changes_endings:
        lines = split_lines(content)
        for key in LINE_PASSES:
            starts = find_blocks(lines, search, key)
            if starts:
                splicer = Splicer(
                    alignment=Alignment.of(search, replace),
                    caller_unit=indent_unit([*search, *replace]),
                    forced_ending=forced_ending,
                )
                return _unless_ambiguous(len(starts), edit) or _splice_all(lines, starts, len(search), splicer)
    return Refusal(
        status=400,
        code="edit.not_found",
        message="the search text is not in the file: read the file again and copy the lines as they are"
        + not_found_hints(content, edit),
    )


def _unless_ambiguous(count: int, edit: Edit) -> Refusal | None:
    if count == 1 or edit.replace_all:
        return None
    return Refusal(
        status=400,
        code="edit.ambiguous",
        message=f"the search text is in the file {count} times: add lines around it until it is unique, "
        "or set replace_all to replace every one",
    )


def _with_interior_endings(lines: Sequence[Line], ending: str) -> str:
    *interior, last = lines
    return join_lines([*(Line(line.body, ending) for line in interior), last])


def _splice_all(lines: Sequence[Line], starts: Sequence[int], length: int, splicer: Splicer) -> str:
    edited: list[Line] = []
    done = 0
    for start in starts:
        edited += lines[done:start]
        edited += splicer.splice(lines[start : start + length])
        done = start + length
    edited += lines[done:]
    return join_lines(edited)
