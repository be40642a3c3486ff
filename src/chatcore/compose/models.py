"""The models of a service, named `provider/model`: real providers over their adapters (spec chat-core 2.5, 5.1).

    registry = open_models(default="anthropic/claude-sonnet-4-5")
    async with chatcore.open(url, models=..., default_model=...) as chats: ...

`model_table` gives what `chatcore.open` takes. Credentials come from the caller or from the environment, nothing else.
"""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chatcore.adapters.model_registry import KNOWN_MODELS, ModelRegistry
from chatcore.app.models import ModelSetup, ModelTable
from chatcore.ports.model import Model
from chatcore.ports.models import ORGANIZATION_DEFAULT, ModelConfig, ModelMaker, Models

if TYPE_CHECKING:
    import httpx2

ANTHROPIC = "anthropic"


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
    )


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
