"""All processes of a local agent: starting, listing, waiting, signalling, closing (agent-and-relay A3)."""

import logging
import os
from collections.abc import Mapping
from signal import SIGKILL, SIGTERM
from typing import Final

from anyio import CancelScope, Event, current_time, move_on_after, to_thread
from anyio.abc import TaskGroup
from attrs import define, evolve, field

from chatcore.adapters.agent.local.child import Child
from chatcore.adapters.agent.local.groups import group_lives, kill_left_behind
from chatcore.adapters.agent.local.settings import LocalSettings
from chatcore.domain.ids import ChatId
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
    NOT_RUNNING,
    exit_code_of,
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

_SIGNALS: Final = {ProcessSignal.KILL: SIGKILL, ProcessSignal.TERMINATE: SIGTERM}
_log = logging.getLogger(__name__)


@define(eq=False, kw_only=True)
class _Running:
    """A process in the table, running or exited."""

    record: ProcessRecord
    identity: ChatIdentity | None
    child: Child
    buffer: HeadTailBuffer
    exited: Event = field(factory=Event)


@define(eq=False, kw_only=True)
class _Start:
    """A start on its way: what the starting task tells the caller."""

    request: StartProcess
    identity: ChatIdentity | None
    settled: Event = field(factory=Event)
    failure: OSError | ValueError | None = None
    process_id: str = ""


