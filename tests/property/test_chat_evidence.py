"""Evidence read from a few events says the same as the whole log (events.md, "Evidence")."""

import pytest
from hypothesis import given

from chatcore.domain.chat.events import (
    ContextCleared,
    ContextCompacted,
    HistoryTruncated,
    MessageAdded,
    MessageQueued,
    TurnFinished,
)
from chatcore.domain.chat.evidence import EditTarget, Promotion
from chatcore.domain.chat.evidence_of import LANDMARK_TYPES, LogRow, edit_target, is_far_enough, promotion, replays
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.window import prompt_window, unanswered
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import Seq
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.strategies.logs import chat_logs


def whole_log_says(chat: ChatLog, message_id: Seq) -> EditTarget:
    """The same by definition: what survives of the whole log before the target."""
    rows = chat.rows()
    event = rows[message_id - 1][1]
    assert isinstance(event, MessageAdded)
    cuts = [(at, each.from_seq) for at, each in rows if isinstance(each, HistoryTruncated)]

    def survives(seq: Seq) -> bool:
        return not any(start <= seq < at for at, start in cuts)

    before = [(seq, each) for seq, each in rows[: message_id - 1] if survives(seq)]
    boundaries = [seq for seq, each in before if isinstance(each, ContextCompacted | ContextCleared)]
    answers = [seq for seq, each in before if is_answer((seq, each))]
    return EditTarget(
        role=event.role,
        visibility=event.visibility,
        alive=survives(message_id),
        boundary=max(boundaries, default=None),
        answered=max(answers, default=None),
        model_id=event.model_id,
        effort=event.effort,
    )


def is_answer(row: LogRow) -> bool:
    event = row[1]
    return isinstance(event, MessageAdded) and event.role is Role.ASSISTANT and event.visibility is Visibility.BOTH


@pytest.mark.spec("2.5", "3.5", "events")
@given(chat_logs(appends_max=20))
def test_a_few_events_tell_of_an_edits_target_what_the_whole_log_does(chat: ChatLog) -> None:
    """The shortest run of messages that `is_far_enough` asks for gives what the whole log gives of a live target."""
    rows = chat.rows()
    landmarks = [row for row in rows if row[1].TYPE in LANDMARK_TYPES]
    messages = [row for row in rows if isinstance(row[1], MessageAdded)]
    for place, target in enumerate(messages):
        earlier = messages[:place]
        lengths = range(len(earlier) + 1)
        length = next((n for n in lengths if is_far_enough(target[0], landmarks, earlier[place - n :])), place)
        found = edit_target(target, landmarks, earlier[place - length :])

        expected = whole_log_says(chat, target[0])
        assert found is not None
        assert expected.alive is found.alive
        if expected.alive:
            assert expected == found
        else:
            assert (expected.role, expected.visibility) == (found.role, found.visibility)


@given(chat_logs())
def test_only_messages_can_be_edited(chat: ChatLog) -> None:
    """A seq of another event, or beyond the log, is no message of the chat."""
    for seq, event in chat.rows():
        assert (chat.edit_target(seq) is not None) is isinstance(event, MessageAdded)
    for seq in (-1, 0, len(chat.events) + 1):
        assert chat.edit_target(seq) is None
    assert edit_target(None, [], []) is None


@given(chat_logs(appends_max=20))
def test_a_compaction_repeats_what_is_unanswered_under_the_number_that_the_user_sees(chat: ChatLog) -> None:
    """Replays are the unanswered messages of the window, in order; each names a message that readers see."""
    transcript = chat.transcript()
    found = replays(transcript, chat.current.boundary)

    assert [message.content for message in unanswered(prompt_window(transcript, chat.current.boundary))] == [
        replay.content for replay in found
    ]
    for replay in found:
        said = chat.events[replay.message_id - 1]
        assert isinstance(said, MessageAdded)
        assert (said.visibility, said.content) == (Visibility.BOTH, replay.content)
        assert (said.model_id, said.effort, said.created_by) == (replay.model_id, replay.effort, replay.created_by)


@given(chat_logs(appends_max=20))
def test_a_promotion_holds_the_words_of_its_row(chat: ChatLog) -> None:
    """Every waiting row can be said: its event has the words; any other event is a broken log."""
    for row in chat.current.queue:
        queued = chat.events[row.id - 1]
        assert isinstance(queued, MessageQueued)
        expected = Promotion(queued_id=row.id, content=queued.content, model_id="model")
        assert expected == promotion((row.id, queued), "model")
    with pytest.raises(Corrupt, match="not message_queued"):
        promotion((1, TurnFinished()), None)
