"""A prompt as the input items of the Responses API (spec chat-core 1.5, 1.8). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chatcore.adapters.openai.chat_messages import call_id_for
from chatcore.adapters.openai.responses_calls import CUSTOM_CALL, FUNCTION_CALL
from chatcore.adapters.openai.style import CallIds, Style
from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text, json_fields
from chatcore.adapters.providers.metadata import own_options
from chatcore.adapters.providers.prompts import data_url, file_words, is_text, result_words
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

_REASONING: Final = "reasoning"
_ITEM_KEPT: Final = ("id", "status", "phase")


def responses_input(messages: Iterable[PromptMessage], provider: str, style: Style, *, stores: bool) -> list[JsonValue]:
    """The prompt's items. `stores` says that the provider keeps answers, so that an id alone means something to it."""
    items: list[JsonValue] = []
    custom: set[str] = set()
    for message in messages:
        match message.role:
            case Role.SYSTEM:
                items += _system(message.content, style)
            case Role.USER:
                items += _user(message.content, provider, style)
            case Role.ASSISTANT:
                custom.update(_custom_calls(message.content, provider))
                items += _assistant(message.content, provider, stores=stores)
            case Role.TOOL:
                items += _results(message.content, provider, custom)
    return items


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
        return {"type": "input_text", "text": part.text}
    url = as_text(own_options(part.options, provider).get("url"))
    if not (part.data or url) or is_text(part):
        return {"type": "input_text", "text": file_words(part)}
    if part.media_type.startswith("image/"):
        return {"type": "input_image", "image_url": url or data_url(part)}
    if url:
        return {"type": "input_file", "file_url": url}
    return {"type": "input_file", "filename": part.name or "document", "file_data": data_url(part)}


def _assistant(content: Sequence[PromptPart], provider: str, *, stores: bool) -> list[JsonValue]:
    items: list[dict[str, JsonValue]] = []
    for part in content:
        match part:
            case PromptText():
                _add_text(items, part, provider)
            case PromptReasoning():
                items += _reasoning(as_fields(own_options(part.options, provider).get("item")), stores=stores)
            case PromptToolCall(provider_executed=True):
                # Of a call that another provider ran there is nothing that this one could take.
                item = as_fields(own_options(part.options, provider).get("item"))
                items += [dict(item)] if item else []
            case PromptToolCall():
                items.append(_call(part, provider))
            case _:
                pass
    # Reasoning that nothing follows, as in a reply cut short, is refused.
    while items and items[-1].get("type") == _REASONING:
        items.pop()
    return list(items)


def _add_text(items: list[dict[str, JsonValue]], part: PromptText, provider: str) -> None:
    own = own_options(part.options, provider)
    if own.get("refusal"):
        words: dict[str, JsonValue] = {"type": "refusal", "refusal": part.text}
    else:
        words = {"type": "output_text", "text": part.text}
    if not own.get("id"):
        phase: Fields = {"phase": own["phase"]} if own.get("phase") else {}
        items.append({"role": "assistant", "content": [words], **phase})
        return
    if "text" in words:
        words["annotations"] = as_items(own.get("annotations"))
    before = items[-1] if items else {}
    if before.get("type") == "message" and before.get("id") == own["id"]:
        before["content"] = [*as_items(before.get("content")), words]
        return
    kept = {name: own[name] for name in _ITEM_KEPT if own.get(name)}
    items.append({"type": "message", "role": "assistant", **kept, "content": [words]})


def _reasoning(item: Fields, *, stores: bool) -> Iterator[dict[str, JsonValue]]:
    # Without its seal the item is nothing but an id, which means something only to a server that kept the answer.
    if item.get("encrypted_content") or (item.get("id") and stores):
        kept = {name: value for name, value in item.items() if not (name == "content" and not value)}
        yield {**kept, "type": _REASONING, "summary": as_items(item.get("summary"))}


def _call(call: PromptToolCall, provider: str) -> dict[str, JsonValue]:
    own = own_options(call.options, provider)
    kept: Fields = {"id": own["id"]} if own.get("id") else {}
    call_id = call_id_for(call.tool_call_id, CallIds.LONGER)
    if own.get("custom"):
        words = as_text((json_fields(call.args) or {}).get("input"))
        return {"type": CUSTOM_CALL, "call_id": call_id, "name": call.tool_name, "input": words, **kept}
    return {"type": FUNCTION_CALL, "call_id": call_id, "name": call.tool_name, "arguments": call.args, **kept}


def _custom_calls(content: Sequence[PromptPart], provider: str) -> Iterator[str]:
    for part in content:
        if isinstance(part, PromptToolCall) and own_options(part.options, provider).get("custom"):
            yield part.tool_call_id


def _results(content: Sequence[PromptPart], provider: str, custom: set[str]) -> Iterator[JsonValue]:
    for part in content:
        if isinstance(part, PromptToolResult):
            kind = CUSTOM_CALL if part.tool_call_id in custom else FUNCTION_CALL
            call_id = call_id_for(part.tool_call_id, CallIds.LONGER)
            yield {"type": f"{kind}_output", "call_id": call_id, "output": _output(part, provider)}


def _output(result: PromptToolResult, provider: str) -> JsonValue:
    words = result_words(result, provider)
    if result.media is None or not result.media.media_type.startswith("image/"):
        return words
    image: JsonValue = {
        "type": "input_image",
        "image_url": f"data:{result.media.media_type};base64,{result.media.data}",
    }
    return [{"type": "input_text", "text": words}, image] if words else [image]
