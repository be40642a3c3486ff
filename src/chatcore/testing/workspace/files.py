"""The files of a simulated workspace, for one caller (agent-and-relay A5)."""

import mimetypes
from collections.abc import AsyncIterable

from anyio import ClosedResourceError, EndOfStream
from anyio.abc import ByteReceiveStream
from anyio.lowlevel import checkpoint

from chatcore.adapters.agent.local.errors import NotRegularError, os_errors, os_refusal
from chatcore.adapters.agent.local.paths import clean, refuse_path
from chatcore.domain.limits import FILE_CHUNK_BYTES
from chatcore.domain.workspace.editing.plan import FileRead, FileRefused, plan_edits, refuse_file, requested_files
from chatcore.domain.workspace.editing.values import EditRequest, EditsDone, FileEdits
from chatcore.domain.workspace.line_reader import LineFailure, LineLimits, LinesRead, read_lines
from chatcore.domain.workspace.refusal import Refusal
from chatcore.ports.agent import (
    AgentError,
    DirectoryEntry,
    DirectoryListing,
    FieldProblem,
    FileContent,
    Files,
    ListDirectory,
    Message,
)
from chatcore.testing.workspace.desk import Desk
from chatcore.testing.workspace.tree import Directory, Tree


class TreeFiles(Files):
    """Files as the local workspace serves them, without a disk. A call passes a checkpoint, then happens at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ls(self, path: str | None = None, request: ListDirectory | None = None) -> DirectoryListing:
        """List a directory (A5.6)."""
        tree = await self._tree()
        named = self._directory(path, request or ListDirectory())
        with os_errors(named):
            try:
                entries = tree.names(named)
            except NotADirectoryError as error:
                message = f"{named} is not a directory"
                raise AgentError(status=500, code="file.not_a_directory", message=message) from error
        ordered = sorted(entries, key=lambda name: (not isinstance(entries[name], Directory), name.encode()))
        return DirectoryListing(
            absolute_path=tuple(part for part in named.split("/") if part),
            absolute_path_string=named,
            contents=tuple(
                DirectoryEntry(
                    name=name,
                    absolute_path_string=f"{named.rstrip('/')}/{name}",
                    is_dir=isinstance(entries[name], Directory),
                )
                for name in ordered
            ),
        )

    async def resolve_path(self, path: str) -> str:
        """Resolve symbolic links (A5.7)."""
        tree = await self._tree()
        _check(path)
        with os_errors(path):
            return tree.resolve(path)

    async def read_file(self, path: str, offset: int = 0, limit: int = 0) -> FileContent:
        """A part of a file (A5.1)."""
        tree = await self._tree()
        numbers = {"offset": offset, "limit": limit}
        negative = [FieldProblem(field=name, detail="must not be negative") for name in numbers if numbers[name] < 0]
        if negative:
            raise AgentError(
                status=400, code="request.bad_number", message="a number is negative", validations=negative
            )
        _check(path)
        with os_errors(path):
            content = tree.read(path)
        part = content[offset : offset + limit] if limit else content[offset:]
        media_type, _ = mimetypes.guess_type(path)
        return FileContent(
            stream=BytesStream(part), media_type=media_type or "application/octet-stream", length_bytes=len(part)
        )

    async def read_file_lines(
        self, path: str, offset: int = 1, limit: int = 0, limits: LineLimits | None = None
    ) -> LinesRead:
        """Numbered lines (A5.2)."""
        tree = await self._tree()
        refusal = refuse_path(path)
        if refusal is not None:
            return LinesRead.failed(LineFailure.PATH_RELATIVE if path else LineFailure.PATH_MISSING, refusal.message)
        try:
            return read_lines(tree.read(path), offset=offset, limit=limit, limits=limits)
        except FileNotFoundError:
            return LinesRead.failed(LineFailure.NOT_FOUND, f"{path} does not exist")
        except PermissionError:
            return LinesRead.failed(LineFailure.NO_PERMISSION, f"no permission to read {path}")
        except (NotRegularError, NotADirectoryError):
            return LinesRead.failed(LineFailure.NOT_A_FILE, f"{path} is not a regular file")
        except OSError as error:
            return LinesRead.failed(LineFailure.UNREADABLE, f"{path} cannot be read: {error.strerror}")

    async def write_file(self, path: str, body: bytes | AsyncIterable[bytes]) -> Message:
        """Replace or make a file (A5.3)."""
        tree = await self._tree()
        _check(path)
        with os_errors(path):
            # What is in the way is told before a byte of the body is taken.
            if tree.is_directory(path):
                raise NotRegularError(path)
        try:
            content = body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])
        except Exception as error:
            raise AgentError(
                status=500,
                code="file.write_broken_off",
                message=f"{path}: the new content did not arrive whole; the file is as it was",
                detail=str(error) or type(error).__name__,
            ) from error
        with os_errors(path):
            tree.write(path, content)
        self._desk.touched(path)
        return Message(message=f"wrote {path}")

    async def edit_files(self, request: EditRequest) -> EditsDone:
        """Edit files (A5.4, A5.5)."""
        tree = await self._tree()
        files = requested_files(request)
        if isinstance(files, Refusal):
            raise AgentError.refused(files)
        changes = plan_edits([_read(tree, file) for file in files])
        if isinstance(changes, Refusal):
            raise AgentError.refused(changes)
        for change in changes:
            with os_errors(change.path):
                tree.write(change.real_path, change.after.encode("utf-8", "surrogateescape"))
        self._desk.touched(*(file.path for file in request.files))
        return EditsDone(files=tuple(change.diff() for change in changes) if request.include_diff else None)

    async def _tree(self) -> Tree:
        await self._desk.come()
        return self._desk.machine.tree

    def _directory(self, path: str | None, request: ListDirectory) -> str:
        if path:
            refusal = refuse_path(path)
            if refusal is not None:
                raise AgentError(status=500, code=refusal.code, message=refusal.message)
            return clean(path)
        starts = {"root": "/", "home": self._desk.machine.home}
        if request.relativity not in starts:
            raise AgentError(
                status=500,
                code="file.unknown_relativity",
                message=f"{request.relativity!r} is no starting point: use root or home",
            )
        return clean("/".join([starts[request.relativity], *request.path]))


class BytesStream(ByteReceiveStream):
    """Bytes that are all there."""

    def __init__(self, content: bytes) -> None:
        self._left: bytes | None = content

    async def receive(self, max_bytes: int = FILE_CHUNK_BYTES) -> bytes:
        """The next bytes. Raises: EndOfStream; ClosedResourceError."""
        await checkpoint()
        if self._left is None:
            raise ClosedResourceError
        if not self._left:
            raise EndOfStream
        given, self._left = self._left[:max_bytes], self._left[max_bytes:]
        return given

    async def aclose(self) -> None:
        """Give no more; twice is harmless."""
        self._left = None


def _check(path: str) -> None:
    refusal = refuse_path(path)
    if refusal is not None:
        raise AgentError.refused(refusal)


def _read(tree: Tree, file: FileEdits) -> FileRead | FileRefused:
    refusal = refuse_file(file) or refuse_path(file.path)
    if refusal is not None:
        return FileRefused(path=file.path, refusal=refusal)
    try:
        real_path = tree.resolve(file.path)
        content = tree.read(real_path).decode("utf-8", "surrogateescape")
    except OSError as error:
        return FileRefused(path=file.path, refusal=os_refusal(error))
    return FileRead(edits=file, real_path=real_path, content=content)
