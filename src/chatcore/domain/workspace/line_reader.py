"""Reading a file by numbered lines within hard budgets (agent-and-relay A5.2, chat-core 10.4)."""

from enum import StrEnum, unique
from typing import Final, Self

from attrs import field, frozen
from attrs.validators import gt

from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import (
    READ_FILE_BYTES_MAX,
    READ_LINE_BYTES_MAX,
    READ_RESPONSE_BYTES_MAX,
    READ_RESPONSE_LINES_MAX,
)

_CUT_SUFFIX: Final = b"... [truncated]"


@frozen(kw_only=True)
class LineLimits:
    """Budgets of one reading (A5.2). A wire format that sends 0 for "not set" leaves the limit out here (A5.2.1).

    Raises: ValueError, a limit is not positive.
    """

    file_bytes_max: int = field(default=READ_FILE_BYTES_MAX, validator=gt(0))
    line_bytes_max: int = field(default=READ_LINE_BYTES_MAX, validator=gt(0))
    response_lines_max: int = field(default=READ_RESPONSE_LINES_MAX, validator=gt(0))
    response_bytes_max: int = field(default=READ_RESPONSE_BYTES_MAX, validator=gt(0))


@unique
class LineFailure(StrEnum):
    """Why nothing was read (A5.2.2); stable, what callers match on."""

    PATH_MISSING = "file.path_required"
    PATH_RELATIVE = "file.not_absolute"
    NOT_FOUND = "file.not_found"
    NO_PERMISSION = "file.no_permission"
    NOT_A_FILE = "file.not_a_file"
    UNREADABLE = "file.unreadable"
    TOO_LARGE = "file.too_large"
    OFFSET_BEYOND_END = "file.offset_beyond_end"
    TOO_MANY_BYTES = "file.too_many_bytes"
    TOO_MANY_LINES = "file.too_many_lines"


@frozen(kw_only=True)
class LinesRead:
    """The outcome of one reading. A failure is an outcome too, never an exception (A5.2.1)."""

    success: bool
    file_size: int | None = None
    """Bytes of the whole file."""

    total_lines: int | None = None
    """Lines of the whole file; a final newline makes one more, empty, line (A5.2.3)."""

    lines_read: int | None = None
    """Lines shown in `content`."""

    content: str | None = None
    """`number TAB text` per line, joined by newlines; a character that a cut broke is U+FFFD."""

    failure: LineFailure | None = None
    error: str | None = None
    """What went wrong and what to do, for the model."""

    @classmethod
    def failed(cls, failure: LineFailure, error: str) -> Self:
        """A reading that showed nothing: errors are total, there is no partial content (A5.2.6)."""
        return cls(success=False, failure=failure, error=error)

    def to_json(self) -> dict[str, JsonValue]:
        """The wire form of A5.2.1, which is also the tool's result (chat-core 10.4); what is unknown is absent."""
        fields: dict[str, JsonValue] = {
            "success": self.success,
            "file_size": self.file_size,
            "total_lines": self.total_lines,
            "lines_read": self.lines_read,
            "content": self.content,
            "error": self.error,
        }
        return {name: value for name, value in fields.items() if value is not None}


def file_too_large(file_size: int, limits: LineLimits) -> LinesRead | None:
    """Refuse a file by its size in bytes, before it is read; None when it may be read."""
    if file_size <= limits.file_bytes_max:
        return None
    return LinesRead.failed(
        LineFailure.TOO_LARGE,
        f"the file has {file_size} bytes, more than the limit of {limits.file_bytes_max}: "
        "look at parts of it with other tools, such as head, tail, sed or grep in execute",
    )


def read_lines(data: bytes, *, offset: int = 1, limit: int = 0, limits: LineLimits | None = None) -> LinesRead:
    """Show `limit` lines of a file from line `offset` on.

    `offset` is 1-based, below 1 counts as 1; a `limit` of 0 or less means as many lines as a response may hold. More
    lines or bytes than a response may hold are a failure that asks for a narrower reading. Cost: O(file).
    """
    limits = LineLimits() if limits is None else limits
    too_large = file_too_large(len(data), limits)
    if too_large is not None:
        return too_large
    lines = data.split(b"\n") if data else []
    first = max(offset, 1)
    if lines and first > len(lines):
        return LinesRead.failed(
            LineFailure.OFFSET_BEYOND_END,
            f"offset {first} is past the end: the file has {len(lines)} lines; use a smaller offset",
        )
    count = limit if limit > 0 else limits.response_lines_max
    shown = _number(lines[first - 1 : first - 1 + count], first, limits)
    if isinstance(shown, LinesRead):
        return shown
    return LinesRead(
        success=True,
        file_size=len(data),
        total_lines=len(lines),
        lines_read=len(shown),
        content=b"\n".join(shown).decode("utf-8", "replace"),
    )


def _number(lines: list[bytes], first: int, limits: LineLimits) -> list[bytes] | LinesRead:
    """Number the lines, or say which budget they break; of one line bytes are checked before the count (A5.2.6)."""
    shown: list[bytes] = []
    size_bytes = 0
    for number, line in enumerate(lines, first):
        if len(line) > limits.line_bytes_max:
            line = line[: limits.line_bytes_max] + _CUT_SUFFIX
        numbered = b"%d\t%s" % (number, line)
        size_bytes += len(numbered) + (1 if shown else 0)
        if size_bytes > limits.response_bytes_max:
            return LinesRead.failed(
                LineFailure.TOO_MANY_BYTES,
                f"those lines have more than {limits.response_bytes_max} bytes: narrow them with offset and limit",
            )
        if len(shown) == limits.response_lines_max:
            return LinesRead.failed(
                LineFailure.TOO_MANY_LINES,
                f"more than {limits.response_lines_max} lines were asked for: narrow them with offset and limit",
            )
        shown.append(numbered)
    return shown
