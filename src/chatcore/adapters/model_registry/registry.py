"""The port `models` over a table (spec chat-core 2.5, 5.1)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import evolve

from chatcore.ports.model import Model
from chatcore.ports.models import (
    ORGANIZATION_DEFAULT,
    BadModelConfigs,
    ModelConfig,
    ModelMaker,
    ModelName,
    UnknownModelName,
)


class ModelRegistry:
    """Configurations by organization and name, and a maker for each provider.

    `takes_unlisted` says that a model which no configuration names may be used all the same, where its provider has a
    maker: providers bring out models faster than tables are kept. It has no context limit and no prices then.
    Raises: BadModelConfigs, two configurations of an organization have one name or are both its default.
    """

    def __init__(
        self,
        configs: Iterable[ModelConfig],
        makers: Mapping[str, ModelMaker],
        *,
        disabled_providers: Collection[str] = (),
        takes_unlisted: bool = True,
    ) -> None:
        self._makers = dict(makers)
        self._disabled = frozenset(disabled_providers)
        self._takes_unlisted = takes_unlisted
        self._configs: dict[str, dict[ModelName, ModelConfig]] = {}
        self._defaults: dict[str, ModelConfig] = {}
        self._made: dict[tuple[str, ModelName], tuple[ModelConfig, Model]] = {}
        for config in configs:
            self._add(config)

    @property
    def providers(self) -> Sequence[str]:
        """The providers that have a maker, by name."""
        return sorted(self._makers)

    def configs(self, organization: str = ORGANIZATION_DEFAULT) -> Sequence[ModelConfig]:
        """The configurations of an organization, by name."""
        return sorted(self._configs.get(organization, {}).values(), key=lambda config: config.name)

    def config(self, name: str, organization: str = ORGANIZATION_DEFAULT) -> ModelConfig:
        """The configuration of a model. Raises: BadModelName, UnknownModelName."""
        parsed = ModelName.parse(name)
        found = self._configs.get(organization, {}).get(parsed)
        if found is not None:
            return found
        if parsed.provider not in self._makers:
            raise UnknownModelName(parsed.provider, self.providers, "provider")
        if not self._takes_unlisted:
            raise UnknownModelName(name, [str(config.name) for config in self.configs(organization)])
        return ModelConfig(name=parsed, organization=organization)

    def resolve(self, name: str | None, organization: str = ORGANIZATION_DEFAULT) -> ModelConfig | None:
        """The model that answers, by the last line of 2.5."""
        named = None if name is None else self._enabled(name, organization)
        if named is not None:
            return named
        default = self._defaults.get(organization)
        return default if default is not None and self._is_enabled(default) else None

    def model(self, config: ModelConfig) -> Model:
        """The adapter of a configuration; one that was changed gets a new one. Raises: UnknownModelName."""
        key = (config.organization, config.name)
        made = self._made.get(key)
        if made is not None and made[0] == config:
            return made[1]
        maker = self._makers.get(config.name.provider)
        if maker is None:
            raise UnknownModelName(config.name.provider, self.providers, "provider")
        model = maker(config)
        self._made[key] = (config, model)
        return model

    async def aclose(self) -> None:
        """Close every model."""
        for maker in self._makers.values():
            await maker.aclose()

    def with_default(self, name: str, organization: str = ORGANIZATION_DEFAULT) -> "ModelRegistry":
        """The same models, of which this one answers where none is named. Raises: BadModelName, UnknownModelName."""
        chosen = evolve(self.config(name, organization), is_default=True, enabled=True)
        others = [
            evolve(config, is_default=False) if config.organization == organization else config
            for table in self._configs.values()
            for config in table.values()
            if (config.organization, config.name) != (organization, chosen.name)
        ]
        return ModelRegistry(
            [*others, chosen],
            self._makers,
            disabled_providers=self._disabled,
            takes_unlisted=self._takes_unlisted,
        )

    def _add(self, config: ModelConfig) -> None:
        table = self._configs.setdefault(config.organization, {})
        if config.name in table:
            raise BadModelConfigs(f"{config.name} is configured twice in the organization {config.organization!r}")
        table[config.name] = config
        if not config.is_default:
            return
        before = self._defaults.setdefault(config.organization, config)
        if before is not config:
            raise BadModelConfigs(
                f"both {before.name} and {config.name} are the default of the organization {config.organization!r}"
            )

    def _enabled(self, name: str, organization: str) -> ModelConfig | None:
        provider, _, model = name.partition("/")
        parsed = ModelName(provider, model)
        config = self._configs.get(organization, {}).get(parsed)
        if config is None and self._takes_unlisted and model and provider in self._makers:
            config = ModelConfig(name=parsed, organization=organization)
        return config if config is not None and self._is_enabled(config) else None

    def _is_enabled(self, config: ModelConfig) -> bool:
        provider = config.name.provider
        return config.enabled and provider in self._makers and provider not in self._disabled
