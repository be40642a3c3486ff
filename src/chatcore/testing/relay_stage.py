"""A chat that one replica works on and another one watches, with a relay between them: for tests of relayed views."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import anyio
from attrs import define

from chatcore.adapters.memory import MemoryRelay, MemoryStore
from chatcore.app.live_parts import LiveParts
from chatcore.app.view import View
from chatcore.app.view_settings import ViewSettings
from chatcore.app.watching import Watching
from chatcore.domain.chat.commands import Acquire
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.domain.live.part_buffer import PartBuffer
from chatcore.ports.relay import RelayConnection
from chatcore.ports.store import Store
from chatcore.testing.clocks import ManualClock
from chatcore.testing.situations import acquire, create
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Process, Stage, said

HERE: Final = WorkerId("here")
B: Final = WorkerId("worker-1")
"""Who takes the chat at first (`acquire()` of `situations`)."""
C: Final = WorkerId("worker-2")


class WatchedRelay(MemoryRelay):
    """A memory relay that notes who was dialled and when, and whose dials may take a while."""

    def __init__(self) -> None:
        super().__init__()
        self.takes_s: dict[WorkerId, float] = {}
        self.dials: list[tuple[WorkerId, float]] = []
        self.tokens: set[str] = set()
        self.open = 0
        """Connections that stand."""

    @asynccontextmanager
    async def dial(
        self, worker_id: WorkerId, chat_id: ChatId, *, session_token: str = ""
    ) -> AsyncGenerator[RelayConnection, None]:
        """Note the dial."""
        self.dials.append((worker_id, anyio.current_time()))
        self.tokens.add(session_token)
        await anyio.sleep(self.takes_s.get(worker_id, 0.0))
        async with super().dial(worker_id, chat_id, session_token=session_token) as connection:
            self.open += 1
            try:
                yield connection
            finally:
                self.open -= 1


@define
class RelayCluster:
    """A chat that worker B of another replica runs, C's replica, and a replica here whose views have a relay.

    `far` and `farther` hold the parts that B and C make; `buffer` is that of `far`.
    """

    stage: Stage
    relay: WatchedRelay
    far: LiveParts
    farther: LiveParts
    buffer: PartBuffer

    @classmethod
    async def running(cls, settings: ViewSettings, store: Store | None = None) -> "RelayCluster":
        """B makes the first answer."""
        stage = Stage(store=store or MemoryStore(clock=ManualClock()), settings=settings)
        relay, buffer = WatchedRelay(), PartBuffer()
        far, farther, here = LiveParts(buffer), LiveParts(), LiveParts()
        stage.here = Process(here, Watching(stage.store, stage.pubsub, here, settings, relay=relay, own=HERE))
        relay.serve(B, far)
        relay.serve(C, farther)
        await stage.do(create())
        await stage.do(acquire())
        return cls(stage, relay, far, farther, buffer)

    def say(self, live: LiveParts, *texts: str) -> None:
        """A worker shows words without writing them down."""
        live.open(self.stage.episode)
        for text in texts:
            live.publish(self.stage.episode, said(text))

    async def take_over(self, worker_id: WorkerId) -> None:
        """Another worker takes the chat."""
        runner = RunnerId(f"runner of {worker_id}")
        await self.stage.do(Acquire(worker_id=worker_id, runner_id=runner))

    @asynccontextmanager
    async def watched(self, client: ViewClient, *, token: str = "") -> AsyncGenerator[View, None]:
        """Watch from here, the first batch taken."""
        stage = self.stage
        watching = stage.here.watching
        async with watching.watch_batches(stage.chat_id, actor=stage.owner, session_token=token) as view:
            client.take(await anext(view))
            yield view

    @property
    def dialled(self) -> list[WorkerId]:
        """Who was dialled, in order."""
        return [worker_id for worker_id, _ in self.relay.dials]
