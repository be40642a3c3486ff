"""The viewer machine: what one viewer of a chat is told, and in which order (architecture 7, spec chat-core 6.3).

It is given the log, append by append, and parts from whichever source; it evolves its own copy of the head and
compares. Hints never reach it: they only make the shell read.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from attrs import evolve as with_changes
from attrs import frozen

from chatcore.domain.chat.events import Event, MessageAdded
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import client_status
from chatcore.domain.chat.values import RetryState, Status
from chatcore.domain.content.client_parts import client_part
from chatcore.domain.errors import ChatcoreError, Corrupt
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.shown import history_shown, messages_shown, open_calls, queue_after
from chatcore.domain.live.view_events import (
    ActionCall,
    ActionShown,
    ErrorShown,
    PartShown,
    PreviewReset,
    QueuedMessage,
    QueueShown,
    RetryShown,
    StatusShown,
    ViewEvent,
)

Rows: TypeAlias = Sequence[tuple[Seq, Event]]
"""Events with their numbers, in order."""


_GENERATING: Final = frozenset({Status.RUNNING, Status.INTERRUPTING})


class PartsMissing(ChatcoreError):
    """Parts of this process's own buffer did not follow each other. That is a bug of chatcore: please report it."""


class PartSource(StrEnum):
    """Where parts came from. One's own buffer cannot lose any; on the way from elsewhere some can get lost (C6.10)."""

    OWN = "own"
    ELSEWHERE = "elsewhere"


@frozen(kw_only=True)
class Viewer:
    """What a viewer knows. It never holds the transcript: only what the next comparison needs."""

    chat_id: ChatId
    head: ChatHead
    """The head at the end of the newest append that was shown."""
    queued: tuple[QueuedMessage, ...] = ()
    calls: tuple[ActionCall, ...] = ()
    """Open calls that a client is to answer, or will be asked to."""
    number: int = 0
    """The newest part that was shown of the head's episode."""
    error_version: Seq = 0
    """The `history_version` at which an error was last shown."""
    action_version: Seq = 0
    """The `history_version` at which a client was last asked to act."""

    @property
    def episode(self) -> Episode:
        """The episode whose parts are accepted, while the chat generates."""
        return Episode.of(self.chat_id, self.head)

    @property
    def generating(self) -> bool:
        """Whether parts may come: a reply is in the making, or being stored after an interrupt."""
        return self.head.status in _GENERATING


@frozen(kw_only=True)
class Shown:
    """What a viewer is told, and the viewer after that."""

    viewer: Viewer
    events: tuple[ViewEvent, ...] = ()
    reselect: bool = False
    """Parts are missing: ask the source for the episode again, from its first part (C6.10)."""


def looking(
    chat_id: ChatId, head: ChatHead, *, queued: Iterable[QueuedMessage] = (), asked: MessageAdded | None = None
) -> Viewer:
    """A viewer that was told nothing yet, of a chat at this head.

    `queued` are the messages that wait, `asked` is the message that `head.pending_seq` names.
    """
    words = {message.id: message for message in queued}
    return Viewer(
        chat_id=chat_id,
        head=head,
        queued=tuple(words[row.id] for row in head.queue),
        calls=open_calls(head, asked),
    )


def begin(viewer: Viewer, rows: Rows, *, after: Seq | None = None) -> Shown:
    """The first batch: status, messages, and what else there is to know (6.3, "Snapshot order").

    `rows` are the newest page of the transcript's events; or, for a viewer that comes back and knows the chat up to
    the seq `after`, all that followed.
    """
    messages = messages_shown(rows) if after is None else history_shown(rows)
    rest = standing(viewer, after=after)
    return Shown(viewer=rest.viewer, events=(status_shown(viewer), *messages, *rest.events))


def status_shown(viewer: Viewer) -> StatusShown:
    """The first event of every view, so that clients can tell whether to expect parts."""
    return StatusShown(status=client_status(viewer.head))


def standing(viewer: Viewer, *, after: Seq | None = None) -> Shown:
    """The rest of a first batch, behind the messages: what of the chat's state a new viewer has to know."""
    # A new viewer knows that nothing waits; one that comes back may remember a queue that is gone. Its cursor does not
    # tell: it may be a message's id, and the queue moves in the same append.
    queue = bool(viewer.queued) or (after is not None and viewer.head.queue_version > 0)
    return _told(viewer, status=False, queue=queue, retry=True, reset=True)


