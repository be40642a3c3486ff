"""`chatcore simulate`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import click

from chatcore.adapters.cli.options import AS_JSON
from chatcore.domain.errors import ChatcoreError

if TYPE_CHECKING:
    from chatcore.domain.json_text import JsonValue

_EXTRA: Final = ("hypothesis", "trio")
_SIZE_MAX: Final = 1_000
_JOBS_MAX: Final = 256
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


class ExtraMissing(ChatcoreError):
    """The simulator comes with an extra that is not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(f"chatcore simulate needs {module}; install the extra: pip install 'chatcore[cli,testing]'")
        self.module = module


class _Told(Protocol):
    """What the command says in the end."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        ...

    def text(self) -> str:
        """For people."""
        ...

    def to_json(self) -> "JsonValue":
        """For programs."""
        ...


def _seeds(context: click.Context, parameter: click.Parameter, value: str) -> range:
    """`7` is one seed, `0:500` are five hundred."""
    first, colon, end = value.partition(":")
    if not first.isdecimal() or (colon and not end.isdecimal()):
        raise click.BadParameter(f"{value!r} is neither a seed (7) nor a range of seeds (0:500)")
    seeds = range(int(first), int(end) if colon else int(first) + 1)
    if not seeds:
        raise click.BadParameter(f"there is no seed in {value!r}; the second number is the first that is not run")
    return seeds


@click.command()
@click.option(
    "--seeds", callback=_seeds, default="0:20", metavar="A:B", show_default=True, help="One (7), or from A to before B."
)
@click.option("--profile", default="hostile", show_default=True, help="How bad the day is; see --list-profiles.")
@click.option("--replicas", type=click.IntRange(1, _SIZE_MAX), default=3, show_default=True, help="Services.")
@click.option("--chats", type=click.IntRange(1, _SIZE_MAX), default=12, show_default=True, help="Chats users begin.")
@click.option("--jobs", type=click.IntRange(1, _JOBS_MAX), help="Processes; by default one for each core.")
@click.option("--sabotage", metavar="NAME", help="Break a line of chatcore, up to the seed that shows it.")
@click.option("--shrink", is_flag=True, help="Make the first run that breaks an invariant small, and save it.")
@click.option(
    "--save",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where --shrink saves it; by default here.",
)
@click.option("--replay", type=_FILE, metavar="FILE", help="Run what --shrink saved, instead of seeds.")
@click.option("--trace", type=_FILE, metavar="FILE", help="Write all that happened in the first bad run, or the last.")
@click.option("--list-sabotages", is_flag=True, help="Name them, with the checker that must notice, and end.")
@click.option("--list-profiles", is_flag=True, help="Name them, with the rate of every fault, and end.")
@AS_JSON
def simulate(
    seeds: range,
    profile: str,
    replicas: int,
    chats: int,
    jobs: int | None,
    sabotage: str | None,
    shrink: bool,
    folder: Path,
    replay: Path | None,
    trace: Path | None,
    list_sabotages: bool,
    list_profiles: bool,
    as_json: bool,
) -> None:
    """Run whole clusters through bad days, one for each seed, and check every invariant at every step.

    Ends with code 1 if an invariant broke, after its story and the command that replays it, or if many seeds of
    `hostile` simulated too little.
    """
    if replay is not None:
        _refuse_beside_replay(click.get_current_context())
    with _needing_the_extra():
        from chatcore.adapters.cli import simulate_lists, simulate_running
    show_progress = not as_json and sys.stderr.isatty()
    told: _Told
    if list_sabotages or list_profiles:
        told = simulate_lists.listed(sabotages=list_sabotages, profiles=list_profiles)
    elif replay is not None:
        told = simulate_running.replayed(replay, trace=trace, save=folder if shrink else None)
    else:
        told = simulate_running.simulated(
            simulate_running.batch(seeds, profile, replicas=replicas, chats=chats, sabotage=sabotage),
            jobs=jobs,
            trace=trace,
            save=folder if shrink else None,
            show_progress=show_progress,
        )
    click.echo(json.dumps(told.to_json(), ensure_ascii=False) if as_json else told.text())
    sys.exit(0 if told.ok else 1)


def _refuse_beside_replay(context: click.Context) -> None:
    """A file says what is run; what is said beside it would be ignored."""
    for name in ("seeds", "profile", "replicas", "chats", "jobs", "sabotage"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--replay says what is run; leave --{name} out")


@contextmanager
def _needing_the_extra() -> Iterator[None]:
    """Raises: ExtraMissing, what is imported inside lacks a module of the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing, _, _ = (error.name or "").partition(".")
        if missing not in _EXTRA:
            raise
        raise ExtraMissing(missing) from error
