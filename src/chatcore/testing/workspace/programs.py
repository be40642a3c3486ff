"""The programs that every simulated workspace has: the few that models use all the time."""

from collections.abc import Callable, Iterator, Mapping
from posixpath import basename, join
from typing import Final

from chatcore.adapters.scripted import Pause
from chatcore.testing.workspace.steps import Invocation, Program, Running, ToStderr
from chatcore.testing.workspace.tree import Directory, File, Link, Node

_NONE: Final = 1


def _echo(run: Invocation) -> Running:
    newline = "" if run.args[:1] == ("-n",) else "\n"
    yield " ".join(run.args[1:] if run.args[:1] == ("-n",) else run.args) + newline
    return 0


def _pwd(run: Invocation) -> Running:
    yield f"{run.tree.resolve(run.directory) if '-P' in run.args else run.directory}\n"
    return 0


def _true(_: Invocation) -> Running:
    yield from ()
    return 0


def _false(_: Invocation) -> Running:
    yield from ()
    return _NONE


def _sleep(run: Invocation) -> Running:
    yield Pause(float(run.args[0]))
    return 0


def _seq(run: Invocation) -> Running:
    numbers = [int(argument) for argument in run.args]
    first, last = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1])
    yield "".join(f"{number}\n" for number in range(first, last + 1))
    return 0


def _cat(run: Invocation) -> Running:
    if not run.args:
        yield run.stdin
    for name in run.args:
        yield run.read(name)
    return 0


def _ls(run: Invocation) -> Running:
    for name in _operands(run) or [run.directory]:
        path = run.path(name)
        node = run.tree.get(path)
        names = sorted(run.tree.names(path), key=str.encode) if isinstance(node, Directory) else [name]
        hidden = any("a" in option.lower() for option in run.args if option.startswith("-"))
        yield "".join(f"{each}\n" for each in names if hidden or not each.startswith("."))
    return 0


def _mkdir(run: Invocation) -> Running:
    for name in _operands(run):
        if "-p" in run.args:
            run.tree.make_directories(run.path(name))
        else:
            run.tree.put(run.path(name), Directory())
    yield from ()
    return 0


def _touch(run: Invocation) -> Running:
    for name in _operands(run):
        if not run.tree.exists(run.path(name)):
            run.tree.put(run.path(name), File())
    yield from ()
    return 0


def _ln(run: Invocation) -> Running:
    target, name = _operands(run)
    place = run.path(name)
    if run.tree.is_directory(place):
        place = join(place, basename(target))
    run.tree.put(place, Link(target))
    yield from ()
    return 0


def _rm(run: Invocation) -> Running:
    options = "".join(option for option in run.args if option.startswith("-"))
    for name in _operands(run):
        path = run.path(name)
        try:
            node = run.tree.get_unfollowed(path)
        except FileNotFoundError:
            if "f" in options:
                continue
            raise
        if isinstance(node, Directory) and "r" not in options.lower():
            yield ToStderr(f"rm: {name} is a directory\n")
            return _NONE
        run.tree.remove(path)
    return 0


def _readlink(run: Invocation) -> Running:
    node = run.tree.get_unfollowed(run.path(run.args[0]))
    if not isinstance(node, Link):
        return _NONE
    yield f"{node.target}\n"
    return 0


def _mktemp(run: Invocation) -> Running:
    number = len(run.tree.names("/tmp")) + 1
    while run.tree.exists(f"/tmp/tmp.{number:06}"):
        number += 1
    path = f"/tmp/tmp.{number:06}"
    run.tree.put(path, Directory(mode=0o700) if "-d" in run.args else File(mode=0o600))
    yield f"{path}\n"
    return 0


def _stat(run: Invocation) -> Running:
    if run.args[:2] != ("-c", "%a"):
        raise ValueError("only `stat -c %a` is known here")
    for name in run.args[2:]:
        yield f"{_mode(run.tree.get(run.path(name))):o}\n"
    return 0


def _chmod(run: Invocation) -> Running:
    mode, *names = _operands(run)
    for name in names:
        for node in (
            _with_all_below(run.tree.get(run.path(name))) if "-R" in run.args else [run.tree.get(run.path(name))]
        ):
            if isinstance(node, File | Directory):
                node.mode = int(mode, 8) if mode.isdecimal() else node.mode | 0o700
    yield from ()
    return 0


def _test(run: Invocation) -> Running:
    yield from ()
    args = run.args[:-1] if run.name == "[" else run.args
    match args:
        case ("-n", text):
            true = bool(text)
        case ("-z", text):
            true = not text
        case ("-e", name):
            true = run.tree.exists(run.path(name))
        case ("-d", name):
            true = run.tree.is_directory(run.path(name))
        case ("-f", name):
            true = run.tree.exists(run.path(name)) and isinstance(run.tree.get(run.path(name)), File)
        case (left, "=", right):
            true = left == right
        case (left, "!=", right):
            true = left != right
        case _:
            raise ValueError(f"this test is not known here: {' '.join(args)}")
    return 0 if true else _NONE


def _kill(run: Invocation) -> Running:
    yield from ()
    if run.args[:1] != ("-0",):
        raise ValueError("only `kill -0` is known here: signals come from the workspace")
    return 0


def _operands(run: Invocation) -> list[str]:
    return [argument for argument in run.args if not argument.startswith("-")]


def _mode(node: Node) -> int:
    return node.mode if isinstance(node, File | Directory) else 0o777


def _with_all_below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.entries.values() if isinstance(node, Directory) else ():
        yield from _with_all_below(child)


_FUNCTIONS: Final[Mapping[str, Callable[[Invocation], Running]]] = {
    ":": _true,
    "[": _test,
    "cat": _cat,
    "chmod": _chmod,
    "echo": _echo,
    "false": _false,
    "kill": _kill,
    "ln": _ln,
    "ls": _ls,
    "mkdir": _mkdir,
    "mktemp": _mktemp,
    "pwd": _pwd,
    "readlink": _readlink,
    "rm": _rm,
    "seq": _seq,
    "sleep": _sleep,
    "stat": _stat,
    "test": _test,
    "touch": _touch,
    "true": _true,
    "umask": _true,
}

BUILTINS: Final[Mapping[str, Program]] = _FUNCTIONS
"""By name. A program of the same name that a test gives wins."""
