"""The files of this machine, for one caller (agent-and-relay A5)."""

import mimetypes
import os
from collections.abc import AsyncIterable, AsyncIterator
from io import BufferedReader

from anyio import CancelScope, Lock, to_thread

from chatcore.adapters.agent.local.editing import edit_on_disk
from chatcore.adapters.agent.local.errors import os_errors
from chatcore.adapters.agent.local.paths import clean, refuse_path, resolve
from chatcore.adapters.agent.local.reading import list_directory, open_regular, read_numbered
from chatcore.adapters.agent.local.stream import FileStream
from chatcore.adapters.agent.local.writing import AtomicFile
from chatcore.domain.workspace.editing.values import EditRequest, EditsDone
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.line_reader import LineLimits, LinesRead
from chatcore.domain.workspace.path_store import PathStore
from chatcore.ports.agent import AgentError, DirectoryListing, FieldProblem, FileContent, Files, ListDirectory, Message


class LocalFiles(Files):
    """Files as the process's user may use them. All disk access runs in worker threads."""

    def __init__(self, *, home: str, paths: PathStore, edits: Lock, identity: ChatIdentity | None) -> None:
        self._home = home
        self._paths = paths
        self._edits = edits
        self._identity = identity

    async def ls(self, path: str | None = None, request: ListDirectory | None = None) -> DirectoryListing:
        """List a directory (A5.6)."""
        named = self._directory(path, request or ListDirectory())
        with os_errors(named):
            try:
                return await to_thread.run_sync(list_directory, named)
            except NotADirectoryError as error:
                message = f"{named} is not a directory"
                raise AgentError(status=500, code="file.not_a_directory", message=message) from error

    async def resolve_path(self, path: str) -> str:
        """Resolve symbolic links (A5.7)."""
        _check(path)
        with os_errors(path):
            return await to_thread.run_sync(resolve, path)

    async def read_file(self, path: str, offset: int = 0, limit: int = 0) -> FileContent:
        """Open a part of a file (A5.1)."""
        numbers = {"offset": offset, "limit": limit}
        negative = [FieldProblem(field=name, detail="must not be negative") for name in numbers if numbers[name] < 0]
        if negative:
            raise AgentError(
                status=400, code="request.bad_number", message="a number is negative", validations=negative
            )
        _check(path)
        with os_errors(path):
            file, length_bytes = await to_thread.run_sync(_open_part, path, offset, limit)
        media_type, _ = mimetypes.guess_type(path)
        return FileContent(
            stream=FileStream(file, length_bytes),
            media_type=media_type or "application/octet-stream",
            length_bytes=length_bytes,
        )

    async def read_file_lines(
        self, path: str, offset: int = 1, limit: int = 0, limits: LineLimits | None = None
    ) -> LinesRead:
        """Read numbered lines (A5.2)."""
        return await to_thread.run_sync(read_numbered, path, offset, limit, limits or LineLimits())

    async def write_file(self, path: str, body: bytes | AsyncIterable[bytes]) -> Message:
        """Replace or make a file (A5.3)."""
        _check(path)
        with os_errors(path, always=500):
            target = await to_thread.run_sync(resolve, path)
        with os_errors(path):
            file = await to_thread.run_sync(AtomicFile.begin, target)
        try:
            async for chunk in _chunks(body):
                await to_thread.run_sync(file.write, chunk)
            await to_thread.run_sync(file.commit)
        except Exception as error:
            raise AgentError(
                status=500,
                code="file.write_broken_off",
                message=f"{path}: the new content did not arrive whole; the file is as it was",
                detail=str(error) or type(error).__name__,
            ) from error
        finally:
            # After a commit there is nothing left to discard.
            with CancelScope(shield=True):
                await to_thread.run_sync(file.discard)
        self._touched(path)
        return Message(message=f"wrote {path}")

    async def edit_files(self, request: EditRequest) -> EditsDone:
        """Edit files (A5.4, A5.5)."""
        # One request at a time: two that read the same file would each undo what the other wrote.
        async with self._edits:
            done = await to_thread.run_sync(edit_on_disk, request)
        self._touched(*(file.path for file in request.files))
        return done

    def _touched(self, *paths: str) -> None:
        if self._identity is not None:
            self._paths.add_paths(self._identity.family, paths)

    def _directory(self, path: str | None, request: ListDirectory) -> str:
        if path:
            refusal = refuse_path(path)
            if refusal is not None:
                raise AgentError(status=500, code=refusal.code, message=refusal.message)
            return clean(path)
        starts = {"root": "/", "home": self._home}
        if request.relativity not in starts:
            raise AgentError(
                status=500,
                code="file.unknown_relativity",
                message=f"{request.relativity!r} is no starting point: use root or home",
            )
        return clean("/".join([starts[request.relativity], *request.path]))


def _check(path: str) -> None:
    refusal = refuse_path(path)
    if refusal is not None:
        raise AgentError.refused(refusal)


def _open_part(path: str, offset: int, limit: int) -> tuple[BufferedReader, int]:
    file = open_regular(path)
    size_bytes = os.fstat(file.fileno()).st_size
    length_bytes = max(size_bytes - offset, 0)
    file.seek(min(offset, size_bytes))
    return file, min(length_bytes, limit) if limit > 0 else length_bytes


async def _chunks(body: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    async for chunk in body:
        yield chunk
