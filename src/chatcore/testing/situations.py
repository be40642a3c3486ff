"""A chat in every situation it can be in, reached by real commands: state, owner, waiting messages, open calls."""

from enum import StrEnum
from typing import Final

from attrs import frozen

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.states import ExecutionState as State
from chatcore.domain.chat.values import ChatError, ReleaseReason
from chatcore.domain.content.messages import NewMessage, Role, Usage, Visibility
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart
from chatcore.domain.ids import ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON

OWNER: Final = UserId("owner")
ROOT: Final = ChatId("root")
LOCAL_CALL: Final = ToolCallPart(tool_call_id="call-local", tool_name="execute", args=JsonText('{"command":"ls"}'))
CLIENT_CALL: Final = ToolCallPart(tool_call_id="call-client", tool_name="pick_file")
FAILURE: Final = ChatError(message="the provider is overloaded", kind="overloaded", retryable=True)


class Calls(StrEnum):
    """Which tool calls have no result yet."""

    NONE = "none"
    LOCAL = "local"
    CLIENT = "client"
    BOTH = "both"

    @property
    def parts(self) -> tuple[ToolCallPart, ...]:
        """The open calls."""
        return {"none": (), "local": (LOCAL_CALL,), "client": (CLIENT_CALL,), "both": (LOCAL_CALL, CLIENT_CALL)}[self]


@frozen(kw_only=True)
class Situation:
    """Where a chat is, as far as the rules of its commands depend on it."""

    state: State
    owned: bool = False
    rows: int = 0
    calls: Calls = Calls.NONE

    def __str__(self) -> str:
        owner = " owned" if self.owned else ""
        return f"{self.state}{owner} rows={self.rows} calls={self.calls}"


_QUEUED: Final = (State.ERROR_QUEUED, State.RUNNING_QUEUED, State.INTERRUPTING_QUEUED, State.ACTION_QUEUED)
_WORKING: Final = (State.RUNNING, State.RUNNING_QUEUED, State.INTERRUPTING, State.INTERRUPTING_QUEUED)
_ACTION: Final = (State.ACTION, State.ACTION_QUEUED)
_INTERRUPTING: Final = (State.INTERRUPTING, State.INTERRUPTING_QUEUED)
_ERROR: Final = (State.ERROR, State.ERROR_QUEUED)
_ARCHIVED: Final = {
    State.ARCHIVED_WAITING: State.WAITING,
    State.ARCHIVED_ERROR: State.ERROR,
    State.ARCHIVED_ERROR_QUEUED: State.ERROR_QUEUED,
}


def _possible_calls(state: State) -> tuple[Calls, ...]:
    if state in _WORKING:
        return tuple(Calls)
    return (Calls.CLIENT,) if state in _ACTION else (Calls.NONE,)


SITUATIONS: Final = tuple(
    Situation(state=state, owned=owned, rows=rows, calls=calls)
    for state in State
    for owned in ((False, True) if state in _WORKING else (False,))
    for rows in ((1, 2) if _ARCHIVED.get(state, state) in _QUEUED else (0,))
    for calls in _possible_calls(state)
)
"""Every situation, with one and two waiting messages."""


def reach(situation: Situation) -> ChatLog:
    """A chat in this situation, by real commands. It had an answered turn before and is the root of a family."""
    chat = ChatLog(chat_id=ROOT)
    state = situation.state
    if state is State.NONE:
        return chat
    _answered_turn(chat)
    if state in (State.WAITING, State.ARCHIVED_WAITING):
        return _archived(chat, situation)
    _working_turn(chat, situation)
    for number in range(situation.rows):
        chat.do(send(f"waiting {number + 1}"))
    resting = _ARCHIVED.get(state, state)
    if resting in _ERROR:
        chat.do(c.FinishError(error=FAILURE))
    elif resting in _ACTION:
        chat.do(c.EnterRequiresAction(at=NOON))
    elif resting in _INTERRUPTING:
        chat.do(c.Interrupt())
    if chat.current.owned and not situation.owned:
        chat.do(c.Abandon(reason=ReleaseReason.SHUTDOWN))
    return _archived(chat, situation)


def create(*, title: str | None = None) -> c.Create:
    """A command that begins a chat with a system message and a question."""
    system = NewMessage(role=Role.SYSTEM, content=words("be brief"), visibility=Visibility.MODEL)
    question = NewMessage(role=Role.USER, content=words("question"), created_by=OWNER, model_id="model-1")
    return c.Create(owner_id=OWNER, messages=(system, question), title=title)


def acquire(runner: str = "runner-1") -> c.Acquire:
    """A command by which a runner takes the chat."""
    return c.Acquire(worker_id=WorkerId("worker-1"), runner_id=RunnerId(runner))


def send(text: str, behavior: c.Behavior = c.Behavior.QUEUE) -> c.SendMessage:
    """A command that says something."""
    return c.SendMessage(content=words(text), created_by=OWNER, behavior=behavior)


def words(text: str) -> tuple[Part, ...]:
    """A content of these words."""
    return (TextPart(text=text),)


def _answered_turn(chat: ChatLog) -> None:
    chat.do(create())
    chat.do(acquire())
    usage = Usage(input_tokens=10, output_tokens=2, total_tokens=12)
    chat.do(c.CommitAnswer(content=words("answer"), model_id="model-1", usage=usage, context_limit=100), c.FinishTurn())


def _working_turn(chat: ChatLog, situation: Situation) -> None:
    chat.do(send("next question"))
    chat.do(acquire("runner-2"))
    calls = situation.calls.parts
    if calls:
        dynamic = tuple(call.tool_call_id for call in calls if call is CLIENT_CALL)
        chat.do(c.CommitAnswer(content=(*words("let me see"), *calls), dynamic=dynamic))


def _archived(chat: ChatLog, situation: Situation) -> ChatLog:
    if situation.state in _ARCHIVED:
        chat.do(c.SetArchived(archived=True, by=ROOT))
    return chat
