"""Invariant 12: whoever wants peace gets it."""

from collections.abc import Collection, Mapping
from typing import ClassVar, Final, TypeAlias

from attrs import frozen

from chatcore.domain.chat.events import Acquired
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.transitions import RUNNER_COMMANDS, TRANSITIONS
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, RunnerId
from chatcore.testing.simulation.checking import Checker, World
from chatcore.testing.simulation.happenings import Committed, HeadSeen, Landed, PartPublished, ToolActed
from chatcore.testing.simulation.trace import Noted

REST: Final = frozenset(
    {
        ExecutionState.WAITING,
        ExecutionState.ERROR,
        ExecutionState.ERROR_QUEUED,
        ExecutionState.ARCHIVED_WAITING,
        ExecutionState.ARCHIVED_ERROR,
        ExecutionState.ARCHIVED_ERROR_QUEUED,
    }
)

_OF_USERS: Final = frozenset(CommandKey) - RUNNER_COMMANDS - {CommandKey.ACQUIRE}
_OBEYING: Final = frozenset({CommandKey.FINISH_INTERRUPTION})

Table: TypeAlias = Mapping[tuple[ExecutionState, CommandKey], Collection[ExecutionState]]


def restless(table: Table = TRANSITIONS) -> frozenset[ExecutionState]:
    """The states from which no path of user commands, and of interrupts that are obeyed, leads to rest."""
    calm = set(REST)
    while True:
        more = {
            state
            for (state, key), targets in table.items()
            if key in _OF_USERS | _OBEYING and state not in calm and calm.intersection(targets)
        }
        if not more:
            return frozenset(ExecutionState) - calm
        calm |= more


@frozen
class _Seen:
    at: float
    place: str


class InterruptsObeyed(Checker):
    """Watches runners that know of an interrupt; and reads the table, once. That each ends, invariant 6 says."""

    name: ClassVar = "interrupts_obeyed"
    sentence: ClassVar = (
        "From every state a path of user commands leads to rest; and once a runner has seen an interrupt, at whatever "
        "step it comes, it makes nothing more of the reply and lets no tool take effect."
    )

    def __init__(self) -> None:
        self._places: dict[RunnerId, str] = {}
        self._interrupting: dict[ChatId, RunnerId | None] = {}
        """The chats that are to stop, and who holds them."""
        self._seen: dict[ChatId, _Seen] = {}

    def see(self, noted: Noted) -> None:
        """Compare what runners do with what they know."""
        match noted.what:
            case Committed(landed=landed):
                for each in landed:
                    self._follow(each, noted.place)
            case HeadSeen(chat_id=chat_id, status=Status.INTERRUPTING, runner_id=runner_id) if chat_id is not None:
                # An answer that comes late tells of an interrupt that is over.
                if self._interrupting.get(chat_id) == runner_id:
                    self._seen.setdefault(chat_id, _Seen(noted.at, self._places[runner_id]))
            case PartPublished(chat_id=chat_id) | ToolActed(chat_id=chat_id) if chat_id is not None:
                seen = self._seen.get(chat_id)
                # What happens at the same moment, before the cancellation is delivered, is no disobedience.
                if seen is not None and seen.place == noted.place and noted.at > seen.at:
                    seconds = f"{noted.at - seen.at:.2f} s"
                    raise self.fail(f"its runner went on {seconds} after it saw the interrupt", chat_id)
            case _:
                return

    def at_rest(self, world: World) -> None:
        """Read the table."""
        if stuck := restless():
            raise self.fail(f"users cannot bring a chat to rest that is in {', '.join(sorted(stuck))}")

    def _follow(self, landed: Landed, place: str) -> None:
        for stored in landed.events:
            if isinstance(stored.event, Acquired):
                self._places[stored.event.runner_id] = place
        if landed.head.status is Status.INTERRUPTING:
            self._interrupting[landed.chat_id] = landed.head.runner_id
        else:
            self._interrupting.pop(landed.chat_id, None)
            self._seen.pop(landed.chat_id, None)
