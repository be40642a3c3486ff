"""Invariant 5, at the tool port: nothing is done twice that must not be."""

from typing import ClassVar

from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import ToolActed
from chatcore.testing.simulation.trace import Noted


class EffectsOnce(Checker):
    """Counts the effects of every call."""

    name: ClassVar = "effects_once"
    sentence: ClassVar = "Each effect at the tool port happens once, unless its tool is declared idempotent."

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def see(self, noted: Noted) -> None:
        """Compare an effect with those before it."""
        match noted.what:
            case ToolActed(tool=tool, key=key, idempotent=False, chat_id=chat_id):
                if key in self._keys:
                    raise self.fail(f"{tool} took effect a second time for {key}", chat_id)
                self._keys.add(key)
            case _:
                return
