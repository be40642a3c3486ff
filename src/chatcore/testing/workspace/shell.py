"""A small `sh -c`: lists, pipes, variables, redirections and programs. Globs, loops and job control are beyond it."""

from collections.abc import Callable, Generator, Mapping
from typing import Final

from attrs import define, field

from chatcore.testing.workspace.programs import BUILTINS
from chatcore.testing.workspace.shell_words import (
    Literal,
    NotUnderstood,
    Simple,
    Substitution,
    Variable,
    Word,
    line_of,
    parse,
)
from chatcore.testing.workspace.steps import Invocation, Program, Running, Step, Terminated, ToStderr, begun
from chatcore.testing.workspace.tree import Tree

_NOT_FOUND: Final = 127
_MISUSED: Final = 2


class _Exited(Exception):  # a way out, no error
    """`exit` was called."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@define(kw_only=True)
class Shell:
    """One shell with its directory and its variables."""

    tree: Tree
    programs: Mapping[str, Program]
    directory: str
    env: dict[str, str]
    number: int
    """What `$$` is."""
    _code: int = field(default=0, init=False)

    def run(self, line: str) -> Running:
        """A whole line."""
        try:
            return (yield from self._list(line))
        except _Exited as exited:
            return exited.code
        except NotUnderstood as error:
            yield ToStderr(f"sh: {error}\n")
            return _MISUSED

    def _list(self, line: str) -> Running:
        commands = parse(line)
        stdin, skips = "", False
        for place, each in enumerate(commands):
            if each.joint != "|":  # a pipe binds closer: what is skipped is the whole of it
                skips = (each.joint == "&&" and bool(self._code)) or (each.joint == "||" and not self._code)
            if skips:
                continue
            piped = place + 1 < len(commands) and commands[place + 1].joint == "|"
            given, stdin = stdin if each.joint == "|" else "", ""
            running = self._simple(each.command, given)
            if piped:
                stdin = yield from _captured(running, self._set_code)
            else:
                self._code = (yield from running) or 0
        return self._code

    def _simple(self, command: Simple, stdin: str) -> Running:
        words: list[str] = []
        for word in command.words:
            expanded = yield from self._expanded(word)
            # A variable without a value is no word, unless it is quoted. Values are never split into several words.
            if expanded or any(isinstance(piece, Literal) for piece in word):
                words.append(expanded)
        running = self._named(words, stdin)
        if command.joined:
            running = _both_as_one(running)
        if command.to_stderr:
            running = _to_stderr(running)
        if command.output is None:
            return (yield from running)
        path = yield from self._expanded(command.output)
        codes: list[int] = []
        text = yield from _captured(running, codes.append)
        try:
            self._redirect(path, text, append=command.append)
        except OSError as error:
            yield ToStderr(f"sh: {path}: {error.strerror or type(error).__name__}\n")
            return 1
        return codes[0]

    def _redirect(self, name: str, text: str, *, append: bool) -> None:
        whole = self._invocation(["sh"], "")
        path = whole.path(name)
        if path == "/dev/null":
            return
        # Unlike a tool's write, a shell's makes no directories.
        self.tree.names(path.rpartition("/")[0] or "/")
        before = whole.read(name) if append and self.tree.exists(path) else ""
        whole.write(name, before + text)

    def _named(self, words: list[str], stdin: str) -> Running:
        if not words:
            return 0
        name, _, value = words[0].partition("=")
        if len(words) == 1 and "=" in words[0] and name.isidentifier():
            self.env[name] = value
            return 0
        match words[0]:
            case "cd":
                return (yield from self._cd(words[1] if len(words) > 1 else "~"))
            case "exit":
                raise _Exited(int(words[1]) if len(words) > 1 else self._code)
            case "sh" if words[1:2] == ["-c"] and len(words) > 2:
                return (yield from self._nested().run(words[2]))
        program = self.programs.get(words[0]) or BUILTINS.get(words[0])
        if program is None:
            yield ToStderr(f"sh: {words[0]}: not found\n")
            return _NOT_FOUND
        try:
            return (yield from begun(program, self._invocation(words, stdin)))
        except Terminated:
            raise
        except Exception as error:  # noqa: BLE001  # a program that crashes ends like one that does anywhere
            why = error.strerror if isinstance(error, OSError) else None
            yield ToStderr(f"{words[0]}: {why or f'{type(error).__name__}: {error}'}\n")
            return 1

    def _cd(self, name: str) -> Running:
        path = self._invocation(["cd"], "").path(name)
        if not self.tree.is_directory(path):
            yield ToStderr(f"sh: cd: can't cd to {name}\n")
            return _MISUSED
        self.directory = path
        return 0

    def _invocation(self, words: list[str], stdin: str) -> Invocation:
        return Invocation(
            name=words[0], args=tuple(words[1:]), directory=self.directory, env=self.env, tree=self.tree, stdin=stdin
        )

    def _expanded(self, word: Word) -> Generator[Step, None, str]:
        text = ""
        for piece in word:
            match piece:
                case Literal(text=literal):
                    text += literal
                case Variable(name=name):
                    special = {"$": str(self.number), "?": str(self._code)}
                    text += special.get(name) or self.env.get(name, "")
                case Substitution(command=command):
                    printed = yield from _captured(self._nested().run(command), self._set_code)
                    text += printed.rstrip("\n")
        return self.env.get("HOME", "/") + text[1:] if line_of(word) == text and text in ("~",) else text

    def _nested(self) -> "Shell":
        return Shell(
            tree=self.tree, programs=self.programs, directory=self.directory, env=dict(self.env), number=self.number
        )

    def _set_code(self, code: int) -> None:
        self._code = code


def _captured(running: Running, tell_code: Callable[[int], None]) -> Generator[Step, None, str]:
    """What is printed, instead of printing it; the rest goes through."""
    kept: list[str] = []

    def keep(step: Step) -> Step | None:
        if not isinstance(step, str):
            return step
        kept.append(step)
        return None

    tell_code((yield from _mapped(running, keep)))
    return "".join(kept)


def _to_stderr(running: Running) -> Running:
    return (yield from _mapped(running, lambda step: ToStderr(step) if isinstance(step, str) else step))


def _both_as_one(running: Running) -> Running:
    return (yield from _mapped(running, lambda step: step.text if isinstance(step, ToStderr) else step))


def _mapped(running: Running, change: Callable[[Step], Step | None]) -> Generator[Step, None, int]:
    """The steps, each changed; those that become None are left out. What is thrown in reaches the program."""
    try:
        step = next(running)
        while True:
            changed = change(step)
            if changed is None:
                step = next(running)
                continue
            try:
                yield changed
            except Terminated as signal:
                step = running.throw(signal)
            else:
                step = next(running)
    except StopIteration as stop:
        code: int | None = stop.value
        return code or 0
