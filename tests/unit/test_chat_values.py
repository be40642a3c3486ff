"""What commands carry arrives in events, heads and details; what is too long is refused."""

from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from chatcore.domain.chat import commands as c
from chatcore.domain.chat import events as e
from chatcore.domain.chat.rejections import InvalidMessage, ValueTooLarge
from chatcore.domain.chat.states import CommandKey
from chatcore.domain.chat.values import ChatError, ClientType, ReleaseReason, TitleSource
from chatcore.domain.content.messages import Effort, NewMessage, Role, Visibility
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.user_rejections import ContentRequired, ContentTooLarge
from chatcore.domain.ids import ID_BYTES_MAX, ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText
from chatcore.domain.limits import (
    LABEL_BYTES_MAX,
    LABELS_MAX,
    MODEL_ID_BYTES_MAX,
    REASON_BYTES_MAX,
    SUMMARY_BYTES_MAX,
    SYSTEM_MESSAGES_MAX,
    TITLE_BYTES_MAX,
    TOOL_CALL_ID_BYTES_MAX,
    USER_MESSAGE_BYTES_MAX,
)
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import (
    CLIENT_CALL,
    FAILURE,
    LOCAL_CALL,
    OWNER,
    Calls,
    words,
)
from chatcore.testing.standard_commands import standard_command
from chatcore.testing.trying import at, messages_of, refused

LONG_ID: Final = "i" * (ID_BYTES_MAX + 1)
LONG_MODEL: Final = "m" * (MODEL_ID_BYTES_MAX + 1)
LONG_CALL: Final = "c" * (TOOL_CALL_ID_BYTES_MAX + 1)
MUCH: Final = (TextPart(text="x" * (USER_MESSAGE_BYTES_MAX + 1)),)
QUESTION: Final = NewMessage(role=Role.USER, content=words("q"))
EDIT: Final = c.EditMessage(message_id=3, content=words("x"), created_by=OWNER, target=None)
COMPACTION: Final = c.CommitCompaction(
    summary="s", prefix="", call_id="c", threshold_percent=70, usage_percent=80.0, context_tokens=80, context_limit=100
)


def no_chat() -> ChatLog:
    return ChatLog(chat_id=ChatId("chat"))


@pytest.mark.spec("2.5", "2.6")
def test_a_new_chat_holds_what_it_was_given() -> None:
    """Owner, client, family, title, labels, workspace, settings and messages, in that order."""
    question = NewMessage(
        role=Role.USER,
        content=words("q"),
        visibility=Visibility.USER,
        model_id="model-1",
        effort=Effort.HIGH,
        created_by=OWNER,
    )
    create = c.Create(
        owner_id=OWNER,
        messages=(question,),
        client_type=ClientType.API,
        parent_id=ChatId("p"),
        root_id=ChatId("r"),
        title="  a title ",
        title_source=TitleSource.GENERATED,
        labels=(("b", "2"), ("a", "1")),
        settings=c.Settings(plan_mode=True),
        workspace_id="w",
    )
    chat = no_chat()

    assert chat.do(create) == (
        e.ChatCreated(owner_id=OWNER, parent_id=ChatId("p"), root_id=ChatId("r"), client_type=ClientType.API),
        e.TitleChanged(title="a title", source=TitleSource.GENERATED),
        e.LabelsChanged(labels=(("a", "1"), ("b", "2"))),
        e.WorkspaceBound(workspace_id="w"),
        e.SettingsChanged(plan_mode=True),
        e.MessageAdded(
            role=Role.USER,
            content=words("q"),
            visibility=Visibility.USER,
            model_id="model-1",
            effort=Effort.HIGH,
            created_by=OWNER,
        ),
    )
    assert no_chat().do(c.Create(owner_id=OWNER, messages=(question,)))[0] == e.ChatCreated(owner_id=OWNER)


