"""The day of a cluster: everybody comes, everything goes wrong, the faults stop, all comes to rest, all ends."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import anyio
from anyio.abc import TaskGroup
from attrs import frozen

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, UserId
from chatcore.ports.actor import SYSTEM
from chatcore.testing.simulation.checking import ChatAtRest, Violation, World
from chatcore.testing.simulation.commands_made import CommandsMade
from chatcore.testing.simulation.fates import Fates, leap
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.faulty_pubsub import Errand
from chatcore.testing.simulation.faulty_relay import RelayHub
from chatcore.testing.simulation.happenings import PhaseBegan
from chatcore.testing.simulation.jumping_clock import JumpingClock
from chatcore.testing.simulation.jury import Jury
from chatcore.testing.simulation.leftovers import tasks_living
from chatcore.testing.simulation.own_tools import OwnTools
from chatcore.testing.simulation.quiet_logs import error_text
from chatcore.testing.simulation.replica import Replica, Surroundings
from chatcore.testing.simulation.simulated_settings import drawn_settings, rest_within_s
from chatcore.testing.simulation.users import Owner, User
from chatcore.testing.simulation.viewers import Viewer

_OWNERS: Final = ("ada", "bob")
_DAY_S_MAX: Final = 3_600.0
"""How long the users may take; longer means that somebody waits for ever."""
_LOOK_S: Final = 0.5
_CATCH_UP_S: Final = 20.0
"""How long viewers may take to see the end, and tasks to end that nobody needs any more."""
_STOP_S: Final = 1.0
"""How long a replica without work may take to stop."""
_AT_REST: Final = (Status.WAITING, Status.ERROR)


@frozen(kw_only=True)
class Size:
    """How many take part. `deeds`: users do only these, by the ids of their commands."""

    replicas: int
    chats: int
    deeds: Collection[str] | None = None


class Cluster:
    """One run from beginning to end."""

    def __init__(
        self,
        size: Size,
        faults: Faults,
        *,
        jury: Jury,
        commands: CommandsMade,
        own: OwnTools | None = None,
    ) -> None:
        self._size = size
        self._jury = jury
        self._faults = faults
        self._trace = faults.trace
        self._clock = JumpingClock()
        self._store = MemoryStore(clock=self._clock)
        self._settings = drawn_settings(faults.draws.of("settings"))
        self._relays = RelayHub()
        self._around = Surroundings(
            store=self._store,
            pubsub=MemoryPubSub(),
            faults=faults,
            commands=commands,
            settings=self._settings,
            courier=self._carry_out,
            relays=self._relays,
            own=own,
        )
        self._replicas = [Replica(f"r{number}", self._around) for number in range(1, size.replicas + 1)]
        self._owners = [
            Owner(id=UserId(name), roots_max=(size.chats + number) // len(_OWNERS))
            for number, name in enumerate(_OWNERS)
        ]
        self._viewers: list[Viewer] = []
        self._whole = anyio.CancelScope()
        self._errands: TaskGroup | None = None

    async def run(self) -> float:
        """Live through it; how long it took, in seconds of virtual time. What is wrong is told to the jury."""
        self._jury.objected = self._give_up
        self._trace.schedule.exhausted = self._spinning
        with self._whole:
            try:
                with anyio.fail_after(2 * _DAY_S_MAX):
                    async with anyio.create_task_group() as self._errands, anyio.create_task_group() as lives:
                        for replica in self._replicas:
                            await lives.start(replica.run)
                        await self._live_through()
            except* Violation as violations:
                self._object(violations)
            except* TimeoutError:
                self._jury.object(Violation("nothing_waits_for_ever", "the run did not come to its end"), None)
            except* Exception as errors:  # noqa: BLE001  # whatever it is, chatcore or this simulator did not foresee it
                surprise = Violation("no_surprises", error_text(errors))
                surprise.__cause__ = errors
                self._jury.object(surprise, None)
        return anyio.current_time()

    async def _live_through(self) -> None:
        await anyio.sleep(_LOOK_S)
        idle = tasks_living()
        async with anyio.create_task_group() as crowd:
            await self._day(crowd)
            self._evening()
            await self._come_to_rest()
            await self._catch_up()
            world = await self._world()
            crowd.cancel_scope.cancel()
        await self._until(lambda: sorted(tasks_living()) == sorted(idle), _CATCH_UP_S)
        left = [name for name in tasks_living() if name not in idle]
        if len(tasks_living()) != len(idle):
            raise Violation("nothing_left", f"at rest these tasks are left over: {', '.join(sorted(left)) or 'more'}")
        self._jury.at_rest(world)
        await self._end()

    async def _day(self, crowd: TaskGroup) -> None:
        """Users come and go, viewers watch, and faults strike."""
        self._phase("day")
        profile = self._faults.profile
        async with anyio.create_task_group() as fates:
            for replica in self._replicas:
                befalling = Fates(replica, self._faults)
                for kind in befalling.kinds:
                    fates.start_soon(befalling.befall, kind)
            fates.start_soon(leap, self._clock, self._faults)
            for owner in self._owners:
                for number in range(1, profile.viewers_per_owner + 1):
                    viewer = Viewer(f"{owner.id}-v{number}", owner, self._replicas, self._around)
                    self._viewers.append(viewer)
                    crowd.start_soon(viewer.run)
            await self._users()
            fates.cancel_scope.cancel()

    async def _users(self) -> None:
        try:
            with anyio.fail_after(_DAY_S_MAX):
                async with anyio.create_task_group() as users:
                    for owner in self._owners:
                        others = [other for other in self._owners if other is not owner]
                        for number in range(1, self._faults.profile.users_per_owner + 1):
                            name = f"{owner.id}-{number}"
                            user = User(name, owner, others, self._replicas, self._around, deeds=self._size.deeds)
                            users.start_soon(user.run)
        except TimeoutError as error:
            raise Violation("nothing_waits_for_ever", f"a user waited for more than {_DAY_S_MAX:g} s") from error

    def _evening(self) -> None:
        """All is well from now on: nobody is paused, the clocks are right."""
        self._faults.stop()
        for replica in self._replicas:
            replica.life.wake()
            replica.clock.offset_s = 0.0
        self._phase("evening")

    async def _come_to_rest(self) -> None:
        """Invariant 6."""
        wrong_s = max(abs(self._faults.profile.clock_jump.low_s), abs(self._faults.profile.clock_jump.high_s))
        within_s = rest_within_s(self._settings, wrong_s)
        busy = await self._busy()
        until = anyio.current_time() + within_s
        while busy and anyio.current_time() < until:
            await anyio.sleep(_LOOK_S)
            busy = await self._busy()
        if busy:
            chat_id, head = next(iter(busy.items()))
            owner = f"held by {head.runner_id}" if head.owned else "held by nobody"
            raise Violation(
                "everything_rests",
                f"{within_s:g} s after the last fault it is {head.status}, {owner}, and so are {len(busy) - 1} others",
                chat_id,
            )

    async def _busy(self) -> Mapping[ChatId, ChatHead]:
        heads = {chat_id: await self._store.head(chat_id, actor=SYSTEM) for chat_id in await self._store.chat_ids()}
        return {chat_id: head for chat_id, head in heads.items() if head.status not in _AT_REST}

    async def _catch_up(self) -> None:
        """Give viewers the time to see the end and to hang up; whether they did is for checkers to say."""
        ends = {
            chat_id: (await self._store.head(chat_id, actor=SYSTEM)).seq for chat_id in await self._store.chat_ids()
        }

        def caught_up() -> bool:
            watching = [viewer for viewer in self._viewers if viewer.chat_id in ends]
            hung_up = self._relays.open == 0
            return hung_up and all(
                viewer.cursor == ends[viewer.chat_id] for viewer in watching if viewer.chat_id is not None
            )

        await self._until(caught_up, _CATCH_UP_S)

    async def _until(self, condition: Callable[[], bool], within_s: float) -> None:
        until = anyio.current_time() + within_s
        while not condition() and anyio.current_time() < until:  # noqa: ASYNC110  # nothing tells when it holds
            await anyio.sleep(_LOOK_S)

    async def _world(self) -> World:
        chats: dict[ChatId, ChatAtRest] = {}
        for chat_id in await self._store.chat_ids():
            row = await self._store.row(chat_id, actor=SYSTEM)
            journal = await self._store.journal_read(chat_id)
            chats[chat_id] = ChatAtRest(row=row, log=await self._log(chat_id), journal=journal)
        viewers = [viewer.at_rest() for viewer in self._viewers]
        return World(
            chats=chats,
            viewers=tuple(viewer for viewer in viewers if viewer is not None),
            noted=tuple(self._trace.noted),
            settings=self._settings,
            profile=self._faults.profile,
        )

    async def _log(self, chat_id: ChatId) -> tuple[StoredEvent, ...]:
        events: list[StoredEvent] = []
        more = True
        while more:
            page = await self._store.events(chat_id, actor=SYSTEM, after=len(events))
            events += page.events
            more = page.more
        return tuple(events)

    async def _end(self) -> None:
        """Every replica is shut down in order, and has nothing to wait for."""
        self._phase("end")
        for replica in self._replicas:
            replica.end()
        await self._until(lambda: not any(replica.open for replica in self._replicas), _STOP_S)
        if still := [replica.name for replica in self._replicas if replica.open]:
            raise Violation("nothing_left", f"{', '.join(still)} had nothing to do, and did not stop in {_STOP_S:g} s")

    def _carry_out(self, errand: Errand) -> None:
        assert self._errands is not None, "the cluster runs"
        self._errands.start_soon(errand)

    def _phase(self, name: str) -> None:
        self._trace.note("world", PhaseBegan(phase=name))

    def _spinning(self) -> None:
        self._jury.object(Violation("nothing_spins", f"at {anyio.current_time():g} s a loop goes on and on"), None)

    def _give_up(self) -> None:
        """Nothing more is wanted: end everything, and nobody cleans up."""
        for replica in self._replicas:
            replica.life.kill()
        self._whole.cancel()

    def _object(self, violations: ExceptionGroup[Violation]) -> None:
        first: BaseException = violations
        while isinstance(first, ExceptionGroup):
            first = first.exceptions[0]
        assert isinstance(first, Violation), "only violations are in the group"
        self._jury.object(first, None)
