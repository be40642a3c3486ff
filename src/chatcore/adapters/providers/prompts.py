"""Parts of a prompt in forms that every provider takes (spec chat-core 1.4, 1.5, 1.8)."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from chatcore.adapters.providers.fields import as_text, json_fields
from chatcore.adapters.providers.metadata import own_options
from chatcore.domain.content.prompt import PromptFile, PromptToolResult

AS_WORDS: Final = "as_words"
"""Own option of a result: what the tool said goes as it is, without the object that 1.4 stores around words."""

_TEXT_TYPES: Final = ("application/json",)


def result_words(result: PromptToolResult, namespace: str) -> str:
    """What the model is told of a result, media aside."""
    if own_options(result.options, namespace).get(AS_WORDS) is True:
        return as_text((json_fields(result.text) or {}).get("output")) or result.text
    return result.text


def data_url(file: PromptFile) -> str:
    """The file's bytes as an address."""
    return f"data:{file.media_type};base64,{b64encode(file.data).decode('ascii')}"


def is_text(file: PromptFile) -> bool:
    """Whether the file's bytes are words that a model reads as they are."""
    return file.media_type.startswith("text/") or file.media_type in _TEXT_TYPES


def file_words(file: PromptFile) -> str:
    """A file as words: what it holds, or that it is gone."""
    if not file.data:
        return f"[file expired: {file.name}]" if file.name else "[file expired]"
    words = file.data.decode("utf-8", "replace")
    return f"[file] {file.name}\n{words}" if file.name else words


def short_id(call_id: str, length: int) -> str:
    """A call id of exactly this many letters and digits, the same one for the same id."""
    return sha256(call_id.encode()).hexdigest()[:length]
