"""What tokens cost: a price per million of them, as its maker states it or as it was agreed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What the tokens of a model cost, in US dollars per million."""

    prompt: float
    sampled: float
    cached: float | None = None
    """Of prompt tokens that the server had read before; None: as any others of the prompt."""

    def __post_init__(self) -> None:
        for dollars in (self.prompt, self.sampled, self.cached or 0):
            if not 0 <= dollars < math.inf:  # nor a number
                raise ValueError(f"a price of {dollars} dollars")

    def cost_usd(self, prompt_tokens: int, cached_tokens: int, sampled_tokens: int) -> float:
        """What one request costs, in US dollars.

        Args:
            prompt_tokens: Of the whole prompt, the cached ones included.
            cached_tokens: Those of the prompt that are charged as cached.
            sampled_tokens: Of the answer, its thoughts included.
        """
        cached = self.prompt if self.cached is None else self.cached
        fresh_tokens = max(0, prompt_tokens - cached_tokens)
        dollars = (
            self.prompt * fresh_tokens + cached * cached_tokens + self.sampled * sampled_tokens
        )
        return dollars / _MILLION


Prices = Price | Mapping[str, Price]
"""The price of whatever model plays, or of each by its name."""


def price_of(prices: Prices | None, *names: str | None) -> Price | None:
    """What a model costs that goes by these names; None where that is not known."""
    if prices is None or isinstance(prices, Price):
        return prices
    return next((prices[name] for name in names if name is not None and name in prices), None)


def also_named(prices: Prices | None, name: str, other: str) -> Prices | None:
    """The same prices, in which what goes by one name goes by another as well."""
    if prices is None or isinstance(prices, Price) or name not in prices:
        return prices
    return {other: prices[name], **prices}


def read_prices(value: Any) -> Prices | None:
    """The price that is written `IN,OUT` or `IN,OUT,CACHED`, or one by each name.

    Args:
        value: A text, a list of numbers, or a mapping of names to either.

    Raises:
        ValueError: it is no price.
    """
    if value is None or isinstance(value, Price):
        return value
    if isinstance(value, Mapping):
        return {str(name): _read_price(each) for name, each in value.items()}
    return _read_price(value)


def _read_price(value: Any) -> Price:
    if isinstance(value, Price):
        return value
    parts = value.split(",") if isinstance(value, str) else value
    try:
        if not isinstance(parts, Sequence) or any(isinstance(part, bool) for part in parts):
            raise TypeError
        return Price(*(float(part) for part in parts))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{value!r} is no price: give dollars per million tokens of prompt and answer, such as "
            "1.25,10, and those of cached ones where they cost less, such as 1.25,10,0.125"
        ) from error
