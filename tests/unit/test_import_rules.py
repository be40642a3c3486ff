"""The import rules bite: a planted import in the domain fails `make check`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@pytest.mark.parametrize(
    ("place", "planted"),
    [
        ("domain/chat/head.py", "import asyncio"),
        ("domain/turn/retry.py", "from chatcore.adapters.memory import MemoryStore"),
        ("app/turn.py", "from chatcore.adapters.scripted import ScriptedModel"),
        ("ports/store.py", "import chatcore.app.turn"),
        ("adapters/memory/__init__.py", "import chatcore.adapters.system"),
    ],
)
def test_a_planted_import_is_found(place: str, planted: str, tmp_path: Path) -> None:
    """The command that `make check` runs names the breach and fails."""
    if not (ROOT / "src").exists():
        pytest.skip("the sources are not beside the tests")
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    module = tmp_path / "src/chatcore" / place
    module.write_text(f"{module.read_text()}\n{planted}\n")

    done = subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
