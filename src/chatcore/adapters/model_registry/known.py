"""Models that chatcore knows of: their limits and their list prices. A service's own table says more, and is right."""

from decimal import Decimal
from typing import Final

from chatcore.domain.turn.cost import Prices
from chatcore.ports.models import ModelConfig, ModelName


def _prices(read: str, written: str, cache_read: str, cache_creation: str | None = None) -> Prices:
    return Prices(
        input=Decimal(read),
        output=Decimal(written),
        cache_read=Decimal(cache_read),
        cache_creation=None if cache_creation is None else Decimal(cache_creation),
    )


def _known(name: str, context_limit: int, output_tokens_max: int, prices: Prices) -> ModelConfig:
    return ModelConfig(
        name=ModelName.parse(name), context_limit=context_limit, output_tokens_max=output_tokens_max, prices=prices
    )


KNOWN_MODELS: Final[tuple[ModelConfig, ...]] = (
    _known("anthropic/claude-haiku-4-5", 200_000, 64_000, _prices("1", "5", "0.1", "1.25")),
    _known("anthropic/claude-opus-4-1", 200_000, 32_000, _prices("15", "75", "1.5", "18.75")),
    _known("anthropic/claude-sonnet-4-5", 200_000, 64_000, _prices("3", "15", "0.3", "3.75")),
    _known("openai/gpt-4.1", 1_047_576, 32_768, _prices("2", "8", "0.5")),
    _known("openai/gpt-4o", 128_000, 16_384, _prices("2.5", "10", "1.25")),
    _known("openai/gpt-4o-mini", 128_000, 16_384, _prices("0.15", "0.6", "0.075")),
    _known("openai/gpt-5", 400_000, 128_000, _prices("1.25", "10", "0.125")),
    _known("openai/gpt-5-mini", 400_000, 128_000, _prices("0.25", "2", "0.025")),
)
"""Dollars for a million tokens, as the providers' price lists had them when this was written; none is a default."""
