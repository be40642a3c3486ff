"""Rules of editing that one example shows best (agent-and-relay A5.4, A5.5, chat-core 10.5)."""

import pytest

from chatcore.domain.workspace.editing.apply import apply_edit, apply_edits
from chatcore.domain.workspace.editing.diff import unified_diff
from chatcore.domain.workspace.editing.plan import FileChange, FileRead, FileRefused, plan_edits, refuse_file
from chatcore.domain.workspace.editing.values import Edit, FileEdits
from chatcore.domain.workspace.refusal import Refusal


def edited(content: str, search: str, replace: str, *, replace_all: bool = False) -> str:
    """The new content, or the code of the refusal."""
    outcome = apply_edit(content, Edit(search=search, replace=replace, replace_all=replace_all))
    return outcome.code if isinstance(outcome, Refusal) else outcome


@pytest.mark.spec("A5.5")
@pytest.mark.parametrize(
    ("content", "search", "code"),
    [("a", "", "edit.empty_search"), ("a b", "c", "edit.not_found"), ("a b a", "a", "edit.ambiguous")],
)
def test_a_refusal_says_which_rule_it_is(content: str, search: str, code: str) -> None:
    """Empty, absent and ambiguous searches are told apart."""
    assert edited(content, search, "x") == code


@pytest.mark.spec("A5.5")
def test_an_ambiguous_search_is_counted() -> None:
    """The caller is told how often it stands there, counted without overlap."""
    refused = apply_edit("aaaa", Edit(search="aa", replace="b"))
    assert isinstance(refused, Refusal)
    assert (refused.status, " 2 " in refused.message) == (400, True)


@pytest.mark.spec("A5.5.1")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("x = 1\n  x = 1  \n", "edit.ambiguous"),
        ("  x = 1  \nx = 1 \n", "edit.ambiguous"),
        ("  x = 1\ny\n", "  z = 2\ny\n"),
        ("\tx = 1 \nx = 1 \t\n", "\tx = 1 \nz = 2 \t\n"),
    ],
)
def test_a_later_pass_is_for_what_earlier_ones_did_not_find(content: str, expected: str) -> None:
    """An exact match inside other lines counts; ambiguity of a pass is final; trails are forgiven before leads."""
    search = "x = 1" if content != "\tx = 1 \nx = 1 \t\n" else "x = 1\n"
    assert edited(content, search, search.replace("x = 1", "z = 2")) == expected


@pytest.mark.spec("A5.5.2")
def test_replacing_all_never_mixes_passes() -> None:
    """Only what the first successful pass found is replaced; the last pass ignores depth, which is known and kept."""
    assert edited("a\n a \n", "a\n", "b\n", replace_all=True) == "b\n a \n"
    assert edited(" a\n\t\ta\n", "  a\n", "  b\n", replace_all=True) == " b\n\t\tb\n"


@pytest.mark.spec("A5.5.3", "A5.s15")
def test_a_caller_may_change_endings() -> None:
    """Different endings in search and replacement are meant, where the search stands there exactly; else not found."""
    assert edited("a\nb\n", "a\nb", "a\r\nb") == "a\r\nb\n"
    assert edited("a \nb\n", "a\nb", "a\r\nb") == "edit.not_found"


@pytest.mark.spec("A5.5.4")
def test_an_exact_match_is_given_the_files_endings_inside() -> None:
    """A replacement of several lines for part of one; its last line keeps the ending it has."""
    assert edited("a\r\nb\r\nc", "b", "x\ny\nz") == "a\r\nx\r\ny\r\nz\r\nc"
    assert edited("a\r\nb\r\nc", "b", "x\ny\n") == "a\r\nx\r\ny\n\r\nc"


@pytest.mark.spec("A5.5.5")
def test_blank_lines_count() -> None:
    """No pass skips one."""
    assert edited("a\n\nb\n", " a\n b\n", "x\n") == "edit.not_found"
    assert edited("a\n  \nb\n", " a\n\n b\n", "x\n") == "x\n"


