"""Unified diffs: right for any two texts, and quick for long ones (agent-and-relay A5.4.5)."""

import re
from itertools import pairwise, takewhile
from shutil import which
from subprocess import run
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.workspace.editing.common_lines import common_lines
from chatcore.domain.workspace.editing.diff import unified_diff

TEXTS = st.text("ab\n\r\f", max_size=12) | st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n"]), max_size=30).map(
    "".join
)


def patched(before: str, diff: str) -> str:
    """Carry out a diff, believing nothing: every context line, number and count is checked."""
    old = re.findall(r"[^\n]*\n|[^\n]+", before)
    new: list[str] = []
    at = 0
    shown = [line + "\n" for line in diff.split("\n")[2:-1]]
    for index, line in enumerate(shown):
        if line.startswith("@@"):
            numbers = re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n", line)
            assert numbers is not None
            old_start, old_count, new_start, new_count = (int(number or 1) for number in numbers.groups())
            new += old[at : old_start - (old_count > 0)]
            at = old_start - (old_count > 0)
            assert new_start - (new_count > 0) == len(new)
            hunk = list(takewhile(lambda line: not line.startswith("@@"), shown[index + 1 :]))
            assert sum(line[0] in " -" for line in hunk) == old_count
            assert sum(line[0] in " +" for line in hunk) == new_count
            continue
        ends_open = shown[index + 1 : index + 2] == ["\\ No newline at end of file\n"]
        text = line[1:-1] if ends_open else line[1:]
        if line[0] in " -":
            assert text == old[at]
            at += 1
        if line[0] in " +":
            new.append(text)
    return "".join(new + old[at:])


@pytest.mark.spec("A5.4.5")
@given(TEXTS, TEXTS)
def test_a_diff_carried_out_is_the_change(before: str, after: str) -> None:
    """Its lines, counts and numbers fit the old text and make the new one; nothing changed is nothing said."""
    diff = unified_diff("/p", before, after)
    if before == after:
        assert diff == ""
    else:
        assert diff.startswith("--- /p\n+++ /p\n@@ ")
        assert patched(before, diff) == after


@pytest.mark.spec("A5.4.5")
@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.lists(st.sampled_from("abcdef"), max_size=30))
def test_common_lines_are_equal_and_in_order(old: list[str], new: list[str]) -> None:
    """Pairs never cross, and each line is part of one pair at most."""
    pairs = common_lines(old, new)
    assert all(old[old_at] == new[new_at] for old_at, new_at in pairs)
    assert all(first[0] < second[0] and first[1] < second[1] for first, second in pairwise(pairs))


@pytest.mark.spec("A5.4.5")
def test_a_diff_shows_three_lines_around_and_joins_what_touches() -> None:
    """Six equal lines between two changes are one hunk's context, seven are two hunks'."""
    before = "".join(f"{number}\n" for number in range(20))
    near = unified_diff("/p", before, before.replace("5\n", "x\n", 1).replace("\n12\n", "\ny\n"))
    far = unified_diff("/p", before, before.replace("5\n", "x\n", 1).replace("\n13\n", "\ny\n"))
    assert near.split("\n")[2] == "@@ -3,14 +3,14 @@"
    assert [line for line in far.split("\n") if line.startswith("@@")] == ["@@ -3,7 +3,7 @@", "@@ -11,7 +11,7 @@"]


@pytest.mark.spec("A5.4.5")
@pytest.mark.parametrize("distinct", [100_000, 50])
def test_a_long_file_with_many_changes_is_no_trap(distinct: int) -> None:
    """A hundred thousand lines, every tenth changed: the changes alone are shown, in a time that grows with them."""
    before = [f"line {number % distinct}\n" for number in range(100_000)]
    after = [line.upper() if number % 10 == 0 else line for number, line in enumerate(before)]
    begun = process_time()
    diff = unified_diff("/p", "".join(before), "".join(after))
    assert process_time() - begun < 20
    assert diff.count("\n-line") == 10_000


@pytest.mark.spec("A5.4.5")
@pytest.mark.skipif(which("patch") is None, reason="needs the patch tool, whose opinion is asked")
@pytest.mark.parametrize(
    ("before", "after"),
    [("a\nb\nc", "a\nB\nc"), ("a\n", "a"), ("a", "a\nb"), ("\n" * 9, "\n" * 4 + "x" + "\n" * 5), ("", "a\r\n")],
)
def test_the_patch_tool_understands_a_diff(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    """Also where a text ends without a newline, or holds carriage returns."""
    file = tmp_path_factory.mktemp("patched") / "file"
    file.write_bytes(before.encode())
    diff = unified_diff(str(file), before, after)
    run(["patch", "--binary", "-s", str(file)], input=diff.encode(), check=True)
    assert file.read_bytes() == after.encode()
