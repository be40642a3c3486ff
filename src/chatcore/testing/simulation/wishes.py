"""What a user may wish of a chat, and how likely each wish is in each state: a will of their own, from the seed."""

from collections.abc import Mapping
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final

from chatcore.domain.chat.states import ExecutionState as State


class Wish(StrEnum):
    """What a user does."""

    CREATE = "create"
    SEND = "send"
    SEND_INTERRUPT = "send_interrupt"
    INTERRUPT = "interrupt"
    EDIT = "edit"
    PROMOTE = "promote"
    DELETE = "delete"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    CLEAR = "clear"
    COMPACT = "compact"
    SPAWN = "spawn_child"
    COMPLETE = "complete_action"
    CANCEL = "cancel_action"
    CHANGE = "change_details"
    LIST = "list_chats"
    PRY = "pry"
    """Looks at a chat of another owner."""


_ANYWHERE: Final = {Wish.SPAWN: 2, Wish.CHANGE: 2, Wish.LIST: 1, Wish.PRY: 1}
_RESTING: Final = {
    **_ANYWHERE,
    Wish.SEND: 40,
    Wish.SEND_INTERRUPT: 4,
    Wish.EDIT: 6,
    Wish.ARCHIVE: 4,
    Wish.CLEAR: 3,
    Wish.COMPACT: 5,
}
_RUNNING: Final = {**_ANYWHERE, Wish.SEND: 14, Wish.SEND_INTERRUPT: 6, Wish.INTERRUPT: 8, Wish.EDIT: 4}
_ROWS: Final = {Wish.PROMOTE: 7, Wish.DELETE: 5}
# States that are rare or short: whoever meets one does something there that does not end it.
_FAILED: Final = {**_RESTING, Wish.SEND: 25, Wish.CHANGE: 12}
_FAILED_QUEUED: Final = {
    **_ANYWHERE,
    Wish.SEND: 5,
    Wish.SEND_INTERRUPT: 4,
    Wish.EDIT: 3,
    Wish.PROMOTE: 3,
    Wish.DELETE: 4,
    Wish.COMPACT: 3,
    Wish.ARCHIVE: 12,
    Wish.SPAWN: 4,
    Wish.CHANGE: 40,
}
_STOPPING: Final = {**_ANYWHERE, Wish.SEND: 8, Wish.SEND_INTERRUPT: 4, Wish.EDIT: 3, Wish.CHANGE: 30}
_ACTING: Final = {**_RUNNING, Wish.COMPLETE: 20, Wish.CANCEL: 5, Wish.CHANGE: 16}
_ARCHIVED: Final = {Wish.UNARCHIVE: 12, Wish.SEND: 2, Wish.PRY: 1, Wish.LIST: 1}

WISHES: Final[Mapping[State, Mapping[Wish, int]]] = MappingProxyType(
    {
        State.NONE: {Wish.CREATE: 1},
        State.WAITING: _RESTING,
        State.ERROR: _FAILED,
        State.ERROR_QUEUED: _FAILED_QUEUED,
        State.RUNNING: _RUNNING,
        State.RUNNING_QUEUED: {**_RUNNING, **_ROWS},
        State.INTERRUPTING: _STOPPING,
        State.INTERRUPTING_QUEUED: {**_STOPPING, **_ROWS},
        State.ACTION: _ACTING,
        State.ACTION_QUEUED: {**_ACTING, **_ROWS},
        State.ARCHIVED_WAITING: _ARCHIVED,
        State.ARCHIVED_ERROR: _ARCHIVED,
        State.ARCHIVED_ERROR_QUEUED: _ARCHIVED,
    }
)
"""The weight of each wish in each state. Some are refused there: users ask for what cannot be, too."""

_WHIM: Final = 0.06
"""The chance of a wish that does not look at the state."""


def wish(state: State, will: Random) -> Wish:
    """What the user does with a chat in this state."""
    if will.random() < _WHIM:
        return will.choice([each for each in Wish if each is not Wish.CREATE])
    weights = WISHES[state]
    return will.choices(list(weights), weights=list(weights.values()))[0]
