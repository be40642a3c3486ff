"""The vocabulary of editing: lines, their endings, and the white space around their core (A5.5)."""

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

LF: Final = "\n"
CRLF: Final = "\r\n"
_BLANKS: Final = " \t"


@frozen
class Line:
    """A body and its ending. A blank body is all lead: it has no core and no trail."""

    body: str
    ending: str
    """`LF`, `CRLF`, or empty for an unterminated last line."""

    @property
    def lead(self) -> str:
        """The spaces and tabs before the core."""
        return self.body[: len(self.body) - len(self.body.lstrip(_BLANKS))]

    @property
    def core(self) -> str:
        """The body without the spaces and tabs around it; empty for a blank line."""
        return without_blanks_around(self.body)

    @property
    def trail(self) -> str:
        """The spaces and tabs after the core."""
        return self.body[len(self.lead) + len(self.core) :]


def split_lines(text: str) -> list[Line]:
    """Cut a text at its newlines; a final newline does not make an extra empty line."""
    *terminated, rest = text.split(LF)
    lines = [Line(body[:-1], CRLF) if body.endswith("\r") else Line(body, LF) for body in terminated]
    return [*lines, Line(rest, "")] if rest else lines


def join_lines(lines: Iterable[Line]) -> str:
    """The text that the lines were cut from."""
    return "".join(line.body + line.ending for line in lines)


def without_trail(body: str) -> str:
    """The body without the spaces and tabs at its end."""
    return body.rstrip(_BLANKS)


def without_blanks_around(body: str) -> str:
    """The body without the spaces and tabs at both ends."""
    return body.strip(_BLANKS)


def dominant_ending(text: str) -> str:
    """`CRLF` when it occurs strictly more often than a bare `LF`, else `LF`."""
    crlf_count = text.count(CRLF)
    return CRLF if crlf_count > text.count(LF) - crlf_count else LF


def internal_ending(lines: Sequence[Line]) -> str | None:
    """The one ending that all terminated lines of a text of at least two lines share; None when there is none."""
    endings = {line.ending for line in lines if line.ending}
    return endings.pop() if len(lines) >= 2 and len(endings) == 1 else None
