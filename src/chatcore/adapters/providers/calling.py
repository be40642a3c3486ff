"""Reading a provider's body event by event, the same way for every API (spec chat-core 4.5 to 4.7, 7.6)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

from anyio.lowlevel import checkpoint

from chatcore.adapters.providers.errors import error_from_http
from chatcore.adapters.providers.faults import fault
from chatcore.adapters.providers.fields import json_fields
from chatcore.adapters.providers.secrets import Secrets
from chatcore.adapters.providers.sse import Frame, FrameTooLong, SseDecoder
from chatcore.adapters.providers.translating import Translator
from chatcore.domain.limits import PROVIDER_BODY_BYTES_MAX
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import ModelError

if TYPE_CHECKING:
    import httpx2

DONE: Final = "[DONE]"
"""The data of the frame with which some streams end."""


async def told(
    chunks: AsyncIterator[bytes], translator: Translator, provider: str
) -> AsyncGenerator[StreamEvent, None]:
    """The events of a streamed body, up to StreamFinished. A checkpoint comes before each.

    chunks: of `bodies.body_of`, which sees to what is left of them.
    Raises: ModelError; CUT_OFF where the body or the connection ended too early.
    """
    decoder = SseDecoder()
    while (chunk := await _next(chunks, provider)) is not None:
        for event in _events(decoder, chunk, translator, provider):
            # Lines that are buffered have no checkpoint: a cancelled reader would still be told the end (7.6).
            await checkpoint()
            yield event
        if translator.finished:
            return
    for event in last_events(decoder.rest(), translator):
        await checkpoint()
        yield event


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
    while (chunk := await _next(chunks, provider)) is not None:
        body += chunk
        if len(body) > PROVIDER_BODY_BYTES_MAX:
            message = f"the provider's answer is longer than {PROVIDER_BODY_BYTES_MAX} bytes"
            raise ModelError(message, kind=ErrorKind.GENERIC, provider=provider)
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
