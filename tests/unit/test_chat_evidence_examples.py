"""What an edit is told in histories with boundaries, answers and earlier edits (events.md, "Evidence")."""

from typing import Final

import pytest

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.events import MessageAdded
from chatcore.domain.chat.evidence import EditTarget
from chatcore.domain.chat.evidence_of import LANDMARK_TYPES, LogRow, edit_target, is_far_enough
from chatcore.domain.content.messages import Effort
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, Seq
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.situations import OWNER, acquire, create, send, words

ANSWER: Final = "answer"


def chat_of(*steps: str) -> ChatLog:
    """A chat that begins with a question and goes through these steps: say and answer, clear, or edit a message."""
    chat = ChatLog(chat_id=ChatId("chat"))
    chat.do(create())
    rest(chat)
    for step in steps:
        if step == "clear":
            chat.do(c.ClearContext(call_id=f"chat_cleared_{chat.current.seq}"))
        elif step.startswith("edit "):
            edit(chat, step.removeprefix("edit "))
        else:
            chat.do(send(step))
            rest(chat, silent=step.endswith("?!"))
    return chat


def rest(chat: ChatLog, *, silent: bool = False) -> None:
    chat.do(acquire())
    chat.do(*(() if silent else (c.CommitAnswer(content=words(ANSWER)),)), c.FinishTurn())


def edit(chat: ChatLog, said: str) -> None:
    target = seq_of(chat, said)
    command = c.EditMessage(
        message_id=target, content=words(f"{said}*"), created_by=OWNER, target=chat.edit_target(target)
    )
    chat.do(command)
    rest(chat)


def seq_of(chat: ChatLog, said: str) -> Seq:
    """The newest message with these words."""
    return max(message.id for message in chat.transcript() if message.content == (TextPart(text=said),))


def newest(chat: ChatLog, kind: str) -> Seq:
    """The newest event of this type."""
    return max(seq for seq, event in chat.rows() if event.TYPE == kind)


def last_answer_before(chat: ChatLog, seq: Seq) -> Seq:
    return max(message.id for message in chat.transcript() if message.content == words(ANSWER) and message.id < seq)


def told(chat: ChatLog, said: str) -> EditTarget:
    found = chat.edit_target(seq_of(chat, said))
    assert found is not None
    return found


@pytest.mark.spec("2.5", "events")
def test_the_boundary_before_the_target_is_the_newest_that_survives() -> None:
    """Boundaries behind the target do not count, nor do those that an edit cut off."""
    chat = chat_of("one", "clear", "two", "clear", "three")
    boundaries = [seq for seq, event in chat.rows() if event.TYPE == "context_cleared"]

    assert [None, boundaries[0], boundaries[1]] == [told(chat, said).boundary for said in ("one", "two", "three")]
    edit(chat, "two")
    assert told(chat, "two*").boundary == boundaries[0] == chat.current.boundary
    chat.do(send("four"))
    assert told(chat, "four").boundary == boundaries[0]


@pytest.mark.spec("2.5", "events")
def test_the_answer_before_the_target_is_the_newest_that_survives() -> None:
    """Answers behind the target do not count; what an earlier edit left is read from its truncation."""
    chat = chat_of("one", "two?!", "three")
    answers = [message.id for message in chat.transcript() if message.content == words(ANSWER)]

    assert [None, answers[0], answers[1], answers[1]] == [
        told(chat, said).answered for said in ("question", "one", "two?!", "three")
    ]
    edit(chat, "two?!")
    assert told(chat, "two?!*").answered == answers[1]
    edit(chat, "one")
    assert told(chat, "one*").answered == answers[0]
    edit(chat, "question")
    assert told(chat, "question*").answered is None


@pytest.mark.spec("2.5")
def test_what_an_edit_cut_off_is_dead_and_what_it_left_is_alive() -> None:
    """The target itself, all behind it, and nothing before it or after the edit."""
    chat = chat_of("one", "two", "three")
    one, two, three = (seq_of(chat, said) for said in ("one", "two", "three"))
    edit(chat, "two")
    new = seq_of(chat, "two*")

    found = [chat.edit_target(seq) for seq in (one, two, three, new)]
    assert [True, False, False, True] == [target.alive for target in found if target is not None]


def test_the_targets_own_model_and_effort_are_told() -> None:
    """So that the edit can keep them."""
    chat = chat_of()
    chat.do(c.SendMessage(content=words("x"), created_by=OWNER, model_id="model-7", effort=Effort.LOW))

    assert ("model-7", Effort.LOW) == (told(chat, "x").model_id, told(chat, "x").effort)


def test_reading_goes_back_to_an_answer_or_to_a_truncation_and_no_further() -> None:
    """Nothing is read in vain: an answer is enough at once, and so is the message before the newest truncation."""
    chat = chat_of("one", "two?!", "edit two?!", "three?!", "four?!")
    rows = chat.rows()
    landmarks = [row for row in rows if row[1].TYPE in LANDMARK_TYPES]
    target = seq_of(chat, "four?!")
    before = [row for row in rows[: target - 1] if isinstance(row[1], MessageAdded)]
    truncated_at = newest(chat, "history_truncated")

    def enough(page: list[LogRow]) -> bool:
        return is_far_enough(target, landmarks, page)

    assert not enough([])
    silent = [row for row in before if row[0] > last_answer_before(chat, target)]
    assert silent
    assert not enough(silent)
    assert enough(before[-len(silent) - 1 :])
    questions = [row for row in before if row[0] > truncated_at and rows[row[0] - 1][1] == row[1]][:1]
    assert not enough(questions)
    last_before_truncation = [row for row in before if row[0] < truncated_at and not is_answered(row)][-1:]
    assert enough([*last_before_truncation, *questions])
    assert edit_target(rows[target - 1], landmarks, before) == chat.edit_target(target)


def is_answered(row: LogRow) -> bool:
    return isinstance(row[1], MessageAdded) and row[1].content == words(ANSWER)
