"""What a program of a simulated workspace is: a generator that says what it prints and how long it takes.

    def tests(run):
        yield "2 tests\n"
        yield Pause(3)                      # seconds of anyio's clock
        if "bug" in run.read("app.py"):
            yield ToStderr("1 failed\n")
            return 1                        # the exit code; None is 0
        yield "2 passed\n"

    SimulatedWorkspace(files={"/project/app.py": "…"}, programs={"pytest": tests, "git": "nothing to commit\n"})

Nothing runs in the background: a program goes on, up to the present, when somebody looks at the workspace.
"""

from collections.abc import Callable, Generator
from posixpath import join
from typing import TypeAlias

from attrs import define, frozen

from chatcore.adapters.agent.local.paths import clean
from chatcore.adapters.scripted import Pause
from chatcore.testing.workspace.tree import Tree


@frozen
class ToStderr:
    """Words on the other output; a redirection of the first leaves them."""

    text: str


class Terminated(Exception):  # it is what is said to a program, not what went wrong
    """Raised inside a program that was sent `terminate`, where it yielded. One that does not let it out goes on."""


Step: TypeAlias = str | ToStderr | Pause
"""What a program yields: words, words for people, or time that goes by."""

Running: TypeAlias = Generator[Step, None, int | None]


@define(kw_only=True)
class Invocation:
    """One run of a program, and what it may look at."""

    args: tuple[str, ...]
    """Without the program's name."""
    name: str
    directory: str
    env: dict[str, str]
    tree: Tree
    stdin: str = ""

    def path(self, name: str) -> str:
        """An absolute path for what the program was told, `~` included."""
        home = self.env.get("HOME", "/")
        name = home + name[1:] if name == "~" or name.startswith("~/") else name
        return clean(join(self.directory, name))

    def read(self, name: str) -> str:
        """A file's text. Raises: OSError, as a real one would."""
        return self.tree.read(self.path(name)).decode("utf-8", "replace")

    def write(self, name: str, text: str) -> None:
        """Replace or make a file. Raises: OSError."""
        self.tree.write(self.path(name), text.encode())


Program: TypeAlias = str | Callable[[Invocation], Running]
"""A program; a text is one that prints it and exits with 0."""


def begun(program: Program, invocation: Invocation) -> Running:
    """The program, about to run."""
    return _printing(program) if isinstance(program, str) else program(invocation)


def _printing(text: str) -> Running:
    yield text
    return 0
