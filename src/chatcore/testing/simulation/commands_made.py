"""Which commands made which events: seen where chatcore decides them, known again when the events are appended."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import ExecutionState, execution_state
from chatcore.domain.errors import Corrupt
from chatcore.testing.simulation.happenings import Step
from chatcore.testing.simulation.swapping import swapped

DECIDING: Final = "chatcore.domain.chat.append:decide_draft"
"""What every command of every append passes."""

_Decide: TypeAlias = Callable[[ChatHead | None, Command], Draft]


class CommandsMade:
    """Remembers the command behind every event that was decided in a run."""

    def __init__(self) -> None:
        self._steps: dict[int, tuple[Event, Step]] = {}
        """By the identity of the event; the event is kept so that no other one gets its identity."""

    def steps_of(self, events: Iterable[Event]) -> tuple[Step, ...]:
        """The commands that made these events, in order; those that were not decided by chatcore have none."""
        found: list[Step] = []
        for event in events:
            kept = self._steps.pop(id(event), None)
            if kept is not None and (not found or found[-1] is not kept[1]):
                found.append(kept[1])
        return tuple(found)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look on while commands are decided."""
        with swapped(DECIDING, self._looking_on):
            yield

    def _looking_on(self, decide: _Decide) -> _Decide:
        def looked_at(head: ChatHead | None, command: Command) -> Draft:
            draft = decide(head, command)
            step = Step(command=command, key=command_key(command), before=_state(head), after=_state(draft.head))
            for event in draft.events:
                self._steps[id(event)] = (event, step)
            return draft

        return looked_at


def _state(head: ChatHead | None) -> ExecutionState | None:
    try:
        return execution_state(head)
    except Corrupt:
        return None
