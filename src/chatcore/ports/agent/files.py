"""Reading and changing files of a workspace (agent-and-relay A5). Every path is absolute."""

from collections.abc import AsyncIterable
from typing import Protocol

from anyio.abc import ByteReceiveStream
from attrs import frozen

from chatcore.domain.workspace.editing.values import EditRequest, EditsDone
from chatcore.domain.workspace.line_reader import LineLimits, LinesRead
from chatcore.ports.agent.values import Message


@frozen(kw_only=True)
class ListDirectory:
    """A directory named by its segments below a starting point (A5.6.1)."""

    path: tuple[str, ...] = ()
    relativity: str = "root"
    """`root` or `home`; anything else is refused by the agent."""


@frozen(kw_only=True)
class DirectoryEntry:
    """One entry; a symbolic link is never a directory, wherever it points (A5.6.2)."""

    name: str
    absolute_path_string: str
    is_dir: bool


@frozen(kw_only=True)
class DirectoryListing:
    """A directory: its directories first, then the rest, each in byte order of the name."""

    absolute_path: tuple[str, ...]
    """The segments of the path; empty for the root."""

    absolute_path_string: str
    contents: tuple[DirectoryEntry, ...]


@frozen(kw_only=True)
class FileContent:
    """Bytes of a file. Whoever asked owns the stream and closes it (A2.2)."""

    stream: ByteReceiveStream
    media_type: str
    """By the file's extension; `application/octet-stream` when that says nothing."""

    length_bytes: int | None
    """Bytes that will come; None when the agent did not say."""


class Files(Protocol):
    """Files and directories. Every method may raise `AgentUnreachable`; 400 is also the answer to a relative path."""

    async def ls(self, path: str | None = None, request: ListDirectory | None = None) -> DirectoryListing:
        """List a directory: `path` when given, else what `request` names, else the root.

        Raises: AgentError, 404 missing, 403 no permission, 500 relative path, not a directory, unknown relativity.
        """
        ...

    async def resolve_path(self, path: str) -> str:
        """The path with its symbolic links resolved as far as it exists; a missing tail is kept.

        Raises: AgentError, 400 relative, 403 no permission, 500 more than LINK_HOPS_MAX links.
        """
        ...

    async def read_file(self, path: str, offset: int = 0, limit: int = 0) -> FileContent:
        """Bytes from `offset` on; a `limit` of 0 means to the end. An offset past the end gives no bytes.

        Raises: AgentError, 404 missing, 403 no permission, 400 a negative number or not a regular file.
        """
        ...

    async def read_file_lines(
        self, path: str, offset: int = 1, limit: int = 0, limits: LineLimits | None = None
    ) -> LinesRead:
        """Numbered lines from line `offset` on (1-based); a `limit` of 0 means as many as a response may hold.

        Whatever the file does is told in the result, never raised (A5.2.1).
        """
        ...

    async def write_file(self, path: str, body: bytes | AsyncIterable[bytes]) -> Message:
        """Replace or make a file, and its missing directories; nobody ever sees half of it (A5.3).

        Mode and symbolic links are kept. A body that breaks off leaves everything as it was.
        Raises: AgentError, 400 a directory or special file in the way, 403 no permission, 500.
        """
        ...

    async def edit_files(self, request: EditRequest) -> EditsDone:
        """Edit files by search and replace. All results are computed before the first file is written (A5.4).

        Raises: AgentError with the highest status of all failures and every failure's text: 400, 403, 404, 500.
        """
        ...
