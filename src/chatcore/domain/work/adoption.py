"""When a replica that carries out a command may take the chat in the same append (architecture 6, "Few appends")."""

from typing import Final

from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import ExecutionState, execution_state
from chatcore.domain.chat.transitions import TRANSITIONS

_RUNNING: Final = frozenset({ExecutionState.RUNNING, ExecutionState.RUNNING_QUEUED})


def starts_work(head: ChatHead | None, command: Command) -> bool:
    """Whether the command sets a chat running that nobody works on: then an `Acquire` may follow it at once."""
    state = execution_state(head)
    targets = TRANSITIONS.get((state, command_key(command)), frozenset())
    return bool(targets) and targets <= _RUNNING and state not in _RUNNING and (head is None or not head.owned)
