"""When is what allowed: the transition table as data (2.4, events.md).

Everything is derived from it: what `decide` refuses, the diagram in the docs, the errors of the API. A missing pair
is a refusal. Where two states follow, the second holds if messages still wait afterwards.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.domain.chat.states import CommandKey as Key
from chatcore.domain.chat.states import ExecutionState as State

_N, _W, _E0, _E1 = State.NONE, State.WAITING, State.ERROR, State.ERROR_QUEUED
_R0, _R1, _I0, _I1 = State.RUNNING, State.RUNNING_QUEUED, State.INTERRUPTING, State.INTERRUPTING_QUEUED
_A0, _A1 = State.ACTION, State.ACTION_QUEUED
_XW, _XE0, _XE1 = State.ARCHIVED_WAITING, State.ARCHIVED_ERROR, State.ARCHIVED_ERROR_QUEUED

_ALIVE: Final = (_W, _E0, _E1, _R0, _R1, _I0, _I1, _A0, _A1)
_RUNNING: Final = (_R0, _R1)
_OWNABLE: Final = (_R0, _R1, _I0, _I1)

_BY_COMMAND: Final[Mapping[Key, Mapping[State, tuple[State, ...]]]] = {
    Key.CREATE: {_N: (_R0,)},
    Key.SPAWN_CHILD: {state: (state,) for state in _ALIVE},
    Key.ARCHIVE: {_W: (_XW,), _E0: (_XE0,), _E1: (_XE1,)},
    Key.UNARCHIVE: {_XW: (_W,), _XE0: (_E0,), _XE1: (_E1,)},
    Key.SEND_QUEUE: {
        _W: (_R0,),
        _E0: (_R0,),
        _E1: (_R1,),
        _R0: (_R1,),
        _R1: (_R1,),
        _I0: (_I1,),
        _I1: (_I1,),
        _A0: (_A1,),
        _A1: (_A1,),
    },
    Key.SEND_INTERRUPT: {
        _W: (_R0,),
        _E0: (_R0,),
        _E1: (_R1,),
        _R0: (_I1,),
        _R1: (_I1,),
        _I0: (_I1,),
        _I1: (_I1,),
        _A0: (_R1,),
        _A1: (_R1,),
    },
    Key.EDIT_MESSAGE: dict.fromkeys(_ALIVE, (_R0,)),
    Key.DELETE_QUEUED: {_E1: (_E0, _E1), _R1: (_R0, _R1), _I1: (_I0, _I1), _A1: (_A0, _A1)},
    Key.PROMOTE_QUEUED: {_E1: (_R0, _R1), _R1: (_I1,), _I1: (_I1,), _A1: (_R0, _R1)},
    Key.INTERRUPT: {_R0: (_I0,), _R1: (_I1,), _A0: (_R0,), _A1: (_R1,)},
    Key.REQUEST_COMPACTION: {_W: (_R0,), _E0: (_R0,), _E1: (_R1,)},
    Key.CLEAR_CONTEXT: {_W: (_W,), _E0: (_W,)},
    Key.COMPLETE_REQUIRES_ACTION: {_A0: (_R0,), _A1: (_R1,)},
    Key.CANCEL_REQUIRES_ACTION: {_A0: (_R0,), _A1: (_R1,)},
    Key.ACQUIRE: {state: (state,) for state in _OWNABLE},
    Key.ABANDON: {state: (state,) for state in _OWNABLE},
    Key.RECORD_GENERATION_ATTEMPT: {state: (state,) for state in _RUNNING},
    Key.RECORD_RETRY_STATE: {state: (state,) for state in _RUNNING},
    Key.COMMIT_ANSWER: {state: (state,) for state in _RUNNING},
    Key.COMMIT_RESULTS: {state: (state,) for state in _RUNNING},
    Key.COMMIT_SALVAGE: {state: (state,) for state in _RUNNING},
    Key.COMMIT_COMPACTION: {state: (state,) for state in _RUNNING},
    Key.ENTER_REQUIRES_ACTION: {_R0: (_A0,), _R1: (_A1,)},
    Key.FINISH_TURN: {_R0: (_W,), _R1: (_R0, _R1)},
    Key.FINISH_ERROR: {_R0: (_E0,), _R1: (_E1,)},
    Key.FINISH_INTERRUPTION: {_I0: (_W,), _I1: (_R0, _R1)},
    Key.CHANGE_TITLE: {state: (state,) for state in _ALIVE},
    Key.CHANGE_LABELS: {state: (state,) for state in _ALIVE},
    Key.BIND_WORKSPACE: {state: (state,) for state in _ALIVE},
    Key.CHANGE_SETTINGS: {state: (state,) for state in _ALIVE},
    Key.CHANGE_SUMMARY: {state: (state,) for state in _ALIVE},
    Key.CHANGE_DIFF: {state: (state,) for state in _ALIVE},
}

TRANSITIONS: Final[Mapping[tuple[State, Key], frozenset[State]]] = MappingProxyType(
    {(state, key): frozenset(targets) for key, rows in _BY_COMMAND.items() for state, targets in rows.items()}
)

RUNNER_COMMANDS: Final = frozenset(
    {
        Key.ABANDON,
        Key.RECORD_GENERATION_ATTEMPT,
        Key.RECORD_RETRY_STATE,
        Key.COMMIT_ANSWER,
        Key.COMMIT_RESULTS,
        Key.COMMIT_SALVAGE,
        Key.COMMIT_COMPACTION,
        Key.ENTER_REQUIRES_ACTION,
        Key.FINISH_TURN,
        Key.FINISH_ERROR,
        Key.FINISH_INTERRUPTION,
    }
)
"""Commands that only the runner of a chat may append, under its fence (2.9)."""


def allowed_commands(state: State) -> frozenset[Key]:
    """What may be asked of a chat in this state."""
    return frozenset(key for from_state, key in TRANSITIONS if from_state is state)
