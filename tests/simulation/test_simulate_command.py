"""`chatcore simulate`: what it prints, what it ends with, and that its processes change nothing."""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from chatcore.adapters.cli import main
from chatcore.adapters.cli.simulate_progress import SimulationBar
from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.testing.simulation import CHECKERS, PROFILES, Fault, simulate
from chatcore.testing.simulation.recipe import sentence_of
from chatcore.testing.simulation.sabotages import SABOTAGES

SMALL: Final = ("--chats", "4")
SABOTAGE: Final = "forget_a_cancellation"


def told(*options: str) -> Result:
    """What the command does in this process."""
    return CliRunner().invoke(main, ["simulate", *options])


def told_json(*options: str) -> Mapping[str, JsonValue]:
    """The one object that it prints."""
    value = parse_json(told(*options, "--json").stdout)
    assert isinstance(value, Mapping)
    return value


def test_the_processes_change_nothing_but_the_speed() -> None:
    """One job or two: the same object, to the digest of all runs, but for what the clock says."""
    alone = dict(told_json("--seeds", "0:3", "--jobs", "1", *SMALL))
    shared = dict(told_json("--seeds", "0:3", "--jobs", "2", *SMALL))

    assert alone.pop("speed") != shared.pop("speed")
    assert alone == shared
    assert (True, {"first": 0, "run": 3}) == (alone["ok"], alone["seeds"])


def test_the_object_says_what_was_met_and_what_never_was() -> None:
    """Every fault, pair and transition has its number; what has none is named under `never`."""
    object_ = told_json("--seeds", "5", "--jobs", "1", *SMALL)
    run = simulate(5, chats=4)
    pairs, transitions, never, faults = (object_[name] for name in ("pairs", "transitions", "never", "faults"))
    assert isinstance(pairs, Mapping)
    assert isinstance(transitions, Mapping)
    assert isinstance(faults, Mapping)
    assert isinstance(never, list)

    assert dict(run.counts.transitions) == {name: count for name, count in transitions.items() if count}
    assert dict(run.counts.faults) == {name: count for name, count in faults.items() if count}
    assert {name for name, count in pairs.items() if not count} == {
        each["name"] for each in never if each["kind"] == "pair"
    }
    assert {fault for fault in Fault if not faults[fault]} == {
        each["name"] for each in never if each["kind"] == "fault"
    }
    assert (run.counts.turns, run.code) == (object_["turns"], object_["code"])


def test_people_are_shown_tables_and_what_is_missing() -> None:
    """Sums, faults, the table of commands and states, and what one small seed never met."""
    shown = told("--seeds", "5", "--jobs", "1", "--profile", "calm", *SMALL)

    assert 0 == shown.exit_code
    for words in ("profile calm", " takeovers", "faults: none in this profile", "never met", "every invariant held"):
        assert words in shown.stdout
    assert "finish_turn" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 120


def test_a_violation_is_told_with_its_story_and_the_command_that_repeats_it() -> None:
    """Exit code 1; the command that is printed prints the same violation."""
    shown = told("--seeds", "0:60", "--jobs", "2", "--sabotage", SABOTAGE)
    checker = SABOTAGES[SABOTAGE].checker
    again = next(line.removeprefix("replay") for line in shown.stdout.splitlines() if line.startswith("replay"))
    repeated = told(*shlex.split(again)[2:], "--jobs", "1")

    assert (1, 1) == (shown.exit_code, repeated.exit_code)
    assert f"{checker}: {sentence_of(checker)}" in shown.stdout
    assert sentence_of(checker) != checker
    assert " appends to " in shown.stdout
    assert shown.stdout.partition("VIOLATION")[2] == repeated.stdout.partition("VIOLATION")[2]


