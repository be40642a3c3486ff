"""Several services over one store, in one event loop and on one clock: what a cluster is to its chats.

On trio's `MockClock` nothing waits for real: leases of minutes run out at once.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import anyio
from attrs import frozen

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.app.settings import ServiceSettings
from chatcore.app.tools.tool import Tool
from chatcore.app.verifying import verify_store
from chatcore.compose.chats import Chats
from chatcore.compose.opening import open_chats
from chatcore.compose.store_urls import Opened
from chatcore.domain.work.verify import Fault
from chatcore.ports.model import Model
from chatcore.ports.pubsub import PubSub
from chatcore.ports.store import Store
from chatcore.testing.clocks import NOON
from chatcore.testing.gated_store import GatedStore


class LoopClock:
    """Wall time that goes with anyio's clock, so that both are virtual together."""

    def now(self) -> datetime:
        """The time in UTC."""
        return NOON + timedelta(seconds=anyio.current_time())


@frozen(kw_only=True)
class Replica:
    """One service of several. `store` is the store as this replica alone reaches it."""

    chats: Chats
    store: GatedStore


class Replicas:
    """A store and the services that are opened over it."""

    def __init__(self, store: Store | None = None, pubsub: PubSub | None = None) -> None:
        self.clock = LoopClock()
        self.store: Store = store or MemoryStore(clock=self.clock)
        self.pubsub: PubSub = pubsub or MemoryPubSub()

    @asynccontextmanager
    async def open(
        self,
        model: Model | None = None,
        *,
        tools: Sequence[Tool] = (),
        worker: bool = True,
        settings: ServiceSettings | None = None,
    ) -> AsyncIterator[Replica]:
        """One more service; leaving the context shuts it down in order."""
        gated = GatedStore(self.store)
        opened = Opened(store=gated, pubsub=self.pubsub)
        async with open_chats(
            store=opened, model=model, tools=tools, worker=worker, settings=settings, clock=self.clock
        ) as chats:
            yield Replica(chats=chats, store=gated)

    async def faults(self) -> list[Fault]:
        """What verifying the store finds."""
        return [fault async for verified in verify_store(self.store) for fault in verified.faults]
