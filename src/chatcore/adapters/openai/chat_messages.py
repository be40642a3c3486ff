"""A prompt as the messages of Chat Completions (spec chat-core 1.5, 1.8). Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chatcore.adapters.openai.chat_blocks import THINKING
from chatcore.adapters.openai.style import CallIds, Style
from chatcore.adapters.providers.fields import as_items, as_text
from chatcore.adapters.providers.metadata import own_options
from chatcore.adapters.providers.prompts import data_url, file_words, is_text, result_words, short_id
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import (
    PromptFile,
    PromptMessage,
    PromptPart,
    PromptReasoning,
    PromptText,
    PromptToolCall,
    PromptToolResult,
)
from chatcore.domain.json_text import JsonValue

_NINE: Final = re.compile(r"[A-Za-z0-9]{9}")
_LONGEST: Final = {CallIds.SHORT: 40, CallIds.LONGER: 64}
_SOUNDS: Final = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_MEDIA_FOLLOWS: Final = "The result follows in the next message."


def chat_messages(messages: Iterable[PromptMessage], provider: str, style: Style) -> list[JsonValue]:
    """The prompt's messages; those that hold nothing for this provider are left out."""
    written: list[JsonValue] = []
    for message in messages:
        match message.role:
            case Role.SYSTEM:
                written += _system(message.content, style)
            case Role.USER:
                written += _user(message.content, provider, style)
            case Role.ASSISTANT:
                written += _assistant(message.content, provider, style)
            case Role.TOOL:
                written += _results(message.content, provider, style)
    return written


def call_id_for(call_id: str, form: CallIds) -> str:
    """The id as the server takes it: one that it refuses is replaced, the same way for the call and its result."""
    if form is CallIds.NINE:
        return call_id if _NINE.fullmatch(call_id) else short_id(call_id, 9)
    return call_id if len(call_id) <= _LONGEST[form] else f"call_{short_id(call_id, 24)}"


def _system(content: Sequence[PromptPart], style: Style) -> Iterator[JsonValue]:
    for part in content:
        if isinstance(part, PromptText):
            yield {"role": style.system_role, "content": part.text}


def _user(content: Sequence[PromptPart], provider: str, style: Style) -> Iterator[JsonValue]:
    match content:
        case [PromptText(text=text)] if not style.text_as_parts:
            yield {"role": "user", "content": text}
        case _:
            parts = [_user_part(part, provider) for part in content if isinstance(part, PromptText | PromptFile)]
            if parts:
                yield {"role": "user", "content": parts}


def _user_part(part: PromptText | PromptFile, provider: str) -> JsonValue:
    if isinstance(part, PromptText):
        return {"type": "text", "text": part.text}
    url = as_text(own_options(part.options, provider).get("url"))
    if not (part.data or url) or is_text(part):
        return {"type": "text", "text": file_words(part)}
    if part.media_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url or data_url(part)}}
    if part.media_type in _SOUNDS:
        _, _, data = data_url(part).partition(",")
        return {"type": "input_audio", "input_audio": {"data": data, "format": _SOUNDS[part.media_type]}}
    return {"type": "file", "file": {"filename": part.name or "document", "file_data": url or data_url(part)}}


def _assistant(content: Sequence[PromptPart], provider: str, style: Style) -> Iterator[JsonValue]:
    calls = [_call(part, style) for part in content if isinstance(part, PromptToolCall) and not part.provider_executed]
    texts = [part for part in content if isinstance(part, PromptText)]
    refusals = [part.text for part in texts if own_options(part.options, provider).get("refusal")]
    words = "\n".join(part.text for part in texts if not own_options(part.options, provider).get("refusal"))
    message: dict[str, JsonValue] = {"role": "assistant"}
    if words or (style.empty_content and calls):
        message["content"] = words
    if refusals:
        message["refusal"] = "\n".join(refusals)
    if calls:
        message["tool_calls"] = calls
    if len(message) > 1:
        _add_reasoning(message, content, provider)
        yield message


def _add_reasoning(message: dict[str, JsonValue], content: Sequence[PromptPart], provider: str) -> None:
    """Hand back what the model thought, in the form in which this provider sent it."""
    for part in content:
        if not isinstance(part, PromptReasoning):
            continue
        own = own_options(part.options, provider)
        field, details = as_text(own.get("field")), as_items(own.get("details"))
        if details:
            message["reasoning_details"] = [*as_items(message.get("reasoning_details")), *details]
        elif field == THINKING:
            thought: JsonValue = {"type": THINKING, THINKING: [{"type": "text", "text": part.text}]}
            message["content"] = [*_as_list(message.get("content"), thought)]
        elif field and "tool_calls" in message:
            # Plain thoughts are wanted back while tools run, and refused or ignored afterwards.
            message[field] = as_text(message.get(field)) + part.text


def _as_list(content: JsonValue, thought: JsonValue) -> Iterator[JsonValue]:
    if isinstance(content, str):
        yield thought
        if content:
            yield {"type": "text", "text": content}
        return
    items = list(as_items(content))
    before = sum(1 for item in items if isinstance(item, dict) and item.get("type") == THINKING)
    yield from (*items[:before], thought, *items[before:])


def _call(call: PromptToolCall, style: Style) -> JsonValue:
    return {
        "id": call_id_for(call.tool_call_id, style.call_ids),
        "type": "function",
        "function": {"name": call.tool_name, "arguments": call.args},
    }


def _results(content: Sequence[PromptPart], provider: str, style: Style) -> Iterator[JsonValue]:
    results = [part for part in content if isinstance(part, PromptToolResult)]
    for result in results:
        words = result_words(result, provider)
        if result.media is not None:
            words = words or _MEDIA_FOLLOWS
        yield {"role": "tool", "content": words, "tool_call_id": call_id_for(result.tool_call_id, style.call_ids)}
    # Only a user may show images.
    shown = [result.media for result in results if result.media and result.media.media_type.startswith("image/")]
    if shown:
        urls = [f"data:{media.media_type};base64,{media.data}" for media in shown]
        yield {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}} for url in urls]}
