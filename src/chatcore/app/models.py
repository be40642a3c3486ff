"""The models that a service has set up, by name."""

from collections.abc import Mapping

from attrs import field, frozen

from chatcore.app.errors import UnknownModel
from chatcore.ports.model import Model


@frozen(kw_only=True)
class ModelSetup:
    """A model and what chatcore needs to know of it."""

    model: Model
    context_limit: int | None = None
    """Tokens, where the provider does not tell."""
    provider: str | None = None
    """Decides about hints that only one provider takes (4.8) and names it in errors."""
    output_tokens_max: int | None = None
    """Tokens of one answer; None takes the default of 4.1."""


@frozen(kw_only=True)
class ModelTable:
    """Models by id; `default` answers where no other is named."""

    models: Mapping[str, ModelSetup] = field(factory=dict)
    default: str | None = None

    def resolve(self, model_id: str | None) -> str | None:
        """The model that answers: the one named if it is set up, else the default, else None (2.5, last line)."""
        return model_id if model_id in self.models else self.default

    def setup(self, model_id: str | None) -> ModelSetup:
        """The model that answers. Raises UnknownModel."""
        resolved = self.resolve(model_id)
        if resolved is None:
            raise UnknownModel(model_id, tuple(sorted(self.models)))
        return self.models[resolved]
