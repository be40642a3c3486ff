"""Prompts, one example per rule (spec chat-core 1.4 to 1.6, 1.8, 1.11)."""

import pytest

from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import (
    ContextFilePart,
    FilePart,
    FileReferencePart,
    HookContextPart,
    HookNoticePart,
    Part,
    ReasoningPart,
    SkillPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.domain.content.prompt import (
    PromptFile,
    PromptMessage,
    PromptReasoning,
    PromptText,
    PromptToolCall,
    PromptToolResult,
)
from chatcore.domain.content.prompt_files import ResolvedFile, files_to_resolve
from chatcore.domain.content.render import render_prompt
from chatcore.domain.content.repair import repaired
from chatcore.domain.content.repair_settled import UNKNOWN_TOOL
from chatcore.domain.content.repair_step import MISSING_RESULT
from chatcore.domain.json_text import JsonText

EMPTY = JsonText("{}")


def chat(*said: tuple[Role, tuple[Part, ...]]) -> tuple[Message, ...]:
    """A history of these messages."""
    return tuple(Message(id=seq, role=role, content=content) for seq, (role, content) in enumerate(said, start=1))


def user(text: str = "hi") -> tuple[Role, tuple[Part, ...]]:
    """A user's words."""
    return Role.USER, (TextPart(text=text),)


def calls(*parts: Part) -> tuple[Role, tuple[Part, ...]]:
    """An assistant's message."""
    return Role.ASSISTANT, parts


def answers(*parts: Part) -> tuple[Role, tuple[Part, ...]]:
    """A tool message."""
    return Role.TOOL, parts


def call(call_id: str, name: str = "ls", *, provider: bool = False) -> ToolCallPart:
    """A call without arguments."""
    return ToolCallPart(tool_call_id=call_id, tool_name=name, provider_executed=provider)


def result(call_id: str, value: str = "1", name: str = "ls", *, provider: bool = False) -> ToolResultPart:
    """A result."""
    return ToolResultPart(tool_call_id=call_id, tool_name=name, result=JsonText(value), provider_executed=provider)


def ids(prompt: tuple[PromptMessage, ...]) -> list[str]:
    """The prompt in short: `assistant a b`, `tool a=1 b=!`, where `!` is an error."""
    lines: list[str] = []
    for message in prompt:
        words = [message.role.value]
        for part in message.content:
            match part:
                case PromptText(text=text):
                    words.append(f"'{text}'")
                case PromptToolCall(tool_call_id=call_id, tool_name=name):
                    words.append(f"{call_id}:{name}")
                case PromptToolResult(tool_call_id=call_id, text=text, is_error=is_error):
                    words.append(f"{call_id}={'!' if is_error else text}")
        lines.append(" ".join(words))
    return lines


@pytest.mark.spec("1.5", "1.11.3")
def test_a_colon_in_an_id_becomes_an_underscore_in_call_and_result() -> None:
    """Both sides of a call carry the same legal id."""
    prompt = render_prompt(chat(user(), calls(call("functions.ls:0")), answers(result("functions.ls:0"))))
    assert ids(prompt) == ["user 'hi'", "assistant functions_ls_0:ls", "tool functions_ls_0=1"]


@pytest.mark.spec("1.6", "1.11.4")
def test_a_call_without_a_result_is_answered_before_the_user_speaks() -> None:
    """Pass A: the model is told that the call has no result."""
    prompt = render_prompt(chat(user(), calls(call("a"), call("b")), answers(result("b")), user("go on")))

    assert ids(prompt) == ["user 'hi'", "assistant a:ls b:ls", "tool b=1 a=!", "user 'go on'"]
    assert prompt[2].content[1] == PromptToolResult(
        tool_call_id="a", tool_name="ls", text=MISSING_RESULT, is_error=True
    )


@pytest.mark.spec("1.6")
def test_a_call_that_the_provider_ran_gets_no_made_up_result() -> None:
    """Pass A skips it: the provider knows what it did."""
    assert ids(render_prompt(chat(calls(call("a", provider=True)), user()))) == ["assistant a:ls", "user 'hi'"]


@pytest.mark.spec("1.6", "1.11.5")
def test_a_lone_result_gets_a_call() -> None:
    """Pass B: an assistant call with an empty object stands before it."""
    prompt = render_prompt(chat(user(), answers(result("a"))))

    assert ids(prompt) == ["user 'hi'", "assistant a:ls", "tool a=1"]
    assert prompt[1].content == (PromptToolCall(tool_call_id="a", tool_name="ls", args=EMPTY),)


@pytest.mark.spec("1.6")
def test_matching_results_come_before_the_made_up_call() -> None:
    """Pass B: what answers the call stays right behind it, orphans follow, each id once."""
    history = chat(calls(call("a")), answers(result("x", "7"), result("a")), answers(result("x", "8"), result("y")))
    assert ids(render_prompt(history)) == ["assistant a:ls", "tool a=1", "assistant x:ls y:ls", "tool x=7 y=1"]


@pytest.mark.spec("1.6")
def test_an_orphan_takes_the_name_known_for_its_id_anywhere() -> None:
    """From a call or a result row, earlier or later; else it gets a stand-in, for no provider takes a nameless call."""
    history = chat(
        answers(result("a", name=""), result("b", name="")), user(), calls(call("a", "grep")), answers(result("a"))
    )
    assert ids(render_prompt(history))[0] == f"assistant a:grep b:{UNKNOWN_TOOL}"


@pytest.mark.spec("1.6a")
def test_a_tool_message_without_results_passes_unchanged() -> None:
    """It neither answers nor asks for anything."""
    words = PromptMessage(role=Role.TOOL, content=(PromptText(text="hm"),))
    asks = PromptMessage(role=Role.ASSISTANT, content=(PromptToolCall(tool_call_id="a", tool_name="ls", args=EMPTY),))
    gives = PromptMessage(role=Role.TOOL, content=(PromptToolResult(tool_call_id="a", tool_name="ls", text="1"),))

    assert repaired((words,)) == (words,)
    assert repaired((asks, words, gives)) == (asks, gives, words)


@pytest.mark.spec("1.6b")
def test_a_result_behind_a_users_message_does_not_reach_the_call_before_it() -> None:
    """The walk back stops at the user: the call stays without result, the result gets a call of its own."""
    history = chat(calls(call("a")), user(), answers(result("a", "7")))
    assert ids(render_prompt(history)) == ["assistant a:ls", "tool a=!", "user 'hi'", "assistant a_2:ls", "tool a_2=7"]


@pytest.mark.spec("1.6", "1.6c", "4.11.7")
def test_results_of_the_provider_stay_with_their_call_and_nowhere_else() -> None:
    """In place inside the assistant message; dropped from tool messages, and a message left empty goes, too."""
    history = chat(
        calls(call("w", provider=True), result("w", "7", provider=True), TextPart(text="so"), call("a")),
        answers(result("w", "8", provider=True)),
        answers(result("a"), result("b", provider=True)),
    )
    assert ids(render_prompt(history)) == ["assistant w:ls w=7 'so' a:ls", "tool a=1"]


def test_a_paused_provider_tool_gets_its_result_from_the_next_message() -> None:
    """A provider that stopped in the middle of its own tools goes on in a second assistant message."""
    history = chat(calls(call("w", provider=True)), calls(result("w", "7", provider=True), TextPart(text="so")))
    assert ids(render_prompt(history)) == ["assistant w:ls", "assistant w=7 'so'"]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (chat(calls(call("a")), answers(result("a", "1"), result("a", "2"))), ["assistant a:ls", "tool a=1"]),
        (
            chat(calls(call("a"), call("a")), answers(result("a", "1"), result("a", "2"))),
            ["assistant a:ls a_2:ls", "tool a=1 a_2=2"],
        ),
        (
            chat(calls(call("a:b"), call("a.b")), answers(result("a:b", "1")), answers(result("a.b", "2"))),
            ["assistant a_b:ls a_b_2:ls", "tool a_b=1 a_b_2=2"],
        ),
        (
            chat(calls(call("")), answers(result("", "1")), user(), answers(result("", "2"), result("", "3"))),
            [
                "assistant call:ls",
                "tool call=1",
                "user 'hi'",
                "assistant call_2:ls call_3:ls",
                "tool call_2=2 call_3=3",
            ],
        ),
        (
            chat(calls(call("a")), answers(result("a", "1")), calls(call("a")), answers(result("a", "2"))),
            ["assistant a:ls", "tool a=1", "assistant a_2:ls", "tool a_2=2"],
        ),
        (
            chat(calls(call("a"), call("a_2"), call("a")), answers(result("a"), result("a_2"))),
            ["assistant a:ls a_2:ls a_3:ls", "tool a=1 a_2=1 a_3=!"],
        ),
        (chat(calls(call("a"), result("a", "7"))), ["assistant a:ls", "tool a=7"]),
        (chat(calls(result("a", "7"), call("a"))), ["assistant a:ls", "tool a=7"]),
        (chat(calls(TextPart(text="so"), result("z", "7"))), ["assistant 'so'", "assistant z:ls", "tool z=7"]),
        (chat(calls(call("a"), result("a", "7", provider=True))), ["assistant a:ls", "tool a=7"]),
        (chat(calls(call("a", provider=True), result("a", "7"))), ["assistant a:ls a=7"]),
        (chat(calls(result("a", "7", provider=True))), []),
        (
            chat(calls(call("w", provider=True), result("w", "7", provider=True)), answers(result("w", "8"))),
            ["assistant w:ls w=7"],
        ),
        (
            chat(calls(call("w", provider=True)), user(), calls(result("w", provider=True), TextPart(text="so"))),
            ["assistant w:ls", "user 'hi'", "assistant 'so'"],
        ),
        (chat(calls(call("a", ""))), [f"assistant a:{UNKNOWN_TOOL}", "tool a=!"]),
    ],
    ids=[
        "the first of two results counts",
        "an id twice in one message",
        "ids that are equal once sanitised",
        "no ids at all",
        "an id again in a later message",
        "a suffix that is taken",
        "a local result inside the assistant message",
        "a result before its call",
        "a stray result inside the assistant message",
        "a result that says the provider ran a local call",
        "a result that forgot that the provider ran its call",
        "a provider's result that nobody asked for",
        "a second result for a call that the provider answered",
        "a provider's result behind a user's message",
        "a call without a name",
    ],
)
@pytest.mark.spec("1.6")
def test_doubles_and_strays(history: tuple[Message, ...], expected: list[str]) -> None:
    """Whatever was stored, each call has one id and one result."""
    assert ids(render_prompt(history)) == expected


