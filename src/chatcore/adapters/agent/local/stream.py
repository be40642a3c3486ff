"""A part of a file as a stream (agent-and-relay A5.1)."""

from io import BufferedReader

from anyio import CancelScope, ClosedResourceError, EndOfStream, to_thread
from anyio.abc import ByteReceiveStream

from chatcore.domain.limits import FILE_CHUNK_BYTES


class FileStream(ByteReceiveStream):
    """Gives at most `length_bytes` from where the file stands; fewer when the file has shrunk meanwhile."""

    def __init__(self, file: BufferedReader, length_bytes: int) -> None:
        self._file = file
        self._left_bytes = length_bytes

    async def receive(self, max_bytes: int = FILE_CHUNK_BYTES) -> bytes:
        """The next bytes. Raises: EndOfStream; ClosedResourceError; OSError."""
        if self._file.closed:
            raise ClosedResourceError
        data = await to_thread.run_sync(self._file.read, min(max_bytes, self._left_bytes))
        if not data:
            raise EndOfStream
        self._left_bytes -= len(data)
        return data

    async def aclose(self) -> None:
        """Close the file; twice is harmless."""
        with CancelScope(shield=True):
            await to_thread.run_sync(self._file.close)
