"""The model port over Chat Completions and the Responses API (spec chat-core 4.2, 4.6, 4.7)."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from anyio.lowlevel import checkpoint

from chatcore.adapters.openai.chat_request import chat_body
from chatcore.adapters.openai.chat_translator import ChatTranslator
from chatcore.adapters.openai.responses_request import responses_body
from chatcore.adapters.openai.responses_translator import ResponsesTranslator
from chatcore.adapters.openai.server import OpenAIServer
from chatcore.adapters.openai.style import Api, style_of
from chatcore.adapters.providers.bodies import body_of
from chatcore.adapters.providers.calling import is_event_stream, told, whole_body
from chatcore.adapters.providers.fields import Fields
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import ModelError, ModelRequest

if TYPE_CHECKING:
    import httpx2

_PATHS: Final[Mapping[Api, str]] = {Api.CHAT: "/chat/completions", Api.RESPONSES: "/responses"}


class OpenAIModel:
    """One model of a server. It makes exactly one HTTP request for each call, and never tries again.

    `model` is the provider's name for it, without the provider in front. `options` are fields of the body in the
    provider's own terms (null leaves one out) and the adapter's own, `style.STYLE_OPTIONS`: `api`, which else goes by
    provider and model, `system_role`, `text_as_parts`, `bare_input`, `strict_tools` and `output_tokens_field`.
    """

    def __init__(self, server: OpenAIServer, model: str, options: Fields | None = None) -> None:
        self._server = server
        self._model = model
        self._options = dict(options or {})

    @property
    def api(self) -> Api:
        """The API that this model is asked through."""
        return style_of(self._server.provider, self._model, self._options).api

    def body(self, request: ModelRequest, *, stream: bool = True) -> Mapping[str, JsonValue]:
        """The body that a request is sent as. Raises: ModelError CONFIG, the API cannot do what is asked."""
        build = responses_body if self.api is Api.RESPONSES else chat_body
        provider = self._server.provider
        return build(request, model=self._model, provider=provider, options=self._options, stream=stream)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncGenerator[AsyncIterator[StreamEvent], None]:
        """Ask, and take the answer event by event. Promises and errors are those of the port."""
        async with (
            self._server.post(_PATHS[self.api], self.body(request)) as response,
            aclosing(self._told(response)) as events,
        ):
            yield events

    async def generate(self, request: ModelRequest) -> Answer:
        """Ask for the whole answer, without a stream. Errors are those of the port."""
        assembler = Assembler()
        async with (
            self._server.post(_PATHS[self.api], self.body(request, stream=False)) as response,
            aclosing(self._told(response)) as events,
        ):
            async for event in events:
                assembler.feed(event)
                if assembler.excess is not None:
                    raise ModelError(assembler.excess, kind=ErrorKind.GENERIC, provider=self._server.provider)
        return assembler.finish()

    async def _told(self, response: "httpx2.Response") -> AsyncGenerator[StreamEvent, None]:
        """The events of either form of body: what was asked for is not always what comes."""
        provider, secrets = self._server.provider, self._server.secrets
        is_responses = self.api is Api.RESPONSES
        translator = ResponsesTranslator(provider, secrets) if is_responses else ChatTranslator(provider, secrets)
        async with body_of(response) as chunks:
            if is_event_stream(response.headers.get("content-type")):
                async with aclosing(told(chunks, translator, provider)) as events:
                    async for event in events:
                        yield event
                return
            body = await whole_body(chunks, provider)
        for event in translator.whole(body):
            await checkpoint()
            yield event
