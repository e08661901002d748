"""AWS's price list: what a usage type costs, by "Finding services and products using the AWS Price List Query API"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NO_END = Decimal("Infinity")
LIST_REGION = "us-east-1"
"""One of those that answer for all others ("AWS Price List Service endpoints and quotas")."""

Steps = tuple[tuple[Decimal, Decimal], ...]
"""Up to how many a month, and dollars for each."""


class UnlistedError(Exception):
    """The price list has no price that can be used; the message says why."""


@dataclass(frozen=True)
class Listed:
    """A price, what is free of it every month, and the day on which it was published."""

    steps: Steps
    free: Decimal
    published: str


def read_listed(pricing: Any, service: str, filters: Mapping[str, str]) -> Listed:
    """Return the price that all matching products have; UnlistedError where they differ, or where there is none.

    Usage types: "Interpret your AWS bill and usage reports for CloudFront", "Best practices for understanding your AWS
    billing and usage reports in DynamoDB", "Analyzing, optimizing, and reducing CloudWatch costs". One without a
    Region's prefix is of us-east-1.
    """
    matches = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in filters.items()]
    pages = pricing.get_paginator("get_products").paginate(ServiceCode=service, Filters=matches)
    texts = [text for page in pages for text in page.get("PriceList", [])]
    if not texts:
        raise UnlistedError("the price list has no such product")
    try:
        products = [json.loads(text) for text in texts]
        prices = {_read_steps(product) for product in products}
        published = max(str(product["publicationDate"])[:10] for product in products)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnlistedError("the price list's product cannot be read") from error
    if len(prices) > 1:
        raise UnlistedError(f"the price list has {len(prices)} prices for it")
    return Listed(*prices.pop(), published)


def _read_steps(product: Mapping[str, Any]) -> tuple[Steps, Decimal]:
    """A product's steps, and what is free: the list has some of the free tier as a first step that costs nothing."""
    [term] = product["terms"]["OnDemand"].values()
    steps = list(_dimensions(term["priceDimensions"].values()))
    free = steps.pop(0)[0] if len(steps) > 1 and not steps[0][1] else Decimal(0)
    return tuple((limit - free, each) for limit, each in steps), free


def _dimensions(dimensions: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Decimal, Decimal]]:
    """The steps in their order, whole from nothing to no end."""
    end = Decimal(0)
    for one in sorted(dimensions, key=lambda one: Decimal(one["beginRange"])):
        currencies: Mapping[str, str] = one["pricePerUnit"]
        if "USD" not in currencies:
            raise UnlistedError(f"the price list has it in {', '.join(currencies)} only")
        if Decimal(one["beginRange"]) != end:
            raise UnlistedError("the price list's steps have gaps")
        end = Decimal(one["endRange"])
        yield end, Decimal(currencies["USD"])
    if end != NO_END:
        raise UnlistedError("the price list's steps come to an end")
