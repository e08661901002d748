"""List prices: AWS's price list where this shell's credentials allow it, else the figures of prices.json.

Each of those has the page of AWS's on which it stands, what that says, and the day on which it was read there or in a
copy of the page. A figure without a page is not a price.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from cli.cost.price_list import LIST_REGION, NO_END, Steps, UnlistedError, read_listed
from cli.output.errors import OperationError
from cli.stacks.aws import BRIEFLY, client, has_credentials
from cli.stacks.aws_errors import aws_errors

FILE = Path(__file__).with_name("prices.json")
LIST_URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{}/current/index.json"


@dataclass(frozen=True)
class Source:
    """The source of a price, and its date. `reason` is why it is a bundled one, "" where the price list has it."""

    page: str
    url: str
    as_of: str
    reason: str = ""


@dataclass(frozen=True)
class Price:
    """`free` is what every account gets each month; `service` and `filters` are the price list's.

    Without steps it is none: no page has the figure.
    """

    what: str
    steps: Steps
    free: Decimal
    source: Source
    service: str
    filters: Mapping[str, str]

    def cost(self, quantity: Decimal, *, has_free_tier: bool = False) -> Decimal | None:
        """Dollars for a month's quantity, not rounded; what is free every month comes before the first step."""
        if not self.steps:
            return None
        left = max(quantity - self.free, Decimal(0)) if has_free_tier else quantity
        dollars, below = Decimal(0), Decimal(0)
        for limit, each in self.steps:
            in_step = min(left, limit) - below
            if in_step <= 0:
                break
            dollars, below = dollars + in_step * each, limit
        return dollars

    def because(self, reason: str) -> Price:
        """The same, with why it is not the price list's."""
        return replace(self, source=replace(self.source, reason=reason))


@cache
def _document(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def priced_region() -> str:
    """Describe the Region that all prices are for."""
    return str(_document(FILE)["region"])


def bundled_prices() -> dict[str, Price]:
    """The file's, by their key."""
    return {key: _parse_price(given) for key, given in _document(FILE)["prices"].items()}


def _parse_price(given: Mapping[str, Any]) -> Price:
    page: Mapping[str, str] = _document(FILE)["pages"].get(given.get("page"), {})
    flat = [[None, Decimal(given["usd"]) / given["per"]]] if "usd" in given else []
    steps = [(NO_END if limit is None else Decimal(limit), Decimal(each)) for limit, each in given.get("tiers", flat)]
    source = Source(page.get("name", ""), page.get("url", ""), given.get("date", ""))
    free = Decimal(given.get("free", {}).get("quantity", 0))
    return Price(given["what"], tuple(steps) if page else (), free, source, given["service"], given["filters"])


def find_prices(keys: Iterable[str], *, is_offline: bool = False) -> dict[str, Price]:
    """Prices by their key. AWS is asked for each, and no more once it refuses or cannot be reached."""
    bundled = bundled_prices()
    if is_offline or not has_credentials():
        reason = "as --offline has it" if is_offline else "this shell has no AWS credentials"
        return {key: bundled[key].because(reason) for key in keys}
    asked = list(keys)
    found: dict[str, Price] = {}
    try:
        with aws_errors("to read the price list", LIST_REGION), closing(client("pricing", LIST_REGION, BRIEFLY)) as aws:
            for key in asked:
                found[key] = _current(aws, bundled[key])
    except (OperationError, ValueError) as error:  # a ValueError is botocore's: AWS_ENDPOINT_URL is not a URL
        found |= {key: bundled[key].because(str(error)) for key in asked if key not in found}
    return found


def _current(pricing: Any, bundled: Price) -> Price:
    try:
        listed = read_listed(pricing, bundled.service, bundled.filters)
    except UnlistedError as error:
        return bundled.because(str(error))
    name = f"AWS Price List, {bundled.service}, {bundled.filters['usagetype']}"
    source = Source(name, LIST_URL.format(bundled.service), listed.published)
    return replace(bundled, steps=listed.steps, free=listed.free or bundled.free, source=source)
