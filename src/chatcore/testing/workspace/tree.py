"""Files in memory: directories, links, modes, and the operating system's errors (agent-and-relay A5)."""

import errno
import os
from collections.abc import Mapping
from posixpath import basename, dirname, join
from typing import TypeAlias

from attrs import define, field

from chatcore.adapters.agent.local.errors import LinkLoopError, NotRegularError
from chatcore.adapters.agent.local.paths import clean
from chatcore.domain.limits import LINK_HOPS_MAX


@define
class File:
    """A regular file."""

    content: bytes = b""
    mode: int = 0o644


@define
class Link:
    """A symbolic link."""

    target: str


@define
class Device:
    """Something that is there and is no file."""


@define
class Directory:
    """A directory; its entries in the order in which they were made."""

    entries: "dict[str, Node]" = field(factory=dict)
    mode: int = 0o755


Node: TypeAlias = File | Link | Device | Directory


class Tree:
    """All files of a workspace. Paths are absolute; links are followed unless a method says otherwise.

    Whoever has no right in a mode's bits for the owner is refused: this is not the superuser's machine.
    Raises, in all methods: FileNotFoundError, NotADirectoryError, PermissionError, LinkLoopError.
    """

    def __init__(self, files: Mapping[str, str | bytes] | None = None) -> None:
        self._root = Directory()
        self.make_directories("/tmp")
        self.make_directories("/dev")
        self.put("/dev/null", Device())
        for path, content in (files or {}).items():
            self.write(path, content.encode() if isinstance(content, str) else content)

    def resolve(self, path: str) -> str:
        """Where the path really leads, a missing tail kept; as the local workspace resolves it."""
        resolved, hops = "/", 0
        pending = _reversed_parts(clean(path))
        while pending:
            part = pending.pop()
            if part == "..":
                resolved = dirname(resolved)
                continue
            candidate = join(resolved, part)
            node = self._find(candidate)
            if not isinstance(node, Link):
                resolved = candidate
                continue
            hops += 1
            if hops > LINK_HOPS_MAX:
                raise LinkLoopError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            if node.target.startswith("/"):
                resolved = "/"
            pending += _reversed_parts(node.target)
        return resolved

    def get(self, path: str) -> Node:
        """What is there."""
        return self._at(self.resolve(path))

    def get_unfollowed(self, path: str) -> Node:
        """What is there itself, were it a link."""
        path = clean(path)
        return self._at(join(self.resolve(dirname(path)), basename(path)) if path != "/" else path)

    def exists(self, path: str) -> bool:
        """Whether anything is there."""
        return self._find(self.resolve(path)) is not None

    def is_directory(self, path: str) -> bool:
        """Whether a directory is there."""
        return isinstance(self._find(self.resolve(path)), Directory)

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises also: NotRegularError."""
        node = self.get(path)
        if not isinstance(node, File):
            raise NotRegularError(path)
        if not node.mode & 0o400:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return node.content

    def write(self, path: str, content: bytes) -> None:
        """Replace or make a file and its missing directories; an old mode stays. Raises also: NotRegularError."""
        path = self.resolve(path)
        directory = self.make_directories(dirname(path))
        node = directory.entries.get(basename(path))
        if node is None:
            self._allow(directory, dirname(path))
            directory.entries[basename(path)] = File(content)
        elif isinstance(node, File):
            # The new content is renamed over the old one: the directory must allow it, not the file.
            self._allow(directory, dirname(path))
            directory.entries[basename(path)] = File(content, node.mode)
        else:
            raise NotRegularError(path)

    def make_directories(self, path: str) -> Directory:
        """A directory and its missing parents."""
        directory, walked = self._root, "/"
        for part in reversed(_reversed_parts(self.resolve(path))):
            if part not in directory.entries:
                self._allow(directory, walked)
                directory.entries[part] = Directory()
            walked = join(walked, part)
            node = directory.entries[part]
            if not isinstance(node, Directory):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), walked)
            directory = node
        return directory

    def put(self, path: str, node: Node) -> None:
        """Put something where nothing is; its directory must exist. Raises also: FileExistsError."""
        parent = self.get(dirname(clean(path)))
        if not isinstance(parent, Directory):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), dirname(path))
        if basename(path) in parent.entries:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self._allow(parent, dirname(path))
        parent.entries[basename(path)] = node

    def remove(self, path: str) -> None:
        """Take away a file, a link, or a directory with all it holds."""
        path = clean(path)
        self.get_unfollowed(path)
        parent = self.get(dirname(path))
        if isinstance(parent, Directory):
            self._allow(parent, dirname(path))
            del parent.entries[basename(path)]

    def names(self, path: str) -> dict[str, Node]:
        """The entries of a directory."""
        node = self.get(path)
        if not isinstance(node, Directory):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        if not node.mode & 0o400:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return node.entries

    def _allow(self, directory: Directory, path: str) -> None:
        if not directory.mode & 0o200:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    def _at(self, path: str) -> Node:
        node: Node = self._root
        walked = "/"
        for part in reversed(_reversed_parts(path)):
            if not isinstance(node, Directory):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), walked)
            if not node.mode & 0o100:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), walked)
            walked = join(walked, part)
            if part not in node.entries:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), walked)
            node = node.entries[part]
        return node

    def _find(self, path: str) -> Node | None:
        try:
            return self._at(path)
        except (FileNotFoundError, NotADirectoryError):
            return None


def _reversed_parts(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
