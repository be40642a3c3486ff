"""A worker beside the service: it may take a chat in the same append that sets it running (architecture 6)."""

from typing import Protocol

from chatcore.domain.chat.commands import Acquire
from chatcore.domain.ids import ChatId


class Adopter(Protocol):
    """Whoever has a free runner."""

    def offer(self) -> Acquire | None:
        """Keep a place free for a chat; None if there is none. Every offer is settled."""
        ...

    def settle(self, chat_id: ChatId, offer: Acquire, *, taken: bool) -> None:
        """The offer was appended, or may have been, and the chat is the adopter's now; or it was not needed."""
        ...


class NoAdopter:
    """No worker in this process."""

    def offer(self) -> Acquire | None:
        """None."""
        return None

    def settle(self, chat_id: ChatId, offer: Acquire, *, taken: bool) -> None:
        """Nothing was offered."""
        raise AssertionError("nothing was offered")
