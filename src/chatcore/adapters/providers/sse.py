"""Server-sent events, bytes in and frames out (spec chat-core 4.7).

Libraries follow the standard, which throws a last frame away that lacks its blank line; providers send such frames.
"""

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from chatcore.domain.limits import SSE_FRAME_BYTES_MAX

_BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


@frozen
class Frame:
    """One event of the stream. `data` is stripped of white space around it: providers pad it."""

    event: str
    data: str


class FrameTooLong(ValueError):
    """A frame grew beyond SSE_FRAME_BYTES_MAX: what comes is no stream of events."""


class SseDecoder:
    """Cuts a body into frames, in whatever pieces it comes. Mutable; the frames depend on the bytes alone."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._event = ""
        self._data: list[str] = []
        self._size = 0
        self._at_start = True
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that are whole now.

        Raises: FrameTooLong.
        """
        if self._after_return and chunk:
            # The line end was cut in two between "\\r" and "\\n".
            chunk = chunk[1:] if chunk.startswith(b"\n") else chunk
            self._after_return = False
        start = 0
        for line_end in _LINE_END.finditer(chunk):
            self._keep(chunk[start : line_end.start()])
            start = line_end.end()
            line = self._take_line()
            if line:
                self._read(line)
            elif self._data:
                yield self._take_frame()
            else:
                self._forget()
        self._after_return = chunk.endswith(b"\r")
        if start < len(chunk):
            self._keep(chunk[start:])

    def rest(self) -> Frame | None:
        """What the body's end left unfinished; None where it ended between frames, or in a comment.

        Without data that is a line that was torn.
        """
        line = self._take_line()
        is_torn = bool(line) and not line.startswith(b":")
        self._read(line)
        if not (is_torn or self._data or self._event):
            return None
        return self._take_frame()

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > SSE_FRAME_BYTES_MAX:
            raise FrameTooLong(f"a frame of the stream is longer than {SSE_FRAME_BYTES_MAX} bytes")
        self._line.append(piece)

    def _take_line(self) -> bytes:
        line = b"".join(self._line)
        self._line.clear()
        if self._at_start and line:
            line = line.removeprefix(_BOM)
            self._at_start = False
        return line

    def _read(self, line: bytes) -> None:
        name, _, value = line.decode("utf-8", "replace").partition(":")
        # Other fields, and comments, whose name is empty, say nothing here.
        if name == "data":
            self._data.append(value.removeprefix(" "))
        elif name == "event":
            self._event = value.strip()

    def _take_frame(self) -> Frame:
        frame = Frame(self._event, "\n".join(self._data).strip())
        self._forget()
        return frame

    def _forget(self) -> None:
        self._event = ""
        self._data.clear()
        self._size = 0
