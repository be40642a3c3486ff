"""The store and the hints as a replica in trouble reaches them, and what a dead or a paused replica can do."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import anyio.lowlevel
import pytest
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.domain.ids import ChatId, CommandId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.errors import AdapterError
from chatcore.ports.pubsub import Lagged, PubSub, WorkWanted
from chatcore.ports.store import Store
from chatcore.ports.store_errors import Conflict, StoreUnavailable
from chatcore.testing.appends import created, sent
from chatcore.testing.clocks import ManualClock
from chatcore.testing.contracts.pubsub import OpenPubSub, PubSubContract
from chatcore.testing.contracts.store import StoreContract
from chatcore.testing.contracts.store_base import OpenStore, PassTime
from chatcore.testing.simulation import Draws, Fault, Profile, Schedule, Span, Trace
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.faulty_pubsub import Errand, FaultyPubSub
from chatcore.testing.simulation.faulty_store import FaultyStore
from chatcore.testing.simulation.happenings import Committed
from chatcore.testing.simulation.life import ConnectionLost, Life, ReplicaGone

CHAT = ChatId("0190b2a0-0000-7000-8000-000000000001")


def troubled(rates: Mapping[Fault, float], *, seed: int = 0) -> Faults:
    """Faults at these rates."""
    return Faults(Profile(name="mine", rates=rates, slow=Span(5.0, 5.0)), Draws(seed), Trace(Schedule([])))


class Stage:
    """A memory store, and a replica's way to it."""

    def __init__(self, rates: Mapping[Fault, float], *, seed: int = 0) -> None:
        self.life = Life()
        self.faults = troubled(rates, seed=seed)
        self.beneath = MemoryStore(clock=ManualClock())
        self.store = FaultyStore(self.beneath, "r1", life=self.life, faults=self.faults)

    @property
    def commits(self) -> list[Committed]:
        """The appends that were noted."""
        return [each.what for each in self.faults.trace.noted if isinstance(each.what, Committed)]

    async def events(self) -> int:
        """How many events landed."""
        ids = await self.beneath.chat_ids()
        return len((await self.beneath.events(CHAT, actor=SYSTEM)).events) if ids else 0


class TestCalmStore(StoreContract):
    """Without faults nothing is different: the wrapped store keeps the whole contract, on asyncio and on trio."""

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
            store = FaultyStore(MemoryStore(clock=clock), "r1", life=Life(), faults=troubled({}))
            yield store
            await store.aclose()

        return opened


