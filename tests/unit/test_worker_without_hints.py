"""Hints are hints: without a single one every chat is answered, every interrupt obeyed, only later (2.10)."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest
import trio.testing

from chatcore.adapters.memory import MemoryPubSub
from chatcore.adapters.scripted import Pause, ScriptedModel
from chatcore.domain.chat.values import Status
from chatcore.ports.errors import AdapterError
from chatcore.ports.pubsub import Hint, Lagged, WorkWanted
from chatcore.testing.deeds import spoken
from chatcore.testing.replicas import Replicas

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class SilentPubSub(MemoryPubSub):
    """Loses every hint."""

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send nothing."""
        await anyio.lowlevel.checkpoint()


class BrokenPubSub(MemoryPubSub):
    """Its subscriptions break as soon as somebody listens."""

    @asynccontextmanager
    async def watch_work(self) -> AsyncGenerator[AsyncIterator[WorkWanted | Lagged], None]:
        """A subscription that ends with an error."""

        async def broken() -> AsyncIterator[WorkWanted | Lagged]:
            yield Lagged()
            raise AdapterError("the connection broke")

        yield broken()


@pytest.mark.spec("2.10", "7.2")
@pytest.mark.parametrize("pubsub", [SilentPubSub, BrokenPubSub])
async def test_without_hints_everything_happens_later(pubsub: type[MemoryPubSub]) -> None:
    """A chat is found, its interrupt seen, its queue said and its rest noticed, all by looking now and then."""
    replicas = Replicas(pubsub=pubsub())
    model = ScriptedModel([["I beg", Pause(5_000)], ["Second."]])
    async with replicas.open(worker=False) as front, replicas.open(model):
        chat = await front.chats.create("one", owner="ada")
        await anyio.sleep(5)
        assert Status.RUNNING is (await chat.head()).status
        await chat.send("two")
        await chat.interrupt()
        await chat.rest()

        assert anyio.current_time() < 60
        assert ["user: one", "assistant: I beg", "user: two", "assistant: Second."] == await spoken(chat)
        assert [] == await replicas.faults()
