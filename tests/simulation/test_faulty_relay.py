"""The relay between replicas in trouble: what a dial, a connection and a dead or paused replica can do."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager

import anyio
import pytest
import trio.testing
from attrs import define, field

from chatcore.app.live_parts import LiveParts
from chatcore.domain.ids import WorkerId
from chatcore.domain.live.part_buffer import PartBuffer
from chatcore.ports.relay import RelayBroken, RelayConnection, RelayedGap, RelayedParts, RelayUnreachable
from chatcore.testing.contracts.relay import (
    CHAT,
    FarReplica,
    OpenRelay,
    RelayContract,
    RelayStage,
    episode,
    say,
)
from chatcore.testing.simulation import Draws, Fault, Profile, Schedule, Span, Trace, simulate
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.faulty_relay import FaultyRelay, RelayHub
from chatcore.testing.simulation.happening_dialled import Dialled
from chatcore.testing.simulation.life import Life

LATE_S = 5.0


def replica(name: str) -> FarReplica:
    """A replica that makes nothing yet."""
    buffer = PartBuffer()
    return FarReplica(worker_id=WorkerId(name), buffer=buffer, live=LiveParts(buffer))


@define
class Stage:
    """Two replicas of a hub; `relay` is the way of the first one, `here`, to the other one."""

    rates: Mapping[Fault, float]
    here: Life = field(factory=Life)
    there: Life = field(factory=Life)
    hub: RelayHub = field(factory=RelayHub)
    far: FarReplica = field(factory=lambda: replica("far"))
    faults: Faults = field(init=False)
    relay: FaultyRelay = field(init=False)

    def __attrs_post_init__(self) -> None:
        """The noting begins."""
        profile = Profile(name="mine", rates=self.rates, relay_late=Span(LATE_S, LATE_S))
        self.faults = Faults(profile, Draws(0), Trace(Schedule([])))
        self.relay = FaultyRelay(self.hub, "r1", life=self.here, faults=self.faults)

    @property
    def dials(self) -> list[str]:
        """What was noted of dials."""
        return [each.what.outcome for each in self.faults.trace.noted if isinstance(each.what, Dialled)]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[RelayConnection]:
        """Dial, and ask for the parts that are said."""
        say(self.far, episode(1), "a", "b")
        with self.hub.serving(self.far.worker_id, self.far.live, self.there):
            async with self.relay.dial(self.far.worker_id, CHAT) as connection:
                await connection.select(episode(1))
                yield connection


def virtually(promise: Callable[[], Awaitable[None]]) -> None:
    """See whether it holds, on virtual time."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    anyio.run(promise, backend="trio", backend_options={"clock": clock})


class TestCalmRelay(RelayContract):
    """Without faults nothing is different: the wrapped relay keeps the whole contract, on asyncio and on trio."""

    @pytest.fixture
    def open_relay(self) -> OpenRelay:
        """A new one each time."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[RelayStage, None]:
            stage = Stage({})
            far, farther = stage.far, replica("farther")
            with stage.hub.serving(farther.worker_id, farther.live, Life()), ExitStack() as serving:
                serving.enter_context(stage.hub.serving(far.worker_id, far.live, stage.there))

                async def answer(status: int) -> None:
                    stage.hub.relay.answer(far.worker_id, status)

                async def stop() -> None:
                    serving.close()

                yield RelayStage(relay=stage.relay, far=far, farther=farther, answer=answer, stop=stop)

        return opened


def test_each_dial_is_noted_until_it_is_over() -> None:
    """With what became of it; nobody is left on the line."""

    async def promise() -> None:
        stage = Stage({})
        async with stage.connected() as connection:
            assert stage.hub.open == 1
            assert isinstance(await anext(aiter(connection)), RelayedParts)
        with pytest.raises(RelayUnreachable):
            async with stage.relay.dial(WorkerId("nobody"), CHAT):
                pass
        hung_up, failed = ["begins", "is answered", "is over: hung up"], ["begins", "is over: RelayUnreachable"]
        assert [*hung_up, *failed] == stage.dials
        assert stage.hub.open == 0

    virtually(promise)


def test_a_dial_may_come_to_nothing() -> None:
    """Though the replica is there."""

    async def promise() -> None:
        with pytest.raises(RelayUnreachable, match="did not answer"):
            async with Stage({Fault.RELAY_UNREACHABLE: 1.0}).connected():
                pass

    virtually(promise)


def test_a_late_answer_comes_to_one_who_has_hung_up() -> None:
    """The connection is there, and is over at the next await."""

    async def promise() -> None:
        stage, answered = Stage({Fault.RELAY_ANSWERS_LATE: 1.0}), False
        with stage.hub.serving(stage.far.worker_id, stage.far.live, stage.there), anyio.move_on_after(1) as waiting:
            async with stage.relay.dial(stage.far.worker_id, CHAT):
                answered = True
                await anyio.sleep(1)
        assert (True, True, LATE_S) == (answered, waiting.cancelled_caught, anyio.current_time() - waiting.deadline + 1)

    virtually(promise)


def test_parts_come_late_or_not_at_all() -> None:
    """A relay stalls, breaks, or loses what is on its way and may tell so."""

    async def promise() -> None:
        began = anyio.current_time()
        async with Stage({Fault.RELAY_STALLS: 1.0}).connected() as connection:
            assert isinstance(await anext(aiter(connection)), RelayedParts)
            assert LATE_S == anyio.current_time() - began
        broken = Stage({Fault.RELAY_BREAKS: 1.0})
        async with broken.connected() as connection:
            with pytest.raises(RelayBroken):
                await anext(aiter(connection))
        assert "is over: broken" == broken.dials[-1]
        lossy = Stage({Fault.RELAY_LOSES: 1.0})
        async with lossy.connected() as connection:
            came: RelayedParts | RelayedGap | None = None
            with anyio.move_on_after(1):
                came = await anext(aiter(connection))
            assert came is None or isinstance(came, RelayedGap)

    virtually(promise)


def test_a_paused_replica_sends_nothing_until_it_wakes_and_a_dead_one_breaks_off() -> None:
    """As seen from another one."""

    async def promise() -> None:
        stage = Stage({})
        async with stage.connected() as connection:
            stage.there.pause()
            with anyio.move_on_after(60) as waiting:
                await anext(aiter(connection))
            assert waiting.cancelled_caught
            stage.there.wake()
            say(stage.far, episode(1), "c")
            assert isinstance(await anext(aiter(connection)), RelayedParts)
            say(stage.far, episode(1), "d")
            stage.there.kill()
            with pytest.raises(RelayBroken, match="gone"):
                await anext(aiter(connection))
        with pytest.raises(RelayUnreachable, match="gone"):
            async with stage.connected():
                pass

    virtually(promise)


def test_a_cluster_dials_and_what_came_of_it_is_part_of_its_digest() -> None:
    """Viewers at one replica see what another one makes."""
    run = simulate(1)
    dials = [noted for noted in run.trace.noted if isinstance(noted.what, Dialled)]
    digest = run.digest

    assert {"begins", "is answered", "is over: hung up"} <= {
        noted.what.outcome for noted in dials if isinstance(noted.what, Dialled)
    }
    run.trace.noted.remove(dials[0])
    assert digest != run.trace.digest()
