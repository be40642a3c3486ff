"""An HTTP server on loopback that plays recorded bodies byte for byte, over real sockets."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream
from attrs import field, frozen

from chatcore.testing.recordings.folder import Recording

_HEAD_BYTES_MAX: Final = 65_536
_BODY_BYTES_MAX: Final = 64 * 1024 * 1024
_PIECE_BYTES_DEFAULT: Final = 16_384
_OWN_HEADERS: Final = frozenset({"content-length", "transfer-encoding", "content-encoding", "connection"})


@frozen(kw_only=True)
class SeenRequest:
    """A request as it arrived; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@frozen(kw_only=True)
class Play:
    """What the server answers, and how it comes over the wire."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = field(default=b"", repr=False)
    piece_bytes: Sequence[int] = ()
    """Sizes of the pieces that are written one after the other; the last size repeats. Empty: large pieces."""
    delay_s: float = 0.0
    """Between two pieces."""
    cut_at: int | None = None
    """The connection ends behind so many bytes of the body; None plays all of it."""
    clean: bool = True
    """How it ends: by the end of the body, so that only the body's own end tells a cut; or in the middle of it."""


Answer: TypeAlias = Callable[[SeenRequest], Play]
"""Decides what a request is answered with."""


@frozen(kw_only=True)
class RecordingServer:
    """A running server. `requests` holds every request so far, in order."""

    url: str
    """Scheme, host and port, without a slash at the end."""
    requests: list[SeenRequest] = field(factory=list)


def play(recording: Recording) -> Play:
    """The recorded answer as it was."""
    return Play(
        status=recording.status,
        headers={"content-type": recording.content_type, **recording.headers},
        body=recording.body,
    )


@asynccontextmanager
async def serve_recordings(answer: Answer) -> AsyncGenerator[RecordingServer, None]:
    """Serve on a free port of 127.0.0.1 until the context is left. Works on asyncio and trio.

    Each connection serves one request and is closed, so that a client's pool keeps nothing alive.
    """
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    server = RecordingServer(url=f"http://127.0.0.1:{port}")

    async def handle(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            try:
                request = await _read_request(stream)
                server.requests.append(request)
                await _write(stream, answer(request))
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead):
                # The client went away, as a cancelled one does; what it saw is its own affair.
                return

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        try:
            yield server
        finally:
            tasks.cancel_scope.cancel()


async def _read_request(stream: anyio.abc.SocketStream) -> SeenRequest:
    buffered = BufferedByteReceiveStream(stream)
    head = (await buffered.receive_until(b"\r\n\r\n", _HEAD_BYTES_MAX)).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = (*first.split(" "), "", "")[:3]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    size = min(int(headers.get("content-length", "0")), _BODY_BYTES_MAX)
    body = await buffered.receive_exactly(size) if size else b""
    return SeenRequest(method=method, path=path, headers=headers, body=body)


async def _write(stream: anyio.abc.SocketStream, answer: Play) -> None:
    body = answer.body if answer.cut_at is None else answer.body[: answer.cut_at]
    is_broken = answer.cut_at is not None and not answer.clean
    # Without a length the end of the connection is the end of the body; with one that is not kept, it is a fault.
    length = [("content-length", str(len(answer.body) + 1))] if is_broken else []
    kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OWN_HEADERS]
    lines = [f"{name}: {value}" for name, value in (*kept, *length, ("connection", "close"))]
    head = "\r\n".join([f"HTTP/1.1 {answer.status} Recorded", *lines, "", ""])
    await stream.send(head.encode("latin-1", "replace"))
    for piece in pieces_of(body, answer.piece_bytes):
        await stream.send(piece)
        if answer.delay_s:
            await anyio.sleep(answer.delay_s)


def pieces_of(body: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """The body in pieces of these sizes; the last size repeats until all is given. Sizes below 1 count as 1."""
    start, size = 0, _PIECE_BYTES_DEFAULT
    wanted = iter(sizes)
    while start < len(body):
        size = max(next(wanted, size), 1)
        yield body[start : start + size]
        start += size
