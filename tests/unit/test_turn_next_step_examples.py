"""The turn machine in situations that people would ask about (architecture 6; spec chat-core 4.2)."""

import pytest

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.ids import UserId
from chatcore.domain.turn.next_step import CallModel, Fail, Finish, Progress, TurnLimits, next_step
from chatcore.domain.turn.step_end import StepEnd

HEAD = ChatHead(owner_id=UserId("u"), seq=9, history_version=9, generation_attempt=1)
SEARCH = ToolCallPart(tool_call_id="s", tool_name="web_search", provider_executed=True)
FOUND = ToolResultPart(tool_call_id="s", tool_name="web_search", provider_executed=True)
WORDS = TextPart(text="words")


def _message(
    role: Role,
    *content: Part,
    visibility: Visibility = Visibility.BOTH,
    partial: bool = False,
    compressed: bool = False,
) -> Message:
    return Message(id=1, role=role, content=content, visibility=visibility, partial=partial, compressed=compressed)


USER = _message(Role.USER, WORDS)
ANSWER = _message(Role.ASSISTANT, WORDS)


@pytest.mark.spec("4.2")
@pytest.mark.parametrize(
    "window",
    [
        pytest.param([USER], id="a question"),
        pytest.param([USER, ANSWER, _message(Role.TOOL, FOUND)], id="a tool's result"),
        pytest.param([USER, _message(Role.ASSISTANT, WORDS, partial=True)], id="a partial answer"),
        pytest.param([ANSWER, _message(Role.USER, WORDS, visibility=Visibility.MODEL)], id="a note for the model"),
        pytest.param([USER, _message(Role.ASSISTANT, WORDS, SEARCH)], id="a search broken off by its provider"),
        pytest.param([USER, _message(Role.ASSISTANT, WORDS, visibility=Visibility.USER)], id="words for readers alone"),
        pytest.param([USER, _message(Role.SYSTEM, WORDS)], id="a system message after the question"),
        pytest.param(
            [_message(Role.USER, WORDS, visibility=Visibility.MODEL, compressed=True)], id="a summary in mid-turn"
        ),
    ],
)
def test_the_model_is_to_speak(window: list[Message]) -> None:
    """The history asks for an answer, also to a worker that has just taken the chat over."""
    assert next_step(HEAD, window) == CallModel()


@pytest.mark.spec("4.2")
@pytest.mark.parametrize(
    "window",
    [
        pytest.param([], id="nothing"),
        pytest.param([_message(Role.SYSTEM, WORDS)], id="a system message alone"),
        pytest.param([_message(Role.USER, WORDS, visibility=Visibility.USER)], id="words for readers alone"),
        pytest.param([USER, ANSWER], id="an answer"),
        pytest.param([USER, _message(Role.ASSISTANT, SEARCH, FOUND)], id="a search by the provider, with its result"),
    ],
)
def test_the_turn_is_done(window: list[Message]) -> None:
    """Nobody waits for an answer."""
    assert next_step(HEAD, window) == Finish()


@pytest.mark.spec("4.2")
def test_a_paused_answer_goes_on() -> None:
    """The runner that saw the pause calls again, though the answer looks whole."""
    assert next_step(HEAD, [USER, ANSWER], progress=Progress(last=StepEnd.PAUSED)) == CallModel()


@pytest.mark.spec("4.1", "4.2")
def test_an_empty_answer_ends_the_turn() -> None:
    """The model said nothing and stopped: no message was stored, and it is not asked the same again."""
    assert next_step(HEAD, [USER], progress=Progress(steps=1, last=StepEnd.STOPPED)) == Finish()


@pytest.mark.spec("4.1")
def test_steps_run_out() -> None:
    """At the limit the turn stops; a limit of nothing means one step."""
    tool = [USER, ANSWER, _message(Role.TOOL, FOUND)]
    assert next_step(HEAD, tool, progress=Progress(steps=1199)) == CallModel()
    assert next_step(HEAD, tool, progress=Progress(steps=1200)) == Finish()
    assert next_step(HEAD, tool, limits=TurnLimits(steps_max=0)) == CallModel()
    assert next_step(HEAD, tool, progress=Progress(steps=1), limits=TurnLimits(steps_max=-3)) == Finish()


@pytest.mark.spec("4.6")
def test_tries_run_out() -> None:
    """The twenty-fifth attempt is made, the next one is not."""

    def tried(attempts: int) -> ChatHead:
        return ChatHead(owner_id=UserId("u"), seq=9, history_version=9, generation_attempt=attempts)

    assert next_step(tried(25), [USER]) == CallModel()
    assert isinstance(next_step(tried(26), [USER]), Fail)
