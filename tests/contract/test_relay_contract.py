"""The memory relay keeps the contract of the relay port."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chatcore.adapters.memory import MemoryRelay
from chatcore.app.live_parts import LiveParts
from chatcore.domain.ids import WorkerId
from chatcore.domain.live.part_buffer import PartBuffer
from chatcore.testing.contracts.relay import FarReplica, OpenRelay, RelayContract, RelayStage


def replica(name: str) -> FarReplica:
    """A replica that makes nothing yet."""
    buffer = PartBuffer()
    return FarReplica(worker_id=WorkerId(name), buffer=buffer, live=LiveParts(buffer))


class TestMemoryRelay(RelayContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_relay(self) -> OpenRelay:
        """A new one each time."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[RelayStage, None]:
            relay, far, farther = MemoryRelay(), replica("far"), replica("farther")
            for each in (far, farther):
                relay.serve(each.worker_id, each.live)

            async def answer(status: int) -> None:
                relay.answer(far.worker_id, status)

            async def stop() -> None:
                relay.stop(far.worker_id)

            yield RelayStage(relay=relay, far=far, farther=farther, answer=answer, stop=stop)

        return opened
