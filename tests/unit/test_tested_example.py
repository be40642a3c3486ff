"""The example of the test kit's tutorial, run as written: it finds its planted bug, and a seed that replays it."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLE: Final = "examples/tested_tool/test_refunds.py"
_INSTALLED: Final = any(point.value == "chatcore.testing.plugin" for point in entry_points(group="pytest11"))
_PLUGIN: Final = () if _INSTALLED else ("-p", "chatcore.testing.plugin")


def run(*args: str) -> tuple[int, str]:
    """Pytest, as a reader of the tutorial would run it: its exit code and what it printed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *_PLUGIN, *args]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_the_example_finds_its_bug_and_a_seed_that_replays_it() -> None:
    """The command at the top of the file fails in the test with the bug alone, and its last words fail once more."""
    text = (ROOT / EXAMPLE).read_text(encoding="utf-8")
    (told,) = re.findall(r"^ +pytest (.*)$", text, re.MULTILINE)

    code, printed = run(*shlex.split(told))
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "more than 100" in printed
    assert "with_care" not in printed.rpartition("short test summary")[2]
    again = re.findall(r"^pytest (.* --chat-seed \d+)$", printed, re.MULTILINE)
    assert again, "a failure says how to run it again"

    code, replayed = run(*shlex.split(again[0]))
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "1 failed" in replayed
    faults = [re.findall(r"^E +- (the scene's check .*)$", each, re.MULTILINE) for each in (printed, replayed)]
    assert faults[0][0] == faults[1][0]


def test_the_repaired_example_holds() -> None:
    """With the bug repaired, fifty seeds find nothing."""
    code, printed = run(EXAMPLE, "-k", "with_care", "--chat-seed", "0:50")

    assert code == pytest.ExitCode.OK, printed
