"""Printing of an estimate of `edge-router cost`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from cli.cost.items import GROUPS, Estimate, Item
from cli.cost.prices import Price, priced_region
from cli.cost.traffic import Traffic
from cli.output.console import out, print_table, warn
from strategies.options import camel_case

LEFT_OUT = (
    "Not in it: the origins (demo.hosts too), data sent to them, storage, traffic between replicas, deletions by TTL,"
    " alarms with their metrics and dashboard, WAF, CloudFront's own logs, requests on staticPaths, invalidations past"
    " 1,000 paths a month, taxes"
)


def _name(one: Estimate) -> str:
    return f"{one.strategy}, versioned" if one.caching == "versioned" else one.strategy


def print_items(one: Estimate) -> None:
    """Every item of one strategy, and their sum."""
    rows = [
        (item.group, item.what, f"{item.quantity:,.2f} {item.price.what}", _format_dollars(item.dollars))
        for item in one.items
    ]
    print_table(("for", "item", "a month", "USD"), [*rows, ("total", _name(one), "", _format_dollars(one.total()))])


def print_comparison(estimates: Sequence[Estimate]) -> None:
    """The sums of the groups, strategy by strategy."""
    rows = [
        (_name(one), *(_format_dollars(one.total(group)) for group in GROUPS), _format_dollars(one.total()))
        for one in estimates
    ]
    print_table(("USD a month", *GROUPS, "total"), rows)


def _format_dollars(dollars: Decimal | None) -> str:
    return "not priced" if dollars is None else f"{dollars:,.2f}"


def print_basis(traffic: Traffic, estimates: Sequence[Estimate], *, has_free_tier: bool) -> None:
    """Print the basis of the figures."""
    assumed = ", ".join(f"{name.replace('_', '-')} {value:,}" for name, value in _assumptions(traffic).items())
    out.print(f"Assumed: {assumed}", markup=False)
    tier = "with" if has_free_tier else "without"
    out.print(f"List prices for {priced_region()}, {tier} the free tier", markup=False)
    prices = _prices(estimates)
    for line in _sources({key: price for key, price in prices.items() if price.steps}):
        out.print(line, markup=False)
    out.print(LEFT_OUT, markup=False)
    if unpriced := [key for key, price in prices.items() if not price.steps]:
        warn(f"not priced and in no total, for no page of AWS's was found with a figure: {', '.join(unpriced)}")


def _sources(prices: Mapping[str, Price]) -> Iterator[str]:
    """Return the sources, in a line for each reason; keys are named where there are several."""
    for reason in sorted({price.source.reason for price in prices.values()}):
        keys = [key for key, price in prices.items() if price.source.reason == reason]
        dates = sorted(prices[key].source.as_of for key in keys)
        as_of = " to ".join(dict.fromkeys((dates[0], dates[-1])))
        named = f" ({', '.join(keys)})" if len(keys) < len(prices) else ""
        yield f"Bundled as of {as_of}{named}: {reason}" if reason else f"AWS's price list as of {as_of}{named}"


def _prices(estimates: Sequence[Estimate]) -> dict[str, Price]:
    return {item.key: item.price for one in estimates for item in one.items}


def _assumptions(traffic: Traffic) -> dict[str, float]:
    return {name: value for name, value in asdict(traffic).items() if value is not None}


def document(stack: str, traffic: Traffic, estimates: Sequence[Estimate], *, has_free_tier: bool) -> dict[str, Any]:
    """The same for a program to read."""
    prices = _prices(estimates)
    return {
        "stack": stack,
        "prices": {
            "asOf": min((price.source.as_of for price in prices.values() if price.steps), default=None),
            "region": priced_region(),
            "freeTier": has_free_tier,
            "notPriced": [key for key, price in prices.items() if not price.steps],
        },
        "assumed": {camel_case(name): value for name, value in _assumptions(traffic).items()},
        "strategies": [
            {
                "strategy": one.strategy,
                "caching": one.caching or None,
                "items": [_item(item) for item in one.items],
                "usd": float(one.total()),
            }
            for one in estimates
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    source = item.price.source
    return {
        "group": item.group,
        "item": item.what,
        "price": item.key,
        "quantity": float(item.quantity),
        "usd": None if item.dollars is None else float(item.dollars),
        "source": {
            "from": "bundled" if source.reason else "price list",
            "reason": source.reason or None,
            "page": source.page or None,
            "url": source.url or None,
            "asOf": source.as_of or None,
        },
    }
