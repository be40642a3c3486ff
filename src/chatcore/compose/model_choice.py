"""What `chatcore.open` may be given as models, and the table that the use cases take (spec chat-core 2.5, 5.1)."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from chatcore.app.models import ModelSetup, ModelTable
from chatcore.ports.model import Model
from chatcore.ports.models import Models

ModelChoice: TypeAlias = Model | ModelSetup | str
"""A model, a model with what chatcore needs to know of it, or the name of a provider's model: `provider/model`."""

UNNAMED: Final = "default"
"""By which a model that was given without a name is known."""


@asynccontextmanager
async def open_table(
    model: ModelChoice | None, models: Mapping[str, ModelChoice] | Models | None, default: str | None
) -> AsyncGenerator[ModelTable, None]:
    """The models of a service; the connections that are made here are closed at the end, those of others are not.

    Raises: BadModelName; UnknownModelName, the text says what is known.
    """
    if models is not None and not isinstance(models, Mapping):
        from chatcore.compose.models import model_table

        known = model_table(models)
        yield _table(model, known.models, default or (known.default if model is None else None), models)
        return
    named = models or {}
    if not any(isinstance(each, str) for each in (model, *named.values())):
        yield _table(model, named, default, None)
        return
    # Imported here, for a service without providers has no need of it.
    from chatcore.compose.models import open_models

    registry = open_models()
    try:
        yield _table(model, named, default, registry)
    finally:
        await registry.aclose()


def _table(
    model: ModelChoice | None, named: Mapping[str, ModelChoice], default: str | None, registry: Models | None
) -> ModelTable:
    table = {name: _setup(each, registry) for name, each in named.items()}
    if model is not None:
        name = model.strip() if isinstance(model, str) else UNNAMED
        table[name] = _setup(model, registry)
        default = default or name
    return ModelTable(models=table, default=default or next(iter(table), None))


def _setup(choice: ModelChoice, registry: Models | None) -> ModelSetup:
    if isinstance(choice, ModelSetup):
        return choice
    if not isinstance(choice, str):
        return ModelSetup(model=choice)
    from chatcore.compose.models import model_setup

    assert registry is not None, "a name is looked up where there is a registry"
    return model_setup(registry, registry.config(choice))
