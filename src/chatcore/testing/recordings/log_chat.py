"""A recorded request to Chat Completions as a chat's log holds it."""

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, ToolCallPart
from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.testing.recordings.log_openai import SYSTEM_ROLES, Talk, functions, own_metadata
from chatcore.testing.recordings.logged import LoggedRequest, NotLoggable, said, tool_words
from chatcore.testing.recordings.looking import at, items_at, text_at, whole_at

_OUTPUT_TOKENS = ("max_completion_tokens", "max_tokens")
_REASONING = ("reasoning_content", "reasoning")


def log_chat(body: JsonValue, provider: str) -> LoggedRequest:
    """The log of a body. Raises: NotLoggable."""
    talk = Talk(provider)
    for message in items_at(body, "messages"):
        _take(talk, message)
    tools = items_at(body, "tools")
    talk.take_strictness(tools)
    field = next((name for name in _OUTPUT_TOKENS if whole_at(body, name) is not None), None)
    if field is not None:
        talk.options["output_tokens_field"] = field
    return LoggedRequest(
        model=text_at(body, "model"),
        messages=tuple(talk.messages),
        tools=tuple(functions(tools)),
        max_output_tokens=None if field is None else whole_at(body, field),
        stop_sequences=tuple(each for each in items_at(body, "stop") if isinstance(each, str)),
        options=talk.options,
    )


def _take(talk: Talk, message: JsonValue) -> None:
    role, content = text_at(message, "role"), at(message, "content")
    match role:
        case "user":
            talk.say_user(content)
        case "assistant":
            talk.messages.append(said(Role.ASSISTANT, *_assistant(talk, message)))
        case "tool" if isinstance(content, str):
            talk.messages.append(said(Role.TOOL, tool_words(text_at(message, "tool_call_id"), content, talk.provider)))
        case _ if role in SYSTEM_ROLES:
            talk.say_system(role, content)
        case _:
            raise NotLoggable(f"a message of the role {role!r} has no place in a log, or not with such content")


def _assistant(talk: Talk, message: JsonValue) -> list[Part]:
    parts: list[Part] = [
        ReasoningPart(text=words, provider_metadata=own_metadata(talk.provider, {"field": name}))
        for name in _REASONING
        if (words := text_at(message, name))
    ]
    if details := items_at(message, "reasoning_details"):
        parts.append(ReasoningPart(text="", provider_metadata=own_metadata(talk.provider, {"details": details})))
    if words := text_at(message, "content"):
        parts.append(talk.text(words))
    if words := text_at(message, "refusal"):
        parts.append(talk.text(words, {"refusal": True}))
    parts.extend(
        ToolCallPart(
            tool_call_id=text_at(call, "id"),
            tool_name=text_at(call, "function", "name"),
            args=JsonText(text_at(call, "function", "arguments")),
        )
        for call in items_at(message, "tool_calls")
    )
    return parts
