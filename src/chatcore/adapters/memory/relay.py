"""A relay between the replicas of one process: what they show is read where it is kept (agent-and-relay C6)."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
from attrs import define, field

from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.limits import RELAY_BATCH_PARTS_MAX
from chatcore.domain.live.journal import Episode
from chatcore.ports.relay import (
    EpisodeReader,
    RelayBroken,
    RelayConnection,
    RelayedGap,
    RelayedParts,
    RelayRefused,
    RelayUnreachable,
    ServedParts,
)

_REFUSALS = frozenset({401, 403})


class MemoryConnection(AsyncIterator[RelayedParts | RelayedGap]):
    """A reader of another replica's parts. Nothing is copied before it is asked for, so no slow reader costs room."""

    def __init__(self, chat_id: ChatId) -> None:
        self._chat_id = chat_id
        self._reader: EpisodeReader | None = None
        self._episode: Episode | None = None
        self._number = 0
        self._news = anyio.Event()
        self._over = self._broken = self._gap = False

    def wake(self) -> None:
        """Something may be new."""
        self._news.set()

    def begin(self, reader: EpisodeReader) -> None:
        """Read from here."""
        self._reader = reader

    def end(self, *, broken: bool = False) -> None:
        """Bring nothing more, and say so in order or with an error."""
        self._over = True
        self._broken = self._broken or broken
        self.wake()

    def lose(self, *, told: bool) -> None:
        """Drop the parts that were not read yet, and tell so or not."""
        lost = () if self._reader is None else self._reader.after(self._number)
        if lost:
            self._number, self._gap = lost[-1].number, told
            self.wake()

    async def select(self, episode: Episode) -> None:
        """Read an episode from its first part on."""
        assert episode.chat_id == self._chat_id, "a connection serves the chat that it was dialled for"
        await anyio.lowlevel.checkpoint()
        if self._over or self._reader is None:
            raise RelayBroken("the replica has ended the connection; dial it again")
        self._reader.select(episode)
        self._episode, self._number, self._gap = episode, 0, False
        self.wake()

    async def __anext__(self) -> RelayedParts | RelayedGap:
        # A reader that always finds something must still let others run and obey a cancellation.
        await anyio.lowlevel.checkpoint()
        while not self._over:
            self._news = anyio.Event()
            if (found := self._found()) is not None:
                return found
            await self._news.wait()
        if self._broken:
            raise RelayBroken("the connection broke; dial the replica again")
        raise StopAsyncIteration

    def _found(self) -> RelayedParts | RelayedGap | None:
        if self._reader is None or self._episode is None:
            return None
        if self._gap:
            self._gap = False
            return RelayedGap(episode=self._episode)
        parts = self._reader.after(self._number)[:RELAY_BATCH_PARTS_MAX]
        if not parts:
            return None
        self._number = parts[-1].number
        return RelayedParts(episode=self._episode, parts=parts)


@define
class _Replica:
    parts: ServedParts
    connections: list[MemoryConnection] = field(factory=list)
    status: int | None = None
    """The HTTP status that dials are answered with instead of a connection."""


class MemoryRelay:
    """Connects the replicas that `serve` names. Not thread-safe: one event loop. Who asks is not checked.

    Nothing goes wrong by itself; `answer`, `drop` and `lose` are the troubles that tests and simulations ask for.
    """

    def __init__(self) -> None:
        self._replicas: dict[WorkerId, _Replica] = {}

    def serve(self, worker_id: WorkerId, parts: ServedParts) -> None:
        """Let a worker's parts be dialled from now on."""
        self._replicas[worker_id] = _Replica(parts)

    def stop(self, worker_id: WorkerId) -> None:
        """The worker's replica is gone: its connections end, and it is unknown from now on. May be called twice."""
        replica = self._replicas.pop(worker_id, None)
        if replica is not None:
            self._end(replica)

    def drop(self, worker_id: WorkerId, *, broken: bool = False) -> None:
        """End the connections to a worker's replica, which goes on; `broken`: not in order."""
        self._end(self._replicas[worker_id], broken=broken)

    def lose(self, worker_id: WorkerId, *, told: bool = False) -> None:
        """Lose the parts that are on their way from a worker's replica; `told`: the receivers get word of it."""
        for connection in self._replicas[worker_id].connections:
            connection.lose(told=told)

    def answer(self, worker_id: WorkerId, status: int | None) -> None:
        """Have a replica answer every dial with an HTTP status, such as 401 or 500; None: with a connection again."""
        self._replicas[worker_id].status = status

    @asynccontextmanager
    async def dial(
        self,
        worker_id: WorkerId,
        chat_id: ChatId,
        *,
        session_token: str = "",  # the replicas of one process trust each other
    ) -> AsyncGenerator[RelayConnection, None]:
        """Read another replica's parts inside the context."""
        await anyio.lowlevel.checkpoint()
        replica = self._replicas.get(worker_id)
        if replica is None:
            raise RelayUnreachable(worker_id, "no such replica is known")
        if replica.status in _REFUSALS:
            raise RelayRefused(worker_id, replica.status)
        if replica.status is not None:
            raise RelayUnreachable(worker_id, f"it answered with status {replica.status}", status=replica.status)
        connection = MemoryConnection(chat_id)
        with replica.parts.reading(chat_id, connection.wake) as reader:
            connection.begin(reader)
            replica.connections.append(connection)
            try:
                yield connection
            finally:
                connection.end()
                replica.connections.remove(connection)

    def _end(self, replica: _Replica, *, broken: bool = False) -> None:
        for connection in replica.connections:
            connection.end(broken=broken)
