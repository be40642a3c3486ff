"""Users with a will of their own: they look at a chat, wish something of it, and ask again until they are answered."""

from collections.abc import Collection, Sequence
from typing import Final

import anyio
import anyio.lowlevel
from attrs import define, field

from chatcore.domain.chat.states import execution_state
from chatcore.domain.ids import ChatId, CommandId, UserId
from chatcore.domain.rejection import Rejection
from chatcore.ports.actor import Actor
from chatcore.ports.errors import AdapterError
from chatcore.ports.store_values import Snapshot
from chatcore.testing.simulation.asking import Asking, Request
from chatcore.testing.simulation.happenings import UserAnswered, UserAsked
from chatcore.testing.simulation.jumping_clock import SeededIds
from chatcore.testing.simulation.life import ConnectionLost
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.replica import Replica, Surroundings
from chatcore.testing.simulation.wishes import Wish, wish

_TRIES_MAX: Final = 12
_PATIENCE_S: Final = 20.0
"""How long a user waits for an answer before the request is made again."""
_AWAITS_MAX: Final = 25
"""A user who hangs up does so within so many turns of the loop."""


@define
class Owner:
    """An owner of chats, with some devices: each is a user."""

    id: UserId
    roots_max: int
    """How many chats it begins."""
    chats: list[ChatId] = field(factory=list)
    """Its chats, children as well, as far as it knows; some may never have come to be."""
    roots: int = 0
    begun: anyio.Event = field(factory=anyio.Event)
    """Set as soon as there is a chat."""


class User:
    """One device of an owner."""

    def __init__(
        self,
        name: str,
        owner: Owner,
        others: Sequence[Owner],
        replicas: Sequence[Replica],
        around: Surroundings,
        *,
        deeds: Collection[str] | None = None,
    ) -> None:
        self.name = name
        self._owner = owner
        self._others = others
        self._replicas = replicas
        self._around = around
        self._only = None if deeds is None else frozenset(deeds)
        self._will = around.faults.draws.of("will", name)
        self._ids = SeededIds(around.faults.draws.of("ids", name))
        self._asking = Asking(owner.id, name, self._will)
        self._actor = Actor.owner(owner.id)

    async def run(self) -> None:
        """Do so many deeds, and go away."""
        for number in range(1, self._around.faults.profile.deeds + 1):
            await anyio.sleep(self._around.faults.profile.think.draw(self._will))
            command_id = CommandId(f"{self.name}#{number}")
            request = await self._wished()
            if request is not None and (self._only is None or command_id in self._only):
                await self._pursue(request, command_id)

    async def _wished(self) -> Request | None:
        owner = self._owner
        if owner.roots < owner.roots_max and (not owner.chats or self._will.random() < 0.4):
            owner.roots += 1
            return self._begun(None)
        if not owner.chats:
            return None
        chat_id = self._will.choice(owner.chats)
        seen = await self._look(chat_id)
        if seen is None:
            return None
        wished = wish(execution_state(seen.head), self._will)
        match wished:
            case Wish.SPAWN:
                return self._begun(chat_id)
            case Wish.LIST:
                return self._asking.list_chats()
            case Wish.PRY:
                foreign = [each for other in self._others for each in other.chats]
                return self._asking.pry(self._will.choice(foreign)) if foreign else None
            case _:
                return self._asking.of_chat(wished, chat_id, seen)

    def _begun(self, parent_id: ChatId | None) -> Request:
        chat_id = ChatId(self._ids.new())
        self._owner.chats.append(chat_id)
        self._owner.begun.set()
        return self._asking.create(chat_id, parent_id)

    async def _look(self, chat_id: ChatId) -> Snapshot | None:
        """How the chat looks now; None if nobody says."""
        try:
            with self._replica().connection() as chats, anyio.fail_after(_PATIENCE_S):
                return await chats.store.snapshot(chat_id, actor=self._actor)
        except (Rejection, AdapterError, TimeoutError):
            return None

    async def _pursue(self, request: Request, command_id: CommandId) -> None:
        """Ask until something is answered, each time another replica perhaps, always as the same command."""
        for _ in range(_TRIES_MAX):
            self._note_asked(request, command_id)
            outcome = await self._ask(request, command_id)
            if not outcome.startswith("unknown"):
                return
            await anyio.sleep(self._around.faults.profile.think.draw(self._will) / 2)

    async def _ask(self, request: Request, command_id: CommandId) -> str:
        seqs: tuple[int, ...] = ()
        patience = anyio.CancelScope(deadline=anyio.current_time() + _PATIENCE_S)
        outcome = "unknown: no answer in time"
        if self._around.faults.strikes(Fault.USER_HANGS_UP, self.name):
            self._around.courier(lambda: self._hang_up(patience))
        try:
            with patience, self._replica().connection() as chats:
                written = await request.send(chats, command_id)
                outcome = "accepted"
                if written is not None:
                    outcome = "repeated" if written.repeated else "accepted"
                    seqs = tuple(stored.seq for stored in written.events)
        except Rejection as rejection:
            outcome = f"refused: {rejection.code}"
        except AdapterError as error:
            outcome = f"unknown: {type(error).__name__}"
        answered = UserAnswered(
            chat_id=request.chat_id,
            owner=self._owner.id,
            deed=request.wish,
            command_id=command_id,
            outcome=outcome,
            seqs=seqs,
        )
        self._around.faults.trace.note(self.name, answered)
        return outcome

    async def _hang_up(self, patience: anyio.CancelScope) -> None:
        turns = self._around.faults.draws.of(Fault.USER_HANGS_UP, self.name, "awaits").randrange(_AWAITS_MAX)
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        patience.cancel()

    def _note_asked(self, request: Request, command_id: CommandId) -> None:
        asked = UserAsked(
            chat_id=request.chat_id,
            owner=self._owner.id,
            deed=request.wish,
            command_id=command_id,
            detail=request.detail,
        )
        self._around.faults.trace.note(self.name, asked)

    def _replica(self) -> Replica:
        """One that is up, if any is."""
        up = [replica for replica in self._replicas if replica.up]
        if not up:
            raise ConnectionLost("no replica is there")
        return self._will.choice(up)
