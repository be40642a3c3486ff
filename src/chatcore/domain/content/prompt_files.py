"""Files in a prompt: which ones to look for, and how found and missing ones are shown (spec chat-core 1.3, 1.8)."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import FilePart
from chatcore.domain.content.prompt import PromptFile, PromptText
from chatcore.domain.content.prompt_options import shown_options


@frozen(kw_only=True)
class ResolvedFile:
    """What the file store holds under a file id."""

    data: bytes = field(repr=False)
    media_type: str
    name: str = ""


Files: TypeAlias = Mapping[str, ResolvedFile]
"""Files by id. An id that was asked for and is not in it is gone."""


def files_to_resolve(messages: Iterable[Message]) -> tuple[str, ...]:
    """The ids of the files that users attached to messages the model sees; each once, in the order seen (R1.3a)."""
    ids = (
        part.file_id
        for message in messages
        if message.role is Role.USER and message.visibility.to_model
        for part in message.content
        if isinstance(part, FilePart)
    )
    return tuple(dict.fromkeys(file_id for file_id in ids if file_id))


def user_file(part: FilePart, files: Files | None) -> PromptFile | PromptText:
    """A user's file with the bytes that were found for it (R1.3b), or a few words where they are gone (R1.3c)."""
    found = files.get(part.file_id) if files is not None and part.file_id else None
    if found is not None:
        return PromptFile(
            media_type=part.media_type or found.media_type,
            name=part.name or found.name,
            data=found.data,
            options=shown_options(part.provider_metadata),
        )
    is_unresolved = files is None and part.file_id is not None
    return inline_file(part) if part.data or is_unresolved else PromptText(text=_expired_text(part))


def inline_file(part: FilePart) -> PromptFile:
    """A file with the bytes that its part holds."""
    return PromptFile(
        media_type=part.media_type, name=part.name, data=part.data, options=shown_options(part.provider_metadata)
    )


def _expired_text(part: FilePart) -> str:
    return f"[file expired: {part.name}]" if part.name else "[file expired]"
