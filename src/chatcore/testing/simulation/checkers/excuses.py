"""Why a worker that is gone may have lost its newest parts: they were not in the journal yet."""

from collections.abc import Sequence
from typing import Final

from attrs import define, field, frozen

from chatcore.domain.chat.events import Acquired
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import Episode
from chatcore.testing.simulation.happenings import (
    Committed,
    FaultStruck,
    JournalAsked,
    Landed,
    PartPublished,
    ReplicaChanged,
)
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.trace import Noted

_WRITE_S_MAX: Final = 7.0
"""How long a write may take that was slow both before and after it landed."""
_AT_ONCE_S: Final = 0.01
_STORE_FAULTS: Final = frozenset(
    {
        Fault.STORE_CONFLICTS,
        Fault.STORE_SLOW,
        Fault.STORE_FAILS_BEFORE,
        Fault.STORE_FAILS_AFTER,
        Fault.REPLICA_DIES_AT_WRITE,
    }
)


@frozen
class _Asked:
    at: float
    place: str
    episode: Episode
    numbers: Sequence[int]


@define
class _Place:
    """What befell a replica."""

    gone: list[float] = field(factory=list)
    """When it died, was paused or was told to stop."""
    leaving: list[Episode] = field(factory=list)
    """Replies of its runners when it was told to stop, as long as nothing hindered them from leaving in order."""
    began: float = 0.0
    """When its present life began."""


class Excuses:
    """Remembers when parts were made, when a write of them was asked for, and what stood in the way."""

    def __init__(self) -> None:
        self._made: dict[tuple[Episode, int], tuple[float, str]] = {}
        self._asked: dict[ChatId, list[_Asked]] = {}
        self._places: dict[str, _Place] = {}
        self._fences: dict[ChatId, Episode] = {}
        self._held: dict[ChatId, str] = {}
        """Where the runner of a chat is."""
        self._left: dict[Episode, float] = {}
        """Replies whose replica stopped in order, with nothing to hinder it: what it made of them in its life, which
        began at this time, was stored."""
        self._over: dict[Episode, float] = {}
        """When an episode's parts could no longer be journaled, because the chat had moved on."""

    def see(self, noted: Noted) -> None:
        """Remember."""
        place = self._places.setdefault(noted.place, _Place())
        match noted.what:
            case PartPublished(episode=episode, part=part):
                self._made[episode, part.number] = (noted.at, noted.place)
            case JournalAsked(episode=episode, numbers=numbers):
                asked = _Asked(noted.at, noted.place, episode, numbers)
                self._asked.setdefault(episode.chat_id, []).append(asked)
            case ReplicaChanged(what="stops"):
                place.gone.append(noted.at)
                held = [chat_id for chat_id, name in self._held.items() if name == noted.place]
                place.leaving = [self._fences[chat_id] for chat_id in held]
            case ReplicaChanged(what="is gone"):
                self._left.update(dict.fromkeys(place.leaving, place.began))
                # Whatever chats its runners still hold on paper, they hold no more in its next life.
                place.leaving = []
                self._held = {chat_id: name for chat_id, name in self._held.items() if name != noted.place}
            case ReplicaChanged(what="begins"):
                place.began = noted.at
            case ReplicaChanged():
                place.gone.append(noted.at)
                place.leaving = []
            case FaultStruck(fault=fault) if fault in _STORE_FAULTS:
                place.leaving = []
                if fault is Fault.REPLICA_DIES_AT_WRITE:
                    place.gone.append(noted.at)
            case Committed(landed=landed):
                for each in landed:
                    self._hold(each, noted.place)
                    self._move(each.chat_id, each.head, noted.at)
            case _:
                return

    def unflushed(self, episode: Episode, number: int, interval_s: float) -> bool:
        """Whether a part may not have reached the journal: it was in the newest batch when its worker went away."""
        at, name = self._made[episode, number]
        if at >= self._left.get(episode, at + 1):
            return False
        until = at + interval_s + _AT_ONCE_S
        for asked in self._asked.get(episode.chat_id, []):
            # One write at a time, be it of the episode before.
            in_flight = asked.place == name and at - _WRITE_S_MAX <= asked.at <= until
            if in_flight or (asked.episode == episode and number in asked.numbers):
                return True
        if self._over.get(episode, until + 1) <= until:
            return True
        return any(at <= gone <= until for gone in self._places[name].gone)

    def _hold(self, landed: Landed, name: str) -> None:
        if landed.head.runner_id is None:
            self._held.pop(landed.chat_id, None)
        elif any(isinstance(stored.event, Acquired) for stored in landed.events):
            self._held[landed.chat_id] = name

    def _move(self, chat_id: ChatId, head: ChatHead, at: float) -> None:
        before, episode = self._fences.get(chat_id), Episode.of(chat_id, head)
        if before is not None and before != episode:
            self._over.setdefault(before, at)
        if head.status is not Status.RUNNING:
            self._over.setdefault(episode, at)
        self._fences[chat_id] = episode
