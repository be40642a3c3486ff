"""What a model is shown is legal, whatever a chat went through (spec chat-core 1.4 to 1.8)."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.call_ids import sanitised_call_id
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import FilePart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.prompt import (
    PromptFile,
    PromptMessage,
    PromptReasoning,
    PromptText,
    PromptToolCall,
    PromptToolResult,
)
from chatcore.domain.content.prompt_files import Files, ResolvedFile, files_to_resolve
from chatcore.domain.content.render import GrowingPrompt, render_prompt
from chatcore.domain.content.repair import repaired
from chatcore.domain.content.tool_results import (
    ToolFailed,
    ToolMedia,
    ToolText,
    shown_args,
    shown_result,
    stored_args,
    stored_result,
)
from chatcore.domain.json_text import is_json, parse_json
from chatcore.testing.legal_prompts import faults_of_prompt
from chatcore.testing.strategies import histories, json_texts, texts, tool_results, whole_histories

found_files = st.dictionaries(
    st.sampled_from(("file-1", "file-2")),
    st.builds(ResolvedFile, data=st.binary(max_size=4), media_type=st.just("image/gif"), name=texts()),
)
files = st.none() | found_files


def named(message: Message) -> Message:
    """The message with a name in every call and result."""

    def name(part: Part) -> Part:
        return evolve(part, tool_name="read_file") if isinstance(part, ToolCallPart | ToolResultPart) else part

    return evolve(message, content=tuple(name(part) for part in message.content))


def with_ids_from(start: int, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages with ids that go on from `start`."""
    return tuple(evolve(message, id=start + number) for number, message in enumerate(messages))


@pytest.mark.spec("1.5", "1.6", "1.6c")
@given(histories(), files)
def test_every_history_renders_to_a_legal_prompt(history: tuple[Message, ...], found: Files | None) -> None:
    """Lost, doubled, orphaned and unnamed calls and results, in any order: providers take what comes out."""
    assert faults_of_prompt(render_prompt(history, found)) == []


@given(histories())
def test_a_repaired_prompt_needs_no_repair(history: tuple[Message, ...]) -> None:
    """Repairing twice is repairing once."""
    prompt = render_prompt(history)
    assert repaired(prompt) == prompt


@given(histories(), st.data())
def test_a_prompt_that_grows_is_the_prompt_of_all_its_messages(
    history: tuple[Message, ...], data: st.DataObject
) -> None:
    """However the messages come in, and whenever the prompt is asked for, nothing of what went before is missed."""
    growing, taken = GrowingPrompt(), 0
    while taken < len(history):
        upto = data.draw(st.integers(taken + 1, len(history)))
        growing.add(history[taken:upto])
        taken = upto
        assert growing.messages() == render_prompt(history[:taken])


@pytest.mark.spec("4.8")
@given(whole_histories())
def test_each_prompt_of_a_chat_begins_with_the_one_before(history: tuple[Message, ...]) -> None:
    """Whenever the model is called, its prompt is a prefix of every later one, so that providers can cache it."""
    last = render_prompt(history)
    for number, message in enumerate(history):
        if message.role is Role.ASSISTANT:
            prompt = render_prompt(history[:number])
            assert last[: len(prompt)] == prompt


@given(histories(), histories())
def test_what_comes_after_a_question_leaves_the_prompt_before_it_alone(
    before: tuple[Message, ...], after: tuple[Message, ...]
) -> None:
    """The same for broken histories, cut where a user speaks, as long as all calls have names."""
    question = Message(id=len(before) + 1, role=Role.USER, content=(TextPart(text="go on"),))
    asked = tuple(named(message) for message in (*with_ids_from(1, before), question))
    whole = (*asked, *(named(message) for message in with_ids_from(question.id + 1, after)))

    prompt = render_prompt(asked)

    assert render_prompt(whole)[: len(prompt)] == prompt


