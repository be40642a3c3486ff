"""The model port over Anthropic's Messages API (spec chat-core 4.2, 4.6, 4.7)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint

from chatcore.adapters.anthropic.options import PROVIDER, MessagesOptions
from chatcore.adapters.anthropic.request import messages_body
from chatcore.adapters.anthropic.server import AnthropicServer
from chatcore.adapters.anthropic.translate import MessagesTranslator
from chatcore.adapters.providers.bodies import body_of
from chatcore.adapters.providers.calling import is_event_stream, told, whole_body
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import ModelError, ModelRequest

if TYPE_CHECKING:
    import httpx2


class AnthropicModel:
    """One model of a server. It makes exactly one HTTP request for each call, and never tries again.

    `model` is the provider's name for it, without the provider in front.
    """

    def __init__(self, server: AnthropicServer, model: str, options: MessagesOptions | None = None) -> None:
        self._server = server
        self._model = model
        self._options = options or MessagesOptions()

    def body(self, request: ModelRequest, *, stream: bool = True) -> Mapping[str, JsonValue]:
        """The body that a request is sent as."""
        return messages_body(request, self._model, self._options, stream=stream)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncGenerator[AsyncIterator[StreamEvent], None]:
        """Ask, and take the answer event by event. Promises and errors are those of the port."""
        async with (
            self._server.post(self.body(request), self._headers()) as response,
            aclosing(self._told(response)) as events,
        ):
            yield events

    async def generate(self, request: ModelRequest) -> Answer:
        """Ask for the whole answer, without a stream. Errors are those of the port."""
        assembler = Assembler()
        async with (
            self._server.post(self.body(request, stream=False), self._headers()) as response,
            aclosing(self._told(response)) as events,
        ):
            async for event in events:
                assembler.feed(event)
                if assembler.excess is not None:
                    raise ModelError(assembler.excess, kind=ErrorKind.GENERIC, provider=PROVIDER)
        return assembler.finish()

    async def _told(self, response: "httpx2.Response") -> AsyncGenerator[StreamEvent, None]:
        """The events of either form of body: what was asked for is not always what comes."""
        translator = MessagesTranslator(self._server.secrets)
        async with body_of(response) as chunks:
            if is_event_stream(response.headers.get("content-type")):
                async with aclosing(told(chunks, translator, PROVIDER)) as events:
                    async for event in events:
                        yield event
                return
            whole: Iterator[StreamEvent] = translator.whole(await whole_body(chunks, PROVIDER))
        for event in whole:
            await checkpoint()
            yield event

    def _headers(self) -> Mapping[str, str]:
        return {"anthropic-beta": ",".join(self._options.betas)} if self._options.betas else {}
