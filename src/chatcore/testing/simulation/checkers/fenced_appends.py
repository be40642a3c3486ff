"""Invariant 3: who lost a chat writes to it no more."""

from typing import ClassVar

from chatcore.domain.chat.events import Acquired
from chatcore.domain.ids import ChatId
from chatcore.ports.actor import ActorKind
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, JournalWritten, Landed
from chatcore.testing.simulation.trace import Noted


class FencedAppends(Checker):
    """Remembers the runner of the newest `acquired` of each chat, and whether the chat still is its own."""

    name: ClassVar = "fenced_appends"
    sentence: ClassVar = (
        "Whatever a worker appends to a log or to a journal, it is the runner of the log's newest `acquired`, and "
        "holds the chat."
    )

    def __init__(self) -> None:
        self._newest: dict[ChatId, str] = {}

    def see(self, noted: Noted) -> None:
        """Compare a worker's write with who holds the chat."""
        match noted.what:
            case Committed(actor=actor, landed=landed):
                for each in landed:
                    if actor.kind is ActorKind.WORKER:
                        self._look(actor.id, each)
                    for stored in each.events:
                        if isinstance(stored.event, Acquired):
                            self._newest[each.chat_id] = stored.event.runner_id
            case JournalWritten(chat_id=chat_id, runner_id=runner_id) if chat_id is not None:
                if self._newest.get(chat_id) != runner_id:
                    newest = self._newest.get(chat_id)
                    raise self.fail(f"{runner_id} wrote to the journal, but {newest} was the newest runner", chat_id)
            case _:
                return

    def _look(self, runner_id: str, landed: Landed) -> None:
        first = landed.events[0].event
        if isinstance(first, Acquired) and first.runner_id == runner_id:
            return
        if (newest := self._newest.get(landed.chat_id)) != runner_id:
            raise self.fail(f"{runner_id} appended, but {newest} was the newest runner", landed.chat_id)
        if landed.before is None or landed.before.runner_id != runner_id:
            raise self.fail(f"{runner_id} appended to a chat that it had given up", landed.chat_id)
