"""The thirteen execution states, as a function of the head, and the names of the commands (2.2, 2.3)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.errors import Corrupt


class ExecutionState(StrEnum):
    """What a chat can do next. A 1 says that messages wait, an X that the chat is archived."""

    NONE = "N"
    WAITING = "W"
    ERROR = "E0"
    ERROR_QUEUED = "E1"
    RUNNING = "R0"
    RUNNING_QUEUED = "R1"
    INTERRUPTING = "I0"
    INTERRUPTING_QUEUED = "I1"
    ACTION = "A0"
    ACTION_QUEUED = "A1"
    ARCHIVED_WAITING = "XW"
    ARCHIVED_ERROR = "XE0"
    ARCHIVED_ERROR_QUEUED = "XE1"


class CommandKey(StrEnum):
    """The rows of the transition table. One command may have several keys."""

    CREATE = "create"
    SPAWN_CHILD = "spawn_child"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    SEND_QUEUE = "send_queue"
    SEND_INTERRUPT = "send_interrupt"
    EDIT_MESSAGE = "edit_message"
    DELETE_QUEUED = "delete_queued"
    PROMOTE_QUEUED = "promote_queued"
    INTERRUPT = "interrupt"
    REQUEST_COMPACTION = "request_compaction"
    CLEAR_CONTEXT = "clear_context"
    COMPLETE_REQUIRES_ACTION = "complete_requires_action"
    CANCEL_REQUIRES_ACTION = "cancel_requires_action"
    ACQUIRE = "acquire"
    ABANDON = "abandon"
    RECORD_GENERATION_ATTEMPT = "record_generation_attempt"
    RECORD_RETRY_STATE = "record_retry_state"
    COMMIT_ANSWER = "commit_answer"
    COMMIT_RESULTS = "commit_results"
    COMMIT_SALVAGE = "commit_salvage"
    COMMIT_COMPACTION = "commit_compaction"
    ENTER_REQUIRES_ACTION = "enter_requires_action"
    FINISH_TURN = "finish_turn"
    FINISH_ERROR = "finish_error"
    FINISH_INTERRUPTION = "finish_interruption"
    CHANGE_TITLE = "change_title"
    CHANGE_LABELS = "change_labels"
    BIND_WORKSPACE = "bind_workspace"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_SUMMARY = "change_summary"
    CHANGE_DIFF = "change_diff"


# (status, archived, whether messages wait): every other combination is a broken log.
_STATES: Final[Mapping[tuple[Status, bool, bool], ExecutionState]] = MappingProxyType(
    {
        (Status.WAITING, False, False): ExecutionState.WAITING,
        (Status.ERROR, False, False): ExecutionState.ERROR,
        (Status.ERROR, False, True): ExecutionState.ERROR_QUEUED,
        (Status.RUNNING, False, False): ExecutionState.RUNNING,
        (Status.RUNNING, False, True): ExecutionState.RUNNING_QUEUED,
        (Status.INTERRUPTING, False, False): ExecutionState.INTERRUPTING,
        (Status.INTERRUPTING, False, True): ExecutionState.INTERRUPTING_QUEUED,
        (Status.REQUIRES_ACTION, False, False): ExecutionState.ACTION,
        (Status.REQUIRES_ACTION, False, True): ExecutionState.ACTION_QUEUED,
        (Status.WAITING, True, False): ExecutionState.ARCHIVED_WAITING,
        (Status.ERROR, True, False): ExecutionState.ARCHIVED_ERROR,
        (Status.ERROR, True, True): ExecutionState.ARCHIVED_ERROR_QUEUED,
    }
)

RUNNABLE_STATES: Final = frozenset(
    {
        ExecutionState.RUNNING,
        ExecutionState.RUNNING_QUEUED,
        ExecutionState.INTERRUPTING,
        ExecutionState.INTERRUPTING_QUEUED,
        ExecutionState.ACTION,
        ExecutionState.ACTION_QUEUED,
    }
)
"""States in which something is to be done: R and I by a runner, A at the deadline (2.3)."""


def execution_state(head: ChatHead | None) -> ExecutionState:
    """Classify a head at the end of an append. Raises Corrupt if no legal history leads there."""
    if head is None:
        return ExecutionState.NONE
    state = _STATES.get((head.status, head.archived, bool(head.queue)))
    if state is None:
        queued = f"{len(head.queue)} queued"
        raise Corrupt(f"a chat at seq {head.seq} is {head.status}, archived={head.archived}, {queued}: no such state")
    return state


class ClientStatus(StrEnum):
    """The statuses that clients see, with the first era's names (2.2)."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    ERROR = "error"


def client_status(head: ChatHead) -> ClientStatus:
    """What clients are shown: pending while nobody holds a running chat; stopping and waiting for tools is running."""
    match head.status:
        case Status.RUNNING:
            return ClientStatus.RUNNING if head.owned else ClientStatus.PENDING
        case Status.INTERRUPTING | Status.REQUIRES_ACTION:
            return ClientStatus.RUNNING
        case Status.WAITING:
            return ClientStatus.WAITING
        case Status.ERROR:
            return ClientStatus.ERROR
