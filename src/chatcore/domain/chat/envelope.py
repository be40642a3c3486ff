"""An event with what the store knows of it (events.md, "Envelope")."""

from datetime import datetime

from attrs import frozen

from chatcore.domain.chat.events import Event
from chatcore.domain.ids import ChatId, CommandId, Seq


@frozen(kw_only=True)
class StoredEvent:
    """A fact in a chat's log."""

    chat_id: ChatId
    seq: Seq
    """1, 2, 3 … in its chat, without gaps."""
    position: int
    """Place in the store's order of all events; only `feed` gives it a meaning."""
    recorded_at: datetime
    """UTC, by the store's clock."""
    actor: str
    """A user's id, a runner's id, or `system`."""
    command_id: CommandId | None
    """The client command that the append carried out; on its first event only."""
    upto: Seq
    """The seq of the last event of the same append."""
    event: Event
