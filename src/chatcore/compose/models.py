"""The models of a service, named `provider/model`: real providers over their adapters (spec chat-core 2.5, 5.1).

    async with chatcore.open(url, model="anthropic/claude-sonnet-4-5") as chats: ...

    async with aclosing(open_models(default="openai/gpt-5", keys={"openai": key})) as registry:
        async with chatcore.open(url, models=registry) as chats: ...

Credentials come from the caller or from the environment, nothing else.
"""

import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from chatcore.adapters.model_registry import KNOWN_MODELS, ModelRegistry
from chatcore.app.models import ModelSetup, ModelTable
from chatcore.domain.errors import ChatcoreError
from chatcore.ports.model import Model
from chatcore.ports.models import ORGANIZATION_DEFAULT, ModelConfig, ModelMaker, ModelName, Models

if TYPE_CHECKING:
    import httpx2

ANTHROPIC: Final = "anthropic"


class ModelNotReady(ChatcoreError):
    """A provider's model cannot be asked from here; the text says what is missing, and what to do."""

    def __init__(self, name: str, missing: str) -> None:
        super().__init__(f"{name} cannot be asked: {missing}")
        self.name = name
        self.missing = missing


def open_models(
    configs: Iterable[ModelConfig] = KNOWN_MODELS,
    *,
    default: str | None = None,
    keys: Mapping[str, str] | None = None,
    base_urls: Mapping[str, str] | None = None,
    http: "httpx2.AsyncClient | None" = None,
) -> ModelRegistry:
    """A registry of the given configurations, with a maker for every provider that chatcore speaks to.

    default: the model that answers where none is named; it is added where no configuration names it.
    keys: credentials by provider; a provider that is not in it takes its key from the environment.
    base_urls: addresses by provider, for other servers than the providers' own; a provider that chatcore does not know
    is taken to speak OpenAI's APIs at its address.
    http: the client that every adapter uses; it stays open. Without it each provider gets one of its own.
    Raises: BadModelName, UnknownModelName, BadModelConfigs.
    """
    registry = ModelRegistry(configs, standard_makers(keys=keys or {}, base_urls=base_urls or {}, http=http))
    return registry if default is None else registry.with_default(default)


def standard_makers(
    *, keys: Mapping[str, str], base_urls: Mapping[str, str], http: "httpx2.AsyncClient | None" = None
) -> Mapping[str, ModelMaker]:
    """A maker for each provider. Adapters, and the SDKs behind them, are imported when they are first used."""
    makers: dict[str, ModelMaker] = {ANTHROPIC: _AnthropicMaker(keys.get(ANTHROPIC), base_urls.get(ANTHROPIC), http)}
    for provider in sorted({*_openai_providers(), *base_urls} - {ANTHROPIC}):
        makers[provider] = _OpenAIMaker(provider, keys.get(provider), base_urls.get(provider), http)
    return makers


def key_variables() -> Mapping[str, str]:
    """The environment variable that holds each provider's key."""
    from chatcore.adapters.anthropic import KEY_VARIABLE
    from chatcore.adapters.openai import KEY_VARIABLES

    return {**KEY_VARIABLES, ANTHROPIC: KEY_VARIABLE}


def has_key(provider: str) -> bool:
    """Whether the environment holds a key for the provider."""
    variable = key_variables().get(provider)
    return bool(variable and os.environ.get(variable, "").strip())


def model_setup(models: Models, config: ModelConfig) -> ModelSetup:
    """A configuration as the use cases take it."""
    return ModelSetup(
        model=models.model(config),
        context_limit=config.context_limit,
        provider=config.name.provider,
        output_tokens_max=config.output_tokens_max,
        effort=config.effort,
        threshold_percent=config.threshold,
    )


@asynccontextmanager
async def ready_model(name: str, *, base_url: str | None = None) -> AsyncGenerator[Mapping[str, ModelSetup], None]:
    """One provider's model by its name, as `chatcore.open(models=…)` takes it; closed at the end.

    Raises: BadModelName; UnknownModelName; ModelNotReady, a key, an extra or an address is missing. Nobody is asked.
    """
    provider = ModelName.parse(name).provider
    registry = open_models(base_urls={} if base_url is None else {provider: base_url})
    try:
        config = registry.config(name)
        if missing := _missing(provider, base_url):
            raise ModelNotReady(name, missing)
        yield {str(config.name): model_setup(registry, config)}
    finally:
        await registry.aclose()


def model_table(models: Models, organization: str = ORGANIZATION_DEFAULT) -> ModelTable:
    """The enabled models of an organization as the use cases take them, and its default."""
    enabled = [
        config
        for config in models.configs(organization)
        if (answering := models.resolve(str(config.name), organization)) is not None and answering.name == config.name
    ]
    default = models.resolve(None, organization)
    return ModelTable(
        models={str(config.name): model_setup(models, config) for config in enabled},
        default=None if default is None else str(default.name),
    )


def _missing(provider: str, base_url: str | None) -> str | None:
    from chatcore.adapters.openai import SERVER_URLS

    sdk = ANTHROPIC if provider == ANTHROPIC else "openai"
    if any(find_spec(module) is None for module in (sdk, "httpx2")):
        return f"its client is not installed: pip install 'chatcore[{sdk}]'"
    if base_url is not None:
        return None
    if provider != ANTHROPIC and provider not in SERVER_URLS:
        return "its address is not known: give a base URL"
    if not has_key(provider):
        return f"there is no key: set {key_variables()[provider]}, or give the base URL of a server that asks for none"
    return None


def _openai_providers() -> Iterable[str]:
    from chatcore.adapters.openai import STYLES

    return STYLES


def _keyless(provider: str, base_url: str | None) -> str | None:
    """A server of one's own often asks for no key; the SDKs want some text all the same."""
    return "none" if base_url and not has_key(provider) else None


class _AnthropicMaker:
    """One server for all models, so that they share connections."""

    def __init__(self, key: str | None, base_url: str | None, http: "httpx2.AsyncClient | None") -> None:
        from chatcore.adapters.anthropic import AnthropicServer

        self._server = AnthropicServer(api_key=key or _keyless(ANTHROPIC, base_url), base_url=base_url, http=http)

    def __call__(self, config: ModelConfig) -> Model:
        from chatcore.adapters.anthropic import AnthropicModel, MessagesOptions

        return AnthropicModel(self._server, config.name.model, MessagesOptions.of(config.options))

    async def aclose(self) -> None:
        await self._server.aclose()


class _OpenAIMaker:
    def __init__(self, provider: str, key: str | None, base_url: str | None, http: "httpx2.AsyncClient | None") -> None:
        from chatcore.adapters.openai import OpenAIServer

        key = key or _keyless(provider, base_url)
        self._server = OpenAIServer(provider, api_key=key, base_url=base_url, http=http)

    def __call__(self, config: ModelConfig) -> Model:
        from chatcore.adapters.openai import OpenAIModel

        return OpenAIModel(self._server, config.name.model, config.options)

    async def aclose(self) -> None:
        await self._server.aclose()
