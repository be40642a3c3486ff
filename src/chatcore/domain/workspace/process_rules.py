"""Who sees which process, what is forgotten, which signal is refused, and what a child's environment is (A3)."""

from collections.abc import Iterable, Mapping
from typing import Final

from chatcore.domain.ids import ChatId
from chatcore.domain.limits import PROCESS_FORGET_S, PROCESS_LIST_MAX
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.process import ProcessInfo, ProcessRecord, ProcessSignal
from chatcore.domain.workspace.refusal import Refusal

CHAT_VARIABLE: Final = "CODER_CHAT_ID"
KILLED_EXIT_CODE: Final = -1
"""Exit code of a process that a signal ended or whose end could not be observed (A3.10)."""


NOT_RUNNING: Final = Refusal(
    status=409, code="proc.not_running", message="the process has ended: there is nothing to signal"
)
"""Also the answer when delivery finds that nobody is left."""

_SIGNALS: Final = ", ".join(ProcessSignal)
_NOT_FOUND: Final = Refusal(
    status=404, code="proc.not_found", message="no such process: it is unknown, or ended long ago; list the processes"
)


def refuse_start(command: str) -> Refusal | None:
    """A start needs a command (A3.1)."""
    if command:
        return None
    return Refusal(status=400, code="proc.command_required", message="the command is empty: say what to run")


def process_environment(
    base: Mapping[str, str], requested: Mapping[str, str], identity: ChatIdentity | None
) -> dict[str, str]:
    """A child's environment, later layers winning: the agent's, the request's, the chat's id (A3.6)."""
    chat = {} if identity is None else {CHAT_VARIABLE: str(identity.chat_id)}
    return {**base, **requested, **chat}


def exit_code_of(returncode: int | None) -> int:
    """The code to report. `returncode` is negative for a signal's number, None when the wait failed (A3.10)."""
    return KILLED_EXIT_CODE if returncode is None or returncode < 0 else returncode


def forgotten(records: Iterable[ProcessRecord], now_s: float, forget_s: float = PROCESS_FORGET_S) -> frozenset[str]:
    """The ids of processes that exited longer ago than `forget_s` (A3.16). `now_s` is of the records' own clock."""
    return frozenset(
        record.info.id for record in records if record.exited_s is not None and now_s - record.exited_s > forget_s
    )


def visible_list(
    records: Iterable[ProcessRecord], caller: ChatId | None, list_max: int = PROCESS_LIST_MAX
) -> tuple[ProcessInfo, ...]:
    """A caller's list, running ones first, then newest first; without a chat it is everybody's (A3.14, A3.15)."""
    seen = [record for record in records if caller is None or record.owner == caller]
    seen.sort(key=lambda record: (not record.info.running, -record.started_order))
    return tuple(record.info for record in seen[:list_max])


def refuse_access(record: ProcessRecord | None, caller: ChatId | None) -> Refusal | None:
    """A foreign process is as unknown as one that never was; one that no chat started is anybody's (A3.18)."""
    return _NOT_FOUND if record is None or _is_foreign(record, caller) else None


def refuse_signal(record: ProcessRecord | None, caller: ChatId | None, signal: str) -> Refusal | None:
    """The first check that fails, in the order of A3.e.

    A server that cannot read a request's body asks with an empty signal, so that a foreign process stays unknown.
    """
    if record is not None and _is_foreign(record, caller):
        return _NOT_FOUND
    if not signal:
        return Refusal(status=400, code="proc.signal_required", message=f"no signal: use one of {_SIGNALS}")
    if signal not in frozenset(ProcessSignal):
        return Refusal(
            status=400, code="proc.signal_unknown", message=f"unknown signal {signal!r}: use one of {_SIGNALS}"
        )
    if record is None:
        return _NOT_FOUND
    if not record.info.running:
        return NOT_RUNNING
    return None


def _is_foreign(record: ProcessRecord, caller: ChatId | None) -> bool:
    return caller is not None and record.owner is not None and record.owner != caller