@pytest.mark.spec("1.8", "1.11.7")
@pytest.mark.parametrize(
    ("part", "text"),
    [
        (FileReferencePart(file_name="a.py", start_line=3, end_line=3, content=" "), "[file-reference] a.py:3"),
        (
            FileReferencePart(file_name="a.py", start_line=3, end_line=5, content="\nx = 1\n"),
            "[file-reference] a.py:3-5\n```a.py\nx = 1\n```",
        ),
        (
            FileReferencePart(file_name="a.md", start_line=1, end_line=2, content="```\ncode\n```"),
            "[file-reference] a.md:1-2\n````a.md\n```\ncode\n```\n````",
        ),
    ],
)
def test_a_file_reference_is_shown_as_text(part: FileReferencePart, text: str) -> None:
    """Equal lines are one number; content that is not blank stands in a fence that it cannot close."""
    assert render_prompt(chat((Role.USER, (part,)))) == (
        PromptMessage(role=Role.USER, content=(PromptText(text=text),)),
    )


@pytest.mark.spec("1.8", "1.3")
def test_what_is_not_sent() -> None:
    """Sources, notices, context files, skills and parts in the wrong role stay out; a hook's context goes in."""
    others = (
        SourcePart(url="u"),
        HookNoticePart(text="n"),
        ContextFilePart(context_file_path="p"),
        SkillPart(skill_name="s"),
    )
    history = chat(
        (Role.USER, (*others, call("a"), result("a"))),
        calls(*others, HookContextPart(text="c")),
        answers(*others, TextPart(text="t")),
        (Role.USER, (HookContextPart(text="context"),)),
    )
    assert render_prompt(history) == (PromptMessage(role=Role.USER, content=(PromptText(text="context"),)),)


