"""Invariant 8: a family is archived together."""

from typing import ClassVar

from chatcore.domain.ids import ChatId
from chatcore.testing.simulation.checking import Checker, World
from chatcore.testing.simulation.happenings import Committed
from chatcore.testing.simulation.trace import Noted


class FamiliesArchived(Checker):
    """Follows every family from append to append; an append over several logs is one position of the feed."""

    name: ClassVar = "families_archived"
    sentence: ClassVar = "Archived is the same over the whole family, at every position of the feed."

    def __init__(self) -> None:
        self._archived: dict[ChatId, dict[ChatId, bool]] = {}
        """By root, of each member."""

    def see(self, noted: Noted) -> None:
        """Compare the members of the families that an append touched."""
        if not isinstance(noted.what, Committed):
            return
        touched: dict[ChatId, None] = {}
        for landed in noted.what.landed:
            root_id = landed.head.root_id or landed.chat_id
            self._archived.setdefault(root_id, {})[landed.chat_id] = landed.head.archived
            touched[root_id] = None
        for root_id in touched:
            self._compare(root_id, self._archived[root_id])

    def at_rest(self, world: World) -> None:
        """Compare what is stored."""
        families: dict[ChatId, dict[ChatId, bool]] = {}
        for chat_id, chat in world.chats.items():
            families.setdefault(chat.row.head.root_id or chat_id, {})[chat_id] = chat.row.head.archived
        for root_id, family in families.items():
            self._compare(root_id, family)

    def _compare(self, root_id: ChatId, family: dict[ChatId, bool]) -> None:
        if len(set(family.values())) > 1:
            archived = [chat_id for chat_id, is_archived in family.items() if is_archived]
            raise self.fail(f"of {len(family)} members of its family only {', '.join(archived)} are archived", root_id)
