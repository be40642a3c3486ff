"""The transcript of a chat as its readers see it (1.2)."""

from chatcore.domain.chat.events import HistoryTruncated, MessageAdded
from chatcore.domain.content.history import History
from chatcore.domain.content.messages import Message
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import ChatId
from chatcore.domain.live.shown import client_message
from chatcore.ports.actor import Actor
from chatcore.ports.store import Store

_TYPES = frozenset({MessageAdded.TYPE, HistoryTruncated.TYPE})


async def read_transcript(store: Store, chat_id: ChatId, *, actor: Actor) -> tuple[Message, ...]:
    """All messages that clients see, oldest first, without internal fields. Reads the whole log, page by page."""
    transcript, after, more = History(), 0, True
    while more:
        page = await store.events(chat_id, actor=actor, after=after, types=_TYPES)
        transcript = fold_transcript(((each.seq, each.event) for each in page.events), onto=transcript)
        more = page.more
        after = page.events[-1].seq if page.events else after
    shown = (client_message(message) for message in transcript)
    return tuple(message for message in shown if message is not None)
