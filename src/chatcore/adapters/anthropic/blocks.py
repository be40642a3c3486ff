"""Parts of a prompt as content blocks of the Messages API (spec chat-core 1.8).

What only this provider understands (signatures, citations, results of its own tools) goes back as it came, out of the
parts' metadata. What another provider said in that way is left out: it would be refused.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from chatcore.adapters.anthropic.options import PROVIDER, MessagesOptions
from chatcore.adapters.providers.metadata import own_options
from chatcore.adapters.providers.prompts import AS_WORDS, result_words
from chatcore.domain.content.prompt import (
    PromptFile,
    PromptMedia,
    PromptPart,
    PromptReasoning,
    PromptText,
    PromptToolCall,
    PromptToolResult,
)
from chatcore.domain.json_text import JsonValue, parse_json

Block = dict[str, JsonValue]

IMAGE_TYPES: Final = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
_PDF: Final = "application/pdf"
_TEXT_TYPES: Final = frozenset({"application/json", "text/csv", "text/markdown", "text/plain"})


def block_of(part: PromptPart, options: MessagesOptions) -> Block | None:
    """The block for a part, None where this provider can make nothing of it."""
    own = own_options(part.options, PROVIDER)
    match part:
        case PromptText(text=text):
            return {"type": "text", "text": text, **own}
        case PromptReasoning(text=text):
            return _thinking(text, own)
        case PromptFile(data=b"") if "source" in own:
            # The bytes are elsewhere, where the provider finds them.
            return {"type": "image" if part.media_type.startswith("image/") else "document", **_title(part), **own}
        case PromptFile():
            return {**_file(part), **own}
        case PromptToolCall(provider_executed=True):
            return _call(part, own) if own else None
        case PromptToolCall():
            return _call(part, {"type": "tool_use", **own})
        case PromptToolResult(provider_executed=True):
            return _provider_result(part, own) if own else None
        case PromptToolResult():
            return {**_result(part, options), **{name: value for name, value in own.items() if name != AS_WORDS}}


def assistant_file(file: PromptFile) -> Block:
    """A file that an assistant made, in words: the API takes no files in an assistant's message."""
    return {"type": "text", "text": f"[file: {_label(file)}]"}


def _thinking(text: str, own: Mapping[str, JsonValue]) -> Block | None:
    if own.get("type", "thinking") != "thinking":
        # Redacted thinking, or a block that chatcore has no part for.
        return dict(own)
    # Thinking without its signature is refused.
    return {"type": "thinking", "thinking": text, **own} if own.get("signature") else None


def _call(call: PromptToolCall, own: Mapping[str, JsonValue]) -> Block:
    return {"id": call.tool_call_id, "name": call.tool_name, "input": parse_json(call.args), **own}


def _provider_result(result: PromptToolResult, own: Mapping[str, JsonValue]) -> Block:
    content: JsonValue
    try:
        content = parse_json(result.text)
    except ValueError:
        content = result.text
    return {"tool_use_id": result.tool_call_id, "content": content, **own}


def _result(result: PromptToolResult, options: MessagesOptions) -> Block:
    text = result_words(result, PROVIDER)
    words: list[JsonValue] = [{"type": "text", "text": text}] if text else []
    content: JsonValue = text if options.plain_results and result.media is None else words
    if result.media is not None:
        content = [*words, _media(result.media)]
    block: Block = {"type": "tool_result", "tool_use_id": result.tool_call_id, "content": content}
    if result.is_error:
        block["is_error"] = True
    return block


def _media(media: PromptMedia) -> JsonValue:
    if media.media_type in IMAGE_TYPES:
        return _base64_block("image", media.media_type, media.data)
    if media.media_type == _PDF:
        return _base64_block("document", media.media_type, media.data)
    return {"type": "text", "text": f"[{media.media_type}: this model cannot be shown it]"}


def _file(file: PromptFile) -> Block:
    if not file.data:
        return {"type": "text", "text": f"[file: {_label(file)}]"}
    if file.media_type in IMAGE_TYPES:
        return _base64_block("image", file.media_type, b64encode(file.data).decode())
    if file.media_type == _PDF:
        return {**_base64_block("document", file.media_type, b64encode(file.data).decode()), **_title(file)}
    if file.media_type in _TEXT_TYPES:
        source: Block = {"type": "text", "media_type": "text/plain", "data": file.data.decode("utf-8", "replace")}
        return {"type": "document", "source": source, **_title(file)}
    return {"type": "text", "text": f"[file: {_label(file)}: this model cannot be shown it]"}


def _base64_block(kind: str, media_type: str, data: str) -> Block:
    return {"type": kind, "source": {"type": "base64", "media_type": media_type, "data": data}}


def _title(file: PromptFile) -> Block:
    return {"title": file.name} if file.name else {}


def _label(file: PromptFile) -> str:
    return file.name or file.media_type
