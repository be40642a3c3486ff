"""Running commands in a workspace (agent-and-relay A3)."""

from typing import Protocol

from chatcore.domain.workspace.process import ProcessInfo, ProcessOutput, ProcessStarted, StartProcess
from chatcore.ports.agent.values import Message


class Processes(Protocol):
    """Commands and their output. A process belongs to the chat that the connection is identified for, if any.

    Every method may raise `AgentUnreachable`. Cancelling a call never ends a process (A3.4): send a signal for that.
    """

    async def start_process(self, request: StartProcess) -> ProcessStarted:
        """Run a command by `sh -c` in a process group of its own; returns once it was spawned.

        Raises: AgentError, 400 `proc.command_required`, 500 `proc.start_failed` (the OS's words in `detail`).
        """
        ...

    async def list_processes(self) -> tuple[ProcessInfo, ...]:
        """Running ones first, then newest first, at most PROCESS_LIST_MAX; only the chat's own when identified.

        A list also forgets what exited more than PROCESS_FORGET_S ago (A3.16).
        """
        ...

    async def process_output(self, process_id: str, wait: bool = False) -> ProcessOutput:
        """A snapshot of output and state; with `wait`, once the process has exited or PROCESS_WAIT_S_MAX have gone by.

        A snapshot that says "exited" has all the output (A3.19).
        Raises: AgentError, 404 `proc.not_found`: unknown, forgotten, or another chat's.
        """
        ...

    async def signal_process(self, process_id: str, signal: str) -> Message:
        """Send a `ProcessSignal` to the whole process group; returns once it was sent, not once it worked (A3.24).

        Checked in the order of A3.e: a server that cannot read a request's body asks with an empty signal.
        Raises: AgentError, 404 `proc.not_found`, 400 for a text that is no signal, 409 `proc.not_running`, 500.
        """
        ...
