"""What a step cost, in millionths of a dollar (spec chat-core 4.10)."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

from attrs import Attribute, AttrsInstance, field, frozen

from chatcore.domain.content.messages import Usage


def _price(instance: AttrsInstance, attribute: "Attribute[Decimal | None]", price: Decimal | None) -> None:
    if price is not None and not (price.is_finite() and price >= 0):
        raise ValueError(f"{attribute.name} must be a number that is not negative, got {price}")


@frozen(kw_only=True)
class Prices:
    """Dollars for a million tokens of each kind; None where a kind has no price.

    Raises: ValueError, a price is negative or not finite.
    """

    input: Decimal | None = field(default=None, validator=_price)
    output: Decimal | None = field(default=None, validator=_price)
    """Also pays for reasoning, which is part of the output."""
    cache_read: Decimal | None = field(default=None, validator=_price)
    cache_creation: Decimal | None = field(default=None, validator=_price)


def cost_micros(usage: Usage | None, prices: Prices | None) -> int | None:
    """Micro-dollars, computed exactly and rounded up once at the end; None for what cannot be priced.

    Unpriced is a step without usage or prices, or where no kind of token has both a count and a price. A count of
    zero that has a price costs 0.
    """
    if usage is None or prices is None:
        return None
    counts = (
        (usage.input_tokens, prices.input),
        (usage.output_tokens, prices.output),
        (usage.cache_read_tokens, prices.cache_read),
        (usage.cache_creation_tokens, prices.cache_creation),
    )
    # Dollars for a million tokens are micro-dollars for one. Fractions, because a Decimal rounds at 28 digits.
    costs = [max(tokens, 0) * Fraction(price) for tokens, price in counts if tokens is not None and price is not None]
    return ceil(sum(costs)) if costs else None
