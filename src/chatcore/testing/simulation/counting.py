"""What happened in a run, counted: what a report shows, and what says whether a simulation simulates anything."""

from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from chatcore.domain.chat.events import Acquired, TurnFailed, TurnFinished, TurnInterrupted
from chatcore.testing.simulation.happenings import (
    Committed,
    FaultStruck,
    Hinted,
    Landed,
    ModelAsked,
    PartPublished,
    ToolActed,
    UserAnswered,
    ViewerRead,
)
from chatcore.testing.simulation.trace import Noted

_ENDS = (TurnFinished, TurnFailed, TurnInterrupted)


@frozen(kw_only=True)
class Counts:
    """How often what happened. Mappings are sorted by name."""

    turns: int
    """Turns that ended: finished, failed or interrupted."""
    parts: int
    takeovers: int
    """Chats that were taken from a runner which held them."""
    appends: int
    hints: int
    model_requests: int
    tool_effects: int
    deeds: int
    """Answers that users were given."""
    views: int
    """Batches that viewers were shown."""
    faults: Mapping[str, int]
    """By the name of the fault."""
    transitions: Mapping[str, int]
    """By `state-command-state`, of commands that landed."""


class Counting:
    """Counts as it sees."""

    def __init__(self) -> None:
        self._turns = 0
        self._takeovers = 0
        self._kinds: Counter[type] = Counter()
        self._faults: Counter[str] = Counter()
        self._transitions: Counter[str] = Counter()

    def see(self, noted: Noted) -> None:
        """Count a happening."""
        what = noted.what
        self._kinds[type(what)] += 1
        if isinstance(what, Committed):
            for landed in what.landed:
                self._count(landed)
        elif isinstance(what, FaultStruck):
            self._faults[what.fault] += 1

    def counts(self) -> Counts:
        """What was counted."""
        kinds = self._kinds
        return Counts(
            turns=self._turns,
            parts=kinds[PartPublished],
            takeovers=self._takeovers,
            appends=kinds[Committed],
            hints=kinds[Hinted],
            model_requests=kinds[ModelAsked],
            tool_effects=kinds[ToolActed],
            deeds=kinds[UserAnswered],
            views=kinds[ViewerRead],
            faults=dict(sorted(self._faults.items())),
            transitions=dict(sorted(self._transitions.items())),
        )

    def _count(self, landed: Landed) -> None:
        for stored in landed.events:
            if isinstance(stored.event, _ENDS):
                self._turns += 1
            elif isinstance(stored.event, Acquired) and landed.before is not None and landed.before.owned:
                self._takeovers += 1
        self._transitions.update(map(str, landed.steps))
