"""The memory pubsub keeps the contract of the pubsub port."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chatcore.adapters.memory import MemoryPubSub
from chatcore.ports.pubsub import PubSub
from chatcore.testing.contracts.pubsub import OpenPubSub, PubSubContract


class TestMemoryPubSub(PubSubContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_pubsub(self) -> OpenPubSub:
        """A new one each time."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[PubSub, None]:
            pubsub = MemoryPubSub()
            yield pubsub
            await pubsub.aclose()

        return opened