@pytest.mark.spec("A5.5.splicing.2", "A5.5.splicing.6", "A5.s13")
def test_a_caller_with_spaces_edits_a_file_of_tabs() -> None:
    """What was inserted stands as deep as meant, in the file's own unit."""
    content = "def f():\n\tif x:\n\t\treturn 1\n\treturn 2\n"
    search = "    if x:\n        return 1\n    return 2\n"
    replace = "    if x:\n        log()\n        return 1\n    done()\n    return 2\n"
    assert edited(content, search, replace) == "def f():\n\tif x:\n\t\tlog()\n\t\treturn 1\n\tdone()\n\treturn 2\n"


@pytest.mark.spec("A5.5.splicing.2")
def test_a_changed_lead_is_the_callers_word_for_word() -> None:
    """A known gap, kept on purpose: spaces leak into a file of tabs when a line's depth is changed."""
    assert edited("\ta\n\tb\n", "    a\n    b\n", "    a\n        b\n") == "\ta\n        b\n"


@pytest.mark.spec("A5.5.splicing.2")
def test_the_files_trail_stays_unless_the_caller_changed_it() -> None:
    """Blanks at the end of a line are the file's, or the caller's where search and replacement differ in them."""
    assert edited("a  \n", "a\n", "b\n") == "b  \n"
    assert edited("a  \n", "a\n", "b\t\n") == "b\t\n"


@pytest.mark.spec("A5.5.splicing.3")
def test_a_blank_line_is_the_callers() -> None:
    """Its white space is emitted as written."""
    assert edited("\ta\n\tb\n", "  a\n  b\n", "  a\n   \n  b\n") == "\ta\n   \n\tb\n"


@pytest.mark.spec("A5.5.splicing.4", "A5.5.splicing.6")
def test_an_inserted_line_leans_on_the_neighbour_of_its_depth() -> None:
    """The following line if it is as deep, else the one before if that is, else the following one."""
    content = "if a:\n\tone\nend\n"
    search = "if a:\n  one\nend \n"
    assert edited(content, search, "if a:\n  one\n  two\nend \n") == "if a:\n\tone\n\ttwo\nend\n"
    assert edited(content, search, "if a:\n  one\nlast\nend \n") == "if a:\n\tone\nlast\nend\n"


@pytest.mark.spec("A5.5.splicing.5", "A5.5.splicing.6")
@pytest.mark.parametrize("lead", ["   ", "\t "])
def test_where_depth_cannot_be_told_the_reference_decides(lead: str) -> None:
    """Mixed indentation, or none to learn from, gives the reference line's own lead."""
    content = f"a\n{lead}b\n\tc\n"
    search = " a \n b\n c\n"
    assert edited(content, search, " a \n b\n  new\n c\n") == f"a\n{lead}b\n\tnew\n\tc\n"


@pytest.mark.spec("A5.5.splicing.7")
def test_an_open_end_of_file_stays_open() -> None:
    """A last line without an ending gets none, also when another line has become the last."""
    assert edited("x\n a", "a\n", "b\n") == "x\n b"
    assert edited("x\n a", "a\n", "a\nb\n") == "x\n a\n b"
    assert edited("x\n a \n", "a\n", "a\nb") == "x\n a \n b\n"


@pytest.mark.spec("A5.5.splicing.1")
def test_lines_may_vanish() -> None:
    """A replacement with fewer lines, or none, takes whole lines away."""
    assert edited(" a\n b\n c\n", "a\nb\nc\n", "a\nc\n") == " a\n c\n"
    assert edited(" a \n b\n", "a\n", "") == " b\n"


@pytest.mark.spec("A5.4.3")
def test_edits_build_on_each_other() -> None:
    """Each works on the result before; the first that fails ends it."""
    steps = (Edit(search="a", replace="b"), Edit(search="b", replace="c"))
    assert apply_edits("a", steps) == "c"
    assert isinstance(apply_edits("a", (*steps, Edit(search="a", replace="d"), Edit(search="c", replace="d"))), Refusal)