def after_append(viewer: Viewer, rows: Rows) -> Shown:
    """What one whole append tells, in the order of 6.3. Raises: Corrupt, `rows` do not follow the viewer's head."""
    before, head = viewer.head, viewer.head
    asked: MessageAdded | None = None
    for seq, event in rows:
        if seq != head.seq + 1:
            raise Corrupt(f"event {seq} of chat {viewer.chat_id} follows event {head.seq}; verify the store")
        head = evolve(head, event)
        if head.pending_seq == seq and isinstance(event, MessageAdded):
            asked = event
    now = with_changes(
        viewer,
        head=head,
        queued=queue_after(viewer.queued, rows, head),
        calls=open_calls(head, asked) if asked is not None else _still_open(viewer.calls, head),
    )
    told = _told(
        now,
        status=client_status(head) is not client_status(before),
        queue=head.queue_version > before.queue_version,
        retry=head.retry_version > before.retry_version,
        reset=head.history_version != before.history_version
        or head.generation_attempt not in (0, before.generation_attempt)
        # A turn may end without a message: what was shown of it will not come.
        or (viewer.number > 0 and not now.generating),
    )
    return Shown(viewer=told.viewer, events=(*history_shown(rows), *told.events))


def after_parts(viewer: Viewer, episode: Episode, parts: Iterable[JournalPart], source: PartSource) -> Shown:
    """Show the parts that come next; those shown before, of other episodes and of a turn that is over are dropped.

    Where parts are missing, nothing behind the gap is shown, and `reselect` asks for them.
    Raises: PartsMissing, if they are missing in one's own buffer.
    """
    if episode != viewer.episode or not viewer.generating:
        return Shown(viewer=viewer)
    number = viewer.number
    shown: list[ViewEvent] = []
    for each in parts:
        if each.number <= number:
            continue
        if each.number > number + 1:
            if source is PartSource.OWN:
                raise PartsMissing(f"part {each.number} of chat {viewer.chat_id} came after part {number}")
            return Shown(viewer=with_changes(viewer, number=number), events=tuple(shown), reselect=True)
        number = each.number
        # The journal keeps what is internal; a client never sees it, wherever the part comes from.
        if (part := client_part(each.part)) is not None:
            shown.append(
                PartShown(
                    role=each.role,
                    part=part,
                    history_version=episode.history_version,
                    generation_attempt=episode.generation_attempt,
                    number=number,
                )
            )
    return Shown(viewer=with_changes(viewer, number=number), events=tuple(shown))


def _told(viewer: Viewer, *, status: bool, queue: bool, retry: bool, reset: bool) -> Shown:
    """Everything behind the messages, in the order of 6.3."""
    head = viewer.head
    events: list[ViewEvent] = []
    if queue:
        events.append(QueueShown(queued=viewer.queued))
    if status:
        events.append(status_shown(viewer))
    if head.status is Status.ERROR and head.history_version > viewer.error_version:
        assert head.last_error is not None, "a failed turn says why"
        events.append(ErrorShown(error=head.last_error))
        viewer = with_changes(viewer, error_version=head.history_version)
    if head.status is Status.REQUIRES_ACTION and head.history_version > viewer.action_version:
        assert head.deadline_at is not None, "a turn that waits for a client waits until a deadline"
        events.append(ActionShown(calls=viewer.calls, deadline_at=head.deadline_at))
        viewer = with_changes(viewer, action_version=head.history_version)
    if retry and head.retry is not None:
        events.append(_retry_shown(head.retry))
    if reset:
        events.append(PreviewReset())
        viewer = with_changes(viewer, number=0)
    return Shown(viewer=viewer, events=tuple(events))


def _retry_shown(retry: RetryState) -> RetryShown:
    return RetryShown(attempt=retry.attempt, error=retry.error, delay_ms=retry.delay_ms, retry_at=retry.retry_at)


def _still_open(calls: tuple[ActionCall, ...], head: ChatHead) -> tuple[ActionCall, ...]:
    pending = {call.call_id for call in head.pending}
    return tuple(call for call in calls if call.tool_call_id in pending)