def test_a_chat_that_cannot_begin_so_is_refused() -> None:
    """Without messages, with an answer among them, with a compressed one, or with too many system messages."""
    user = NewMessage(role=Role.USER, content=words("q"))
    system = NewMessage(role=Role.SYSTEM, content=words("s"))

    def refusal(*messages: NewMessage) -> str:
        return type(refused(no_chat(), c.Create(owner_id=OWNER, messages=messages))).__name__

    assert refusal() == InvalidMessage.__name__
    for role in (Role.ASSISTANT, Role.TOOL):
        assert refusal(user, evolve(user, role=role)) == InvalidMessage.__name__
    assert refusal(evolve(user, compressed=True)) == InvalidMessage.__name__
    assert refusal(evolve(user, content=())) == ContentRequired.__name__
    assert refusal(user, *[system] * (SYSTEM_MESSAGES_MAX + 1)) == ValueTooLarge.__name__
    no_chat().do(c.Create(owner_id=OWNER, messages=(user, *[system] * SYSTEM_MESSAGES_MAX)))
    chat = at("A0")
    for suffix in (system, evolve(user, role=Role.ASSISTANT)):
        complete = standard_command(CommandKey.COMPLETE_REQUIRES_ACTION, chat)
        assert isinstance(complete, c.CompleteRequiresAction)
        assert isinstance(refused(chat, evolve(complete, suffix=(suffix,))), InvalidMessage)


TOO_LONG: Final = [
    ("N", c.Create(owner_id=UserId(LONG_ID), messages=(QUESTION,)), "the owner id (bytes)"),
    ("N", c.Create(owner_id=OWNER, messages=(evolve(QUESTION, model_id=LONG_MODEL),)), "the model id (bytes)"),
    ("N", c.Create(owner_id=OWNER, messages=(evolve(QUESTION, created_by=UserId(LONG_ID)),)), "created_by (bytes)"),
    ("N", c.Create(owner_id=OWNER, messages=(QUESTION,), title="x" * 1_025), "the title (bytes)"),
    ("W", c.SendMessage(content=words("x"), created_by=UserId(LONG_ID)), "created_by (bytes)"),
    ("W", c.SendMessage(content=words("x"), created_by=OWNER, model_id=LONG_MODEL), "the model id (bytes)"),
    ("W", evolve(EDIT, created_by=UserId(LONG_ID)), "created_by (bytes)"),
    ("W", evolve(EDIT, model_id=LONG_MODEL), "the model id (bytes)"),
    ("W", c.ClearContext(call_id=LONG_CALL), "the call id (bytes)"),
    ("R0", c.Interrupt(reason="r" * (REASON_BYTES_MAX + 1)), "the reason (bytes)"),
    ("R0", c.Acquire(worker_id=WorkerId(LONG_ID), runner_id=RunnerId("r")), "the worker id (bytes)"),
    ("R0", c.Acquire(worker_id=WorkerId("w"), runner_id=RunnerId(LONG_ID)), "the runner id (bytes)"),
    ("R0", c.CommitAnswer(content=words("x"), model_id=LONG_MODEL), "the model id (bytes)"),
    ("R0", c.CommitSalvage(content=words("x"), model_id=LONG_MODEL), "the model id (bytes)"),
    ("R0", evolve(COMPACTION, summary="s" * (SUMMARY_BYTES_MAX + 1)), "the summary (bytes)"),
    ("R0", evolve(COMPACTION, call_id=LONG_CALL), "the call id (bytes)"),
    ("I0", c.FinishInterruption(model_id=LONG_MODEL), "the model id (bytes)"),
    ("W", c.ChangeTitle(title="t" * (TITLE_BYTES_MAX + 1)), "the title (bytes)"),
    ("W", c.ChangeLabels(labels=tuple((f"{number}", "") for number in range(LABELS_MAX + 1))), "the number of labels"),
    ("W", c.ChangeLabels(labels=(("n" * (LABEL_BYTES_MAX + 1), ""),)), "a label (bytes)"),
    ("W", c.ChangeLabels(labels=(("", "v" * (LABEL_BYTES_MAX + 1)),)), "a label (bytes)"),
    ("W", c.BindWorkspace(workspace_id=LONG_ID), "a workspace id (bytes)"),
    ("W", c.BindWorkspace(build_id=LONG_ID), "a workspace id (bytes)"),
    ("W", c.BindWorkspace(agent_id=LONG_ID), "a workspace id (bytes)"),
    ("W", c.ChangeSettings(settings=c.Settings(model_id=LONG_MODEL)), "the model id (bytes)"),
    ("W", c.ChangeSummary(text="s" * (SUMMARY_BYTES_MAX + 1)), "the summary (bytes)"),
]
JUST_FITS: Final = [
    ("W", c.SendMessage(content=words("x"), created_by=UserId(LONG_ID[:-1]), model_id=LONG_MODEL[:-1])),
    ("W", c.ClearContext(call_id=LONG_CALL[:-1])),
    ("R0", c.Interrupt(reason="r" * REASON_BYTES_MAX)),
    ("W", c.ChangeTitle(title="t" * TITLE_BYTES_MAX)),
    ("W", c.ChangeLabels(labels=tuple((f"{number}", "") for number in range(LABELS_MAX)))),
    ("W", c.ChangeLabels(labels=(("n" * LABEL_BYTES_MAX, "v" * LABEL_BYTES_MAX),))),
    ("W", c.BindWorkspace(workspace_id=LONG_ID[:-1])),
    ("W", c.ChangeSummary(text="s" * SUMMARY_BYTES_MAX)),
]


