"""Invariant 10: chats are private."""

from typing import ClassVar

from chatcore.domain.ids import ChatId
from chatcore.ports.actor import ActorKind
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, OwnerRead, UserAnswered, ViewerRead
from chatcore.testing.simulation.trace import Noted
from chatcore.testing.simulation.wishes import Wish


class OwnersApart(Checker):
    """Knows whose each chat is, and looks at whatever an owner is given or writes."""

    name: ClassVar = "owners_apart"
    sentence: ClassVar = "Nobody is given anything of another owner's chat, and nobody writes to one."

    def __init__(self) -> None:
        self._owners: dict[ChatId, str] = {}

    def see(self, noted: Noted) -> None:
        """Compare who is given something with whose it is."""
        match noted.what:
            case Committed(actor=actor, landed=landed):
                for each in landed:
                    self._owners.setdefault(each.chat_id, each.head.owner_id)
                    if actor.kind is ActorKind.OWNER:
                        self._compare(actor.id, each.chat_id, "wrote to")
            case OwnerRead(owner=owner, method=method, chat_ids=chat_ids):
                for chat_id in chat_ids:
                    self._compare(owner, chat_id, f"was given by {method}")
            case ViewerRead(owner=owner, chat_id=chat_id) if chat_id is not None:
                self._compare(owner, chat_id, "watched")
            case UserAnswered(deed=Wish.PRY, owner=owner, outcome="accepted" | "repeated", chat_id=chat_id):
                raise self.fail(f"{owner} pried and was answered", chat_id)
            case _:
                return

    def _compare(self, owner: str, chat_id: ChatId, what: str) -> None:
        if (mine := self._owners.get(chat_id)) != owner:
            raise self.fail(f"{owner} {what} a chat of {mine or 'nobody'}", chat_id)
