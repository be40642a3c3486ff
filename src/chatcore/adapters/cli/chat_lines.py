"""Lines from the standard input, read without a thread: a read that waits must not keep the command from ending."""

import os
import sys
from typing import Final

import anyio
import anyio.lowlevel
from attrs import define

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.limits import USER_MESSAGE_BYTES_MAX

_INPUT: Final = 0
_READ_BYTES_MAX: Final = 65_536


class LineTooLong(ChatcoreError):
    """A line has more bytes than a message may have."""

    def __init__(self) -> None:
        super().__init__(f"a line of the input has more than {USER_MESSAGE_BYTES_MAX:,} bytes; send it in pieces")


@define
class Lines:
    """The lines that a person types or a program writes."""

    _read: bytes = b""

    async def next(self) -> str | None:
        """The next line without its end; None at the end of the input. What is not UTF-8 is replaced by U+FFFD.

        Raises: LineTooLong.
        """
        while b"\n" not in self._read:
            if len(self._read) > USER_MESSAGE_BYTES_MAX:
                raise LineTooLong
            data = await _read_some()
            if not data:
                break
            self._read += data
        if not self._read:
            return None
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace")


async def _read_some() -> bytes:
    # A closed standard input leaves its number to the next file that is opened, perhaps the database.
    if sys.stdin is None:
        return b""
    try:
        await anyio.wait_readable(_INPUT)
    except PermissionError:
        # Files and /dev/null can always be read, and cannot be waited for.
        await anyio.lowlevel.checkpoint()
    return os.read(_INPUT, _READ_BYTES_MAX)