@pytest.mark.spec("1.8")
def test_metadata_goes_back_to_the_provider_unless_it_is_broken() -> None:
    """An object is handed back byte for byte, anything else is left out."""
    whole, broken, torn, nothing = (JsonText(text) for text in ('{ "s":1.0e2}', "[1]", '{"s"', "{ }"))
    history = chat(
        calls(
            TextPart(text="t", provider_metadata=whole),
            ReasoningPart(text="r", provider_metadata=whole),
            ReasoningPart(text="r", provider_metadata=broken),
            ReasoningPart(text="r", provider_metadata=torn),
            ReasoningPart(text="r", provider_metadata=nothing),
            TextPart(text=" ", provider_metadata=whole),
            TextPart(text=" ", provider_metadata=broken),
            TextPart(text=" "),
        )
    )
    assert render_prompt(history)[0].content == (
        PromptText(text="t", options=whole),
        PromptReasoning(text="r", options=whole),
        PromptReasoning(text="r"),
        PromptReasoning(text="r"),
        PromptReasoning(text="r"),
        PromptText(text=" ", options=whole),
    )


@pytest.mark.spec("1.8")
def test_a_system_message_is_its_first_text() -> None:
    """Later parts of it are not shown, and one that begins with something else is not shown at all."""
    text = TextPart(text="be kind")
    history = chat((Role.SYSTEM, (text, TextPart(text="no"))), (Role.SYSTEM, (SkillPart(skill_name="s"), text)))
    assert ids(render_prompt(history)) == ["system 'be kind'"]


