"""The transcript of a chat: the fold of its log into the messages that are there now (architecture 1, events.md)."""

from collections.abc import Iterable

from chatcore.domain.chat.events import Event
from chatcore.domain.chat.events_history import HistoryTruncated, MessageAdded
from chatcore.domain.content.history import History
from chatcore.domain.content.messages import Message
from chatcore.domain.ids import Seq


def evolve_transcript(transcript: History, seq: Seq, event: Event) -> History:
    """The transcript after one more event: a message added, or those cut off that an edit cut off."""
    match event:
        case MessageAdded():
            return transcript.added(message_of(seq, event))
        case HistoryTruncated(from_seq=from_seq):
            return transcript.before(from_seq)
        case _:
            return transcript


def fold_transcript(events: Iterable[tuple[Seq, Event]], *, onto: History | None = None) -> History:
    """The transcript of a log, or of its beginning: `onto` is what the events before these gave."""
    transcript = History() if onto is None else onto
    for seq, event in events:
        transcript = evolve_transcript(transcript, seq, event)
    return transcript


def message_of(seq: Seq, event: MessageAdded) -> Message:
    """The message that an event brought; its id is the event's seq."""
    return Message(
        id=seq,
        role=event.role,
        content=event.content,
        visibility=event.visibility,
        compressed=event.compressed,
        model_id=event.model_id,
        effort=event.effort,
        created_by=event.created_by,
        usage=event.usage,
        context_limit=event.context_limit,
        dynamic=event.dynamic,
        from_queue=event.from_queue,
        replay_of=event.replay_of,
        partial=event.partial,
    )