class ProcessTable:
    """The processes of one agent. Their life is the table's, never that of the call that started them (A3.4)."""

    def __init__(self, *, tasks: TaskGroup, settings: LocalSettings, clock: Clock, ids: Ids, paths: PathStore) -> None:
        self._tasks = tasks
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._paths = paths
        self._processes: dict[str, _Running] = {}
        self._starts = 0
        self._unfinished: set[Event] = set()
        self._left_behind: set[int] = set()
        self._closed = False

    async def start(self, request: StartProcess, identity: ChatIdentity | None) -> ProcessStarted:
        """Spawn a command. Raises: AgentError, see the port."""
        _raise(refuse_start(request.command))
        if self._closed:
            raise _start_failed("the agent is closed")
        start = _Start(request=request, identity=identity)
        self._tasks.start_soon(self._live, start)
        await start.settled.wait()
        if start.failure is not None:
            raise _start_failed(str(start.failure)) from start.failure
        return ProcessStarted(id=start.process_id)

    def listed(self, identity: ChatIdentity | None) -> tuple[ProcessInfo, ...]:
        """Forget what is long over, then list what the caller may see."""
        records = [running.record for running in self._processes.values()]
        for process_id in forgotten(records, current_time(), self._settings.forget_s):
            del self._processes[process_id]
        remaining = (running.record for running in self._processes.values())
        return visible_list(remaining, _chat(identity), self._settings.list_max)

    async def output(self, process_id: str, wait: bool, identity: ChatIdentity | None) -> ProcessOutput:
        """A snapshot, after the exit or the longest wait when asked to wait."""
        running = self._processes.get(process_id)
        _raise(refuse_access(_record(running), _chat(identity)))
        assert running is not None
        if wait:
            with move_on_after(self._settings.wait_s_max):
                await running.exited.wait()
        # The state first: "running" may come with the final output, "exited" never without it (A3.19).
        info = running.record.info
        formatted = running.buffer.formatted()
        return ProcessOutput(
            output=formatted.text, running=info.running, exit_code=info.exit_code, truncated=formatted.truncation
        )

    def signal(self, process_id: str, signal: str, identity: ChatIdentity | None) -> Message:
        """Signal the whole group."""
        running = self._processes.get(process_id)
        _raise(refuse_signal(_record(running), _chat(identity), signal))
        assert running is not None
        try:
            running.child.signal(_SIGNALS[ProcessSignal(signal)])
        except ProcessLookupError as error:
            # The shell has ended, and only a process outside its group still holds the output open.
            raise AgentError.refused(NOT_RUNNING) from error
        except OSError as error:
            raise AgentError(
                status=500, code="proc.signal_failed", message="the signal could not be sent", detail=str(error)
            ) from error
        return Message(message=f"sent {signal} to process {process_id}")

    async def close(self) -> None:
        """Refuse new starts, kill everything, wait until all of it is reaped; twice is harmless (A3.25)."""
        self._closed = True
        for running in self._processes.values():
            if running.record.info.running:
                running.child.kill()
        for group in self._left_behind:
            kill_left_behind(group)
        self._left_behind.clear()
        for finished in tuple(self._unfinished):
            await finished.wait()

    async def _live(self, start: _Start) -> None:
        """One process from its start to its end. Only `close` ends it early, so cancellation is kept away."""
        finished = Event()
        self._unfinished.add(finished)
        try:
            with CancelScope(shield=True):
                try:
                    running = await self._spawn(start)
                except (OSError, ValueError) as error:
                    start.failure = error
                    return
                finally:
                    start.settled.set()
                returncode = await running.child.finish(self._settings.pipe_grace_s)
                self._exited(running, returncode)
        finally:
            self._unfinished.discard(finished)
            finished.set()

    async def _spawn(self, start: _Start) -> _Running:
        request, identity = start.request, start.identity
        environment = process_environment(self._base_environment(), request.env, identity)
        workdir = await to_thread.run_sync(self._workdir, request.workdir)
        buffer = HeadTailBuffer(
            head_bytes_max=self._settings.head_bytes_max, tail_bytes_max=self._settings.tail_bytes_max
        )
        child = await Child.spawn(request.command, workdir=workdir, env=environment, buffer=buffer)
        self._starts += 1
        start.process_id = self._ids.new()
        info = ProcessInfo(
            id=start.process_id,
            command=request.command,
            workdir=workdir,
            background=request.background,
            running=True,
            started_at_unix=int(self._clock.now().timestamp()),
        )
        record = ProcessRecord(info=info, owner=_chat(identity), started_order=self._starts)
        running = _Running(record=record, identity=identity, child=child, buffer=buffer)
        self._processes[start.process_id] = running
        if self._closed:
            child.kill()
        return running

    def _exited(self, running: _Running, returncode: int | None) -> None:
        info = evolve(
            running.record.info,
            running=False,
            exit_code=exit_code_of(returncode),
            exited_at_unix=int(self._clock.now().timestamp()),
        )
        running.record = evolve(running.record, info=info, exited_s=current_time())
        running.exited.set()
        self._left_behind = {group for group in self._left_behind if group_lives(group)}
        if group_lives(running.child.group):
            self._left_behind.add(running.child.group)
            if self._closed:
                kill_left_behind(running.child.group)
        if running.identity is not None:
            self._paths.add_paths(running.identity.family, [info.workdir] if info.workdir else [])

    def _workdir(self, requested: str | None) -> str:
        if requested:
            return requested
        directory = self._settings.directory
        return directory if directory and os.path.isdir(directory) else self._settings.home

    def _base_environment(self) -> Mapping[str, str]:
        environment = dict(os.environ)
        if self._settings.environment_hook is None:
            return environment
        try:
            return self._settings.environment_hook(environment)
        except Exception:  # noqa: BLE001 - the hook is the embedder's; its failure must not stop a command (A3.6)
            _log.warning("the environment hook failed; the command gets the plain environment", exc_info=True)
            return dict(os.environ)


def _chat(identity: ChatIdentity | None) -> ChatId | None:
    return None if identity is None else identity.chat_id


def _record(running: _Running | None) -> ProcessRecord | None:
    return None if running is None else running.record


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise AgentError.refused(refusal)


def _start_failed(detail: str) -> AgentError:
    return AgentError(
        status=500,
        code="proc.start_failed",
        message="the command could not be started: check its directory and environment",
        detail=detail,
    )
