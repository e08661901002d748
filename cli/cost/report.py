"""How an estimate of `edge-router cost` is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cli.cost.items import GROUPS, Estimate
from cli.cost.prices import price_table
from cli.cost.traffic import Traffic
from cli.output.console import out, print_table, warn

LEFT_OUT = (
    "Not in it: the origins (demo.hosts too), data sent to them, storage, traffic between replicas, deletions by TTL,"
    " alarms with their metrics and dashboard, WAF, CloudFront's own logs, requests on staticPaths, invalidations past"
    " 1,000 paths a month, taxes"
)


def _name(one: Estimate) -> str:
    return f"{one.strategy}, versioned" if one.caching == "versioned" else one.strategy


def print_items(one: Estimate) -> None:
    """Every item of one strategy, and their sum."""
    prices = price_table().prices
    rows = [
        (item.group, item.what, f"{item.quantity:,.2f} {prices[item.price].what}", f"{item.dollars:,.2f}")
        for item in one.items
    ]
    print_table(("for", "item", "a month", "USD"), [*rows, ("total", _name(one), "", f"{one.total:,.2f}")])


def print_comparison(estimates: Sequence[Estimate]) -> None:
    """The sums of the groups, strategy by strategy."""
    rows = [
        (_name(one), *(f"{one.total_of(group):,.2f}" for group in GROUPS), f"{one.total:,.2f}") for one in estimates
    ]
    print_table(("USD a month", *GROUPS, "total"), rows)


def print_basis(traffic: Traffic, *, has_free_tier: bool) -> None:
    """What the figures rest on."""
    table = price_table()
    assumed = ", ".join(f"{name.replace('_', '-')} {value:,}" for name, value in _assumptions(traffic).items())
    out.print(f"Assumed: {assumed}", markup=False)
    tier = "with" if has_free_tier else "without"
    out.print(f"List prices of {table.as_of} for {table.region}, {tier} the free tier", markup=False)
    out.print(LEFT_OUT, markup=False)
    for key in table.unconfirmed:
        warn(f"the price of {key} is from memory: look it up in {table.prices[key].source}")


def _assumptions(traffic: Traffic) -> dict[str, float]:
    return {name: value for name, value in asdict(traffic).items() if value is not None}


def document(stack: str, traffic: Traffic, estimates: Sequence[Estimate], *, has_free_tier: bool) -> dict[str, Any]:
    """The same for a program to read."""
    table = price_table()
    return {
        "stack": stack,
        "prices": {
            "asOf": table.as_of,
            "region": table.region,
            "freeTier": has_free_tier,
            "unconfirmed": table.unconfirmed,
        },
        "assumed": {_camel(name): value for name, value in _assumptions(traffic).items()},
        "strategies": [
            {
                "strategy": one.strategy,
                "caching": one.caching or None,
                "items": [
                    {
                        "group": item.group,
                        "item": item.what,
                        "price": item.price,
                        "quantity": float(item.quantity),
                        "usd": float(item.dollars),
                    }
                    for item in one.items
                ],
                "usd": float(one.total),
            }
            for one in estimates
        ],
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
