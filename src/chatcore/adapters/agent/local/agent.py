"""This machine as a workspace (agent-and-relay A2, A3.25)."""

from types import TracebackType
from typing import Self

from anyio import CancelScope, Lock, create_task_group
from anyio.lowlevel import checkpoint
from attrs import field, frozen

from chatcore.adapters.agent.local.files import LocalFiles
from chatcore.adapters.agent.local.settings import LocalSettings
from chatcore.adapters.agent.local.table import ProcessTable
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.path_store import PathStore
from chatcore.domain.workspace.process import ProcessInfo, ProcessOutput, ProcessStarted, StartProcess
from chatcore.ports.agent import Agent, Files, Message, Processes
from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids


@frozen(kw_only=True, eq=False)
class _Machine:
    """What all views of one local agent share."""

    settings: LocalSettings
    table: ProcessTable
    paths: PathStore
    edits: Lock = field(factory=Lock)


class LocalAgent(Agent):
    """Runs commands and changes files as the user of this process. Nothing is confined: whoever may call may do it all.

    Made by `async with LocalAgent.open(...) as agent`: when the block ends, every command still running is killed.
    """

    def __init__(self, machine: _Machine, identity: ChatIdentity | None = None) -> None:
        """For `open`: a view of a machine."""
        self._machine = machine
        self._identity = identity

    @classmethod
    def open(cls, *, clock: Clock, ids: Ids, settings: LocalSettings | None = None) -> "OpenedLocalAgent":
        """A local agent for the length of an `async with` block. `ids` names processes."""
        return OpenedLocalAgent(clock=clock, ids=ids, settings=settings or LocalSettings())

    @property
    def paths(self) -> PathStore:
        """What each chat has touched (A6.a)."""
        return self._machine.paths

    @property
    def processes(self) -> Processes:
        """Running commands."""
        return _LocalProcesses(self._machine.table, self._identity)

    @property
    def files(self) -> Files:
        """Reading and changing files."""
        return LocalFiles(
            home=self._machine.settings.home,
            paths=self._machine.paths,
            edits=self._machine.edits,
            identity=self._identity,
        )

    def identified(self, identity: ChatIdentity | None) -> Self:
        """A view whose calls are made for a chat."""
        return type(self)(self._machine, identity)

    async def await_reachable(self, timeout_s: float) -> bool:
        """Always: it is this machine."""
        await checkpoint()
        return True

    async def close(self) -> None:
        """Kill every command and wait until it is reaped; files stay usable. Cancellation waits for it."""
        with CancelScope(shield=True):
            await self._machine.table.close()


class OpenedLocalAgent:
    """The `async with` block of a local agent. What the block raises comes out of it as it is."""

    def __init__(self, *, clock: Clock, ids: Ids, settings: LocalSettings) -> None:
        """For `LocalAgent.open`."""
        self._tasks = create_task_group()
        paths = PathStore()
        table = ProcessTable(tasks=self._tasks, settings=settings, clock=clock, ids=ids, paths=paths)
        self._agent = LocalAgent(_Machine(settings=settings, table=table, paths=paths))

    async def __aenter__(self) -> LocalAgent:
        """Begin to take commands."""
        await self._tasks.__aenter__()
        return self._agent

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the agent."""
        await self._agent.close()
        # The block's own error is kept from the task group, which would wrap it in an exception group.
        await self._tasks.__aexit__(None, None, None)


class _LocalProcesses(Processes):
    """The table for one caller."""

    def __init__(self, table: ProcessTable, identity: ChatIdentity | None) -> None:
        self._table = table
        self._identity = identity

    async def start_process(self, request: StartProcess) -> ProcessStarted:
        return await self._table.start(request, self._identity)

    async def list_processes(self) -> tuple[ProcessInfo, ...]:
        await checkpoint()
        return self._table.listed(self._identity)

    async def process_output(self, process_id: str, wait: bool = False) -> ProcessOutput:
        await checkpoint()
        return await self._table.output(process_id, wait, self._identity)

    async def signal_process(self, process_id: str, signal: str) -> Message:
        await checkpoint()
        return self._table.signal(process_id, signal, self._identity)