@pytest.mark.spec("1.6", "1.8")
@given(whole_histories())
def test_a_healthy_history_loses_nothing(history: tuple[Message, ...]) -> None:
    """Every call is answered by its own result, in the order in which they were stored."""
    prompt = render_prompt(history)

    calls = [part for message in history for part in message.content if isinstance(part, ToolCallPart)]
    shown_calls = [part for message in prompt for part in message.content if isinstance(part, PromptToolCall)]
    assert [call.args for call in shown_calls] == [shown_args(call.args) for call in calls]
    for is_provider in (False, True):
        stored = [
            shown_result(part).text
            for message in history
            for part in message.content
            if isinstance(part, ToolResultPart) and part.provider_executed is is_provider
        ]
        shown = [
            part.text
            for message in prompt
            for part in message.content
            if isinstance(part, PromptToolResult) and part.provider_executed is is_provider
        ]
        assert shown == stored


@pytest.mark.spec("1.8")
@given(histories(), files)
def test_users_words_reach_the_model_in_order(history: tuple[Message, ...], found: Files | None) -> None:
    """No repair touches what a user said."""
    said = [
        part.text
        for message in history
        if message.role is Role.USER and message.visibility.to_model
        for part in message.content
        if isinstance(part, TextPart) and part.text.strip()
    ]
    shown = [
        part.text
        for message in render_prompt(history, found)
        if message.role is Role.USER
        for part in message.content
        if isinstance(part, PromptText)
    ]
    remaining = iter(shown)
    assert all(text in remaining for text in said)


@pytest.mark.spec("1.2c")
@given(histories(), files)
def test_what_only_readers_see_is_not_shown(history: tuple[Message, ...], found: Files | None) -> None:
    """The prompt is that of the messages a model may see."""
    assert render_prompt(history, found) == render_prompt(
        (message for message in history if message.visibility.to_model), found
    )


@given(histories())
def test_unsigned_reasoning_of_a_reply_cut_short_is_not_shown(history: tuple[Message, ...]) -> None:
    """Such reasoning is kept for readers only; a whole reply keeps it, for some models sign nothing."""
    prompt = render_prompt(message for message in history if message.partial)

    reasoning = [part for message in prompt for part in message.content if isinstance(part, PromptReasoning)]
    assert all(part.options is not None for part in reasoning)


@given(texts(min_size=1).filter(str.strip), st.booleans())
def test_unsigned_reasoning_of_a_whole_reply_is_shown(text: str, is_partial: bool) -> None:
    """The flag of the message decides, nothing else."""
    message = Message(id=1, role=Role.ASSISTANT, content=(ReasoningPart(text=text),), partial=is_partial)
    assert bool(render_prompt((message,))) is not is_partial


@pytest.mark.spec("1.5")
@given(texts())
def test_a_sanitised_id_has_only_legal_characters(call_id: str) -> None:
    """Characters are replaced one by one, and sanitising twice changes nothing."""
    sanitised = sanitised_call_id(call_id)

    assert len(sanitised) == len(call_id)
    assert all(character.isascii() and (character.isalnum() or character in "_-") for character in sanitised)
    assert sanitised_call_id(sanitised) == sanitised


@pytest.mark.spec("1.3a", "1.3b", "1.3c")
@given(histories(), found_files)
def test_files_are_looked_for_once_and_shown_or_told_as_expired(history: tuple[Message, ...], found: Files) -> None:
    """The ids asked for are exactly those that a prompt can use; with them no file is left without bytes."""
    asked = files_to_resolve(history)

    assert len(asked) == len(set(asked))
    assert render_prompt(history, found) == render_prompt(
        history, {file_id: file for file_id, file in found.items() if file_id in asked}
    )
    users_files = [
        part
        for message in history
        if message.role is Role.USER and message.visibility.to_model
        for part in message.content
        if isinstance(part, FilePart)
    ]
    shown = [part for message in render_prompt(history, found) for part in message.content]
    for part in users_files:
        if part.file_id is not None and part.file_id in found:
            file = found[part.file_id]
            assert any(
                isinstance(seen, PromptFile)
                and seen.data == file.data
                and seen.media_type == (part.media_type or file.media_type)
                for seen in shown
            )


