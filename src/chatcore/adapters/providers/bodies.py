"""The chunks of a response's body, let go in order by whichever road a reader leaves (spec chat-core 4.5; stack 5).

`httpx2` nests async generators and closes only the outermost; the others are left to the garbage collector, of which
trio complains. They end by themselves only where they are driven on: to the body's end, or into the closed connection.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import CancelScope, move_on_after
from attrs import frozen

from chatcore.domain.limits import PROVIDER_DRAIN_MS_MAX

if TYPE_CHECKING:
    import httpx2


@asynccontextmanager
async def body_of(response: "httpx2.Response") -> AsyncGenerator[AsyncIterator[bytes], None]:
    """The body's chunks; the response is closed at the end.

    A reader who leaves in peace has read the answer's own end. The connection's end usually stands right behind it,
    and once that is read, too, the connection serves the next request; PROVIDER_DRAIN_MS_MAX is spent on that.
    """
    chunks = response.aiter_bytes()
    try:
        yield _Chunks(chunks)
        await _drive_on(chunks)
    finally:
        # A reader that was cancelled must let the connection go all the same.
        with CancelScope(shield=True):
            await response.aclose()
            await _drive_on(chunks)


@frozen
class _Chunks:
    """The chunks without a way to close them: what is closed here cannot be driven on."""

    chunks: AsyncGenerator[bytes, None]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self.chunks)


async def _drive_on(chunks: AsyncIterator[bytes]) -> None:
    try:
        with move_on_after(PROVIDER_DRAIN_MS_MAX / 1000):
            async for _ in chunks:
                pass
    except Exception:  # noqa: BLE001  whatever happens behind an answer's end, or on a closed connection, is no news
        return
