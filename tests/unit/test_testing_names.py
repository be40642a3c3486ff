"""The test kit as users import it."""

import subprocess
import sys

import chatcore.testing
from chatcore.testing import strategies


def test_every_name_of_the_kit_is_there() -> None:
    """What `__all__` names can be used, and `dir` shows it."""
    for module in (chatcore.testing, strategies):
        for name in module.__all__:
            assert getattr(module, name) is not None
        assert set(module.__all__) <= set(dir(module))


def test_a_name_that_is_not_in_the_kit_is_an_attribute_error() -> None:
    """As with any module."""
    assert not hasattr(chatcore.testing, "no_such_name")


def test_importing_the_kit_imports_no_tool_of_tests() -> None:
    """`import chatcore.testing`, and the plugin that pytest loads everywhere, cost next to nothing."""
    heavy = ("hypothesis", "trio", "sqlite3", "chatcore.adapters", "chatcore.app", "attr")
    code = f"import chatcore.testing.plugin, sys; print([name for name in sys.modules if name.startswith({heavy})])"
    # pytest itself brings attrs or not, whatever chatcore does.
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == ended.stdout.strip()
