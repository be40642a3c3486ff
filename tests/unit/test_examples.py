"""Every example runs as written."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "printed"), [("hello", "You said: And good-bye."), ("own_tool", "It rains in London.")]
)
def test_an_example_runs(name: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends without an error and prints what it is about."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")

    assert printed in capsys.readouterr().out


def test_no_example_is_forgotten() -> None:
    """Every file of the folder is in the test above."""
    assert {"hello", "own_tool"} == {path.stem for path in EXAMPLES.glob("*.py")}