class TestCalmPubSub(PubSubContract):
    """The same for hints."""

    @pytest.fixture
    def open_pubsub(self) -> OpenPubSub:
        """A new one each time."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[PubSub, None]:
            pubsub = FaultyPubSub(MemoryPubSub(), "r1", life=Life(), faults=troubled({}), courier=nobody)
            yield pubsub
            await pubsub.aclose()

        return opened


def nobody(_: Errand) -> None:
    """A courier that nothing is given to."""
    raise AssertionError("nothing is delayed")


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class TestTroubles:
    """One fault at a time, each time."""

    pytestmark = pytest.mark.anyio

    async def test_a_call_that_fails_before_is_not_carried_out(self) -> None:
        """Nothing lands, and the caller is told what a store without an answer tells."""
        stage = Stage({Fault.STORE_FAILS_BEFORE: 1.0})
        with pytest.raises(StoreUnavailable):
            await stage.store.append([created(CHAT)], actor=SYSTEM)

        assert 0 == await stage.events()
        assert [] == stage.commits

    async def test_a_call_that_fails_after_is_carried_out(self) -> None:
        """The answer is lost, not the append: the caller cannot tell it from the other kind, the trace can."""
        stage = Stage({Fault.STORE_FAILS_AFTER: 1.0})
        with pytest.raises(StoreUnavailable):
            await stage.store.append([created(CHAT)], actor=SYSTEM)

        assert 0 < await stage.events()
        assert [CHAT] == [each.chat_id for each in stage.commits]

    async def test_a_conflict_of_its_own_making_changes_nothing(self) -> None:
        """It is told like any other."""
        stage = Stage({Fault.STORE_CONFLICTS: 1.0})
        with pytest.raises(Conflict):
            await stage.store.append([created(CHAT)], actor=SYSTEM)

        assert 0 == await stage.events()

    async def test_a_slow_store_takes_its_time_before_and_after(self) -> None:
        """And then gives the answer that it would have given at once."""
        stage = Stage({Fault.STORE_SLOW: 1.0})
        began = anyio.current_time()
        await stage.store.append([created(CHAT)], actor=SYSTEM)

        assert 10.0 == pytest.approx(anyio.current_time() - began)
        landed = [each.at for each in stage.faults.trace.noted if isinstance(each.what, Committed)]
        assert [began + 5.0] == pytest.approx(landed)

    async def test_an_append_that_was_there_already_is_noted_once(self) -> None:
        """A command that is repeated landed once."""
        stage = Stage({})
        first = created(CHAT, command_id=CommandId("c"))
        await stage.store.append([first], actor=SYSTEM)
        (again,) = await stage.store.append([first], actor=SYSTEM)

        assert again.repeated
        assert 1 == len(stage.commits)

    async def test_faults_that_have_stopped_strike_no_more(self) -> None:
        """In the evening all is well."""
        stage = Stage(dict.fromkeys(Fault, 1.0))
        stage.faults.stop()
        await stage.store.append([created(CHAT)], actor=SYSTEM)

        assert 0 < await stage.events()
        assert [] == stage.faults.struck

    async def test_a_paused_replica_waits_at_its_gate(self) -> None:
        """Its call is carried out when it wakes up."""
        stage = Stage({})
        stage.life.pause()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: stage.store.append([created(CHAT)], actor=SYSTEM))
            await anyio.sleep(60)
            assert 0 == await stage.events()
            stage.life.wake()

        assert 0 < await stage.events()

    @pytest.mark.parametrize("seed", range(8))
    async def test_a_replica_that_dies_at_a_write_cleans_nothing_up(self, seed: int) -> None:
        """Right before or right after the commit: its tasks are gone, and shielded code reaches nothing any more."""
        stage = Stage({Fault.REPLICA_DIES_AT_WRITE: 0.5}, seed=seed)
        reached: list[str] = []

        async def live() -> None:
            with stage.life.scope:
                try:
                    await stage.store.append([created(CHAT)], actor=SYSTEM)
                    await anyio.sleep_forever()
                finally:
                    with anyio.CancelScope(shield=True):
                        await clean_up()

        async def clean_up() -> None:
            try:
                await stage.store.head(CHAT, actor=SYSTEM)
            except ReplicaGone:
                return
            reached.append("the store")

        with anyio.move_on_after(60) as patience:
            await live()

        assert stage.life.dead is not patience.cancelled_caught
        assert bool(reached) is not stage.life.dead
        assert bool(await stage.events()) is bool(stage.commits)

    async def test_a_client_is_told_that_its_replica_went_away(self) -> None:
        """Whether it waited for an answer, or comes too late."""
        life = Life()

        async def connect() -> None:
            with life.connection():
                await anyio.sleep_forever()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._refused, connect)
            await anyio.sleep(1)
            life.kill()
        await self._refused(connect)

    async def _refused(self, connect: Callable[[], Awaitable[None]]) -> None:
        with pytest.raises(ConnectionLost):
            await connect()


class TestHints:
    """One fault at a time, each time."""

    pytestmark = pytest.mark.anyio

    @pytest.mark.parametrize(
        ("fault", "received"),
        [
            (None, [1, 2, 3]),
            (Fault.HINT_DROPPED, []),
            (Fault.HINT_REPEATED, [1, 1, 2, 2, 3, 3]),
            (Fault.HINT_DELAYED, [1, 2, 3]),
            (Fault.HINTS_REORDERED, []),
            (Fault.HINTS_LAGGED, [None, None, None]),
        ],
    )
    async def test_what_becomes_of_three_hints(self, fault: Fault | None, received: list[int | None]) -> None:
        """None stands for being told of a loss. A hint that is overtaken waits for one to overtake it."""
        faults = troubled({} if fault is None else {fault: 1.0})
        got: list[int | None] = []
        async with anyio.create_task_group() as tasks:

            def courier(errand: Errand) -> None:
                tasks.start_soon(errand)

            pubsub = FaultyPubSub(MemoryPubSub(), "r1", life=Life(), faults=faults, courier=courier)

            async def listen() -> None:
                async with pubsub.watch_work() as hints:
                    listening.set()
                    while True:
                        hint = await anext(hints)
                        got.append(None if isinstance(hint, Lagged) else hint.seq)

            listening = anyio.Event()
            tasks.start_soon(listen)
            await listening.wait()
            for seq in (1, 2, 3):
                await pubsub.publish([WorkWanted(chat_id=CHAT, seq=seq)])
                await anyio.sleep(10)
            tasks.cancel_scope.cancel()

        assert received == got

    async def test_hints_overtake_each_other(self) -> None:
        """With half of them held back, their order is another one, and only the last ones can be missing."""
        faults, got = troubled({Fault.HINTS_REORDERED: 0.5}), list[int]()
        pubsub = FaultyPubSub(MemoryPubSub(), "r1", life=Life(), faults=faults, courier=nobody)
        async with pubsub.watch_work() as hints:
            for seq in range(20):
                await pubsub.publish([WorkWanted(chat_id=CHAT, seq=seq)])
            with anyio.move_on_after(1):
                async for hint in hints:
                    assert isinstance(hint, WorkWanted)
                    got.append(hint.seq)

        assert sorted(got) != got
        assert len(got) == len(set(got)) > 10


_LOSSES = (Fault.STORE_CONFLICTS, Fault.STORE_FAILS_BEFORE, Fault.STORE_FAILS_AFTER)


@given(st.integers(), st.fixed_dictionaries({fault: st.floats(0, 0.9) for fault in _LOSSES}))
def test_what_was_acknowledged_is_there_and_what_is_there_was_noted(seed: int, rates: Mapping[Fault, float]) -> None:
    """However often a writer has to ask again: no append gets lost, and none lands that the trace does not know."""

    async def write() -> None:
        stage = Stage(rates, seed=seed)
        head, acknowledged = None, 0
        for number in range(12):
            append = created(CHAT) if head is None else sent(CHAT, head, f"word {number}")
            try:
                await stage.store.append([append], actor=SYSTEM)
                acknowledged = append.head.seq
            except AdapterError:
                assert acknowledged <= await stage.events()
            head = await stage.beneath.head(CHAT, actor=SYSTEM) if await stage.events() else None
        noted = [stored.seq for commit in stage.commits for landed in commit.landed for stored in landed.events]
        assert list(range(1, await stage.events() + 1)) == noted

    anyio.run(write, backend="trio", backend_options={"clock": trio.testing.MockClock(autojump_threshold=0)})
