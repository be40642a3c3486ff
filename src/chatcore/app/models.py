"""The models that a service has set up, by name."""

from collections.abc import Mapping

from attrs import field, frozen

from chatcore.app.errors import UnknownModel
from chatcore.domain.content.messages import Effort
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
    effort: Effort | None = None
    """For chats that set none; None leaves it to the provider."""
    threshold_percent: int | None = None
    """How full the context may get before it is compacted (5.1); None takes the default."""


@frozen(kw_only=True)
class ModelTable:
    """Models by id; `default` answers where no other is named."""

    models: Mapping[str, ModelSetup] = field(factory=dict)
    default: str | None = None

    def resolve(self, model_id: str | None) -> str | None:
        """The model that answers: the one named if it is set up, else the default, else None (2.5, last line)."""
        return model_id if model_id in self.models else self.default

    def find(self, model_id: str | None) -> ModelSetup | None:
        """The model that answers, if one does."""
        resolved = self.resolve(model_id)
        return None if resolved is None else self.models.get(resolved)

    def setup(self, model_id: str | None) -> ModelSetup:
        """The model that answers. Raises UnknownModel."""
        found = self.find(model_id)
        if found is None:
            raise UnknownModel(model_id, tuple(sorted(self.models)))
        return found
