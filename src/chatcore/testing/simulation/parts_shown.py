"""Noting the parts that workers show: inside a process they pass no port."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from chatcore.app.live_parts import LiveParts
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.turn.answer import Published
from chatcore.testing.simulation.happenings import PartPublished
from chatcore.testing.simulation.swapping import swapped
from chatcore.testing.simulation.trace import Trace

SHOWING: Final = "chatcore.compose.opening:LiveParts"
"""What a service is given to show parts with."""

_replica: ContextVar[str] = ContextVar("replica")


@contextmanager
def replica_of_parts(name: str) -> Iterator[None]:
    """Inside the context, this task opens the service of the replica of this name."""
    token = _replica.set(name)
    try:
        yield
    finally:
        _replica.reset(token)


@contextmanager
def parts_noted(trace: Trace) -> Iterator[None]:
    """Services that are opened inside the context note the parts that they show."""

    class NotingParts(LiveParts):
        def __init__(self) -> None:
            super().__init__()
            self._place = _replica.get()

        def publish(self, episode: Episode, published: Published, *, hidden: bool = False) -> JournalPart | None:
            part = super().publish(episode, published, hidden=hidden)
            if part is not None:
                shown = PartPublished(chat_id=episode.chat_id, episode=episode, part=part, hidden=hidden)
                trace.note(self._place, shown)
            return part

    def noting(_: type[LiveParts]) -> type[LiveParts]:
        return NotingParts

    with swapped(SHOWING, noting):
        yield
