"""What a client may send as a message (spec chat-core 1.10, 1.3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.parts import FilePart, FileReferencePart, Part, TextPart
from chatcore.domain.content.parts_read import kind_of, read_part
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.content.user_rejections import (
    ContentRequired,
    ContentTooLarge,
    EmptyText,
    FileIdRequired,
    FileNameRequired,
    InvalidPart,
    TooManyFiles,
    UnsupportedPart,
)
from chatcore.domain.content.well_formed import well_formed
from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import LINE_NUMBER_MAX, MESSAGE_FILES_MAX, USER_MESSAGE_BYTES_MAX

ATTACHMENT_MEDIA_TYPES: Final = frozenset(
    {
        "application/json",
        "application/pdf",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/markdown",
        "text/plain",
    }
)
"""Media types that a file may be uploaded with (R1.3d)."""

_CLIENT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    TextPart.TYPE: ("text",),
    FilePart.TYPE: ("file_id", "media_type", "name"),
    FileReferencePart.TYPE: ("file_name", "start_line", "end_line", "content"),
}
"""What is read of a part that a client sent; anything else in it is ignored."""


def parse_user_content(value: JsonValue) -> tuple[Part, ...]:
    """The content of a message as a client sent it: a JSON array of parts.

    Types are compared in lower case and without space around them.
    Raises: Rejection, as `accepted_user_content`; InvalidPart, also for what is no array or has a wrong type.
    """
    if value is None:
        raise ContentRequired
    if not isinstance(value, list):
        raise InvalidPart(None, f"it is {kind_of(value)}, not an array")
    return accepted_user_content([_parse_part(element, index) for index, element in enumerate(value)])


def accepted_user_content(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts as they are stored: texts trimmed, and nothing in them but what a client may say.

    Raises: ContentRequired, there are none; UnsupportedPart, one is neither text nor file nor file reference;
        EmptyText, FileIdRequired, FileNameRequired and InvalidPart (a line number below 0 or above
        LINE_NUMBER_MAX) with the part's index; TooManyFiles, over MESSAGE_FILES_MAX different files;
        ContentTooLarge, over USER_MESSAGE_BYTES_MAX bytes. The first thing that is wrong is told.
    """
    if not parts:
        raise ContentRequired
    content = tuple(_accepted_part(part, index) for index, part in enumerate(parts))
    files = len({part.file_id for part in content if isinstance(part, FilePart)})
    if files > MESSAGE_FILES_MAX:
        raise TooManyFiles(files, MESSAGE_FILES_MAX)
    size = content_bytes(content)
    if size > USER_MESSAGE_BYTES_MAX:
        raise ContentTooLarge(size, USER_MESSAGE_BYTES_MAX)
    return content


def title_source(content: Iterable[Part]) -> str:
    """What a title is made from: the texts of a message, joined by single spaces."""
    return " ".join(part.text for part in content if isinstance(part, TextPart))


def _parse_part(value: JsonValue, index: int) -> Part:
    if not isinstance(value, Mapping):
        raise InvalidPart(index, f"it is {kind_of(value)}, not an object")
    given_type = value.get("type")
    type_name = given_type.strip().lower() if isinstance(given_type, str) else ""
    if type_name not in _CLIENT_FIELDS:
        raise UnsupportedPart(index, type_name[:64])
    fields = {name: value.get(name) for name in _CLIENT_FIELDS[type_name]}
    try:
        return read_part({"type": type_name, **fields}, index)
    except ContentError as error:
        raise InvalidPart(index, error.why) from error


def _accepted_part(part: Part, index: int) -> Part:
    match part:
        case TextPart(text=text):
            words = well_formed(text).strip()
            if not words:
                raise EmptyText(index)
            return TextPart(text=words)
        case FilePart(file_id=file_id):
            if file_id is None or not file_id.strip():
                raise FileIdRequired(index)
            return FilePart(
                media_type=well_formed(part.media_type), name=well_formed(part.name), file_id=well_formed(file_id)
            )
        case FileReferencePart(file_name=file_name):
            if not file_name.strip():
                raise FileNameRequired(index)
            return FileReferencePart(
                file_name=well_formed(file_name),
                start_line=_accepted_line(part.start_line, index),
                end_line=_accepted_line(part.end_line, index),
                content=well_formed(part.content),
            )
        case _:
            raise UnsupportedPart(index, part.TYPE)


def _accepted_line(line: int, index: int) -> int:
    if not 0 <= line <= LINE_NUMBER_MAX:
        raise InvalidPart(index, f"a line number is not in 0..{LINE_NUMBER_MAX}")
    return line
