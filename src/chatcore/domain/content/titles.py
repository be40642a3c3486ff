"""Titles of reasoning (spec chat-core 1.9)."""

import re
from collections.abc import Iterable
from typing import Final

from chatcore.domain.limits import REASONING_TITLE_CHARS_MAX, REASONING_TITLE_WORDS_MAX

_BOLD: Final = re.compile(r"\*\*((?:(?!\*\*).)+)\*\*")
_QUOTES: Final = "\"'`“”‘’«»„‚"
_ELLIPSIS: Final = "…"


def reasoning_title(text: str, summaries: Iterable[str] = ()) -> str | None:
    """What a piece of reasoning is about, in a few words, or None.

    It is the bold span that alone makes up the first line, else what the first summary of the provider that is not
    blank begins with. At most REASONING_TITLE_WORDS_MAX words and REASONING_TITLE_CHARS_MAX characters.
    """
    first_line = text.split("\n", 1)[0].rstrip()
    bold = _BOLD.fullmatch(first_line)
    title = _shortened(bold.group(1)) if bold else ""
    return title or _title_of_summary(summaries) or None


def _title_of_summary(summaries: Iterable[str]) -> str:
    summary = next((entry.strip() for entry in summaries if entry.strip()), "")
    first_line = summary.splitlines()[0] if summary else ""
    bold = _BOLD.match(first_line)
    return _shortened((bold.group(1) if bold else first_line).strip().strip(_QUOTES))


def _shortened(title: str) -> str:
    words = title.split()
    short = " ".join(words[:REASONING_TITLE_WORDS_MAX])
    if len(words) > REASONING_TITLE_WORDS_MAX:
        short += _ELLIPSIS
    return short[:REASONING_TITLE_CHARS_MAX].rstrip()
