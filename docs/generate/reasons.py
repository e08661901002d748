"""Renders the tables of reasons from what the strategies declare."""

from __future__ import annotations

import re

from strategies.registry import STRATEGIES, load

from .docstrings import reasons
from .pages import code, table

_OUTCOME = re.compile(r"by percentage|`stable`, fallback|`stable`")
"""The beginnings of a reason's meaning, unless its origin is a matter of the strategy."""


def reasons_table(strategy: str) -> str:
    """Render the reasons of a strategy and the origin that each means, for the strategy's page."""
    return table(["reason", "origin"], [[_codes(names), meaning] for names, meaning in _declared(strategy).items()])


def all_reasons() -> str:
    """Render the reasons of all strategies by outcome, for the page of the log."""
    rows = [[f"[{strategy}](strategies/{strategy}.md)", _by_outcome(strategy)] for strategy in STRATEGIES]
    return table(["strategy", "reasons"], rows)


def _by_outcome(strategy: str) -> str:
    outcomes: dict[str, list[str]] = {}
    for names, meaning in _declared(strategy).items():
        found = _OUTCOME.match(meaning)
        outcomes.setdefault(found[0] if found else "", []).append(_codes(names))
    return "; ".join(f"{outcome}: {', '.join(codes)}".removeprefix(": ") for outcome, codes in outcomes.items())


def _declared(strategy: str) -> dict[str, str]:
    """The declared reasons of a strategy; LookupError where it has none."""
    declared = reasons(load(strategy))
    if not declared:
        raise LookupError(f"{strategy} declares no reasons: add them below Reasons: in the docstring of its class")
    return declared


def _codes(names: str) -> str:
    return ", ".join(map(code, names.split(", ")))
