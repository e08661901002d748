"""AWS's list prices, as of a date, out of prices.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.json")
NO_END = Decimal("Infinity")


@dataclass(frozen=True)
class Price:
    """`steps` are (up to how many a month, dollars for each). `confirmed` says where the figure was found, but for
    memory: on the `source` itself ("page"), on others' pages ("elsewhere"), or "nowhere".
    """

    what: str
    steps: tuple[tuple[Decimal, Decimal], ...]
    free: Decimal
    source: str
    confirmed: str

    def cost(self, quantity: Decimal, *, has_free_tier: bool = False) -> Decimal:
        """Dollars for a month's quantity, not rounded; what is free every month comes before the first step."""
        left = max(quantity - self.free, Decimal(0)) if has_free_tier else quantity
        dollars, below = Decimal(0), Decimal(0)
        for limit, each in self.steps:
            in_step = min(left, limit) - below
            if in_step <= 0:
                break
            dollars, below = dollars + in_step * each, limit
        return dollars


@dataclass(frozen=True)
class PriceTable:
    """Prices by their key, the day they were written down, and for where."""

    as_of: str
    region: str
    prices: Mapping[str, Price]

    @property
    def unconfirmed(self) -> list[str]:
        """The keys of prices that no page could be found for."""
        return [key for key, price in self.prices.items() if price.confirmed == "nowhere"]


@cache
def price_table() -> PriceTable:
    """The table in the file."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return PriceTable(
        as_of=document["asOf"],
        region=document["region"],
        prices={key: _price(given) for key, given in document["prices"].items()},
    )


def _price(given: Mapping[str, Any]) -> Price:
    tiers = given.get("tiers") or [[None, str(Decimal(given["usd"]) / given["per"])]]
    steps = [(NO_END if limit is None else Decimal(limit), Decimal(each)) for limit, each in tiers]
    return Price(given["what"], tuple(steps), Decimal(given.get("free", 0)), given["source"], given["confirmed"])
