"""Reading the words of a queued message that is to be said (events.md, "Evidence")."""

from chatcore.app.models import ModelTable
from chatcore.domain.chat.evidence import Promotion
from chatcore.domain.chat.evidence_of import promotion
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, Seq
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store


class Promotions:
    """Finds what a queue row says and which model will answer it."""

    def __init__(self, store: Store, models: ModelTable) -> None:
        self._store = store
        self._models = models

    async def first(self, chat_id: ChatId, head: ChatHead) -> Promotion | None:
        """The first waiting message; None if nothing waits."""
        return await self.of(chat_id, head, head.queue[0].id) if head.queue else None

    async def of(self, chat_id: ChatId, head: ChatHead, queued_id: Seq) -> Promotion | None:
        """A waiting message; None if it does not wait (any more)."""
        row = next((row for row in head.queue if row.id == queued_id), None)
        if row is None:
            return None
        page = await self._store.events(chat_id, actor=SYSTEM, after=queued_id - 1, limit=1)
        queued = page.events[0]
        return promotion((queued.seq, queued.event), self._models.resolve(row.model_id or head.model_id))
