"""Why what a client sent is refused (spec chat-core 1.10, 1.3)."""

from typing import ClassVar

from attrs import frozen

from chatcore.domain.rejection import Rejection


@frozen(eq=False)
class ContentRequired(Rejection):
    """The content is missing or an empty list."""

    code: ClassVar[str] = "content_required"

    def __str__(self) -> str:
        return "the message has no content; send at least one part"


@frozen(eq=False)
class InvalidPart(Rejection):
    """The content is no list, or a part of it has a wrong shape."""

    code: ClassVar[str] = "invalid_part"
    index: int | None
    """The part, counted from 0; None where the content as a whole is wrong."""
    why: str

    def __str__(self) -> str:
        where = "the content" if self.index is None else f"part {self.index}"
        return f"{where} cannot be read: {self.why}"


@frozen(eq=False)
class UnsupportedPart(Rejection):
    """A part of a kind that does not exist or that clients may not send."""

    code: ClassVar[str] = "unsupported_part"
    index: int
    type_name: str

    def __str__(self) -> str:
        return f"part {self.index} has type {self.type_name!r}; send text, file or file-reference"


@frozen(eq=False)
class EmptyText(Rejection):
    """A text part without words."""

    code: ClassVar[str] = "empty_text"
    index: int

    def __str__(self) -> str:
        return f"part {self.index} is a blank text; leave it out or write something"


@frozen(eq=False)
class FileIdRequired(Rejection):
    """A file part that does not say which uploaded file it means."""

    code: ClassVar[str] = "file_id_required"
    index: int

    def __str__(self) -> str:
        return f"part {self.index} is a file without a file_id; upload the file first and send its id"


@frozen(eq=False)
class FileNameRequired(Rejection):
    """A file reference that names no file."""

    code: ClassVar[str] = "file_name_required"
    index: int

    def __str__(self) -> str:
        return f"part {self.index} is a file reference without a file_name; name the file"


@frozen(eq=False)
class TooManyFiles(Rejection):
    """One message cites more files than it may (R1.3c)."""

    code: ClassVar[str] = "too_many_files"
    files: int
    files_max: int

    def __str__(self) -> str:
        return f"the message cites {self.files} files, at most {self.files_max} are allowed; send several messages"


@frozen(eq=False)
class ContentTooLarge(Rejection):
    """The content is over its limit."""

    code: ClassVar[str] = "content_too_large"
    size_bytes: int
    size_bytes_max: int

    def __str__(self) -> str:
        return (
            f"the content has {self.size_bytes} bytes, at most {self.size_bytes_max} are allowed; upload it as a file"
        )
