"""Reading a command line of the simulated shell: words, quotes, variables, `$(…)`, `;`, `&&`, `||`, `|`, `>`, `>>`."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from attrs import frozen

from chatcore.domain.errors import ChatcoreError

_NAME_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_UNKNOWN: Final = frozenset("(){}`<&*?[")
_KEYWORDS: Final = frozenset({"if", "while", "for", "case", "until", "function", "trap", "wait"})
_JOINTS: Final = ("&&", "||", ";", "\n", "|")


class NotUnderstood(ChatcoreError):
    """The simulated shell is a small one; give the workspace a script for this command line."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the simulated shell does not understand {what!r}: give the workspace a script for the whole line"
        )
        self.what = what


@frozen
class Literal:
    """Characters as they are."""

    text: str


@frozen
class Variable:
    """`$NAME`; `$$` is the number of the shell."""

    name: str


@frozen
class Substitution:
    """`$(command)`: what it prints, without the line breaks at its end."""

    command: str


Piece: TypeAlias = Literal | Variable | Substitution
Word: TypeAlias = tuple[Piece, ...]


@frozen(kw_only=True)
class Simple:
    """One command: its words, and where its output goes."""

    words: tuple[Word, ...]
    output: Word | None = None
    """The file behind `>` or `>>`."""
    append: bool = False
    to_stderr: bool = False
    """`>&2`."""
    joined: bool = False
    """`2>&1`: both outputs are one."""


@frozen(kw_only=True)
class Joined:
    """A command, and what joins it to the one before: `;`, `&&`, `||` or `|`."""

    joint: str
    command: Simple


def parse(line: str) -> tuple[Joined, ...]:
    """The commands of a line. Raises: NotUnderstood."""
    commands: list[Joined] = []
    joint, words = ";", list[Word | str]()
    for token in (*_tokens(line), ";"):
        if isinstance(token, str) and token in _JOINTS:
            if words:
                commands.append(Joined(joint=joint, command=_simple(words)))
                joint, words = token.replace("\n", ";"), []
            elif token not in (";", "\n"):
                raise NotUnderstood(token)
        else:
            words.append(token)
    return tuple(commands)


def _simple(tokens: list[Word | str]) -> Simple:
    words: list[Word] = []
    output: Word | None = None
    append = to_stderr = joined = False
    left = iter(tokens)
    for token in left:
        match token:
            case ">" | ">>":
                target = next(left, None)
                if not isinstance(target, tuple):
                    raise NotUnderstood(token)
                output, append = target, token == ">>"
            case ">&2":
                to_stderr = True
            case "2>&1":
                joined = True
            case str():
                raise NotUnderstood(token)
            case _:
                words.append(token)
    if words and words[0] in [(Literal(keyword),) for keyword in _KEYWORDS]:
        raise NotUnderstood(line_of(words[0]))
    return Simple(words=tuple(words), output=output, append=append, to_stderr=to_stderr, joined=joined)


def line_of(word: Word) -> str:
    """The literal characters of a word."""
    return "".join(piece.text for piece in word if isinstance(piece, Literal))


def _tokens(line: str) -> Iterator[Word | str]:
    at = 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
        elif line[at] == "#":
            at = line.find("\n", at) if "\n" in line[at:] else len(line)
        elif operator := next((each for each in ("2>&1", ">&2", ">>", ">", *_JOINTS) if line.startswith(each, at)), ""):
            at += len(operator)
            yield operator
        else:
            word, at = _word(line, at)
            yield word


def _word(line: str, at: int) -> tuple[Word, int]:
    pieces: list[Piece] = []
    while at < len(line) and line[at] not in " \t\n;|>":
        character = line[at]
        if character == "'":
            end = _closing(line, "'", at)
            pieces.append(Literal(line[at + 1 : end]))
            at = end + 1
        elif character == '"':
            quoted, at = _double_quoted(line, at + 1)
            pieces += quoted
        elif character == "\\":
            pieces.append(Literal(line[at + 1 : at + 2]))
            at += 2
        elif character == "$":
            piece, at = _dollar(line, at)
            pieces.append(piece)
        elif character in _UNKNOWN and not _is_test(line, at, pieces):
            # Between commands `&&` is a joint; everything else that begins so is beyond this shell.
            if line.startswith("&&", at):
                break
            raise NotUnderstood(character)
        else:
            pieces.append(Literal(character))
            at += 1
    return _merged(pieces), at


def _is_test(line: str, at: int, before: list[Piece]) -> bool:
    """Whether a bracket is the command `[`, and does not begin a pattern."""
    return line[at] == "[" and not before and line[at + 1 : at + 2] in ("", " ")


def _double_quoted(line: str, at: int) -> tuple[list[Piece], int]:
    pieces: list[Piece] = [Literal("")]
    while at < len(line) and line[at] != '"':
        if line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\", "$", "`"):
            pieces.append(Literal(line[at + 1]))
            at += 2
        elif line[at] == "$":
            piece, at = _dollar(line, at)
            pieces.append(piece)
        else:
            pieces.append(Literal(line[at]))
            at += 1
    if at >= len(line):
        raise NotUnderstood('"')
    return pieces, at + 1


def _dollar(line: str, at: int) -> tuple[Piece, int]:
    if line.startswith("$((", at):
        raise NotUnderstood("$((")
    if line.startswith("$(", at):
        end = _closing_bracket(line, at + 2)
        return Substitution(line[at + 2 : end]), end + 1
    if line.startswith("${", at):
        end = _closing(line, "}", at)
        name = line[at + 2 : end]
        if not name or set(name) - _NAME_CHARACTERS:
            raise NotUnderstood(f"${{{name}}}")
        return Variable(name), end + 1
    if line.startswith("$$", at):
        return Variable("$"), at + 2
    if line.startswith("$?", at):
        return Variable("?"), at + 2
    end = at + 1
    while end < len(line) and line[end] in _NAME_CHARACTERS:
        end += 1
    return (Variable(line[at + 1 : end]) if end > at + 1 else Literal("$")), end


def _closing(line: str, closing: str, at: int) -> int:
    end = line.find(closing, at + 1)
    if end < 0:
        raise NotUnderstood(line[at])
    return end


def _closing_bracket(line: str, at: int) -> int:
    depth = 1
    for end in range(at, len(line)):
        depth += (line[end] == "(") - (line[end] == ")")
        if depth == 0:
            return end
    raise NotUnderstood("$(")


def _merged(pieces: list[Piece]) -> Word:
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Literal) and merged and isinstance(merged[-1], Literal):
            merged[-1] = Literal(merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return tuple(merged)
