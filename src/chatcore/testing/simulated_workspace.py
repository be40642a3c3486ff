"""A workspace without a machine: files in memory, and programs that are Python functions, on virtual time.

    workspace = SimulatedWorkspace(
        files={"/project/app.py": "print('hello')\n"},
        programs={"pytest": "2 passed\n", "deploy": deploy},   # a text, or a generator function (see Invocation)
        directory="/project",
    )
    async with chatcore.open(model=model, workspace=OneWorkspace(workspace)) as chats: …

Commands run in a small shell (`;`, `&&`, `||`, pipes, variables, redirections; `echo`, `cat`, `ls` and the like); what
it does not understand is answered so, and `scripts` gives a program for a whole command line. Deterministic: there are
no threads and no tasks, and time is anyio's.
"""

from collections.abc import Collection, Mapping
from typing import Final, Self

import anyio.lowlevel

from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.path_store import PathStore
from chatcore.domain.workspace.process import ProcessInfo, ProcessOutput, ProcessStarted, StartProcess
from chatcore.ports.agent import Agent, CapabilityMissing, Files, Message, Processes
from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids
from chatcore.testing.counted_ids import CountedIds
from chatcore.testing.replicas import LoopClock
from chatcore.testing.workspace.desk import Desk, Machine
from chatcore.testing.workspace.files import TreeFiles
from chatcore.testing.workspace.processes import ProcessTable
from chatcore.testing.workspace.steps import Invocation, Program, Running, Terminated, ToStderr
from chatcore.testing.workspace.tree import Tree

__all__ = ["Invocation", "Program", "Running", "SimulatedWorkspace", "Terminated", "ToStderr"]

_HOME: Final = "/home/user"


class SimulatedWorkspace(Agent):
    """An `Agent` with processes and files; every other capability raises CapabilityMissing."""

    def __init__(
        self,
        files: Mapping[str, str | bytes] | None = None,
        *,
        programs: Mapping[str, Program] | None = None,
        scripts: Mapping[str, Program] | None = None,
        home: str = _HOME,
        directory: str | None = None,
        without: Collection[str] = (),
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        """
        files: contents by absolute path; their directories are made.
        programs: by the name that a command begins with.
        scripts: by a regular expression that a whole command line must match; asked before the shell reads it.
        home, directory: made as well; commands that name no directory run in `directory`, else in the home.
        without: capabilities to leave out: `processes`, `files`.
        clock, ids: wall time that goes with anyio's clock, and a counter, where nothing else is given.
        """
        tree = Tree(files)
        tree.make_directories(home)
        tree.make_directories(directory or home)
        paths = PathStore()
        table = ProcessTable(
            tree=tree,
            programs=programs or {},
            scripts=scripts or {},
            directory=directory or home,
            home=home,
            clock=clock or LoopClock(),
            ids=ids or CountedIds(),
            paths=paths,
        )
        machine = Machine(tree=tree, home=home, paths=paths, table=table, missing=frozenset(without))
        self._desk = Desk(machine, None)

    @property
    def tree(self) -> Tree:
        """The files, to look at and to change behind everybody's back."""
        return self._desk.machine.tree

    @property
    def paths(self) -> PathStore:
        """What each chat has touched (A6.a)."""
        return self._desk.machine.paths

    @property
    def reachable(self) -> bool:
        """Whether calls get through. Set it to False, and every call raises AgentUnreachable; programs go on."""
        return self._desk.machine.reachable

    @reachable.setter
    def reachable(self, reachable: bool) -> None:
        self._desk.machine.reachable = reachable

    @property
    def processes(self) -> Processes:
        """Running programs."""
        self._offer("processes")
        return _TableProcesses(self._desk)

    @property
    def files(self) -> Files:
        """Reading and changing files."""
        self._offer("files")
        return TreeFiles(self._desk)

    def identified(self, identity: ChatIdentity | None) -> Self:
        """A view whose calls are made for a chat."""
        view = type(self).__new__(type(self))
        view._desk = Desk(self._desk.machine, identity)
        return view

    async def await_reachable(self, timeout_s: float) -> bool:
        """Whether it is plugged in now; if not, the time goes by all the same."""
        await anyio.lowlevel.checkpoint()
        if not self.reachable:
            await anyio.sleep(timeout_s)
        return self.reachable

    async def close(self) -> None:
        """Kill every program; files stay usable."""
        await anyio.lowlevel.checkpoint()
        self._desk.machine.table.close()

    def _offer(self, capability: str) -> None:
        if capability in self._desk.machine.missing:
            raise CapabilityMissing(capability)


class _TableProcesses(Processes):
    """The table for one caller."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def start_process(self, request: StartProcess) -> ProcessStarted:
        await self._desk.come()
        return self._desk.machine.table.start(request, self._desk.identity)

    async def list_processes(self) -> tuple[ProcessInfo, ...]:
        await self._desk.come()
        return self._desk.machine.table.listed(self._desk.identity)

    async def process_output(self, process_id: str, wait: bool = False) -> ProcessOutput:
        await self._desk.come()
        return await self._desk.machine.table.output(process_id, wait, self._desk.identity)

    async def signal_process(self, process_id: str, signal: str) -> Message:
        await self._desk.come()
        return self._desk.machine.table.signal(process_id, signal, self._desk.identity)
