"""The head stays small whatever is put into it (events.md, bounds of the head)."""

import json
from typing import Final

import pytest

from chatcore.adapters.fast_json import ORJSON_CODEC
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.rejections import InvalidStep, QueueFull, ValueTooLarge
from chatcore.domain.chat.values import ChatError
from chatcore.domain.content.messages import Effort, NewMessage, Role, Usage, Visibility
from chatcore.domain.content.parts import ToolCallPart
from chatcore.domain.ids import ID_BYTES_MAX, ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.limits import (
    HEAD_BYTES_MAX,
    MODEL_ID_BYTES_MAX,
    QUEUE_LENGTH_MAX,
    SYSTEM_MESSAGES_MAX,
    TOOL_CALL_ID_BYTES_MAX,
    TOOL_CALLS_PER_STEP_MAX,
    TOOL_NAME_BYTES_MAX,
)
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.situations import words

CHARACTERS: Final = ("x", "\x00", '"', "é", "€", "😀", "\u2028")
"""Of one to four bytes in UTF-8, and up to six as JSON."""
CODEC: Final = Codec()


def longest(character: str, bytes_max: int, *, ends_with: str = "") -> str:
    """The longest such text that takes at most `bytes_max` bytes as JSON, quotes not counted."""
    size = len(json.dumps(character, ensure_ascii=False).encode()) - 2
    return character * ((bytes_max - len(ends_with)) // size) + ends_with


def bytes_of(chat: ChatLog) -> int:
    return len(CODEC.encode_head(chat.current).encode())


def opened(character: str) -> ChatLog:
    """A chat with a long owner, long family ids and as many system messages as may be."""
    chat = ChatLog(chat_id=ChatId("chat"))
    system = [NewMessage(role=Role.SYSTEM, content=words("x"), visibility=Visibility.MODEL)] * SYSTEM_MESSAGES_MAX
    question = NewMessage(role=Role.USER, content=words("x"), model_id=longest(character, MODEL_ID_BYTES_MAX))
    owner = UserId(longest(character, ID_BYTES_MAX))
    family = ChatId("c" * 36)
    messages = (*system, question)
    chat.do(c.Create(owner_id=owner, messages=messages, parent_id=family, root_id=family))
    return chat


def acquire(character: str) -> c.Acquire:
    long_id = longest(character, ID_BYTES_MAX)
    return c.Acquire(worker_id=WorkerId(long_id), runner_id=RunnerId(long_id))


def long_send(character: str) -> c.SendMessage:
    return c.SendMessage(
        content=words("x"),
        created_by=UserId(longest(character, ID_BYTES_MAX)),
        model_id=longest(character, MODEL_ID_BYTES_MAX),
        effort=Effort.MINIMAL,
    )


def long_call(character: str, number: int) -> ToolCallPart:
    return ToolCallPart(
        tool_call_id=longest(character, TOOL_CALL_ID_BYTES_MAX - 2, ends_with=f"{number:03}"),
        tool_name=longest(character, TOOL_NAME_BYTES_MAX - 2),
    )


def long_error(character: str) -> ChatError:
    """Longer than may be kept; it is cut."""
    text = character * 5_000
    return ChatError(message=text, detail=text, kind=text, provider=text, retryable=True, status_code=599)


@pytest.mark.spec("architecture-3", "events")
@pytest.mark.parametrize("character", CHARACTERS)
def test_the_longest_head_fits(character: str) -> None:
    """Everything at its limit at once: queue, open calls, system messages, retry, owner, ids; it still fits."""
    chat = opened(character)
    chat.do(acquire(character))
    calls = tuple(long_call(character, number) for number in range(TOOL_CALLS_PER_STEP_MAX))
    usage = Usage(input_tokens=2**53)
    chat.do(c.CommitAnswer(content=calls, usage=usage, context_limit=2**53))
    for _ in range(QUEUE_LENGTH_MAX):
        chat.do(long_send(character))
    chat.do(acquire(character))
    chat.do(c.RecordRetryState(error=long_error(character), delay_ms=2**31, at=NOON))

    head = chat.current
    assert (TOOL_CALLS_PER_STEP_MAX, QUEUE_LENGTH_MAX, SYSTEM_MESSAGES_MAX) == (
        len(head.pending),
        len(head.queue),
        len(head.system),
    )
    assert all(call.orphaned for call in head.pending)
    assert head.retry is not None
    # What the log above cannot make at once: an error beside the calls.
    spare = HEAD_BYTES_MAX - bytes_of(chat)
    assert spare >= 3 * 1024
    assert CODEC.encode_head(head) == ORJSON_CODEC.encode_head(head)


@pytest.mark.spec("events")
@pytest.mark.parametrize("character", CHARACTERS)
def test_an_error_takes_no_more_room_than_it_may(character: str) -> None:
    """last_error is cut to 2 KiB and a retry to 1 KiB of JSON, whatever the characters."""
    chat = opened(character)
    chat.do(acquire(character))
    before = bytes_of(chat)

    chat.do(c.RecordRetryState(error=long_error(character), delay_ms=2**31, at=NOON))
    assert 0 < bytes_of(chat) - before <= 1024
    chat.do(c.FinishError(error=long_error(character)))
    assert chat.current.retry is None
    assert 1024 < bytes_of(chat) - before <= 2048


@pytest.mark.spec("events")
def test_an_ordinary_head_takes_half_a_kilobyte() -> None:
    """A chat in the middle of an ordinary turn has a head of less than 0.7 KB."""
    chat = ChatLog(chat_id=ChatId("chat"))
    uuid = "01956a3c-7b1e-7c3a-9f4e-0123456789ab"
    question = NewMessage(role=Role.USER, content=words("x" * 5_000), created_by=UserId(uuid), model_id=uuid)
    chat.do(c.Create(owner_id=UserId(uuid), messages=(question,)))
    chat.do(c.Acquire(worker_id=WorkerId(uuid), runner_id=RunnerId(uuid)))
    call = ToolCallPart(tool_call_id=f"call_{uuid}", tool_name="execute")
    chat.do(c.CommitAnswer(content=(call,), usage=Usage(input_tokens=100_000), context_limit=200_000))

    assert 300 <= bytes_of(chat) <= 700


def test_what_would_not_fit_is_refused() -> None:
    """One byte, call or row more than may be is refused, and nothing changes."""
    chat = opened("x")
    chat.do(acquire("x"))
    before = CODEC.encode_head(chat.current)
    too_many = tuple(long_call("x", number) for number in range(TOOL_CALLS_PER_STEP_MAX + 1))
    long_name = ToolCallPart(tool_call_id="a", tool_name="n" * (TOOL_NAME_BYTES_MAX - 1))
    long_id = ToolCallPart(tool_call_id="i" * (TOOL_CALL_ID_BYTES_MAX - 1), tool_name="n")

    for content in (too_many, (long_name,), (long_id,)):
        with pytest.raises(InvalidStep):
            chat.do(c.CommitAnswer(content=content))
    for character in CHARACTERS:
        worker = WorkerId(longest(character, ID_BYTES_MAX) + character)
        with pytest.raises(ValueTooLarge, match=f"at most {ID_BYTES_MAX}"):
            chat.do(c.Acquire(worker_id=worker, runner_id=RunnerId("r")))
        model = longest(character, MODEL_ID_BYTES_MAX) + character
        with pytest.raises(ValueTooLarge, match=f"at most {MODEL_ID_BYTES_MAX}"):
            chat.do(c.ChangeSettings(settings=c.Settings(model_id=model)))
    assert before == CODEC.encode_head(chat.current)


@pytest.mark.spec("3.1", "3.6.3")
def test_a_full_queue_takes_no_more() -> None:
    """With 20 messages waiting, one more is refused with the limit, whatever it asks for, and nothing changes."""
    chat = opened("x")
    for _ in range(QUEUE_LENGTH_MAX):
        chat.do(long_send("x"))
    before = CODEC.encode_head(chat.current)

    for behavior in c.Behavior:
        with pytest.raises(QueueFull, match=str(QUEUE_LENGTH_MAX)) as refusal:
            chat.do(c.SendMessage(content=words("x"), created_by=UserId("u"), behavior=behavior))
        assert (QUEUE_LENGTH_MAX, "message_queue_full") == (refusal.value.length_max, refusal.value.code)
    assert before == CODEC.encode_head(chat.current)
    chat.do(acquire("x"))
    chat.do(c.FinishError(error=long_error("x")))
    with pytest.raises(QueueFull):
        chat.do(c.SendMessage(content=words("x"), created_by=UserId("u"), promotion=chat.first_promotion()))
