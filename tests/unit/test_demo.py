"""The demo: every project that can be drawn is repaired, from what tools return, and a wrong repair is noticed."""

import json
import unittest
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatcore.adapters.cli import main
from chatcore.adapters.cli.demo.mechanic import changes_to_try
from chatcore.adapters.cli.demo.project import draw_project
from chatcore.adapters.cli.demo.specimens import SPECIMENS, Bug, Specimen

CASES = [(specimen, bug) for specimen in SPECIMENS for bug in specimen.bugs]


def _passes(specimen: Specimen, source: str) -> bool:
    """Whether a source satisfies the specimen's checks."""
    names: dict[str, object] = {}
    exec(source, names)
    test = unittest.TestCase()
    try:
        for check in specimen.checks:
            exec(check.format(function="f"), {**names, "self": test})
    except (AssertionError, IndexError):
        return False
    return True


def test_there_is_variety() -> None:
    """At least eight combinations of file, function, kind of bug and test name."""
    combinations = sum(len(each.modules) * len(each.functions) * len(each.bugs) * len(each.tests) for each in SPECIMENS)

    assert combinations >= 8


@pytest.mark.parametrize(("specimen", "bug"), CASES, ids=lambda case: getattr(case, "kind", ""))
def test_every_bug_is_found_by_the_tests_and_can_be_repaired(specimen: Specimen, bug: Bug) -> None:
    """The right source passes, the broken one fails, and one of the model's guesses mends it."""
    right = specimen.source.format(function="f")
    broken = right.replace(bug.right, bug.wrong)

    assert _passes(specimen, right)
    assert not _passes(specimen, broken)
    assert any(_passes(specimen, guess) for guess in changes_to_try(broken))


def test_a_seed_draws_the_same_project(tmp_path: Path) -> None:
    """Same seed, same files; and the drawn project's tests fail."""
    first, second = draw_project(tmp_path / "a", 3), draw_project(tmp_path / "b", 3)
    files = [{path.name: path.read_text() for path in each.folder.iterdir()} for each in (first, second)]

    assert files[0] == files[1]
    assert not first.tests_pass()


def test_the_demo_proves_its_repair(tmp_path: Path) -> None:
    """Code 0, and the proof says what holds."""
    done = CliRunner().invoke(main, ["demo", "--seed", "5", "--dir", str(tmp_path), "--json"], catch_exceptions=False)
    proof = json.loads(done.stdout)

    assert (0, True) == (done.exit_code, proof["ok"])
    assert proof["tests_pass"]
    assert proof["log"] == {"ok": True, "chats": 2, "events": proof["log"]["events"], "faults": []}
    assert [True] * 3 == [act["holds"] for act in proof["acts"]]
    assert proof["same_in_another_process"]


def test_a_planted_wrong_edit_fails_the_demo(tmp_path: Path) -> None:
    """Code 1: the model claims success, the project's tests know better."""
    command = ["demo", "--dir", str(tmp_path), "--plant-wrong-edit", "--json"]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    proof = json.loads(done.stdout)

    assert (1, False, False) == (done.exit_code, proof["ok"], proof["tests_pass"])
    assert proof["log"]["ok"]


def test_reading_commands_make_no_file(tmp_path: Path) -> None:
    """A store that does not exist is an error with code 2, and no file appears."""
    for command in (["log", "verify"], ["log", "show", "some-chat"]):
        done = CliRunner().invoke(main, [*command, "--store", f"sqlite:///{tmp_path}/none.db"])

        assert done.exit_code == 2
        assert "none.db" in done.stderr
    assert list(tmp_path.iterdir()) == []
