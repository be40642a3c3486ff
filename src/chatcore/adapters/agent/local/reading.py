"""Reading files and directories; everything here blocks and belongs in a worker thread (agent-and-relay A5)."""

import os
import stat
from io import BufferedReader

from chatcore.adapters.agent.local.errors import NotRegularError
from chatcore.adapters.agent.local.paths import refuse_path
from chatcore.domain.workspace.line_reader import LineFailure, LineLimits, LinesRead, file_too_large, read_lines
from chatcore.ports.agent import DirectoryEntry, DirectoryListing


def open_regular(path: str) -> BufferedReader:
    """Open a regular file for reading.

    Raises: NotRegularError for everything else, without opening it; OSError.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotRegularError(path)
    # Not blocking, in case it has become a pipe meanwhile; for regular files it changes nothing.
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def read_numbered(path: str, offset: int, limit: int, limits: LineLimits) -> LinesRead:
    """Read by lines; whatever goes wrong is told in the result (A5.2.1)."""
    refusal = refuse_path(path)
    if refusal is not None:
        return LinesRead.failed(LineFailure.PATH_RELATIVE if path else LineFailure.PATH_MISSING, refusal.message)
    try:
        with open_regular(path) as file:
            too_large = file_too_large(os.fstat(file.fileno()).st_size, limits)
            # One byte more than allowed: a file that grows meanwhile is refused as well, and never read whole.
            return too_large or read_lines(
                file.read(limits.file_bytes_max + 1), offset=offset, limit=limit, limits=limits
            )
    except FileNotFoundError:
        return LinesRead.failed(LineFailure.NOT_FOUND, f"{path} does not exist")
    except PermissionError:
        return LinesRead.failed(LineFailure.NO_PERMISSION, f"no permission to read {path}")
    except (NotRegularError, NotADirectoryError):
        return LinesRead.failed(LineFailure.NOT_A_FILE, f"{path} is not a regular file")
    except OSError as error:
        return LinesRead.failed(LineFailure.UNREADABLE, f"{path} cannot be read: {error.strerror}")


def list_directory(path: str) -> DirectoryListing:
    """List a directory in the order of A5.6.2. Raises: OSError."""
    with os.scandir(path) as scanned:
        entries = [
            DirectoryEntry(name=entry.name, absolute_path_string=entry.path, is_dir=entry.is_dir(follow_symlinks=False))
            for entry in scanned
        ]
    entries.sort(key=lambda entry: (not entry.is_dir, os.fsencode(entry.name)))
    return DirectoryListing(
        absolute_path=tuple(part for part in path.split("/") if part),
        absolute_path_string=path,
        contents=tuple(entries),
    )
