"""The evidence that commands carry, as pure functions of what a store serves cheaply (events.md, "Evidence").

Nothing here needs the whole log: an edit needs its target, the log's few landmarks and the messages right before the
target; a promotion the event of its row; a compaction the window that the worker holds already.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from chatcore.domain.chat.events import (
    ContextCleared,
    ContextCompacted,
    Event,
    HistoryTruncated,
    MessageAdded,
    MessageQueued,
)
from chatcore.domain.chat.evidence import EditTarget, Promotion, Replay
from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.window import prompt_window, unanswered
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import Seq

LogRow: TypeAlias = tuple[Seq, Event]
"""An event of a log and its number."""

LANDMARK_TYPES: Final = frozenset({HistoryTruncated.TYPE, ContextCompacted.TYPE, ContextCleared.TYPE})
"""Events that cut the history or close a part of it off; `landmarks` of the store port reads them by an index."""


def edit_target(
    target: LogRow | None, landmarks: Sequence[LogRow], messages_before: Sequence[LogRow]
) -> EditTarget | None:
    """What an edit has to know of the message that it replaces. None if the row is not there or brings no message.

    target: the event whose seq is the message's id.
    landmarks: all landmarks of the log, oldest first (`landmarks(chat, after=0)`).
    messages_before: the newest `message_added` before the target, oldest first, as many as `is_far_enough` asks for.

    Everything between the newest truncation before the target and the target survives if the target does, and what
    survived that truncation is written in it; so nothing older has to be read.
    """
    if target is None:
        return None
    seq, event = target
    if not isinstance(event, MessageAdded):
        return None
    return EditTarget(
        role=event.role,
        visibility=event.visibility,
        alive=not any(cuts.from_seq <= seq < at for at, cuts in _truncations(landmarks)),
        boundary=_boundary_before(seq, landmarks),
        answered=_answered_before(seq, landmarks, messages_before),
        model_id=event.model_id,
        effort=event.effort,
    )


def is_far_enough(target_seq: Seq, landmarks: Sequence[LogRow], messages_before: Sequence[LogRow]) -> bool:
    """Whether `messages_before` goes back as far as `edit_target` needs, if the log holds more messages before them.

    It does as soon as it holds an answer, or goes back to the newest truncation before the target.
    """
    if any(_is_answer(event) for _, event in messages_before):
        return True
    truncated_at = max((at for at, _ in _truncations(landmarks) if at < target_seq), default=0)
    return bool(messages_before) and messages_before[0][0] < truncated_at


def promotion(row: LogRow, model_id: str | None) -> Promotion:
    """The words of a queue row, with the model that will answer them. `row` is the event whose seq is the row's id.

    Raises: Corrupt, the event queues no message, although the head says so.
    """
    seq, event = row
    if not isinstance(event, MessageQueued):
        raise Corrupt(f"the queue names event {seq}, which is {event.TYPE}, not message_queued")
    return Promotion(queued_id=seq, content=event.content, model_id=model_id)


def replays(messages: Iterable[Message], boundary: Seq | None) -> tuple[Replay, ...]:
    """The user's messages that a compaction must repeat: those of the prompt window without a later final answer.

    messages: the surviving transcript, or any end of it that begins at or before the boundary.
    boundary: the head's.

    A message that an earlier compaction repeated is repeated under the number of the one that the user sees.
    """
    return tuple(
        Replay(
            message_id=message.replay_of or message.id,
            content=message.content,
            model_id=message.model_id,
            effort=message.effort,
            created_by=message.created_by,
        )
        for message in unanswered(prompt_window(messages, boundary))
    )


def _truncations(landmarks: Iterable[LogRow]) -> Iterable[tuple[Seq, HistoryTruncated]]:
    return ((at, event) for at, event in landmarks if isinstance(event, HistoryTruncated))


def _boundary_before(seq: Seq, landmarks: Sequence[LogRow]) -> Seq | None:
    before = [row for row in landmarks if row[0] < seq]
    if not before:
        return None
    at, newest = before[-1]
    return newest.boundary if isinstance(newest, HistoryTruncated) else at


def _answered_before(seq: Seq, landmarks: Sequence[LogRow], messages_before: Sequence[LogRow]) -> Seq | None:
    truncated_at, survived = 0, None
    for at, cuts in _truncations(landmarks):
        if at < seq:
            truncated_at, survived = at, cuts.answered
    answers = [at for at, event in messages_before if at > truncated_at and _is_answer(event)]
    return answers[-1] if answers else survived


def _is_answer(event: Event) -> bool:
    return isinstance(event, MessageAdded) and event.role is Role.ASSISTANT and event.visibility is Visibility.BOTH
