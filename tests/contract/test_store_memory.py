"""The memory store keeps the contract of the store port."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio.lowlevel
import pytest

from chatcore.adapters.memory import MemoryStore
from chatcore.ports.store import Store
from chatcore.testing.clocks import ManualClock
from chatcore.testing.contracts.store import StoreContract
from chatcore.testing.contracts.store_base import OpenStore, PassTime


class TestMemoryStore(StoreContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        """The clock of the stores."""
        return ManualClock()

    @pytest.fixture
    def pass_time(self, clock: ManualClock) -> PassTime:
        """No waiting."""

        async def advance(duration: timedelta) -> None:
            await anyio.lowlevel.checkpoint()
            clock.advance(duration)

        return advance

    @pytest.fixture
    def open_store(self, clock: ManualClock) -> OpenStore:
        """A new store each time."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[Store, None]:
            store = MemoryStore(clock=clock)
            yield store
            await store.aclose()

        return opened
