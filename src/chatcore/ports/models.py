"""The port to the models of a service: names, configurations, and which one answers (spec chat-core 2.5, 5.1).

A model is named `provider/model`. What follows the first slash is the provider's own name for it and may hold more.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from attrs import Attribute, AttrsInstance, field, frozen

from chatcore.domain.content.messages import Effort
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.compaction_rules import new_model_threshold, valid_threshold
from chatcore.domain.turn.cost import Prices
from chatcore.ports.model import Model

ORGANIZATION_DEFAULT: Final = "default"
"""The organization of a service that has only one."""

_NAMES_TOLD_MAX: Final = 20


class BadModelName(ChatcoreError):
    """A text is not `provider/model`."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} names no model: write provider/model, such as anthropic/claude-sonnet-4-5")
        self.text = text


class UnknownModelName(ChatcoreError):
    """No model, or no provider, has this name; the text says what is known."""

    def __init__(self, name: str, known: Sequence[str], what: str = "model") -> None:
        told = ", ".join(known[:_NAMES_TOLD_MAX]) or "none"
        more = f" and {len(known) - _NAMES_TOLD_MAX} more" if len(known) > _NAMES_TOLD_MAX else ""
        super().__init__(f"no {what} is called {name!r}; known are {told}{more}")
        self.name = name
        self.known = tuple(known)


class BadModelConfigs(ChatcoreError):
    """A table of configurations contradicts itself; the text says where."""


@frozen(order=True)
class ModelName:
    """`provider/model`."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> "ModelName":
        """Read a name. Raises: BadModelName."""
        provider, _, model = text.strip().partition("/")
        if not provider or not model:
            raise BadModelName(text)
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


def _percent(instance: AttrsInstance, attribute: "Attribute[int | None]", percent: int | None) -> None:
    if percent is not None and not valid_threshold(percent):
        raise ValueError(f"{attribute.name} must be between 0 and 100, got {percent}")


@frozen(kw_only=True)
class ModelConfig:
    """What a service has set for one model in one organization.

    Raises: ValueError, the threshold is not between 0 and 100 (5.1).
    """

    name: ModelName
    organization: str = ORGANIZATION_DEFAULT
    context_limit: int | None = None
    """Tokens, where the provider does not tell (4.9)."""
    output_tokens_max: int | None = None
    """Tokens of one answer; None takes the default of 4.1."""
    prices: Prices | None = None
    threshold_percent: int | None = field(default=None, validator=_percent)
    """How full the context may get before it is compacted; 100 means never; None goes by the context limit."""
    effort: Effort | None = None
    """For messages that name none; None leaves it to the provider."""
    enabled: bool = True
    is_default: bool = False
    """Whether it answers where no other is named; one in each organization."""
    options: Mapping[str, JsonValue] = field(factory=dict)
    """Settings in the provider's own terms."""

    @property
    def threshold(self) -> int:
        """The threshold in force, in percent (5.1)."""
        if self.threshold_percent is not None:
            return self.threshold_percent
        return new_model_threshold(self.context_limit)


class ModelMaker(Protocol):
    """Makes the adapter of a provider's model. Makes no request; a missing key shows with the first one."""

    def __call__(self, config: ModelConfig) -> Model:
        """The model of a configuration."""
        ...

    async def aclose(self) -> None:
        """Close what its models share. No call may run, and none may follow."""
        ...


class Models(Protocol):
    """The models of a service. Everything here is known without asking a provider."""

    def configs(self, organization: str = ORGANIZATION_DEFAULT) -> Sequence[ModelConfig]:
        """The configurations of an organization by name, those that are disabled included."""
        ...

    def config(self, name: str, organization: str = ORGANIZATION_DEFAULT) -> ModelConfig:
        """The configuration of a model, enabled or not.

        Raises: BadModelName; UnknownModelName, nobody knows the model or its provider.
        """
        ...

    def resolve(self, name: str | None, organization: str = ORGANIZATION_DEFAULT) -> ModelConfig | None:
        """The model that answers a message that named this one: itself, if it and its provider are enabled and it is
        the organization's; else the organization's enabled default; else None. Never another organization's (2.5).
        """
        ...

    def model(self, config: ModelConfig) -> Model:
        """The adapter of a configuration, the same one every time. Raises: UnknownModelName, no such provider."""
        ...

    async def aclose(self) -> None:
        """Close every model. No call may run, and none may follow."""
        ...
