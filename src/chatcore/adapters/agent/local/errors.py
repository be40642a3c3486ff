"""From the operating system's errors to the port's (agent-and-relay A5)."""

from collections.abc import Iterator
from contextlib import contextmanager

from chatcore.domain.workspace.refusal import Refusal
from chatcore.ports.agent import AgentError


class NotRegularError(OSError):
    """The path names a directory, a device or anything else that is not a regular file."""


class LinkLoopError(OSError):
    """More symbolic links than one path may have."""


def os_refusal(error: OSError) -> Refusal:
    """The refusal that tells of an operating system's error: 404, 403, 400, and 500 for all others (A5.1.4)."""
    match error:
        case FileNotFoundError():
            return Refusal(status=404, code="file.not_found", message="the file or directory does not exist")
        case PermissionError():
            return Refusal(status=403, code="file.no_permission", message="permission denied")
        case NotRegularError() | IsADirectoryError():
            return Refusal(status=400, code="file.not_a_file", message="this is not a regular file")
        case NotADirectoryError():
            return Refusal(status=400, code="file.not_a_directory", message="a part of the path is not a directory")
        case LinkLoopError():
            return Refusal(status=500, code="file.too_many_links", message="the path leads through too many links")
        case _:
            reason = error.strerror or type(error).__name__
            return Refusal(status=500, code="file.os_error", message=f"the system failed: {reason}")


@contextmanager
def os_errors(path: str, *, always: int | None = None) -> Iterator[None]:
    """Turn the operating system's errors into `AgentError`s about `path`, with the status `always` when it is given."""
    try:
        yield
    except OSError as error:
        refusal = os_refusal(error)
        status = refusal.status if always is None else always
        raise AgentError(
            status=status, code=refusal.code, message=f"{path}: {refusal.message}", detail=str(error)
        ) from error