def test_a_violation_shrinks_to_a_file_that_replays(tmp_path: Path) -> None:
    """`--shrink` saves it, `--replay` runs it again, to the same story."""
    object_ = told_json("--seeds", "0:60", "--jobs", "1", "--sabotage", SABOTAGE, "--shrink", "--save", str(tmp_path))
    shrunk = object_["shrunk"]
    assert isinstance(shrunk, Mapping)
    assert isinstance(shrunk["story"], list)
    replayed = told("--replay", str(shrunk["file"]))
    trace = tmp_path / "trace.jsonl"
    as_object = told_json("--replay", str(shrunk["file"]), "--trace", str(trace))

    assert 1 == replayed.exit_code
    assert "\n".join(map(str, shrunk["story"])) in replayed.stdout
    assert json.loads(Path(str(shrunk["file"])).read_text()) == shrunk["saved"] == as_object["saved"]
    assert as_object["digest"] == json.loads(trace.read_text().splitlines()[0])["digest"]


def test_a_trace_is_a_line_of_json_for_all_that_happened(tmp_path: Path) -> None:
    """First the run, with its digest; then every happening in order."""
    path = tmp_path / "trace.jsonl"
    told("--seeds", "7", "--jobs", "1", *SMALL, "--trace", str(path))
    head, *lines = map(json.loads, path.read_text().splitlines())
    run = simulate(7, chats=4)

    assert (run.digest, 7, None) == (head["digest"], head["seed"], head["violation"])
    assert [noted.what.line() for noted in run.trace.noted] == [line["text"] for line in lines]
    assert list(range(1, len(lines) + 1)) == [line["number"] for line in lines]


def test_what_can_be_chosen_is_listed() -> None:
    """Sabotages with the checker that must notice, profiles with the rate of every fault."""
    shown = told("--list-sabotages", "--list-profiles")
    object_ = told_json("--list-sabotages", "--list-profiles")

    assert 0 == shown.exit_code
    for name, sabotage in SABOTAGES.items():
        assert any(line.split()[:2] == [name, sabotage.checker] for line in shown.stdout.splitlines())
    assert all(fault in shown.stdout for fault in Fault)
    assert {"sabotages", "profiles"} == set(object_)
    assert {name: dict(each.rates) for name, each in PROFILES.items()} == object_["profiles"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seeds", "five"], "neither a seed"),
        (["--seeds", "5:5"], "no seed in"),
        (["--profile", "mild"], "calm, rough, hostile"),
        (["--sabotage", "nothing"], SABOTAGE),
        (["--replay", "nowhere.json"], "nowhere.json"),
        (["--replay", "nowhere.json", "--seeds", "4"], "leave --seeds out"),
        (["--seeds", "1", "--chats", "1", "--profile", "calm", "--jobs", "1", "--trace", "no/where"], "no/where"),
    ],
)
def test_what_cannot_be_run_is_told_as_bad_input(options: list[str], words: str) -> None:
    """Exit code 2 and what to do, no traceback."""
    shown = told(*options)

    assert 2 == shown.exit_code
    assert words in shown.stderr


def test_a_file_that_is_none_of_ours_is_told_as_bad_input(tmp_path: Path) -> None:
    """Whatever is in it."""
    path = tmp_path / "bug.json"
    path.write_text('{"seed": 1}')

    shown = told("--replay", str(path))

    assert (2, True) == (shown.exit_code, "no run that can be replayed" in shown.stderr)


def test_without_the_extra_it_says_what_to_install() -> None:
    """The command line alone does not bring trio."""
    code = (
        "import sys; sys.modules['trio'] = None\n"
        "from chatcore.adapters.cli import main\n"
        "main(['simulate', '--seeds', '1'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 2 == done.returncode
    assert "needs trio; install the extra: pip install 'chatcore[cli,testing]'" in done.stderr


def test_the_bar_says_how_far_it_is_and_only_to_who_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """Seeds, simulated hours, faults, transitions; nothing when the error stream is no terminal."""
    SimulationBar(4, shown=False).show(4, virtual_s=7200, faults=10, met=3, possible=9)
    assert ("", "") == capsys.readouterr()

    bar = SimulationBar(4, shown=True)
    bar.show(4, virtual_s=7200, faults=10, met=3, possible=9)
    bar.end()
    out, err = capsys.readouterr()

    assert not out
    for words in ("4/4 seeds", "2.0 h simulated", "10 faults", "3/9 transitions"):
        assert words in err


def test_every_invariant_is_a_sentence() -> None:
    """As a violation prints it."""
    assert all(sentence_of(checker.name).endswith(".") for checker in CHECKERS)
