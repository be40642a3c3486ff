"""The models of a service as a table in memory, and the models that chatcore knows of by itself."""

from chatcore.adapters.model_registry.known import KNOWN_MODELS
from chatcore.adapters.model_registry.registry import ModelRegistry

__all__ = ["KNOWN_MODELS", "ModelRegistry"]
