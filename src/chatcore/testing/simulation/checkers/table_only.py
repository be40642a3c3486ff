"""Invariant 2: nothing happens that the transition table does not name."""

from typing import ClassVar

from chatcore.domain.chat.states import ExecutionState, execution_state
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.domain.errors import Corrupt
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, Landed
from chatcore.testing.simulation.trace import Noted


class TableOnly(Checker):
    """Looks at every command of every append, and at the states between which it led."""

    name: ClassVar = "table_only"
    sentence: ClassVar = (
        "Every state at the end of an append is one of the thirteen, and every command led from one to another that "
        "the transition table names for it."
    )

    def see(self, noted: Noted) -> None:
        """Compare an append with the table."""
        if isinstance(noted.what, Committed):
            for landed in noted.what.landed:
                self._look(landed)

    def _look(self, landed: Landed) -> None:
        try:
            state, after = execution_state(landed.before), execution_state(landed.head)
        except Corrupt as error:
            raise self.fail(str(error), landed.chat_id) from error
        if after is ExecutionState.NONE:
            raise self.fail("an append led to no chat", landed.chat_id)
        if not landed.steps:
            raise self.fail("events were appended that no command made true", landed.chat_id)
        for step in landed.steps:
            if step.before is not state:
                raise self.fail(f"{step.key} was decided in {step.before}, but the chat was in {state}", landed.chat_id)
            targets = TRANSITIONS.get((step.before, step.key), frozenset())
            if step.after is None or step.after not in targets:
                allowed = ", ".join(sorted(targets)) or "nothing"
                raise self.fail(
                    f"{step.key} led from {step.before} to {step.after}; the table allows {allowed}", landed.chat_id
                )
            state = step.after
        if state is not after:
            raise self.fail(f"the commands led to {state}, the append ended in {after}", landed.chat_id)