@pytest.mark.spec("1.4")
@given(texts() | json_texts())
def test_a_tools_text_is_stored_as_json_and_can_be_read_back(text: str) -> None:
    """JSON stays byte for byte as it was; other text is wrapped and comes out whole."""
    stored = stored_result(ToolText(text=text))

    assert is_json(stored.result)
    assert not stored.is_error
    assert stored.result == text if is_json(text) else parse_json(stored.result) == {"output": text}


@pytest.mark.spec("1.4")
@given(texts())
def test_a_tools_error_reaches_the_model_word_for_word(error: str) -> None:
    """An error is shown as its text, unless it has none."""
    stored = stored_result(ToolFailed(error=error))
    part = ToolResultPart(result=stored.result, is_error=stored.is_error)

    assert stored.is_error
    assert shown_result(part).text == (error if error.strip() else stored.result.strip())


@pytest.mark.spec("1.4")
@given(texts(min_size=1), texts(), texts())
def test_media_reaches_the_model_as_media(data: str, media_type: str, text: str) -> None:
    """What a tool gave back as media comes out as it went in."""
    stored = stored_result(ToolMedia(data=data, media_type=media_type, text=text))
    shown = shown_result(ToolResultPart(result=stored.result, is_media=stored.is_media))

    assert shown.media is not None
    assert (shown.media.data, shown.media.media_type, shown.media.text) == (data, media_type, text)


@pytest.mark.spec("1.4")
@given(tool_results())
def test_a_model_is_always_shown_some_text_for_a_result(part: ToolResultPart) -> None:
    """An empty or null result is shown as an empty object; else something of it is there."""
    shown = shown_result(part)
    if part.result is None or part.result.strip() == "null":
        assert shown.text == "{}"
    assert shown.text or shown.media is not None


@pytest.mark.spec("1.4")
@given(texts() | json_texts())
def test_arguments_are_stored_if_they_are_json_and_shown_as_an_object(written: str) -> None:
    """Whatever a model wrote as arguments, another model is shown an object."""
    args = stored_args(written)
    shown = shown_args(args)

    assert args == (written if is_json(written) else None)
    assert isinstance(parse_json(shown), dict)
    assert shown == (args.strip() if args is not None and isinstance(parse_json(args), dict) else "{}")


@given(st.lists(st.sampled_from(Role), max_size=6))
def test_messages_without_parts_are_left_out(roles: list[Role]) -> None:
    """A message with nothing in it does not reach the model."""
    history = [Message(id=number, role=role, content=()) for number, role in enumerate(roles, start=1)]
    assert render_prompt(history) == ()


def test_the_checker_itself_sees_faults() -> None:
    """What the legality test relies on is not blind."""
    call = PromptToolCall(tool_call_id="a", tool_name="t", args=shown_args(None))
    result = PromptToolResult(tool_call_id="a", tool_name="t", text="{}")
    asks = PromptMessage(role=Role.ASSISTANT, content=(call,))
    answers = PromptMessage(role=Role.TOOL, content=(result,))
    user = PromptMessage(role=Role.USER, content=(PromptText(text="hi"),))
    own = PromptMessage(role=Role.ASSISTANT, content=(evolve(call, provider_executed=True),))
    bad_id = PromptMessage(role=Role.ASSISTANT, content=(evolve(call, tool_call_id="a:b", provider_executed=True),))

    assert faults_of_prompt((user, asks, answers)) == []
    assert faults_of_prompt((asks,))
    assert faults_of_prompt((asks, user, answers))
    assert faults_of_prompt((answers,))
    assert faults_of_prompt((asks, answers, answers))
    assert faults_of_prompt((asks, answers, asks, answers))
    assert faults_of_prompt((own, PromptMessage(role=Role.TOOL, content=(evolve(result, provider_executed=True),))))
    assert faults_of_prompt((PromptMessage(role=Role.ASSISTANT, content=(evolve(result, provider_executed=True),)),))
    assert faults_of_prompt((bad_id,))
    assert faults_of_prompt((PromptMessage(role=Role.USER, content=(call,)),))
    assert faults_of_prompt((PromptMessage(role=Role.USER, content=()),))
