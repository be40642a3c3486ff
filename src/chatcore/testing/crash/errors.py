"""What `crash_everywhere` says when something does not survive."""

from collections.abc import Sequence
from typing import Final

from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import Seq
from chatcore.testing.crash.scene import Fate
from chatcore.testing.recorded_logs import story

FAULTS_TOLD_MAX: Final = 5
"""Sentences in the text of one error; the rest is counted."""

EVENTS_TOLD_BEFORE_MAX: Final = 20
EVENTS_TOLD_AFTER_MAX: Final = 12
"""Events of the log in the text of one error, on either side of the crash."""


class CrashFault(AssertionError):
    """A chat did not survive a crash. `faults` are the sentences that do not hold.

    Its text names the cut and tells the log around it. `crash_everywhere(log, …, cuts=[cut])` does the same again.
    """

    def __init__(self, cut: Seq, fate: Fate, faults: Sequence[str], log: Sequence[StoredEvent]) -> None:
        calls = "" if fate is Fate.NOT_BEGUN else f" (what the open calls ask for was {fate})"
        told = "\n".join(f"  - {fault}" for fault in faults[:FAULTS_TOLD_MAX])
        if len(faults) > FAULTS_TOLD_MAX:
            told += f"\n  … and {len(faults) - FAULTS_TOLD_MAX} more"
        around = log[max(cut - EVENTS_TOLD_BEFORE_MAX, 0) : cut + EVENTS_TOLD_AFTER_MAX]
        super().__init__(
            f"a crash right after event {cut} is not survived{calls}:\n{told}\n"
            f"{story(around, crash_after=cut)}\nThe same again: crash_everywhere(log, …, cuts=[{cut}])"
        )
        self.cut = cut
        self.fate = fate
        self.faults = tuple(faults)


class NotALog(ChatcoreError):
    """What was given is no log that a store would hold, so nothing can be learnt from cutting it."""
