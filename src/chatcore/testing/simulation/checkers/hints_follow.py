"""Hints go out after the commit (architecture 7)."""

from typing import ClassVar

from chatcore.domain.ids import ChatId, Seq
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, Hinted
from chatcore.testing.simulation.trace import Noted


class HintsFollow(Checker):
    """Compares every hint with the end of its log."""

    name: ClassVar = "hints_follow"
    sentence: ClassVar = "No hint tells of anything that is not committed yet."

    def __init__(self) -> None:
        self._ends: dict[ChatId, Seq] = {}

    def see(self, noted: Noted) -> None:
        """Look for what a hint tells of."""
        match noted.what:
            case Committed(landed=landed):
                for each in landed:
                    self._ends[each.chat_id] = each.head.seq
            case Hinted(hint=hint):
                if hint.seq > (end := self._ends.get(hint.chat_id, 0)):
                    raise self.fail(f"a hint tells of {hint.seq}, but the log ends at {end}", hint.chat_id)
            case _:
                return
