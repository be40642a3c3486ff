"""Editing against a slow reference that follows the words of agent-and-relay A5.5."""

import re
from collections.abc import Callable
from itertools import zip_longest
from math import gcd

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatcore.domain.workspace.editing.apply import apply_edit
from chatcore.domain.workspace.editing.lines import split_lines, without_blanks_around
from chatcore.domain.workspace.editing.matching import LINE_PASSES, find_blocks
from chatcore.domain.workspace.editing.values import Edit
from chatcore.domain.workspace.refusal import Refusal

Cut = tuple[str, str, str, str]
"""Lead, core, trail, ending."""

LEADS = st.sampled_from(["", " ", "  ", "    ", "\t", "\t\t", " \t"])
CORES = st.sampled_from(["a", "b", "c d", ""])
TRAILS = st.sampled_from(["", "", " ", "\t"])
ENDINGS = st.sampled_from(["\n", "\r\n"])
LINES = st.lists(st.tuples(LEADS, CORES, TRAILS, ENDINGS), max_size=8)


@st.composite
def texts(draw: st.DrawFn, lines: st.SearchStrategy[list[Cut]] = LINES) -> str:
    """A text, its last line perhaps not terminated."""
    text = "".join("".join(line) for line in draw(lines))
    return draw(st.sampled_from([text, text.rstrip("\r\n")]))


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Edit]:
    """A file and an edit whose search mostly stands in it, more or less as it is written there."""
    file = draw(LINES.filter(bool))
    start = draw(st.integers(0, len(file) - 1))
    block = file[start : draw(st.integers(start + 1, len(file)))]
    # The caller's own style: each of these is kept or lost for the whole search.
    lead, trail, ending = draw(st.tuples(st.booleans(), st.booleans(), st.none() | ENDINGS))
    search = [
        (own_lead if lead else draw(LEADS), core, own_trail if trail else draw(TRAILS), ending or own_ending)
        for own_lead, core, own_trail, own_ending in block
    ]
    if not draw(st.integers(0, 9)):
        search[0] = draw(st.tuples(LEADS, CORES, TRAILS, ENDINGS))
    replace = list(search)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(replace)))
        change = draw(st.sampled_from(["insert", "delete", "change"]))
        line = draw(st.tuples(LEADS, CORES, TRAILS, st.just(ending) if ending else ENDINGS))
        replace[at : at + (change != "insert")] = [] if change == "delete" else [line]
    edit = Edit(
        search=draw(texts(st.just(search))), replace=draw(texts(st.just(replace))), replace_all=draw(st.booleans())
    )
    return draw(texts(st.just(file))), edit


def cut(text: str) -> list[Cut]:
    """The vocabulary: a blank body is all lead."""
    cuts = []
    while text:
        line, newline, text = text.partition("\n")
        body, ending = (line[:-1], "\r\n") if newline and line.endswith("\r") else (line, newline)
        core = body.strip(" \t")
        lead = body[: body.index(core)] if core else body
        cuts.append((lead, core, body[len(lead) + len(core) :], ending))
    return cuts


def consistent(lines: list[Cut]) -> str | None:
    """A consistent internal ending."""
    endings = [ending for *_, ending in lines if ending]
    return endings[0] if len(lines) > 1 and endings and all(ending == endings[0] for ending in endings) else None


def unit(lines: list[Cut]) -> str | None:
    """Splicing 5."""
    leads = [lead for lead, core, *_ in lines if lead and core]
    if leads and all(set(lead) == {"\t"} for lead in leads):
        return "\t"
    if leads and all(set(lead) == {" "} for lead in leads):
        return " " * gcd(*map(len, leads))
    return None


def level(lead: str, of: str | None) -> int | None:
    """How many whole units a lead is."""
    return next((count for count in range(len(lead) + 1) if lead == (of or "?") * count), None)


def spliced(block: list[Cut], search: list[Cut], replace: list[Cut], forced: str | None) -> str:
    """Splicing 1 to 7."""
    prefix = max(
        count for count in range(min(len(search), len(replace)) + 1)
        if all(search[i][1] == replace[i][1] for i in range(count))
    )  # fmt: skip
    suffix = max(
        count for count in range(min(len(search), len(replace)) - prefix + 1)
        if all(search[-i][1] == replace[-i][1] for i in range(1, count + 1))
    )  # fmt: skip
    after_search, after_replace = len(search) - suffix, len(replace) - suffix
    pairs: list[tuple[int | None, int | None]] = [(i, i) for i in range(prefix)]
    pairs += list(zip_longest(range(prefix, after_search), range(prefix, after_replace)))
    pairs += [(after_search + i, after_replace + i) for i in range(suffix)]
    open_end = block[-1][3] == ""
    text = ""
    for i, j in pairs:
        if j is None:
            continue
        lead, core, trail, ending = replace[j]
        last = j == len(replace) - 1
        if i is None:
            if prefix and suffix:
                same_as_suffix = lead == replace[after_replace][0]
                same_as_prefix = lead == replace[prefix - 1][0]
                reference = after_search if same_as_suffix or not same_as_prefix else prefix - 1
            elif suffix:
                reference = after_search
            else:
                reference = prefix - 1 if prefix else min(j, len(search) - 1)
            if core:
                caller, file = unit(search + replace), unit(block)
                levels = (level(block[reference][0], file), level(lead, caller), level(search[reference][0], caller))
                lead = block[reference][0]
                if caller and file and None not in levels:
                    depth = (levels[0] or 0) + (levels[1] or 0) - (levels[2] or 0)
                    lead = file * depth if depth >= 0 else lead
            if last and open_end:
                ending = ""
        else:
            if core:
                lead = block[i][0] if search[i][0] == lead else lead
                trail = block[i][2] if search[i][2] == trail else trail
            if (search[i][3] == "") == (ending == "") and (block[i][3] or last):
                ending = block[i][3]
        if not (last and open_end):
            ending = forced or ending or "\n"
        text += lead + core + trail + ending
    return text


