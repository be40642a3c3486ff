"""The simulated shell does what `sh` does, as far as it goes."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcore.testing.workspace.shell import Shell
from chatcore.testing.workspace.steps import Running
from chatcore.testing.workspace.tree import Tree

FEW: Final = max(settings().max_examples // 5, 20)
"""Each example starts a real shell."""

# No backslashes in what `echo` prints: POSIX leaves open what becomes of them, and shells differ.
_TEXTS: Final = st.text("ab $'\"\\;|&>é#", max_size=6)
_PLAIN: Final = st.sampled_from(("a", "b-c", "x=1", "é", "2", "/"))
_QUOTED: Final = st.text('ab $";|&>#(`é', max_size=6).map(lambda text: f"'{text}'")
_DOUBLE: Final = st.text("ab ';|&>#(é", max_size=6).map(lambda text: f'"{text}"')
_VARIABLES: Final = st.sampled_from(
    ("$A", "${B}", '"$A"', '"x${A}y"', "$?", "$EMPTY", '"$(echo a b)"', "$(echo c)", "\\$", "a\\ b")
)
_WORDS: Final = st.lists(_PLAIN | _QUOTED | _DOUBLE | _VARIABLES, min_size=1, max_size=2).map("".join)
_COMMANDS: Final = st.one_of(
    st.lists(_WORDS, max_size=3).map(lambda words: " ".join(["echo 1", *words])),
    st.sampled_from(("true", "false", "A=new", "B='p q'", "exit 3", "pwd", "cat f", "cat nothing", "echo on f | cat")),
    st.sampled_from(
        (
            "cd d",
            "mkdir -p d/e && cd d/e && cd ..",
            "mkdir d",
            "touch f",
            "rm -f f",
            "test -f f",
            "[ -d d ]",
            'test "$A" = new',
        )
    ),
    st.sampled_from(("echo w > f", "echo w >> f", "echo e >&2", "ls", "sh -c 'echo in; exit 4'", "nosuch", "seq 2 4")),
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Lists of commands, joined in every way."""
    line = draw(_COMMANDS)
    for _ in range(draw(st.integers(0, 5))):
        line += draw(st.sampled_from(("; ", " && ", " || ", ";", "&&", "\n"))) + draw(_COMMANDS)
    return line


def real(line: str, directory: Path) -> tuple[str, int]:
    """What the machine's shell prints, and its exit code."""
    env = {"PATH": "/usr/bin:/bin", "A": "va", "B": "vb", "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(["sh", "-c", line], cwd=directory, env=env, capture_output=True, text=True, check=False)
    return ended.stdout.replace(str(directory), "/project"), ended.returncode


def simulated(line: str) -> tuple[str, int]:
    """What the simulated one prints."""
    tree = Tree({"/project/.keep": ""})
    shell = Shell(tree=tree, programs={}, directory="/project", env={"A": "va", "B": "vb"}, number=1)
    return drained(shell.run(line))


def drained(running: Running) -> tuple[str, int]:
    """All that is printed, without what is for people."""
    printed = ""
    try:
        while True:
            step = next(running)
            printed += step if isinstance(step, str) else ""
    except StopIteration as stop:
        return printed, stop.value or 0


@pytest.mark.spec("A3.3", "A3.5", "A3.6")
@settings(max_examples=FEW)
@given(lines())
def test_it_prints_what_sh_prints(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    """The same words and the same exit code, for lists, quotes, variables, substitutions, redirections and pipes."""
    directory = tmp_path_factory.mktemp("sh")
    printed, code = real(line, directory)

    assert (printed, code) == simulated(line)


@given(st.text(max_size=30) | _TEXTS)
def test_any_line_is_run_or_refused(line: str) -> None:
    """Whatever is asked of it, it ends, with an exit code that a shell could have."""
    shell = Shell(tree=Tree(), programs={}, directory="/tmp", env={}, number=1)

    _, code = drained(shell.run(line))

    assert code in (0, 1, 2, 127) or re.search(r"\bexit\b", line)
