"""A tool's answer as it is stored and as a model is shown it, and the arguments of its call (spec chat-core 1.4)."""

from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.content.prompt import PromptMedia
from chatcore.domain.json_text import JsonText, JsonValue, dump_json, is_json, parse_json


@frozen(kw_only=True)
class ToolText:
    """A tool answered with words, or with JSON."""

    text: str


@frozen(kw_only=True)
class ToolFailed:
    """A tool failed, was not found or was not run; `error` is for the model to read and may be empty."""

    error: str


@frozen(kw_only=True)
class ToolMedia:
    """A tool answered with an image or a sound; `data` is base64 text."""

    data: str
    media_type: str
    text: str = ""


ToolOutcome: TypeAlias = ToolText | ToolFailed | ToolMedia | None
"""How a call ended. None is an answer that is none of the three."""


@frozen(kw_only=True)
class StoredResult:
    """The fields of a `ToolResultPart` that hold an outcome."""

    result: JsonText
    is_error: bool = False
    is_media: bool = False


def stored_result(outcome: ToolOutcome) -> StoredResult:
    """An outcome as it is stored. Text that is JSON is kept byte for byte."""
    match outcome:
        case ToolFailed(error=error):
            return StoredResult(result=dump_json({"error": error}), is_error=True)
        case ToolText(text=text):
            return StoredResult(result=JsonText(text) if is_json(text) else dump_json({"output": text}))
        case ToolMedia(data=data, media_type=media_type, text=text):
            media = dump_json({"data": data, "mime_type": media_type, "text": text})
            return StoredResult(result=media, is_media=True)
        case None:
            return StoredResult(result=JsonText("{}"))


@frozen(kw_only=True)
class ShownResult:
    """A stored result as a model is shown it. With `media`, `text` holds only the words that came with it."""

    text: str
    media: PromptMedia | None = None


def shown_result(part: ToolResultPart) -> ShownResult:
    """The words, the error or the media of a stored result."""
    raw = part.result or ""
    trimmed = raw.strip()
    if trimmed in ("", "null"):
        return ShownResult(text="{}")
    if part.is_error:
        return ShownResult(text=_error_text(trimmed))
    media = _media(raw) if part.is_media else None
    return ShownResult(text=raw) if media is None else ShownResult(text=media.text, media=media)


def stored_args(written: str) -> JsonText | None:
    """What a model wrote as arguments; None where it is blank or not JSON."""
    return JsonText(written) if is_json(written) else None


def shown_args(args: str | None) -> JsonText:
    """Arguments as providers take them, which is always an object: `{}` for anything else."""
    trimmed = (args or "").strip()
    return JsonText(trimmed) if is_json_object(trimmed) else JsonText("{}")


def is_json_object(text: str) -> bool:
    """Whether the text is a JSON object."""
    return text.lstrip().startswith("{") and is_json(text)


def _error_text(raw: str) -> str:
    fields = _object(raw)
    error = fields.get("error")
    return error if isinstance(error, str) and error.strip() else raw


def _media(raw: str) -> PromptMedia | None:
    fields = _object(raw)
    data, media_type, text = fields.get("data"), fields.get("mime_type"), fields.get("text")
    if not isinstance(data, str) or not isinstance(media_type, str) or not data:
        return None
    return PromptMedia(data=data, media_type=media_type, text=text if isinstance(text, str) else "")


def _object(raw: str) -> Mapping[str, JsonValue]:
    try:
        value = parse_json(raw)
    except ValueError:
        # A row of old may hold text that is no JSON; it is shown as it is.
        return {}
    return value if isinstance(value, Mapping) else {}
