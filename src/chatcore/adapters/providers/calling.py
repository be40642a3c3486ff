"""Reading a provider's body event by event, the same way for every API (spec chat-core 4.5 to 4.7, 7.6)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

from anyio import CancelScope, current_time
from anyio.lowlevel import checkpoint

from chatcore.adapters.providers.errors import error_from_http
from chatcore.adapters.providers.faults import fault
from chatcore.adapters.providers.fields import json_fields
from chatcore.adapters.providers.secrets import Secrets
from chatcore.adapters.providers.sse import Frame, FrameTooLong, SseDecoder
from chatcore.adapters.providers.translating import Translator
from chatcore.domain.limits import PROVIDER_BODY_BYTES_MAX, PROVIDER_REST_MS_MAX
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import ModelError

if TYPE_CHECKING:
    import httpx2

DONE: Final = "[DONE]"
"""The data of the frame with which some streams end."""
_REST_CHUNKS_MAX: Final = 64


async def told(
    chunks: AsyncIterator[bytes], translator: Translator, provider: str
) -> AsyncGenerator[StreamEvent, None]:
    """The events of a streamed body, up to StreamFinished. A checkpoint comes before each.

    Raises: ModelError; CUT_OFF where the body or the connection ended too early.
    """
    decoder = SseDecoder()
    patience_s = 0.0
    try:
        while (chunk := await _next(chunks, provider)) is not None:
            for event in _events(decoder, chunk, translator, provider):
                # Lines that are buffered have no checkpoint: a cancelled reader would still be told the end (7.6).
                await checkpoint()
                yield event
            if translator.finished:
                patience_s = PROVIDER_REST_MS_MAX / 1000
                return
        for event in last_events(decoder.rest(), translator):
            await checkpoint()
            yield event
    finally:
        await _leave(chunks, provider, patience_s)


def last_events(rest: Frame | None, translator: Translator) -> Iterator[StreamEvent]:
    """The events that the end of a body gives, with what it left unfinished."""
    # A last frame that lacks its blank line counts if its JSON is whole.
    is_whole = rest is not None and (rest.data == DONE or json_fields(rest.data) is not None)
    if rest is not None and is_whole:
        yield from translator.feed(rest.event, rest.data)
    if not translator.finished:
        yield from translator.end(torn=rest is not None and not is_whole)


async def whole_body(chunks: AsyncIterator[bytes], provider: str) -> str:
    """The text of a body that is not streamed.

    Raises: ModelError, also for one that is longer than PROVIDER_BODY_BYTES_MAX.
    """
    body = bytearray()
    try:
        while (chunk := await _next(chunks, provider)) is not None:
            body += chunk
            if len(body) > PROVIDER_BODY_BYTES_MAX:
                message = f"the provider's answer is longer than {PROVIDER_BODY_BYTES_MAX} bytes"
                raise ModelError(message, kind=ErrorKind.GENERIC, provider=provider)
    finally:
        await _leave(chunks, provider, 0.0)
    await checkpoint()
    return body.decode("utf-8", "replace")


def refused(response: "httpx2.Response", provider: str, secrets: Secrets) -> ModelError:
    """The error of a response with a status of 400 or more, whose body was read."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return error_from_http(response.status_code, headers, response.text, provider, secrets)


def is_event_stream(content_type: str | None) -> bool:
    """Whether a body is to be read as a stream. One that says nothing is taken for it."""
    return "json" not in (content_type or "").lower()


def _events(decoder: SseDecoder, chunk: bytes, translator: Translator, provider: str) -> Iterator[StreamEvent]:
    try:
        for frame in decoder.feed(chunk):
            if frame.data:
                yield from translator.feed(frame.event, frame.data)
                if translator.finished:
                    return
    except FrameTooLong as error:
        raise ModelError(str(error), kind=ErrorKind.GENERIC, provider=provider) from error


async def _next(chunks: AsyncIterator[bytes], provider: str) -> bytes | None:
    """The next chunk, None behind the last one; a connection that breaks is a ModelError."""
    try:
        return await anext(chunks, None)
    except Exception as error:
        broken = fault(error, provider, answering=True)
        if broken is None:
            raise
        raise broken from error


async def _leave(chunks: AsyncIterator[bytes], provider: str, patience_s: float) -> None:
    """Read no more. With patience for what little may follow the end, so that the connection can be used again."""
    # The HTTP client's generators lie within each other and do not close each other. Only one that ends, or that is
    # cancelled while it reads, ends all of them; trio tells of the others.
    with CancelScope(shield=True, deadline=current_time() + patience_s) as scope:
        if patience_s <= 0:
            scope.cancel()
        try:
            for _ in range(_REST_CHUNKS_MAX):
                if await anext(chunks, None) is None:
                    return
        except Exception as error:
            # Nobody waits for the rest any more, so it may break as it likes.
            if fault(error, provider, answering=True) is None:
                raise
    if isinstance(chunks, AsyncGenerator):
        await chunks.aclose()
