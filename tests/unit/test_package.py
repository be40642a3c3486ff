"""The package as users import it."""

import subprocess
import sys

import chatcore


def test_every_public_name_is_there() -> None:
    """What `__all__` names can be used, and `dir` shows it."""
    for name in chatcore.__all__:
        assert getattr(chatcore, name) is not None
    assert set(chatcore.__all__) <= set(dir(chatcore))


def test_a_wrong_name_is_an_attribute_error() -> None:
    """As with any module."""
    assert not hasattr(chatcore, "no_such_name")


def test_importing_chatcore_imports_no_adapter() -> None:
    """`import chatcore` is cheap: adapters, SQLite and the command line come when they are asked for."""
    found = "[name for name in sys.modules if name.startswith(('chatcore.adapters', 'sqlite', 'click'))]"
    code = f"import chatcore, sys; print({found})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
