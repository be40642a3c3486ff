"""Reading what an edit has to know of the message that it replaces (events.md, "Evidence")."""

from typing import Final

from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import MessageAdded
from chatcore.domain.chat.evidence import EditTarget
from chatcore.domain.chat.evidence_of import LogRow, edit_target, is_far_enough
from chatcore.domain.ids import ChatId, Seq
from chatcore.ports.actor import Actor
from chatcore.ports.store import Store

_MESSAGES: Final = frozenset({MessageAdded.TYPE})


async def read_edit_target(store: Store, chat_id: ChatId, message_id: Seq, actor: Actor) -> EditTarget | None:
    """What the log says of the message; None if the chat has none with this id."""
    if message_id < 1:
        return None
    page = await store.events(chat_id, actor=actor, after=message_id - 1, limit=1)
    target = _row(page.events[0]) if page.events and page.events[0].seq == message_id else None
    landmarks = [_row(event) for event in await store.landmarks(chat_id, actor=actor)]
    before: list[LogRow] = []
    more = target is not None
    while more and not is_far_enough(message_id, landmarks, before):
        oldest = before[0][0] if before else message_id
        older = await store.newest(chat_id, actor=actor, before=oldest, types=_MESSAGES)
        before = [*map(_row, older.events), *before]
        more = older.more
    return edit_target(target, landmarks, before)


def _row(stored: StoredEvent) -> LogRow:
    return stored.seq, stored.event
