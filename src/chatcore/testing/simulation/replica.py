"""One replica of the simulated cluster: the real service and worker, opened again and again over faulty ports."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
from anyio.abc import TaskStatus
from attrs import frozen

from chatcore.app.settings import ServiceSettings
from chatcore.app.tools.tool import Tool
from chatcore.compose.chats import Chats
from chatcore.compose.opening import open_chats
from chatcore.compose.store_urls import Opened
from chatcore.ports.pubsub import PubSub
from chatcore.ports.store import Store
from chatcore.testing.simulation.commands_made import CommandsMade
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.faulty_model import FaultyModel
from chatcore.testing.simulation.faulty_pubsub import Courier, FaultyPubSub
from chatcore.testing.simulation.faulty_relay import FaultyRelay, RelayHub
from chatcore.testing.simulation.faulty_store import FaultyStore
from chatcore.testing.simulation.happenings import ReplicaChanged
from chatcore.testing.simulation.jumping_clock import JumpingClock, SeededIds
from chatcore.testing.simulation.life import ConnectionLost, Life
from chatcore.testing.simulation.model_talk import ModelTalk
from chatcore.testing.simulation.own_tools import GuardedTools, OwnTools
from chatcore.testing.simulation.parts_shown import replica_of_parts
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.simulated_tools import SimulatedTools


@frozen(kw_only=True)
class Surroundings:
    """What all replicas of a cluster have in common."""

    store: Store
    pubsub: PubSub
    faults: Faults
    commands: CommandsMade
    settings: ServiceSettings
    courier: Courier
    relays: RelayHub
    own: OwnTools | None = None
    """Tools instead of the simulated ones."""


class Replica:
    """A replica, which lives, dies and comes back. Its name and what is drawn for it outlive each of its lives."""

    def __init__(self, name: str, around: Surroundings) -> None:
        self.name = name
        self.clock = JumpingClock()
        self.life = Life()
        self._around = around
        self._chats: Chats | None = None
        self._ids = SeededIds(around.faults.draws.of("ids", name))
        self._talk = ModelTalk(name, around.faults, around.own)
        self._over = False

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Live one life after the other, until `end`."""
        while not self._over:
            self.life = life = Life()
            with life.scope:
                async with self._opened(life) as chats:
                    self._chats = chats
                    self._note("begins")
                    task_status.started()
                    task_status = anyio.TASK_STATUS_IGNORED
                    await anyio.sleep_forever()
            self._chats = None
            self._note("is gone")
            if not self._over:
                faults = self._around.faults
                await anyio.sleep(faults.seconds(faults.profile.down, Fault.REPLICA_DIES, self.name))

    @property
    def up(self) -> bool:
        """Whether clients may connect."""
        return self._chats is not None and self.life.serving

    @property
    def open(self) -> bool:
        """Whether a service of it is still there, be it on its way out."""
        return self._chats is not None

    def die(self) -> None:
        """End this life without any clean-up."""
        self._note("dies")
        self.life.kill()

    def stop(self) -> None:
        """End this life in order."""
        self._note("stops")
        self.life.stop()

    def end(self) -> None:
        """Stop for good."""
        self._over = True
        self.life.stop()

    async def pause(self, seconds: float) -> None:
        """Do nothing for so long, then go on in the same life."""
        life = self.life
        self._note(f"pauses for {seconds:.1f} s")
        life.pause()
        await anyio.sleep(seconds)
        if life.paused:
            life.wake()
            self._note("wakes up")

    @contextmanager
    def connection(self) -> Iterator[Chats]:
        """The service as a client reaches it. Raises: ConnectionLost, at once or while the client is connected."""
        if self._chats is None:
            raise ConnectionLost("the replica is not there")
        with self.life.connection():
            yield self._chats

    @asynccontextmanager
    async def _opened(self, life: Life) -> AsyncIterator[Chats]:
        around, name, faults = self._around, self.name, self._around.faults
        store = FaultyStore(around.store, name, life=life, faults=faults, steps_of=around.commands.steps_of)
        pubsub = FaultyPubSub(around.pubsub, name, life=life, faults=faults, courier=around.courier)
        with replica_of_parts(name):
            opening = open_chats(
                store=Opened(store=store, pubsub=pubsub),
                model=FaultyModel(self._talk, name, life=life, faults=faults),
                tools=self._tools(life),
                settings=around.settings,
                clock=self.clock,
                ids=self._ids,
                relay=FaultyRelay(around.relays, name, life=life, faults=faults),
            )
            async with opening as chats:
                assert chats.worker_id is not None, "every replica has a worker"
                with around.relays.serving(chats.worker_id, chats.parts, life):
                    yield chats

    def _tools(self, life: Life) -> tuple[Tool, ...]:
        own, faults = self._around.own, self._around.faults
        if own is None:
            return SimulatedTools(self.name, life=life, faults=faults).tools()
        return GuardedTools(own, self.name, life=life, faults=faults).tools()

    def _note(self, what: str) -> None:
        self._around.faults.trace.note(self.name, ReplicaChanged(what=what))
