"""Connections that do more when they are closed (agent-and-relay A11)."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, unique
from typing import Literal, Self, TypeAlias

from anyio import Lock, fail_after

from chatcore.domain.limits import AGENT_CLOSE_S_MAX
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.ports.agent import Agent, Files, Processes
from chatcore.ports.agent.containers import Containers
from chatcore.ports.agent.context import Context
from chatcore.ports.agent.debug import Debug
from chatcore.ports.agent.desktop import Desktop
from chatcore.ports.agent.git import Git
from chatcore.ports.agent.mcp import Mcp
from chatcore.ports.agent.network import Network
from chatcore.ports.agent.terminals import Terminals


@unique
class CloseNext(Enum):
    """What a close function says about the connection under it."""

    SKIP = "skip"


SKIP_CLOSE: Literal[CloseNext.SKIP] = CloseNext.SKIP
"""Returned by a close function: the connection under it stays open (A11.1)."""

CloseFunction: TypeAlias = Callable[[], Awaitable[CloseNext | None]]
_Step: TypeAlias = Callable[[], Awaitable[object]]


def with_close_function(inner: Agent, close: CloseFunction) -> Agent:
    """A connection whose `close` asks `close` first and then closes `inner`, unless told to skip that (A11.1).

    When both fail their errors come as one ExceptionGroup.
    """

    async def run() -> Exception | None:
        answered: list[CloseNext | None] = []

        async def ask() -> None:
            answered.append(await close())

        errors = await _failures([ask])
        if SKIP_CLOSE not in answered:
            errors += await _failures([inner.close])
        return _joined(errors)

    return _ClosingAgent(inner, _Once(run))


async def wrap(inner: Agent | None, then: _Step) -> Agent | None:
    """A connection whose `close` closes `inner` and then calls `then`, exactly once whatever fails (A11.2).

    Every close waits for that one run and ends as it did. Without a connection `then` is called at once.
    """
    if inner is None:
        await then()
        return None
    steps = (inner.close, then)

    async def run() -> Exception | None:
        return _joined(await _failures(steps))

    return _ClosingAgent(inner, _Once(run))


class _Once:
    """Runs a close once and gives every caller its outcome."""

    def __init__(self, run: Callable[[], Awaitable[Exception | None]]) -> None:
        self._run = run
        self._lock = Lock()
        self._done = False
        self._error: Exception | None = None

    async def __call__(self) -> None:
        async with self._lock:
            if not self._done:
                self._error = await self._run()
                self._done = True
        if self._error is not None:
            raise self._error


async def _failures(steps: Sequence[_Step]) -> list[Exception]:
    """Run every step, whatever the others do, and collect what they raise."""
    errors: list[Exception] = []
    for step in steps:
        try:
            # A caller that is cancelled must not leave a connection half closed.
            with fail_after(AGENT_CLOSE_S_MAX, shield=True):
                await step()
        except Exception as error:  # noqa: BLE001 - joined, and raised once every step has had its turn
            errors.append(error)
    return errors


def _joined(errors: Sequence[Exception]) -> Exception | None:
    if len(errors) <= 1:
        return errors[0] if errors else None
    return ExceptionGroup("closing the agent connection failed", errors)


class _ClosingAgent(Agent):
    """A connection with another `close`; all else passes through (A11.3)."""

    def __init__(self, inner: Agent, close: _Once) -> None:
        self._inner = inner
        self._close = close

    def identified(self, identity: ChatIdentity | None) -> Self:
        return type(self)(self._inner.identified(identity), self._close)

    async def await_reachable(self, timeout_s: float) -> bool:
        return await self._inner.await_reachable(timeout_s)

    async def close(self) -> None:
        await self._close()

    @property
    def processes(self) -> Processes:
        return self._inner.processes

    @property
    def files(self) -> Files:
        return self._inner.files

    @property
    def git(self) -> Git:
        return self._inner.git

    @property
    def mcp(self) -> Mcp:
        return self._inner.mcp

    @property
    def context(self) -> Context:
        return self._inner.context

    @property
    def containers(self) -> Containers:
        return self._inner.containers

    @property
    def terminals(self) -> Terminals:
        return self._inner.terminals

    @property
    def desktop(self) -> Desktop:
        return self._inner.desktop

    @property
    def debug(self) -> Debug:
        return self._inner.debug

    @property
    def network(self) -> Network:
        return self._inner.network
