"""The adapter for a recording, set up to send the recorded request again."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import Model, ModelError, ModelRequest
from chatcore.testing.recordings.folder import Api, Recording
from chatcore.testing.recordings.log_chat import log_chat
from chatcore.testing.recordings.log_messages import log_messages
from chatcore.testing.recordings.log_responses import log_responses
from chatcore.testing.recordings.logged import OPTIONS_MAX, LoggedRequest, NotLoggable
from chatcore.testing.recordings.looking import fields_at, parsed

if TYPE_CHECKING:
    from chatcore.adapters.openai import OpenAIServer

_LISTED_ONLY: Final = frozenset({"cache_hints"})
_OF_THE_LOG: Final = frozenset({"model", "messages", "system", "input", "tools"})
"""Fields of a body that only the log may fill."""

_PATHS: Final = ("/chat/completions", "/responses")
_PROVIDERS: Final[Mapping[str, str]] = {"azure-openai": "azure"}


@frozen(kw_only=True)
class Setup:
    """A model's name, a request, and the provider options that stand beside the log."""

    model: str
    request: ModelRequest = field()
    options: Mapping[str, JsonValue] = field(factory=dict)

    @request.default
    def _empty(self) -> ModelRequest:
        return ModelRequest(model_id=self.model, messages=())


def setup_of(recording: Recording) -> Setup:
    """What asks the recorded request again, rebuilt from its log.

    Raises: NotLoggable, also for a request that needs more than OPTIONS_MAX options.
    """
    if recording.request is None:
        return Setup(model=recording.model, options=_api_option(recording))
    body = parsed(recording.request)
    logged = _logged(recording, body)
    options = logged.options
    if recording.api is Api.MESSAGES:
        options = _anthropic_options(recording, logged, fields_at(body))
    else:
        options = _openai_options(recording, logged, fields_at(body))
    if len(options) > OPTIONS_MAX:
        raise NotLoggable(f"it needs more than {OPTIONS_MAX} options: {', '.join(sorted(options))}")
    return Setup(model=logged.model, request=logged.request(), options=options)


@asynccontextmanager
async def open_setup(recording: Recording, setup: Setup, *, base: str, key: str) -> AsyncGenerator[Model, None]:
    """The adapter of the recording's API over its real client, pointed at a server."""
    if recording.api is Api.MESSAGES:
        from chatcore.adapters.anthropic import AnthropicModel, AnthropicServer, MessagesOptions

        anthropic = AnthropicServer(api_key=key, base_url=base)
        try:
            yield AnthropicModel(anthropic, setup.model, MessagesOptions.of(_told(setup.options)))
        finally:
            await anthropic.aclose()
        return
    from chatcore.adapters.openai import OpenAIModel

    server = _openai_server(recording, base=base, key=key)
    try:
        yield OpenAIModel(server, setup.model, setup.options)
    finally:
        await server.aclose()


def _logged(recording: Recording, body: JsonValue) -> LoggedRequest:
    match recording.api:
        case Api.MESSAGES:
            return log_messages(body)
        case Api.CHAT:
            return log_chat(body, _provider(recording))
        case Api.RESPONSES:
            return log_responses(body, _provider(recording))


def _told(options: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    return {name: value for name, value in options.items() if name not in _LISTED_ONLY}


def _anthropic_options(
    recording: Recording, logged: LoggedRequest, body: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """The options that the log's own words need, and every setting that the recorded client writes otherwise."""
    from chatcore.adapters.anthropic import AnthropicModel, AnthropicServer, MessagesOptions

    options = MessagesOptions.of(_told(logged.options))
    model = AnthropicModel(AnthropicServer(api_key="none"), logged.model, options)
    sent = model.body(logged.request(), stream=recording.asks_stream)
    settings = {name: body[name] for name in sorted(body.keys() - _OF_THE_LOG) if body[name] != sent.get(name)}
    return {**logged.options, **settings}


def _openai_options(
    recording: Recording, logged: LoggedRequest, body: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """The options that the log's own words need, less those that the adapter needs not be told, and every setting in
    which the recorded client differs from it.
    """
    from chatcore.adapters.openai import OpenAIModel

    server = _openai_server(recording, base="http://127.0.0.1", key="none")

    def sent(options: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        try:
            return OpenAIModel(server, logged.model, options).body(logged.request(), stream=recording.asks_stream)
        except ModelError:
            # Without its options the adapter may find that it cannot ask this at all.
            return {}

    wanted = {**_api_option(recording), **logged.options}
    for name in tuple(wanted):
        fewer = {other: value for other, value in wanted.items() if other != name}
        if sent(fewer) == sent(wanted):
            wanted = fewer
    told = sent(wanted)
    names = sorted((body.keys() | told.keys()) - _OF_THE_LOG)
    settings = {name: body.get(name) for name in names if body.get(name) != told.get(name)}
    return {**wanted, **settings}


def _api_option(recording: Recording) -> Mapping[str, JsonValue]:
    """OpenAI's APIs are told apart by an option."""
    match recording.api:
        case Api.CHAT:
            return {"api": "chat"}
        case Api.RESPONSES:
            return {"api": "responses"}
        case Api.MESSAGES:
            return {}


def _openai_server(recording: Recording, *, base: str, key: str) -> "OpenAIServer":
    from chatcore.adapters.openai import OpenAIServer

    path = recording.path
    for each in _PATHS:
        path = path.removesuffix(each)
    return OpenAIServer(_provider(recording), api_key=key, base_url=f"{base}{path}")


def _provider(recording: Recording) -> str:
    """The provider's id, where the recordings call it otherwise."""
    return _PROVIDERS.get(recording.provider, recording.provider)
