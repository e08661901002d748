"""Renders the tables of settings, from the models, of reasons, from what the strategies declare, and of rules."""

from __future__ import annotations

import re

from cache_check.catalogue import RULES
from infra.settings.model import Settings
from pipeline.settings import PipelineSettings
from strategies.registry import STRATEGIES, load

from .allowed import allowed_values, is_required
from .docstrings import reasons
from .keys import Key, tables
from .pages import code, table

COLUMNS = ["key", "type", "default", "allowed", "meaning"]

_MARKDOWN = re.compile(r"[\\`*_<\[\]]")
_OUTCOME = re.compile(r"by percentage|`stable`, fallback|`stable`")
"""The beginnings of a reason's meaning, unless its origin is a matter of the strategy."""


def settings_table(name: str) -> str:
    """Render the table of a section, a strategy or a project."""
    model = PipelineSettings if name == "pipeline" else Settings
    return table(COLUMNS, [_row(key, model) for key in tables()[name]])


def _row(key: Key, model: type[PipelineSettings] | type[Settings]) -> list[str]:
    default = "required" if key.default == "none" and is_required(key, model) else key.default
    return [code(key.path), key.type, default, _escape(allowed_values(key, model)), key.meaning]


def _escape(text: str) -> str:
    return _MARKDOWN.sub(lambda found: "&lt;" if found[0] == "<" else f"\\{found[0]}", text)


def reasons_table(strategy: str) -> str:
    """Render the reasons of a strategy and the origin that each means, for the strategy's page."""
    return table(
        ["reason", "origin"], [[_codes(names), meaning] for names, meaning in _declared_reasons(strategy).items()]
    )


def all_reasons() -> str:
    """Render the reasons of all strategies by outcome, for the page of the log."""
    rows = [[f"[{strategy}](strategies/{strategy}.md)", _by_outcome(strategy)] for strategy in STRATEGIES]
    return table(["strategy", "reasons"], rows)


def rules_table() -> str:
    """Render the rules of the cache-leak check, for its page."""
    return table(["name", "what happens", "fix"], [[code(rule.name), rule.what, rule.fix] for rule in RULES])


def _by_outcome(strategy: str) -> str:
    outcomes: dict[str, list[str]] = {}
    for names, meaning in _declared_reasons(strategy).items():
        found = _OUTCOME.match(meaning)
        outcomes.setdefault(found[0] if found else "", []).append(_codes(names))
    return "; ".join(f"{outcome}: {', '.join(codes)}".removeprefix(": ") for outcome, codes in outcomes.items())


def _declared_reasons(strategy: str) -> dict[str, str]:
    """The declared reasons of a strategy; LookupError where it has none."""
    declared = reasons(load(strategy))
    if not declared:
        raise LookupError(f"{strategy} declares no reasons: add them below Reasons: in the docstring of its class")
    return declared


def _codes(names: str) -> str:
    return ", ".join(map(code, names.split(", ")))
