"""What of a log viewers are shown: messages, waiting messages, open calls, each in client form (spec 1.2, 6.1)."""

from collections.abc import Iterable, Sequence

from attrs import evolve

from chatcore.domain.chat.events import Event, HistoryTruncated, MessageAdded, MessageQueued
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.client_parts import client_content
from chatcore.domain.content.messages import Message
from chatcore.domain.content.parts import ToolCallPart
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import Seq
from chatcore.domain.live.view_events import ActionCall, HistoryReset, MessageShown, QueuedMessage


def client_message(message: Message) -> Message | None:
    """The message as clients see it; None for one that is for the model alone, or of which nothing is left."""
    if not message.visibility.to_reader:
        return None
    content = client_content(message.content)
    return evolve(message, content=content) if content else None


def history_shown(rows: Sequence[tuple[Seq, Event]]) -> tuple[HistoryReset | MessageShown, ...]:
    """What a stretch of the log did to the transcript: first what it cut off, then what it added and kept.

    A viewer that forgets what the reset names and adds the messages has what is visible after the stretch.
    """
    cuts = [event.from_seq for _, event in rows if isinstance(event, HistoryTruncated)]
    messages = messages_shown(rows)
    return (HistoryReset(from_id=min(cuts)), *messages) if cuts else messages


def messages_shown(rows: Iterable[tuple[Seq, Event]]) -> tuple[MessageShown, ...]:
    """The visible messages that a stretch of the log added and did not cut off again, in order."""
    seen = map(client_message, fold_transcript(rows))
    return tuple(MessageShown(message=message) for message in seen if message is not None)


def queued_message(seq: Seq, event: MessageQueued) -> QueuedMessage:
    """A message that waits, as clients see it; its id is the event's seq."""
    return QueuedMessage(
        id=seq,
        content=client_content(event.content),
        created_by=event.created_by,
        model_id=event.model_id,
        effort=event.effort,
    )


def queue_after(
    queued: Iterable[QueuedMessage], rows: Iterable[tuple[Seq, Event]], head: ChatHead
) -> tuple[QueuedMessage, ...]:
    """The messages that wait at `head`, in order: those that waited before the rows, or that the rows brought."""
    words = {message.id: message for message in queued}
    for seq, event in rows:
        if isinstance(event, MessageQueued):
            words[seq] = queued_message(seq, event)
    return tuple(words[row.id] for row in head.queue)


def open_calls(head: ChatHead, asked: MessageAdded | None) -> tuple[ActionCall, ...]:
    """The calls that a client is to answer; `asked` is the message that holds their arguments."""
    content = () if asked is None else asked.content
    args = {part.tool_call_id: part.args for part in content if isinstance(part, ToolCallPart)}
    return tuple(
        ActionCall(tool_call_id=call.call_id, tool_name=call.tool_name, args=args.get(call.call_id))
        for call in head.pending
        if call.dynamic
    )
