"""What a checker is: an invariant as a sentence, and the code that notices when it is broken (architecture 9)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from attrs import frozen

from chatcore.app.settings import ServiceSettings
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.ids import ChatId
from chatcore.ports.store_values import ChatRow, Journal
from chatcore.testing.simulation.profile import Profile
from chatcore.testing.simulation.trace import Noted
from chatcore.testing.view_client import ViewClient


class Violation(AssertionError):
    """An invariant does not hold. `chat_id` is the chat that shows it, where one does."""

    def __init__(self, invariant: str, text: str, chat_id: ChatId | None = None) -> None:
        super().__init__(f"{invariant}: {text}" if chat_id is None else f"{invariant}: chat {chat_id}: {text}")
        self.invariant = invariant
        self.text = text
        self.chat_id = chat_id

    def __reduce__(self) -> tuple[type["Violation"], tuple[str, str, ChatId | None]]:
        return Violation, (self.invariant, self.text, self.chat_id)


OF_THE_CLUSTER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "everything_rests": (
            "When the faults have stopped, every chat is at rest within attempts x backoff + 2 x lease expiry, and the "
            "time until the deadline of a chat that waits for its client."
        ),
        "nothing_left": "At rest no task is left that an idle cluster does not have, and replicas then stop at once.",
        "nothing_waits_for_ever": "Every user is answered, and every part of a run comes to its end.",
        "nothing_spins": "No loop goes on without time passing.",
        "no_surprises": "No fault of the outside world makes chatcore log an error, or break in a way of its own.",
        "views_converge": "A view keeps its contract: see ViewClient. That it converges is for a checker to say.",
    }
)
"""What the cluster itself notices, with or without checkers: invariant 6, and that a run ends as it should."""


@frozen(kw_only=True)
class ChatAtRest:
    """A chat when everything has come to rest, as the store holds it."""

    row: ChatRow
    log: tuple[StoredEvent, ...]
    journal: Journal | None


@frozen(kw_only=True)
class ViewerAtRest:
    """A viewer when everything has come to rest; it was connected, and had as long as a view's poll to catch up."""

    name: str
    owner: str
    chat_id: ChatId
    cursor: int | None
    """The end of what it was told."""
    screen: ViewClient


@frozen(kw_only=True)
class World:
    """Everything when it has come to rest."""

    chats: Mapping[ChatId, ChatAtRest]
    """In the order of their ids; read from the store below all faults."""
    viewers: tuple[ViewerAtRest, ...]
    noted: tuple[Noted, ...]
    """All that happened."""
    settings: ServiceSettings
    """Of every replica."""
    profile: Profile


class Checker:
    """One invariant. A fresh one is made for every run; it may remember whatever it sees."""

    name: ClassVar[str]
    """In words joined by underscores, as sabotages and reports name it."""
    sentence: ClassVar[str]
    """The invariant, as one sentence that can be true or false."""

    def see(self, noted: Noted) -> None:
        """Something happened. Called at once, from inside the code that did it: never waits. Raises: Violation."""

    def at_rest(self, world: World) -> None:
        """Everything has come to rest. Raises: Violation."""

    def fail(self, text: str, chat_id: ChatId | None = None) -> Violation:
        """The violation to raise."""
        return Violation(self.name, text, chat_id)