def chat_for(state: str) -> ChatLog:
    return at(state, owned=state in ("R0", "I0"), calls=Calls.NONE)


@pytest.mark.parametrize(("state", "command", "what"), TOO_LONG)
def test_what_is_longer_than_it_may_be_is_refused(state: str, command: c.Command, what: str) -> None:
    """Ids, models, reasons, titles, labels and summaries have limits; the refusal names the field, size and limit."""
    refusal = refused(chat_for(state), command)

    assert isinstance(refusal, ValueTooLarge)
    assert (what, refusal.size_max + 1) == (refusal.what, refusal.size)
    assert what in str(refusal)


@pytest.mark.parametrize(("state", "command"), JUST_FITS, ids=lambda value: type(value).__name__)
def test_what_is_as_long_as_it_may_be_is_taken(state: str, command: c.Command) -> None:
    """Limits are the largest values that are allowed."""
    chat_for(state).do(command)


def test_a_message_has_words_and_not_too_many() -> None:
    """Sent, edited or put behind another one: an empty and an overlong content are refused."""
    chat = at("W")
    question = next(message.id for message in chat.transcript() if message.role is Role.USER)
    target = chat.edit_target(question)
    for content, kind in (((), ContentRequired), (MUCH, ContentTooLarge)):
        suffix = (NewMessage(role=Role.USER, content=content),)
        for command in (
            c.SendMessage(content=content, created_by=OWNER),
            c.EditMessage(message_id=question, content=content, created_by=OWNER, target=target),
            c.EditMessage(message_id=question, content=words("x"), created_by=OWNER, target=target, suffix=suffix),
        ):
            refusal = refused(chat, command)
            assert isinstance(refusal, kind)
            if isinstance(refusal, ContentTooLarge):
                sizes = (refusal.size_bytes, refusal.size_bytes_max)
                assert (USER_MESSAGE_BYTES_MAX + 1, USER_MESSAGE_BYTES_MAX) == sizes
    chat.do(c.SendMessage(content=(TextPart(text="x" * USER_MESSAGE_BYTES_MAX),), created_by=OWNER))


@pytest.mark.spec("2.5", "4.6")
def test_a_retry_says_which_try_failed_and_when_the_next_one_comes() -> None:
    """The head shows it, without the detail; the next attempt counts on and forgets it."""
    chat = chat_for("R0")
    error = evolve(FAILURE, detail="secret-free details")

    (scheduled,) = chat.do(c.RecordRetryState(error=error, delay_ms=1_500, at=NOON))
    retry = chat.current.retry
    assert isinstance(scheduled, e.RetryScheduled)
    assert retry is not None
    for each in (scheduled, retry):
        assert (1, 1_500, NOON + timedelta(seconds=1.5)) == (each.attempt, each.delay_ms, each.retry_at)
        assert each.error == FAILURE
    assert chat.current.retry_version == chat.current.seq
    assert chat.do(c.RecordGenerationAttempt()) == (e.AttemptStarted(attempt=2),)
    assert (2, None, chat.current.seq) == (
        chat.current.generation_attempt,
        chat.current.retry,
        chat.current.retry_version,
    )


