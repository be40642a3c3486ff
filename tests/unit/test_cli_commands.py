"""What holds for every command of the command line."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chatcore.adapters.cli import main


def commands(group: click.Group) -> Iterator[click.Command]:
    """Every command of a group and of the groups in it."""
    for each in group.commands.values():
        if isinstance(each, click.Group):
            yield from commands(each)
        else:
            yield each


@pytest.mark.parametrize("command", list(commands(main)), ids=lambda command: command.name)
def test_every_command_takes_json(command: click.Command) -> None:
    """`--json` is an option of each."""
    assert "--json" in {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize("arguments", [["--help"], ["chat", "--help"], ["log", "tail", "--help"], ["chat", "a", "b"]])
def test_heavy_imports_come_on_use(arguments: list[str]) -> None:
    """Help and wrong usage are quick: no event loop, no database, no rules are loaded for them."""
    heavy = "{'anyio', 'asyncio', 'attr', 'cattrs', 'sqlite3', 'sqlite_utils', 'orjson', 'chatcore.app'}"
    code = (
        "import sys; from chatcore.adapters.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: print('loaded', sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "loaded []" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["log", "verify"], ["log", "show", "a"], ["log", "export"], ["state", "a"]])
def test_a_store_that_holds_nothing_is_told_and_not_made(arguments: list[str], tmp_path: Path) -> None:
    """An empty file stays empty, a missing one missing, and memory is no place to look for anything."""
    empty, missing = tmp_path / "empty.db", tmp_path / "missing.db"
    empty.touch()
    for url, told in (
        (f"sqlite:///{empty}", "or it is empty"),
        (f"sqlite:///{missing}", "there is no file"),
        ("memory://", "holds nothing"),
    ):
        done = CliRunner().invoke(main, [*arguments, "--store", url])

        assert 2 == done.exit_code
        assert told in done.output
    assert (0, False) == (empty.stat().st_size, missing.exists())


@pytest.mark.parametrize(("folder", "told"), [("file", "is a file"), ("file/below", "cannot be made")])
def test_the_demo_needs_a_folder(folder: str, told: str, tmp_path: Path) -> None:
    """A file in its place is bad input, not a crash."""
    (tmp_path / "file").touch()

    done = CliRunner().invoke(main, ["demo", "--dir", str(tmp_path / folder)])

    assert 2 == done.exit_code
    assert told in done.output


def test_a_tail_begins_at_an_event_or_before_the_first() -> None:
    """There is no event before the first."""
    assert 2 == CliRunner().invoke(main, ["log", "tail", "a", "--after", "-5"]).exit_code
