"""Titles of reasoning (spec chat-core 1.9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.titles import reasoning_title
from chatcore.domain.limits import REASONING_TITLE_CHARS_MAX, REASONING_TITLE_WORDS_MAX


@pytest.mark.spec("1.9")
@pytest.mark.parametrize(
    ("text", "summaries", "title"),
    [
        ("**Reading the log**", (), "Reading the log"),
        ("**Reading the log**  \nThen more", (), "Reading the log"),
        ("**Reading** the log", (), None),
        ("**Reading** and **writing**", (), None),
        (" **Reading**", (), None),
        ("** **", ("next",), "next"),
        ("plain", (" ", "\n**Checking** the rest\nmore", "later"), "Checking"),
        ("plain", ('"Quoted title"\nmore',), "Quoted title"),
        ("plain", ("“Quoted”",), "Quoted"),
        ("plain", ("see **this** one",), "see **this** one"),
        ("plain", (), None),
        ("", ("",), None),
        ("**one two three four five six seven eight**", (), "one two three four five six seven eight"),
        ("**one two three four five six seven eight nine**", (), "one two three four five six seven eight…"),
        (f"**{'x' * 90}**", (), "x" * 80),
    ],
)
def test_titles(text: str, summaries: tuple[str, ...], title: str | None) -> None:
    """The bold first line, else the first summary; few words, few characters."""
    assert reasoning_title(text, summaries) == title


@pytest.mark.spec("1.9")
@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_title_is_short_and_never_blank(text: str, summaries: list[str]) -> None:
    """Whatever the model thought, a title fits its place."""
    title = reasoning_title(f"**{text}**", summaries)
    if title is not None:
        assert title.strip()
        assert len(title) <= REASONING_TITLE_CHARS_MAX
        assert len(title.split()) <= REASONING_TITLE_WORDS_MAX
