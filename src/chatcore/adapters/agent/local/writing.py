"""Replacing a file in one step; everything here blocks and belongs in a worker thread (agent-and-relay A5.3)."""

import os
import stat
from contextlib import suppress
from io import BufferedWriter
from secrets import token_hex
from typing import Self

from chatcore.adapters.agent.local.errors import NotRegularError


class AtomicFile:
    """A new content on its way to a path: written beside it, then renamed over it, or discarded without a trace."""

    def __init__(self, target: str, temporary: str, mode: int | None, file: BufferedWriter) -> None:
        self._target = target
        self._temporary = temporary
        self._mode = mode
        self._file = file

    @classmethod
    def begin(cls, target: str) -> Self:
        """Begin a new content for a path without links, and make its missing directories.

        Raises: NotRegularError, the target is a directory or a special file; NotADirectoryError, a part of the path is
        a file; OSError.
        """
        parent, base = os.path.split(target)
        make_directories(parent)
        mode = _mode_of(target)
        temporary = os.path.join(parent, f".{base}.tmp.{token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        return cls(target, temporary, mode, open(descriptor, "wb"))

    def write(self, data: bytes) -> None:
        """Add to the content. Raises: OSError."""
        self._file.write(data)

    def commit(self) -> None:
        """Put the content in the place of the old one, with the old one's mode. Raises: OSError; then discard it."""
        if self._mode is not None:
            os.fchmod(self._file.fileno(), self._mode)
        self._file.close()
        os.replace(self._temporary, self._target)

    def discard(self) -> None:
        """Leave everything as it was. Raises: nothing; a directory that went away took the temporary file along."""
        # Closing writes what is buffered, and fails again where the disk is full.
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            os.unlink(self._temporary)


def replace_content(target: str, data: bytes) -> None:
    """Give a file a new content in one step. Raises: as `AtomicFile.begin`; nothing has changed then."""
    file = AtomicFile.begin(target)
    try:
        file.write(data)
        file.commit()
    except BaseException:
        file.discard()
        raise


def make_directories(path: str) -> None:
    """Make a directory and its missing parents, mode 0755. Raises: NotADirectoryError, a part is a file; OSError."""
    missing: list[str] = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for directory in reversed(missing):
        try:
            os.mkdir(directory, 0o755)
        except FileExistsError as error:
            if not os.path.isdir(directory):  # else somebody else made it just now
                raise NotADirectoryError(directory) from error


def _mode_of(target: str) -> int | None:
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    # Renaming over a device or a pipe would remove it.
    if not stat.S_ISREG(mode):
        raise NotRegularError(target)
    return stat.S_IMODE(mode)
