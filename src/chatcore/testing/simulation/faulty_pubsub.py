"""The hints as one replica sends and receives them: some get lost, come twice, come late, or overtake each other."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeAlias, TypeVar

import anyio

from chatcore.domain.ids import ChatId
from chatcore.ports.pubsub import ChatChanged, Hint, Lagged, PubSub, WorkWanted
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happenings import Hinted
from chatcore.testing.simulation.life import Life
from chatcore.testing.simulation.profile import Fault

H = TypeVar("H", ChatChanged, WorkWanted)


Errand: TypeAlias = Callable[[], Coroutine[object, object, None]]
"""Something that is done later, whatever has become of the one who asked for it."""

Courier: TypeAlias = Callable[[Errand], None]
"""Begins an errand beside everything else."""


class FaultyPubSub:
    """The hints of one life of one replica, `place`. Delayed ones arrive even if it is dead by then."""

    def __init__(
        self,
        pubsub: PubSub,
        place: str,
        *,
        life: Life,
        faults: Faults,
        courier: Courier,
    ) -> None:
        self._pubsub = pubsub
        self._place = place
        self._life = life
        self._faults = faults
        self._courier = courier
        self._overtaken: list[Hint] = []

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send the hints that no fault takes."""
        await self._life.gate()
        now: list[Hint] = []
        for hint in hints:
            self._faults.trace.note(self._place, Hinted(chat_id=hint.chat_id, hint=hint))
            now += self._left_of(hint)
        if now:
            now, self._overtaken = [*now, *self._overtaken], []
        if now:
            await self._pubsub.publish(now)

    @asynccontextmanager
    async def watch_chat(self, chat_id: ChatId) -> AsyncGenerator[AsyncIterator[ChatChanged | Lagged], None]:
        """Hints about one chat."""
        async with self._pubsub.watch_chat(chat_id) as hints:
            yield _FaultyHints[ChatChanged](hints, self._place, self._life, self._faults)

    @asynccontextmanager
    async def watch_work(self) -> AsyncGenerator[AsyncIterator[WorkWanted | Lagged], None]:
        """Hints that chats want a worker."""
        async with self._pubsub.watch_work() as hints:
            yield _FaultyHints[WorkWanted](hints, self._place, self._life, self._faults)

    async def aclose(self) -> None:
        """Close the pubsub beneath, whatever the replica is in."""
        await self._pubsub.aclose()

    def _left_of(self, hint: Hint) -> list[Hint]:
        """What is sent at once: the hint, twice, or nothing of it."""
        faults, place = self._faults, self._place
        if faults.strikes(Fault.HINT_DROPPED, place):
            return []
        if faults.strikes(Fault.HINT_DELAYED, place):
            seconds = faults.seconds(faults.profile.hint_delay, Fault.HINT_DELAYED, place)
            self._courier(lambda: self._later(hint, seconds))
            return []
        if faults.strikes(Fault.HINTS_REORDERED, place):
            self._overtaken.append(hint)
            return []
        return [hint, hint] if faults.strikes(Fault.HINT_REPEATED, place) else [hint]

    async def _later(self, hint: Hint, seconds: float) -> None:
        await anyio.sleep(seconds)
        await self._pubsub.publish([hint])


class _FaultyHints(AsyncIterator[H | Lagged], Generic[H]):
    _hints: AsyncIterator[H | Lagged]

    def __init__(self, hints: AsyncIterator[H | Lagged], place: str, life: Life, faults: Faults) -> None:
        self._hints = hints
        self._place = place
        self._life = life
        self._faults = faults

    async def __anext__(self) -> H | Lagged:
        hint = await anext(self._hints)
        await self._life.gate()
        return Lagged() if self._faults.strikes(Fault.HINTS_LAGGED, self._place) else hint