@pytest.mark.spec("1.3a", "1.3b", "1.3c")
def test_files() -> None:
    """Users' files are asked for once; found bytes replace data, a missing file is told, other files are dropped."""
    history = (
        *chat(
            (
                Role.USER,
                (
                    FilePart(media_type="", file_id="f", data=b"old"),
                    FilePart(media_type="image/png", file_id="g", name="cat.png"),
                    FilePart(media_type="image/png", file_id="f"),
                    FilePart(media_type="image/png"),
                ),
            ),
            calls(FilePart(media_type="image/png", file_id="h"), FilePart(media_type="image/gif", data=b"1")),
            answers(FilePart(media_type="image/gif", data=b"1")),
        ),
        Message(id=9, role=Role.USER, content=(FilePart(media_type="", file_id="secret"),), visibility=Visibility.USER),
    )
    found = {"f": ResolvedFile(data=b"new", media_type="image/webp", name="f.webp")}

    assert files_to_resolve(history) == ("f", "g")
    assert [message.content for message in render_prompt(history, found)] == [
        (
            PromptFile(media_type="image/webp", name="f.webp", data=b"new"),
            PromptText(text="[file expired: cat.png]"),
            PromptFile(media_type="image/png", name="f.webp", data=b"new"),
            PromptText(text="[file expired]"),
        ),
        (PromptFile(media_type="image/gif", data=b"1"),),
    ]
    assert render_prompt(history)[0].content[:3] == (
        PromptFile(media_type="", data=b"old"),
        PromptFile(media_type="image/png", name="cat.png"),
        PromptFile(media_type="image/png"),
    )
