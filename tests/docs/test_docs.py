"""The documentation is true: its snippets run and print what it shows; what it names and links to exists."""

import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from pkgutil import resolve_name
from typing import Final

import click
import pytest
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

import chatcore
from chatcore.adapters.cli import main

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
ADRS: Final = sorted((ROOT / "docs" / "adr").glob("*.md"))

_PRINTED: Final = "printed by the newest snippet"
_RUN: Final = PythonEvaluator()
_FENCED: Final = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\]\((?!https?://|mailto:)(?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_OUR_FILE: Final = re.compile(r"(?:src|tests|docs|benchmarks|examples|\.ci)/[\w./*-]*[\w/*]")


def _run(example: Example) -> None:
    printed = StringIO()
    with redirect_stdout(printed):
        _RUN(example)
    example.namespace[_PRINTED] = printed.getvalue()


def _compare(example: Example) -> None:
    assert str(example.parsed).rstrip() == example.namespace.pop(_PRINTED).rstrip()


_SYBIL: Final = Sybil(
    [CodeBlockParser(language="python", evaluator=_run), CodeBlockParser(language="text", evaluator=_compare)]
)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _commands(page: Path) -> Iterator[list[str]]:
    """What the page tells its reader to type, as far as it is ours."""
    text = page.read_text(encoding="utf-8")
    shell = (found["body"] for found in _FENCED.finditer(text) if found["language"] == "sh")
    spans = _SPAN.findall(_FENCED.sub("", text))
    for line in (*(line for body in shell for line in body.splitlines()), *spans):
        words = shlex.split(line, comments=True) if re.match(r"(make|chatcore) ", line) else []
        if words:
            yield words


def _check_chatcore(words: list[str]) -> None:
    command: click.Command = main
    for word in words[1:]:
        if word.startswith("-"):
            known = {option for parameter in command.params for option in parameter.opts} | {"-h", "--help"}
            assert word in known, f"{' '.join(words)}: there is no option {word}"
        elif isinstance(command, click.Group):
            assert word in command.commands, f"{' '.join(words)}: there is no command {word}"
            command = command.commands[word]


def _anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as Markdown viewers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_snippet_runs_and_prints_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python blocks of a page run one after the other; a `text` block behind one is what it prints."""
    monkeypatch.chdir(tmp_path)
    for example in _SYBIL.parse(page).examples():
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    """A reader can type every `make …` and `chatcore …` of the page."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for words in _commands(page):
        if words[0] == "make":
            missing = {word for word in words[1:] if "=" not in word} - targets
            assert not missing, f"{' '.join(words)}: there is no target {missing}"
        else:
            _check_chatcore(words)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_and_file_that_a_page_names_exists(page: Path) -> None:
    """No link leads nowhere; a file or a module that a page names is there, and `*` stands for at least one."""
    text = page.read_text(encoding="utf-8")
    for link in _LINK.finditer(text):
        target = page.parent / link["target"] if link["target"] else page
        assert target.exists(), f"{_name(page)} links to {link['target']}, which does not exist"
        assert not link["anchor"] or link["anchor"] in _anchors(target), f"{link[0]} has no such heading"
    spans = _SPAN.findall(text)
    missing = [name for name in _OUR_FILE.findall(" ".join(spans)) if not any(ROOT.glob(name))]
    assert not missing, f"{_name(page)} names files that do not exist: {missing}"
    for name in filter(re.compile(r"chatcore(\.\w+)+").fullmatch, spans):
        resolve_name(name)


@pytest.mark.parametrize("page", ADRS, ids=_name)
def test_a_decision_has_its_parts_and_is_on_the_map(page: Path) -> None:
    """Each decision says when, why, what, what else was possible and what guards it, on one page."""
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {page.name[:4]} .+\n\nStatus: accepted \d{{4}}-\d\d-\d\d\.\n", text)
    for part in ("Context:", "Decision:", "Rejected:", "Guarded by:"):
        assert f"\n\n{part}" in text, f"it lacks {part}"
    assert len(text.splitlines()) <= 60, "it is longer than a page"
    assert f"(adr/{page.name})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_gaps() -> None:
    """A number names one decision for ever."""
    assert [f"{number:04}" for number in range(1, len(ADRS) + 1)] == [page.name[:4] for page in ADRS]


def test_the_changelog_knows_this_version() -> None:
    """Users find what is new in the version that they have."""
    assert f"\n## {chatcore.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
