"""Editing a message (chat-core 2.5, 3.5)."""

import pytest
from attrs import evolve

from chatcore.domain.chat import commands as c
from chatcore.domain.chat import events as e
from chatcore.domain.chat.rejections import (
    EditedMessageNotUser,
    MessageNotFound,
    Rejection,
)
from chatcore.domain.chat.states import CommandKey
from chatcore.domain.chat.values import ContextUsage, QueueRemoval, TurnCause
from chatcore.domain.content.messages import Effort, NewMessage, Role, Usage, Visibility
from chatcore.domain.ids import ChatId
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.situations import (
    OWNER,
    Calls,
    acquire,
    words,
)
from chatcore.testing.standard_commands import standard_command
from chatcore.testing.trying import at, messages_of, refused


@pytest.mark.spec("2.5", "3.5")
def test_an_edit_cuts_the_history_and_empties_the_queue() -> None:
    """Everything from the target on leaves the history and every waiting message the queue; the model stays."""
    chat = at("R1", rows=2, owned=True, calls=Calls.BOTH)
    question = next(message for message in chat.transcript() if message.role is Role.USER)
    rows = tuple(row.id for row in chat.current.queue)
    suffix = (NewMessage(role=Role.USER, content=words("note"), visibility=Visibility.MODEL),)

    events = chat.do(
        c.EditMessage(
            message_id=question.id,
            content=words("better"),
            created_by=OWNER,
            target=chat.edit_target(question.id),
            suffix=suffix,
        )
    )
    assert events[0] == e.HistoryTruncated(from_seq=question.id)
    assert events[1] == e.QueueRemoved(ids=rows, reason=QueueRemoval.EDITED)
    replacement, note = messages_of(events)
    assert (words("better"), "model-1", OWNER, Visibility.BOTH) == (
        replacement.content,
        replacement.model_id,
        replacement.created_by,
        replacement.visibility,
    )
    assert (words("note"), Visibility.MODEL) == (note.content, note.visibility)
    assert e.TurnStarted(cause=TurnCause.EDITED) == events[-1]
    assert [words("be brief"), words("better"), words("note")] == [m.content for m in chat.transcript()]
    assert ((), (), None, "runner-2", 1) == (
        chat.current.queue,
        chat.current.pending,
        chat.current.answered,
        chat.current.runner_id,
        chat.current.generation_attempt,
    )


@pytest.mark.spec("2.5", "3.5")
def test_an_edit_can_change_model_and_effort() -> None:
    """What the edit names wins over what the target had."""
    chat = at("W")
    question = next(message for message in chat.transcript() if message.role is Role.USER)
    target = chat.edit_target(question.id)
    assert target is not None

    (replacement,) = messages_of(
        chat.copy().do(
            c.EditMessage(
                message_id=question.id,
                content=words("x"),
                created_by=OWNER,
                target=target,
                model_id="model-9",
                effort=Effort.MAX,
            )
        )
    )
    assert ("model-9", Effort.MAX) == (replacement.model_id, replacement.effort)
    kept = evolve(target, effort=Effort.LOW)
    edit = c.EditMessage(message_id=question.id, content=words("x"), created_by=OWNER, target=kept)
    (replacement,) = messages_of(chat.do(edit))
    assert ("model-1", Effort.LOW) == (replacement.model_id, replacement.effort)


@pytest.mark.spec("2.5")
def test_only_a_users_visible_living_message_can_be_edited() -> None:
    """Others' messages are `edited_message_not_user`; unknown, hidden and cut-off ones are `message_not_found`."""
    chat = at("W")
    system, question, answer = chat.transcript()

    def edit(message_id: int) -> Rejection:
        target = chat.edit_target(message_id)
        return refused(chat, c.EditMessage(message_id=message_id, content=words("x"), created_by=OWNER, target=target))

    not_user = edit(answer.id)
    assert isinstance(not_user, EditedMessageNotUser)
    assert (answer.id, "edited_message_not_user") == (not_user.message_id, not_user.code)
    for missing in (0, 1, system.id, 999):
        refusal = edit(missing)
        assert isinstance(refusal, MessageNotFound)
        assert (missing, "message_not_found") == (refusal.message_id, refusal.code)
    chat.do(standard_command(CommandKey.EDIT_MESSAGE, chat))
    assert isinstance(edit(question.id), MessageNotFound)


@pytest.mark.spec("2.5", "events")
def test_an_edit_cuts_system_messages_behind_its_target() -> None:
    """Those before it stay, and usage that was counted on the old history is forgotten."""
    chat = ChatLog(chat_id=ChatId("chat"))
    before, question, behind = (
        NewMessage(role=role, content=words(text))
        for role, text in ((Role.SYSTEM, "first"), (Role.USER, "question"), (Role.SYSTEM, "second"))
    )
    chat.do(c.Create(owner_id=OWNER, messages=(before, question, behind)))
    chat.do(acquire())
    chat.do(c.CommitAnswer(content=words("x"), usage=Usage(input_tokens=7), context_limit=9))
    assert ((2, 4), ContextUsage(context_tokens=7, context_limit=9)) == (chat.current.system, chat.current.usage)

    chat.do(c.EditMessage(message_id=3, content=words("y"), created_by=OWNER, target=chat.edit_target(3)))
    assert ((2,), None) == (chat.current.system, chat.current.usage)
