"""The processes of a simulated workspace: generators that go on, up to the present, when somebody looks (A3)."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from math import inf
from typing import Final

import anyio
from attrs import define, evolve, field

from chatcore.adapters.scripted import Pause
from chatcore.domain.limits import PROCESS_FORGET_S, PROCESS_WAIT_S_MAX
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.output_buffer import HeadTailBuffer
from chatcore.domain.workspace.path_store import PathStore
from chatcore.domain.workspace.process import (
    ProcessInfo,
    ProcessOutput,
    ProcessRecord,
    ProcessSignal,
    ProcessStarted,
    StartProcess,
)
from chatcore.domain.workspace.process_rules import (
    KILLED_EXIT_CODE,
    forgotten,
    process_environment,
    refuse_access,
    refuse_signal,
    refuse_start,
    visible_list,
)
from chatcore.domain.workspace.refusal import Refusal
from chatcore.ports.agent import AgentError, Message
from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids
from chatcore.testing.workspace.shell import Shell
from chatcore.testing.workspace.steps import Invocation, Program, Running, Step, Terminated, ToStderr, begun
from chatcore.testing.workspace.tree import Tree

STEPS_AT_ONCE_MAX: Final = 100_000
"""Steps of one program without a pause; one that makes more would keep the whole test for itself."""

_CRASHED: Final = 1


@define(eq=False, kw_only=True)
class _Process:
    """A program that runs, or has run."""

    record: ProcessRecord
    identity: ChatIdentity | None
    running: Running
    due_s: float
    """When it goes on, on anyio's clock."""
    buffer: HeadTailBuffer = field(factory=HeadTailBuffer)
    changed: anyio.Event = field(factory=anyio.Event)
    """Set, and replaced, when it was signalled or has ended."""

    def tell(self) -> None:
        """Wake whoever waits for it."""
        self.changed.set()
        self.changed = anyio.Event()


