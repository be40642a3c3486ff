"""Absolute paths, and where they really lead (agent-and-relay A5.7)."""

import errno
import os

from chatcore.adapters.agent.local.errors import LinkLoopError
from chatcore.domain.limits import LINK_HOPS_MAX
from chatcore.domain.workspace.refusal import Refusal


def refuse_path(path: str) -> Refusal | None:
    """What is wrong with a path before the disk is asked; every path is absolute."""
    if not path:
        return Refusal(status=400, code="file.path_required", message="the path is empty: name an absolute path")
    if not os.path.isabs(path):
        return Refusal(status=400, code="file.not_absolute", message=f"{path!r} is relative: name an absolute path")
    try:
        named = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        named = False
    if not named:
        return Refusal(status=400, code="file.bad_path", message=f"{path!r} cannot be a path on this system")
    return None


def clean(path: str) -> str:
    """An absolute path without doubled slashes, `.` and `..`, by its words alone."""
    # POSIX lets two leading slashes mean something else, and `normpath` keeps them; no system here uses it.
    return os.path.normpath("/" + path.lstrip("/"))


def resolve(path: str) -> str:
    """Where an absolute path really leads: links resolved along the part that exists, the missing tail kept.

    Raises: LinkLoopError, more than LINK_HOPS_MAX links; PermissionError and other OSErrors.
    """
    resolved, hops = "/", 0
    pending = _parts_reversed(clean(path))
    while pending:
        part = pending.pop()
        if part == "..":
            resolved = os.path.dirname(resolved)
            continue
        candidate = os.path.join(resolved, part)
        target = _link_target(candidate)
        if target is None:
            resolved = candidate
            continue
        hops += 1
        if hops > LINK_HOPS_MAX:
            raise LinkLoopError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if os.path.isabs(target):
            resolved = "/"
        pending += _parts_reversed(target)
    return resolved


def _parts_reversed(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _link_target(path: str) -> str | None:
    try:
        return os.readlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return None  # the tail begins: whoever wants to use it finds out what is wrong
    except OSError as error:
        if error.errno == errno.EINVAL:  # there, and no link
            return None
        raise
