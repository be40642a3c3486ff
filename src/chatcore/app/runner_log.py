"""A runner's hand on its chat's log: every append fenced by the newest head, store errors outwaited (2.9)."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from chatcore.app.chat_writer import ChatWriter, Written
from chatcore.app.windows import Window, Windows
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, RunnerId
from chatcore.domain.turn.retry import backoff_ms
from chatcore.domain.work.runner import AppendBegan, AppendEnded, Input
from chatcore.ports.actor import Actor
from chatcore.ports.errors import AdapterError

_log = logging.getLogger(__name__)

T = TypeVar("T")

Commands = Callable[[ChatHead], Awaitable[tuple[Command, ...]]]
"""Makes the commands for a head, with the evidence that they need."""


def as_given(*commands: Command) -> Commands:
    """Commands that need no evidence."""

    async def given(_: ChatHead) -> tuple[Command, ...]:
        return commands

    return given


async def outwait(chat_id: ChatId, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask the store about a chat until it answers, with growing waits and without end (2.9).

    Raises: what asking again does not help.
    """
    failures = 0
    while True:
        try:
            return await ask()
        except AdapterError as error:
            if not error.retryable:
                raise
            _log.warning("chat %s: the store is asked again: %s", chat_id, error)
        await anyio.sleep(backoff_ms(failures) / 1000)
        failures += 1


class RunnerLog:
    """The log of one chat as its runner writes it. `head` is the newest that the runner itself led to."""

    def __init__(
        self,
        chat_id: ChatId,
        runner_id: RunnerId,
        head: ChatHead,
        *,
        writer: ChatWriter,
        windows: Windows,
        tell: Callable[[Input], None],
    ) -> None:
        self.chat_id = chat_id
        self.head = head
        self._actor = Actor.worker(runner_id)
        self._writer = writer
        self._windows = windows
        self._tell = tell
        self.sure = True
        """Whether the outcome of the newest append is known; False where it was cancelled or failed."""
        self._appending = False
        self._landed: anyio.Event | None = None
        """What those wait for who wait for the end of the append in flight."""

    @property
    def runner_id(self) -> RunnerId:
        """Who writes."""
        return RunnerId(self._actor.id)

    async def window(self) -> Window:
        """What is left of the chat's messages for the model."""
        return await self.outwait(lambda: self._windows.load(self.chat_id, self.head))

    async def outwait(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the store until it answers: see `outwait`."""
        return await outwait(self.chat_id, ask)

    def learn(self, head: ChatHead) -> None:
        """The chat was read: whatever became of the newest append shows in this head."""
        self.head, self.sure = head, True

    async def landed(self) -> None:
        """Wait until no append is in flight: from then on `head` tells what the runner itself led to."""
        while self._appending:
            self._landed = self._landed or anyio.Event()
            await self._landed.wait()

    async def append(self, *commands: Command) -> Written:
        """Append commands that need no evidence."""
        return await self.append_planned(as_given(*commands))

    async def append_planned(self, commands: Commands) -> Written:
        """Append under the fence of the newest own head.

        A store that fails is asked again, with growing waits and without end: what is to be written stays in memory.
        Raises: StaleFence, the chat has moved on; other Rejections.
        """
        fence = Fence.of(self.head)
        known: ChatHead | None = self.head

        async def plan(head: ChatHead) -> Append:
            return Append(commands=await commands(head), fence=fence)

        async def write() -> Written:
            nonlocal known
            # After a failure what the store did is unknown: the next try is decided on a head that was read.
            believed, known = known, None
            return await self._writer.write(self.chat_id, plan, actor=self._actor, known=believed)

        self._tell(AppendBegan())
        self.sure, self._appending = False, True
        written: Written | None = None
        try:
            written = await self.outwait(write)
            self.head, self.sure = written.head, True
        finally:
            self._tell(AppendEnded(None if written is None else written.head))
            self._appending = False
            if self._landed is not None:
                self._landed.set()
                self._landed = None
        return written
