"""The SQLite store keeps the contract of the store port, on the loop and in a thread."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import anyio.lowlevel
import pytest

from chatcore.adapters.sqlite import SqliteSettings, SqliteStore
from chatcore.ports.store import Store
from chatcore.testing.clocks import ManualClock
from chatcore.testing.contracts.store import StoreContract
from chatcore.testing.contracts.store_base import OpenStore, PassTime


class _SqliteContract(StoreContract):
    """The contract over files in a directory of the test."""

    settings = SqliteSettings()

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
    def open_store(self, tmp_path: Path, clock: ManualClock) -> OpenStore:
        """A new file each time."""
        numbers = count()

        @asynccontextmanager
        async def opened() -> AsyncGenerator[Store, None]:
            path = tmp_path / f"chats-{next(numbers)}.db"
            async with aclosing(await SqliteStore.open(path, clock=clock, settings=self.settings)) as store:
                yield store

        return opened


class TestSqliteStore(_SqliteContract):
    """On asyncio and on trio."""


class TestSqliteStoreInAThread(_SqliteContract):
    """On asyncio and on trio, writing in a worker thread."""

    settings = SqliteSettings(thread=True)
