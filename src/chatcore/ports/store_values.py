"""The values that cross the `store` port (architecture 5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NewType

from attrs import frozen

from chatcore.domain.chat.codec import NotUnicode
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event, HistoryTruncated, MessageAdded
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, RunnerId, Seq, WorkerId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import Actor

FeedCursor = NewType("FeedCursor", str)
"""A place in a store's feed; opaque, comparable only for equality."""

TRANSCRIPT_TYPES: Final = frozenset({MessageAdded.TYPE, HistoryTruncated.TYPE})
"""Events that the transcript is folded from: what `Snapshot.newest` holds."""


@frozen(kw_only=True)
class ChatAppend:
    """Events for one chat's log, with the heads before and after them."""

    chat_id: ChatId
    before: ChatHead | None
    """The head that was decided on; None for a new chat. The log must still end at its seq."""
    events: tuple[Event, ...]
    head: ChatHead
    """The fold of the log with the events."""
    details: ChatDetails | None = None
    """The details with the events, where the append holds a details event; else None."""
    command_id: CommandId | None = None

    @property
    def expected_seq(self) -> Seq:
        """Where the log must end for the append to land."""
        return 0 if self.before is None else self.before.seq


def check_appends(appends: Sequence[ChatAppend], actor: Actor) -> None:
    """What stores may rely on: something is appended to each log, once per log, and each head fits its events.

    Raises: NotUnicode, an identifier is none that a store could write.
    """
    assert appends, "a call appends something"
    assert len({append.chat_id for append in appends}) == len(appends), "a call names each log once"
    for append in appends:
        assert append.events, "an append holds at least one event"
        assert append.head.seq == append.expected_seq + len(append.events), "the head is the fold of the log"
        for identifier in (append.chat_id, append.command_id or "", actor.id):
            try:
                identifier.encode()
            except UnicodeEncodeError as error:
                raise NotUnicode(f"an identifier holds text that is not valid Unicode: {error}") from error


@frozen(kw_only=True)
class Appended:
    """What landed in one chat's log. `repeated`: the command had landed before, and these are its events.

    Of a repeated call over several logs only the log that names the command is answered with its events; the others'
    are left empty, to be read where they are wanted.
    """

    chat_id: ChatId
    events: tuple[StoredEvent, ...]
    repeated: bool = False


@frozen(kw_only=True)
class EventPage:
    """Events in the order of seq; whole appends only. `more`: there are further ones in the direction of reading."""

    events: tuple[StoredEvent, ...]
    more: bool = False


@frozen(kw_only=True)
class Snapshot:
    """What a new viewer is shown, all read at one moment."""

    head: ChatHead
    details: ChatDetails
    newest: EventPage
    """The newest events that concern the transcript, oldest first."""


@frozen(kw_only=True)
class ChatRow:
    """A chat as the store keeps it beside its log."""

    chat_id: ChatId
    head: ChatHead
    details: ChatDetails
    fold_version: int
    created_at: datetime
    updated_at: datetime
    """When a turn last started or ended."""
    acquired_at: datetime | None
    """When the newest `acquired` was recorded."""
    runnable_at: datetime | None
    """From when the chat wants a worker; None at rest."""


@frozen(kw_only=True)
class ChatList:
    """A page of an owner's chats, the newest `updated_at` first. `after` continues it; None at the end."""

    rows: tuple[ChatRow, ...]
    after: str | None


@frozen(kw_only=True)
class RunnableChat:
    """A chat that a worker may take now, or whose wait for a client's tools has run out."""

    chat_id: ChatId
    runnable_at: datetime
    runner_id: RunnerId | None
    """Whose lease has run out; None if nobody held the chat. Whoever takes it checks that this still holds."""


@frozen(kw_only=True)
class Heartbeat:
    """A sign of life of a chat's runner."""

    chat_id: ChatId
    runner_id: RunnerId
    worker_id: WorkerId


@frozen(kw_only=True)
class Lease:
    """The newest sign of life of a chat's runner, by the store's clock."""

    chat_id: ChatId
    runner_id: RunnerId
    worker_id: WorkerId
    heartbeat_at: datetime


@frozen(kw_only=True)
class Journal:
    """The parts of a reply in the making that the store holds, in order from 1."""

    episode: Episode
    parts: tuple[JournalPart, ...]


@frozen(kw_only=True)
class FeedPage:
    """Events of all chats in an order that keeps each chat's own. `cursor` continues it, also from an empty page."""

    events: tuple[StoredEvent, ...]
    cursor: FeedCursor
