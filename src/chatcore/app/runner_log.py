"""A runner's hand on its chat's log: every append fenced by the newest head, store errors outwaited (2.9)."""

from collections.abc import Awaitable, Callable

import anyio

from chatcore.app.chat_writer import ChatWriter, Written
from chatcore.app.windows import Windows
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.history import History
from chatcore.domain.ids import ChatId, RunnerId
from chatcore.domain.turn.retry import backoff_ms
from chatcore.domain.work.runner import AppendBegan, AppendEnded, Input
from chatcore.ports.actor import Actor
from chatcore.ports.errors import AdapterError

Commands = Callable[[ChatHead], Awaitable[tuple[Command, ...]]]
"""Makes the commands for a head, with the evidence that they need."""


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

    @property
    def runner_id(self) -> RunnerId:
        """Who writes."""
        return RunnerId(self._actor.id)

    async def window(self) -> History:
        """The messages after the newest boundary."""
        return await self._windows.load(self.chat_id, self.head)

    async def append(self, *commands: Command) -> Written:
        """Append commands that need no evidence."""

        async def given(_: ChatHead) -> tuple[Command, ...]:
            return commands

        return await self.append_planned(given)

    async def append_planned(self, commands: Commands) -> Written:
        """Append under the fence of the newest own head.

        A store that fails is asked again, with growing waits and without end: what is to be written stays in memory.
        Raises: StaleFence, the chat has moved on; other Rejections.
        """
        fence = Fence.of(self.head)
        known: ChatHead | None = self.head

        async def plan(head: ChatHead) -> Append:
            return Append(commands=await commands(head), fence=fence)

        self._tell(AppendBegan())
        written: Written | None = None
        try:
            failures = 0
            while written is None:
                try:
                    written = await self._writer.write(self.chat_id, plan, actor=self._actor, known=known)
                except AdapterError as error:
                    if not error.retryable:
                        raise
                    # What the store did is unknown: decide the next try on a head that was read.
                    known = None
                    await anyio.sleep(backoff_ms(failures) / 1000)
                    failures += 1
        finally:
            self._tell(AppendEnded(None if written is None else written.head))
        self.head = written.head
        self._windows.extend(self.chat_id, written.head, written.events)
        return written