class ProcessTable:
    """All processes. They need no tasks: each call first brings every program up to the present, in order of time."""

    def __init__(
        self,
        *,
        tree: Tree,
        programs: Mapping[str, Program],
        scripts: Mapping[str, Program],
        directory: str,
        home: str,
        clock: Clock,
        ids: Ids,
        paths: PathStore,
    ) -> None:
        self._tree = tree
        self._programs = programs
        self._scripts = {re.compile(pattern, re.DOTALL): program for pattern, program in scripts.items()}
        self._directory = directory
        self._base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home}
        self._clock = clock
        self._ids = ids
        self._paths = paths
        self._processes: dict[str, _Process] = {}
        self._closed = False

    def start(self, request: StartProcess, identity: ChatIdentity | None) -> ProcessStarted:
        """Begin a command. Raises: AgentError, see the port."""
        _raise(refuse_start(request.command))
        directory = request.workdir or self._directory
        detail = "the workspace is closed" if self._closed else ""
        if not self._tree.is_directory(directory):
            detail = f"no such directory: {directory}"
        if detail:
            message = "the command could not be started: check its directory and environment"
            raise AgentError(status=500, code="proc.start_failed", message=message, detail=detail)
        number = len(self._processes) + 1
        info = ProcessInfo(
            id=self._ids.new(),
            command=request.command,
            workdir=directory,
            background=request.background,
            running=True,
            started_at_unix=int(self._clock.now().timestamp()),
        )
        env = process_environment(self._base, request.env, identity)
        owner = None if identity is None else identity.chat_id
        self._processes[info.id] = _Process(
            record=ProcessRecord(info=info, owner=owner, started_order=number),
            identity=identity,
            running=self._begun(request.command, directory, env, number),
            due_s=anyio.current_time(),
        )
        return ProcessStarted(id=info.id)

    def listed(self, identity: ChatIdentity | None) -> tuple[ProcessInfo, ...]:
        """Forget what is long over, then list what the caller may see."""
        records = [process.record for process in self._processes.values()]
        for process_id in sorted(forgotten(records, anyio.current_time(), PROCESS_FORGET_S)):
            del self._processes[process_id]
        remaining = [process.record for process in self._processes.values()]
        return visible_list(remaining, None if identity is None else identity.chat_id)

    async def output(self, process_id: str, wait: bool, identity: ChatIdentity | None) -> ProcessOutput:
        """A snapshot, after the exit or the longest wait when asked to wait."""
        process = self._accessed(process_id, identity)
        if wait:
            with anyio.move_on_after(PROCESS_WAIT_S_MAX):
                while process.record.info.running:
                    with anyio.CancelScope(deadline=process.due_s):
                        await process.changed.wait()
                    self.advance()
        formatted = process.buffer.formatted()
        info = process.record.info
        return ProcessOutput(
            output=formatted.text, running=info.running, exit_code=info.exit_code, truncated=formatted.truncation
        )

    def signal(self, process_id: str, signal: str, identity: ChatIdentity | None) -> Message:
        """Kill a program, or say to it that it shall end."""
        process = self._processes.get(process_id)
        caller = None if identity is None else identity.chat_id
        _raise(refuse_signal(None if process is None else process.record, caller, signal))
        assert process is not None, "a signal to nobody was refused"
        if signal == ProcessSignal.KILL:
            self._kill(process)
        else:
            # It is in the middle of a pause, which the signal ends.
            process.due_s = anyio.current_time()
            self._step(process, lambda: process.running.throw(Terminated()))
        process.tell()
        return Message(message=f"sent {signal} to process {process_id}")

    def advance(self) -> None:
        """Let every program do what it would have done by now, in the order in which they would have done it."""
        now_s = anyio.current_time()
        while due := [each for each in self._processes.values() if each.record.info.running and each.due_s <= now_s]:
            process = min(due, key=lambda each: (each.due_s, each.record.started_order))
            self._run_to_pause(process)

    def close(self) -> None:
        """Refuse new starts and kill everything; twice is harmless."""
        self._closed = True
        for process in self._processes.values():
            if process.record.info.running:
                self._kill(process)

    def _begun(self, command: str, directory: str, env: dict[str, str], number: int) -> Running:
        for pattern, program in self._scripts.items():
            if pattern.fullmatch(command):
                args = (command,)
                run = Invocation(name="sh", args=args, directory=directory, env=env, tree=self._tree)
                return begun(program, run)
        shell = Shell(tree=self._tree, programs=self._programs, directory=directory, env=env, number=number)
        return shell.run(command)

    def _accessed(self, process_id: str, identity: ChatIdentity | None) -> _Process:
        process = self._processes.get(process_id)
        caller = None if identity is None else identity.chat_id
        _raise(refuse_access(None if process is None else process.record, caller))
        assert process is not None, "an unknown process was refused"
        return process

    def _run_to_pause(self, process: _Process) -> None:
        due_s = process.due_s
        for _ in range(STEPS_AT_ONCE_MAX):
            if not self._step(process, lambda: next(process.running)) or process.due_s > due_s:
                return
        self._ended(process, f"it made {STEPS_AT_ONCE_MAX} steps without a pause\n", _CRASHED)

    def _step(self, process: _Process, go_on: Callable[[], Step]) -> bool:
        """One step; whether there may be more."""
        try:
            step = go_on()
        except StopIteration as stop:
            code: int | None = stop.value
            self._ended(process, "", code or 0)
            return False
        except Terminated:
            self._ended(process, "", KILLED_EXIT_CODE)
            return False
        except Exception as error:  # noqa: BLE001  # a program that crashes ends like one that does anywhere
            self._ended(process, f"{type(error).__name__}: {error}\n", _CRASHED)
            return False
        match step:
            case str():
                process.buffer.write(step.encode("utf-8", "surrogateescape"))
            case ToStderr(text=text):
                process.buffer.write(text.encode("utf-8", "surrogateescape"))
            case Pause(seconds=seconds):
                process.due_s += seconds
        return True

    def _kill(self, process: _Process) -> None:
        process.due_s = anyio.current_time()
        # What a program does in its `finally` is not asked for: a kill leaves no time.
        self._ended(process, "", KILLED_EXIT_CODE)

    def _ended(self, process: _Process, last_words: str, code: int) -> None:
        process.buffer.write(last_words.encode())
        ended_s = process.due_s
        ago = timedelta(seconds=anyio.current_time() - ended_s)
        info = evolve(
            process.record.info,
            running=False,
            exit_code=code,
            exited_at_unix=int((self._clock.now() - ago).timestamp()),
        )
        process.record = evolve(process.record, info=info, exited_s=ended_s)
        process.due_s = inf
        if process.identity is not None and info.workdir:
            self._paths.add_paths(process.identity.family, [info.workdir])
        process.tell()


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise AgentError.refused(refusal)
