"""Viewers: each watches one chat from its first moment to the end of the run, at its own speed, and reconnects."""

from collections.abc import Sequence
from typing import Final

import anyio

from chatcore.app.view import View, ViewerLagged
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import ChatId, Seq
from chatcore.ports.actor import Actor
from chatcore.ports.errors import AdapterError
from chatcore.testing.simulation.checking import ViewerAtRest, Violation
from chatcore.testing.simulation.happenings import ViewChanged, ViewerRead
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.replica import Replica, Surroundings
from chatcore.testing.simulation.users import Owner
from chatcore.testing.view_client import ViewBroken, ViewClient

_RETRY_S: Final = 0.7
_BATCHES: Final = (1, 3, 256)
"""How much a reader takes at once: a piece, a little, all."""


class Viewer:
    """A screen that shows a chat."""

    def __init__(self, name: str, owner: Owner, replicas: Sequence[Replica], around: Surroundings) -> None:
        self.name = name
        self.screen = ViewClient()
        self.chat_id: ChatId | None = None
        self.cursor: Seq | None = None
        self._owner = owner
        self._replicas = replicas
        self._around = around
        self._will = around.faults.draws.of("view", name)
        self._count_max = self._will.choice(_BATCHES)

    async def run(self) -> None:
        """Choose a chat, and watch it without end. Raises: Violation, the view broke its contract."""
        await self._owner.begun.wait()
        await anyio.sleep(self._around.faults.profile.think.draw(self._will) * 3)
        self.chat_id = chat_id = self._will.choice(self._owner.chats)
        while True:
            why = await self._watch(chat_id)
            self._note(ViewChanged(chat_id=chat_id, owner=self._owner.id, why=why))
            await anyio.sleep(_RETRY_S)

    def at_rest(self) -> ViewerAtRest | None:
        """What it sees; None if it never saw anything, because its chat never came to be."""
        if self.chat_id is None or self.screen.status is None:
            return None
        return ViewerAtRest(
            name=self.name, owner=self._owner.id, chat_id=self.chat_id, cursor=self.cursor, screen=self.screen
        )

    async def _watch(self, chat_id: ChatId) -> str:
        """Watch until the connection ends; why it did."""
        up = [replica for replica in self._replicas if replica.up]
        if not up:
            return "no replica is there"
        try:
            with self._will.choice(up).connection() as chats:
                actor, after = Actor.owner(self._owner.id), self.cursor
                async with chats.watching.watch_batches(chat_id, actor=actor, after=after) as view:
                    self._note(ViewChanged(chat_id=chat_id, owner=self._owner.id, after=after))
                    self.screen.connected(anew=after is None)
                    return await self._read(view, chat_id)
        except ViewerLagged as lagged:
            self.cursor = lagged.cursor
            return "lagged"
        except (AdapterError, ChatNotFound) as error:
            return type(error).__name__
        except ViewBroken as broken:
            raise Violation("views_converge", f"{self.name} was told nonsense: {broken}", chat_id) from broken

    async def _read(self, view: View, chat_id: ChatId) -> str:
        faults, profile = self._around.faults, self._around.faults.profile
        while True:
            events = await view.take(self._count_max)
            self._note(ViewerRead(chat_id=chat_id, owner=self._owner.id, events=events))
            self.screen.take(events)
            self.cursor = view.cursor
            if faults.strikes(Fault.VIEWER_SLOW, self.name):
                await anyio.sleep(faults.seconds(profile.away, Fault.VIEWER_SLOW, self.name))
            if faults.strikes(Fault.VIEWER_RECONNECTS, self.name):
                if faults.one_in(3, Fault.VIEWER_RECONNECTS, self.name):
                    self.cursor = None
                return "lost the connection"

    def _note(self, what: ViewChanged | ViewerRead) -> None:
        self._around.faults.trace.note(self.name, what)
