"""The relay between the simulated replicas: dials that fail or are answered late, connections that stall and break."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import anyio

from chatcore.adapters.memory import MemoryRelay
from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.live.journal import Episode
from chatcore.ports.relay import (
    RelayBroken,
    RelayConnection,
    RelayedGap,
    RelayedParts,
    RelayError,
    RelayUnreachable,
    ServedParts,
)
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happening_dialled import Dialled
from chatcore.testing.simulation.life import Life, ReplicaGone
from chatcore.testing.simulation.profile import Fault


class RelayHub:
    """What connects the replicas of one cluster: each worker is served from its life's beginning to its end."""

    def __init__(self) -> None:
        self.relay = MemoryRelay()
        self._lives: dict[WorkerId, Life] = {}
        self._dials = 0
        self.open = 0
        """Dials that are not over."""

    @contextmanager
    def serving(self, worker_id: WorkerId, parts: ServedParts, life: Life) -> Iterator[None]:
        """Inside the context the worker's parts can be dialled."""
        self._lives[worker_id] = life
        self.relay.serve(worker_id, parts)
        try:
            yield
        finally:
            self.relay.stop(worker_id)
            del self._lives[worker_id]

    @contextmanager
    def dialling(self) -> Iterator[int]:
        """A dial, from its beginning to its end; its number."""
        self._dials += 1
        self.open += 1
        try:
            yield self._dials
        finally:
            self.open -= 1

    async def gate(self, worker_id: WorkerId) -> None:
        """Wait while the worker's replica is paused. Raises: RelayBroken, it died meanwhile."""
        life = self._lives.get(worker_id)
        if life is None:
            return
        try:
            await life.gate()
        except ReplicaGone as error:
            raise RelayBroken("the replica is gone") from error

    def lose(self, worker_id: WorkerId, *, told: bool) -> None:
        """Lose what is on its way from a worker, if it is still there."""
        if worker_id in self._lives:
            self.relay.lose(worker_id, told=told)


class FaultyRelay:
    """The relay as one life of one replica, `place`, dials by it."""

    def __init__(self, hub: RelayHub, place: str, *, life: Life, faults: Faults) -> None:
        self._hub = hub
        self._place = place
        self._life = life
        self._faults = faults

    @asynccontextmanager
    async def dial(
        self, worker_id: WorkerId, chat_id: ChatId, *, session_token: str = ""
    ) -> AsyncGenerator[RelayConnection, None]:
        """Read another replica's parts inside the context."""
        with self._hub.dialling() as number:

            def note(outcome: str) -> None:
                dialled = Dialled(chat_id=chat_id, worker_id=worker_id, number=number, outcome=outcome)
                self._faults.trace.note(self._place, dialled)

            note("begins")
            served, why = None, "hung up"
            try:
                async with AsyncExitStack() as stack:
                    connection = await self._connected(worker_id, chat_id, session_token, stack)
                    note("is answered")
                    served = _FaultyConnection(connection, worker_id, self._hub, self._place, self._life, self._faults)
                    yield served
            except RelayError as error:
                why = type(error).__name__
                raise
            finally:
                note(f"is over: {why if served is None else served.ended}")

    async def _connected(
        self, worker_id: WorkerId, chat_id: ChatId, session_token: str, stack: AsyncExitStack
    ) -> RelayConnection:
        await self._life.gate()
        if self._strikes(Fault.RELAY_UNREACHABLE):
            raise RelayUnreachable(worker_id, "it did not answer")
        late = self._strikes(Fault.RELAY_ANSWERS_LATE)
        # Whoever hung up meanwhile is answered all the same: the answer was on its way.
        with anyio.CancelScope(shield=late):
            if late:
                profile = self._faults.profile
                await anyio.sleep(self._faults.seconds(profile.relay_late, Fault.RELAY_ANSWERS_LATE, self._place))
            dialled = self._hub.relay.dial(worker_id, chat_id, session_token=session_token)
            connection = await stack.enter_async_context(dialled)
        try:
            await self._hub.gate(worker_id)
        except RelayBroken as error:
            raise RelayUnreachable(worker_id, "it is gone") from error
        await self._life.gate()
        return connection

    def _strikes(self, fault: Fault) -> bool:
        return self._faults.strikes(fault, self._place)


class _FaultyConnection(AsyncIterator[RelayedParts | RelayedGap]):
    def __init__(
        self, connection: RelayConnection, worker_id: WorkerId, hub: RelayHub, place: str, life: Life, faults: Faults
    ) -> None:
        self._connection = connection
        self._batches = aiter(connection)
        self._worker_id = worker_id
        self._hub = hub
        self._place = place
        self._life = life
        self._faults = faults
        self.ended = "hung up"
        """Why it is over, if it is."""

    async def select(self, episode: Episode) -> None:
        await self._life.gate()
        await self._connection.select(episode)

    async def __anext__(self) -> RelayedParts | RelayedGap:
        try:
            return await self._next()
        except StopAsyncIteration:
            self.ended = "ended in order"
            raise
        except RelayBroken:
            self.ended = "broken"
            raise

    async def _next(self) -> RelayedParts | RelayedGap:
        faults, place = self._faults, self._place
        if faults.strikes(Fault.RELAY_LOSES, place):
            self._hub.lose(self._worker_id, told=faults.one_in(2, Fault.RELAY_LOSES, place))
        arrived = await anext(self._batches)
        if faults.strikes(Fault.RELAY_BREAKS, place):
            raise RelayBroken("the connection broke")
        if faults.strikes(Fault.RELAY_STALLS, place):
            # What came is given late, and half the time even to one who has hung up: it was on its way.
            with anyio.CancelScope(shield=faults.one_in(2, Fault.RELAY_STALLS, place)):
                await anyio.sleep(faults.seconds(faults.profile.relay_late, Fault.RELAY_STALLS, place))
        await self._hub.gate(self._worker_id)
        await self._life.gate()
        return arrived