@pytest.mark.spec("A5.5.hints")
@pytest.mark.parametrize(
    ("content", "search", "said"),
    [
        ("x\n# ======\n", "# ====\n", ["'='", "U+003D", "4 times", "6 times", "line 2"]),
        ("-----\n" * 7, "-------\n", ["line 1, 2, 3, 4, 5 and 2 more"]),
        ("aa\nbb\ncc\ndd\nee\n", "aaa\nbbb\nccc\nddd\neee\n", ["'a'", "'b'", "'c'", "and 2 more"]),
    ],
)
def test_a_miscounted_character_is_named(content: str, search: str, said: list[str]) -> None:
    """With its code point, both counts and the lines; not every one when there are many."""
    refused = apply_edit(content, Edit(search=search, replace="-"))
    assert isinstance(refused, Refusal)
    assert [words for words in said if words not in refused.message] == []


@pytest.mark.spec("A5.5.hints")
@pytest.mark.parametrize(
    ("content", "search", "replace", "said"),
    [
        ("x\nnew\nnew\n", "old", "new", "line 2, 3:"),
        ("x\n  new \n", "old\n", "new\n", "line 2:"),
        ("x\n", "old", "new", ""),
        ("x\n", "old", "", ""),
        ("ab\n", "b\n\n", "ab\n", "line 1:"),
    ],
)
def test_an_edit_that_seems_done_is_told(content: str, search: str, replace: str, said: str) -> None:
    """When the replacement stands there and nothing was miscounted; nothing is added where nothing is known."""
    refused = apply_edit(content, Edit(search=search, replace=replace))
    assert isinstance(refused, Refusal)
    assert said in refused.message
    assert ("already" in refused.message) == bool(said)


@pytest.mark.spec("A5.5.hints")
def test_a_miscount_suppresses_the_other_hint() -> None:
    """And a single character more or less is no miscount."""
    both = apply_edit("===\nnew\n", Edit(search="====\n", replace="new\n"))
    assert isinstance(both, Refusal)
    assert "already" not in both.message
    single = apply_edit("ab\n", Edit(search="acb\n", replace="zzz"))
    assert isinstance(single, Refusal)
    assert ";" not in single.message


@pytest.mark.spec("A5.4.5")
def test_a_diff_has_the_callers_path_and_three_lines_around() -> None:
    """And says where a file ends without a newline."""
    before = "".join(f"{number}\n" for number in range(1, 10))
    assert unified_diff("/a b", before, before.replace("5\n", "five\n")) == (
        "--- /a b\n+++ /a b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    )
    assert unified_diff("/p", "a", "b\n") == ("--- /p\n+++ /p\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n")
    assert unified_diff("/p", "a", "a") == ""


def _file(path: str, content: str, *searches: str, real_path: str = "") -> FileRead:
    edits = FileEdits(path=path, edits=tuple(Edit(search=search, replace="new") for search in searches))
    return FileRead(edits=edits, real_path=real_path or path, content=content)


@pytest.mark.spec("A5.4.1")
def test_all_failures_are_told_at_once() -> None:
    """Their texts are joined, and the highest status is the answer's."""
    gone = FileRefused(path="/gone", refusal=Refusal(status=404, code="file.not_found", message="is gone"))
    refused = plan_edits([_file("/a", "a", "x"), gone, _file("/b", "b", "b")])
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (404, "file.not_found")
    assert all(text in refused.message for text in ("/a: the search text is not", "/gone: is gone"))
    assert "/b" not in refused.message


@pytest.mark.spec("A5.4", "10.5")
def test_two_names_of_one_file_are_refused() -> None:
    """Where they lead decides, not how they are written."""
    refused = plan_edits([_file("/a", "a b", "a"), _file("/link", "a b", "b", real_path="/a")])
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (400, "edit.alias")


@pytest.mark.spec("A5.4.1", "A5.4.5")
def test_a_plan_holds_the_results_in_order() -> None:
    """With the content before, so that a diff can be made of each."""
    changes = plan_edits([_file("/b", "b\n", "b"), _file("/a", "a", "a")])
    assert changes == (
        FileChange(path="/b", real_path="/b", before="b\n", after="new\n"),
        FileChange(path="/a", real_path="/a", before="a", after="new"),
    )
    assert changes[0].diff().diff.endswith("-b\n+new\n")


@pytest.mark.spec("A5.4")
def test_half_a_character_is_no_text() -> None:
    """JSON can spell one, but no file can hold it."""
    refused = refuse_file(FileEdits(path="/a", edits=(Edit(search="a", replace="\ud800"),)))
    assert refused is not None
    assert refused.status == 400