def reference(content: str, edit: Edit) -> str:
    """The passes in order; a refusal is its code."""
    if edit.search == "":
        return "edit.empty_search"
    file, search, replace = cut(content), cut(edit.search), cut(edit.replace)
    crlf = content.count("\r\n")
    intent = consistent(replace) and consistent(search) and consistent(replace) != consistent(search)
    forced = ("\r\n" if crlf > content.count("\n") - crlf else "\n") if consistent(replace) and not intent else None
    if content.count(edit.search):
        new = edit.replace
        if forced and forced != consistent(replace):
            new = "".join("".join(line[:3]) + forced for line in replace[:-1]) + "".join(replace[-1])
        return (
            content.replace(edit.search, new)
            if content.count(edit.search) == 1 or edit.replace_all
            else "edit.ambiguous"
        )
    for forgiven in () if intent else ((2,), (0, 2)):

        def key(line: Cut, forgiven: tuple[int, ...] = forgiven) -> str:
            # A blank body is all lead, and all trail as well.
            return "".join("" if i in forgiven or not line[1] else line[i] for i in range(3))

        starts: list[int] = []
        for start in range(len(file) - len(search) + 1):
            free = not starts or start >= starts[-1] + len(search)
            block = file[start : start + len(search)]
            if free and [key(line) for line in block] == [key(line) for line in search]:
                starts.append(start)
        if len(starts) > 1 and not edit.replace_all:
            return "edit.ambiguous"
        if starts:
            out, at = "", 0
            for start in starts:
                out += "".join("".join(line) for line in file[at:start])
                at = start + len(search)
                out += spliced(file[start:at], search, replace, forced)
            return out + "".join("".join(line) for line in file[at:])
    return "edit.not_found"


@pytest.mark.spec("A5.5.1", "A5.5.2", "A5.5.3", "A5.5.4", "A5.5.5", "A5.5.splicing")
@given(edits())
def test_an_edit_does_what_the_rules_say(case: tuple[str, Edit]) -> None:
    """Whatever the texts, the result or the refusal is the reference's."""
    content, edit = case
    outcome = apply_edit(content, edit)

    assert reference(content, edit) == (outcome.code if isinstance(outcome, Refusal) else outcome)


@pytest.mark.spec("A5.5")
@given(texts())
def test_lines_put_together_are_the_text(text: str) -> None:
    """Cutting loses nothing, and each line's parts are its body."""
    lines = split_lines(text)
    assert "".join(line.body + line.ending for line in lines) == text
    assert [(line.lead, line.core, line.trail, line.ending) for line in lines] == cut(text)


@pytest.mark.spec("A5.5.1", "A5.5.5")
@given(st.text("ab \t\n", max_size=40), st.text("ab \t\n", min_size=1, max_size=8), st.sampled_from(LINE_PASSES))
def test_blocks_are_found_from_the_top_without_overlap(text: str, wanted: str, key: Callable[[str], str]) -> None:
    """The fast search finds what trying every line finds."""
    lines, searched = split_lines(text), split_lines(wanted)
    starts: list[int] = []
    for start in range(len(lines) - len(searched) + 1):
        bodies = [key(line.body) for line in lines[start : start + len(searched)]]
        if bodies == [key(line.body) for line in searched] and (not starts or start >= starts[-1] + len(searched)):
            starts.append(start)

    assert starts == find_blocks(lines, searched, key)


@pytest.mark.spec("A5.5.splicing.2")
@given(edits(), ENDINGS)
def test_replacing_a_text_by_itself_changes_nothing(case: tuple[str, Edit], ending: str) -> None:
    """In a file of one kind of ending, however differently the caller wrote the white space around the words."""
    content, edit = case
    content = re.sub(r"\r?\n", ending, content)
    outcome = apply_edit(content, Edit(search=edit.search, replace=edit.search, replace_all=True))
    # A blank line is the caller's, as written (splicing 3), and so is a last line that the file has no ending for.
    assume(all(line.core for line in split_lines(edit.search)))

    assert isinstance(outcome, Refusal) or outcome == content


@pytest.mark.spec("A5.5.splicing.7", "A5.s14")
@given(
    st.lists(st.tuples(LEADS, st.sampled_from("abc")).map("".join), min_size=2, max_size=6),
    st.lists(st.tuples(LEADS, st.sampled_from("abc")).map("".join), min_size=2, max_size=6),
    st.data(),
)
def test_an_edit_of_several_lines_speaks_the_files_endings(
    file: list[str], new: list[str], data: st.DataObject
) -> None:
    """A caller that knows only newlines edits a file with carriage returns as if it had none."""
    start = data.draw(st.integers(0, len(file) - 2))
    search = file[start : data.draw(st.integers(start + 2, len(file)))]
    edit = Edit(search="\n".join(search), replace="\n".join(new), replace_all=True)
    # The blank keeps the search from standing in the file to the letter, which would be answered to the letter.
    plain, windows = (apply_edit("".join(f"{line} {ending}" for line in file), edit) for ending in ("\n", "\r\n"))

    assert isinstance(plain, str)
    assert plain.replace("\n", "\r\n") == windows


@pytest.mark.spec("A5.5")
def test_a_file_of_equal_lines_is_searched_in_linear_time() -> None:
    """A hundred thousand blank lines and a search of a thousand are no trap."""
    lines, wanted = split_lines("\n" * 100_000), split_lines("\n" * 1000 + "end\n")
    assert find_blocks(lines, wanted, without_blanks_around) == []
