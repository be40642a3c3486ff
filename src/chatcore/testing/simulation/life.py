"""One life of a replica: the gate that everything it sends or receives passes, until it dies."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.lowlevel

from chatcore.ports.errors import AdapterError


class ReplicaGone(AdapterError):
    """The replica is dead: whatever is left of its code reaches nothing any more."""


class ConnectionLost(AdapterError):
    """The replica went away, or was away, while a client was connected: what became of its request is unknown."""


class Life:
    """From the start of a replica to its end.

    A death must not run any clean-up against the outside: first every port is cut off, then the tasks are cancelled.
    Code that is shielded from the cancellation finds nothing but ReplicaGone.
    """

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        """What all tasks of the replica are in."""
        self._connections: list[anyio.CancelScope] = []
        self._awake: anyio.Event | None = None
        self.dead = False
        self.leaving = False
        """Whether it was told to stop, or died: no new client is let in."""

    @property
    def paused(self) -> bool:
        """Whether nothing gets in or out for now."""
        return self._awake is not None

    @property
    def serving(self) -> bool:
        """Whether a client may connect. Whoever connects to a paused replica waits."""
        return not self.leaving

    async def gate(self) -> None:
        """Wait while the replica is paused. Raises: ReplicaGone, it is dead."""
        while not self.dead:
            if self._awake is None:
                return
            await self._awake.wait()
        # Most code is cancelled here; only what is shielded goes on.
        await anyio.lowlevel.checkpoint()
        raise ReplicaGone("the replica is dead")

    def pause(self) -> None:
        """Let nothing in or out until `wake`."""
        if self._awake is None:
            self._awake = anyio.Event()

    def wake(self) -> None:
        """Go on as if nothing had been."""
        if self._awake is not None:
            self._awake.set()
            self._awake = None

    def kill(self) -> None:
        """End it at once: nothing gets out any more, and nothing is remembered."""
        self.dead = True
        self.stop()

    def stop(self) -> None:
        """Tell it to stop: it may leave its chats in order first."""
        self.leaving = True
        self.wake()
        for connection in self._connections:
            connection.cancel()
        self.scope.cancel()

    @contextmanager
    def connection(self) -> Iterator[None]:
        """A client is connected. Raises: ConnectionLost, the life ended before the client was done."""
        if self.leaving:
            raise ConnectionLost("the replica is not there")
        with anyio.CancelScope() as scope:
            self._connections.append(scope)
            try:
                yield
            finally:
                self._connections.remove(scope)
        if scope.cancelled_caught:
            raise ConnectionLost("the replica went away")