@pytest.mark.spec("2.8")
@pytest.mark.parametrize(
    "key", [CommandKey.CHANGE_TITLE, CommandKey.SEND_QUEUE, CommandKey.SPAWN_CHILD, CommandKey.ABANDON]
)
def test_a_retry_stays_until_the_work_moves_on(key: CommandKey) -> None:
    """What moves neither history nor attempt keeps it, and its version."""
    chat = chat_for("R0")
    chat.do(c.RecordRetryState(error=FAILURE, delay_ms=1, at=NOON))
    before = chat.current

    chat.do(standard_command(key, chat))
    assert (before.retry, before.retry_version) == (chat.current.retry, chat.current.retry_version)


@pytest.mark.spec("12.2")
def test_an_error_is_kept_whole_if_it_is_short() -> None:
    """Message, detail, kind, provider, code and whether another try helps."""
    error = ChatError(message="m", detail="d", kind="overloaded", provider="p", retryable=True, status_code=529)
    chat = chat_for("R0")

    assert chat.do(c.FinishError(error=error)) == (e.TurnFailed(error=error),)
    assert error == chat.current.last_error


@pytest.mark.spec("2.5")
def test_who_takes_gives_up_or_interrupts_is_told() -> None:
    """The events name worker, runner and reason."""
    chat = chat_for("R0")

    assert chat.copy().do(c.Interrupt(reason="enough")) == (e.InterruptRequested(reason="enough"),)
    assert chat.do(c.Abandon(reason=ReleaseReason.SHUTDOWN)) == (e.Released(reason=ReleaseReason.SHUTDOWN),)
    take = c.Acquire(worker_id=WorkerId("w"), runner_id=RunnerId("r"))
    assert chat.do(take) == (e.Acquired(worker_id=WorkerId("w"), runner_id=RunnerId("r")),)


@pytest.mark.spec("2.5", "4.3")
def test_a_step_arrives_as_it_was_committed() -> None:
    """Content, model, effort, usage and the client's calls; without a model it is the chat's."""
    chat = chat_for("R0")
    content = (*words("so"), LOCAL_CALL, CLIENT_CALL)

    (answer,) = messages_of(
        chat.copy().do(
            c.CommitAnswer(content=content, model_id="model-5", effort=Effort.MAX, dynamic=(CLIENT_CALL.tool_call_id,))
        )
    )
    expected = e.MessageAdded(
        role=Role.ASSISTANT,
        content=content,
        model_id="model-5",
        effort=Effort.MAX,
        dynamic=(CLIENT_CALL.tool_call_id,),
    )
    assert expected == answer
    (answer,) = messages_of(chat.do(c.CommitAnswer(content=words("x"))))
    assert answer.model_id == chat.current.model_id == "model-1"


@pytest.mark.spec("2.5")
@pytest.mark.parametrize("key", [CommandKey.COMMIT_SALVAGE, CommandKey.FINISH_INTERRUPTION])
def test_a_reply_that_was_cut_short_names_its_model(key: CommandKey) -> None:
    """The one given, else the chat's."""
    state = "R0" if key is CommandKey.COMMIT_SALVAGE else "I0"
    for model, expected in (("model-5", "model-5"), (None, "model-1")):
        chat = chat_for(state)
        command = standard_command(key, chat)
        assert isinstance(command, c.CommitSalvage | c.FinishInterruption)
        partial = messages_of(chat.do(evolve(command, model_id=model)))[0]
        assert (expected, True) == (partial.model_id, partial.partial)


def test_the_results_of_our_tools_arrive_as_they_came() -> None:
    """Result, whether it is an error, whether it is media."""
    for is_error, is_media in ((True, False), (False, True)):
        chat = at("R0", owned=True, calls=Calls.LOCAL)
        result = c.CallResult(
            call_id=LOCAL_CALL.tool_call_id, result=JsonText("[1]"), is_error=is_error, is_media=is_media
        )
        (message,) = messages_of(chat.do(c.CommitResults(results=(result,))))
        (part,) = message.content
        assert ("[1]", is_error, is_media, "execute") == (
            getattr(part, "result", None),
            getattr(part, "is_error", None),
            getattr(part, "is_media", None),
            getattr(part, "tool_name", None),
        )
