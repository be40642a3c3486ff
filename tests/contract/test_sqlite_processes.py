"""Several processes on one SQLite file, dying processes among them (architecture 5, 9)."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

PROGRAM: Final = Path(__file__).parent / "programs" / "sqlite_processes.py"
PATIENCE_S: Final = 120


def run(mode: str, path: Path, seed: int = 0) -> dict[str, object]:
    """What the program found out."""
    command = [sys.executable, str(PROGRAM), mode, str(path / "chats.db"), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


def test_racing_processes_lose_nothing(tmp_path: Path) -> None:
    """Four processes append to one chat: each title lands once, at the seq that was acknowledged, without gaps; the
    slower one is always told of the conflict."""
    result = run("race", tmp_path)

    titles, results = result["titles"], result["results"]
    assert isinstance(titles, list)
    assert isinstance(results, list)
    assert Counter(titles) == Counter(f"{process}-{number}" for process in range(4) for number in range(30))
    acknowledged = sorted(seq for each in results for seq in each["acknowledged"])
    assert acknowledged == list(range(3, 3 + 4 * 30))
    assert sum(each["conflicts"] for each in results) > 0
    assert result["sound"] is True


def test_processes_that_make_the_same_store_at_once(tmp_path: Path) -> None:
    """All four open it, one of them makes the tables, and each can write at once."""
    assert run("migrate", tmp_path) == {"chats": [f"chat-{number}" for number in range(4)], "sound": True}


def test_the_feed_under_eight_writing_processes(tmp_path: Path) -> None:
    """A reader beside eight writers gets every event once and every chat's in order."""
    result = run("feed", tmp_path)

    assert result["wrong"] == []
    assert result["seen"] == result["stored"]
    assert result["sound"] is True


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_process_loses_nothing_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    """Killed between and during appends, at 25 moments: after reopening, every acknowledged append is there, every log
    is contiguous and ends with an append, and the stored heads are the folds."""
    result = run("crash", tmp_path, seed)

    assert result["lost"] == []
    assert result["sound"] is True
    assert isinstance(result["acknowledged"], int)
    assert result["acknowledged"] > 25


def test_a_process_killed_while_it_makes_a_store_is_in_nobodys_way(tmp_path: Path) -> None:
    """Whatever it left of the file, the next process makes the store, and finds whole appends in it."""
    assert run("newborn", tmp_path)["sound"] is True


def test_a_file_that_must_not_grow_is_a_full_store(tmp_path: Path) -> None:
    """At the largest file size that the process may write, appends are refused as StoreFull and leave nothing behind;
    with more room the same store goes on."""
    result = run("full", tmp_path)

    assert isinstance(result["landed"], int)
    assert isinstance(result["refused"], int)
    assert min(result["landed"], result["refused"]) > 0
    assert (result["known"], result["after"]) == (result["landed"], result["landed"] + 1)
    assert result["sound"] is True
