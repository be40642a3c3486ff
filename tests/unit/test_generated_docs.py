"""The pages that are derived from the code say what the code says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chatcore.domain import limits
from chatcore.domain.chat.states import CommandKey, ExecutionState

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py, which is a script."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_current(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes the table or a limit runs `make docs`."""
    code = generate.main(["--check"])

    assert ("", 0) == (capsys.readouterr().out, code)


def test_a_page_that_is_missing_or_changed_is_stale(
    generate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check names it and fails; writing makes it current."""
    assert generate.main(["--check"], tmp_path) == 1
    assert "transitions.md is stale" in capsys.readouterr().out
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0
    (tmp_path / "limits.md").write_text("# Limits\n", encoding="utf-8")
    assert generate.main(["--check"], tmp_path) == 1
    assert generate.stale(tmp_path) == ["limits.md"]


def test_the_page_of_transitions_names_every_state_and_command(generate: ModuleType) -> None:
    """Table, diagram and list are there."""
    page = generate.transitions_page()

    assert all(f"- **{state}**: " in page for state in ExecutionState)
    assert all(f"\n| {key}" in page for key in CommandKey)
    assert "| finish_turn * |  |  |  |  | W | R0, R1 |" in page
    assert "    [*] --> R0: create\n" in page
    assert "    R0 --> I0: interrupt\n" in page


def test_the_page_of_limits_has_every_constant_with_its_value(generate: ModuleType) -> None:
    """Every public number of limits.py stands on the page, with its section."""
    page = generate.limits_page()
    names = {name for name, value in vars(limits).items() if name.isupper() and isinstance(value, int | float)}

    assert names - generate.UNITS == {limit.name for limit in generate.read_limits(Path(limits.__file__).read_text())}
    assert "| `QUEUE_LENGTH_MAX` | 20 | Messages that may wait in one chat. | chat-core 3.1 |" in page


def test_a_limit_without_a_section_is_an_error(generate: ModuleType) -> None:
    """A new limit has to say what it is and who sets it."""
    for source in ("X_MAX: Final = 1\n", 'X_MAX: Final = 1\n"""Longest x, in bytes."""\n'):
        with pytest.raises(ValueError, match="X_MAX"):
            generate.read_limits(source)
