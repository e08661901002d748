"""What the tests know of a strategy from its declarations: options that work, reasons, and source files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from docs.generate.docstrings import example, reasons
from infra.config.base_model import section_name
from infra.config.options_model import options_model
from strategies.registry import STRATEGIES, load
from tests.infra.configs import SET_UP, shipped_stack

ROOT = Path(__file__).parents[2]


def sample_section(strategy: str) -> dict[str, Any]:
    """The declared example, as a section of the config."""
    return {section_name(strategy): example(load(strategy).Options)}


def sample_options(strategy: str) -> dict[str, Any]:
    """Options as baked JSON has them: those of the local stack, or else the declared example."""
    if strategy in SET_UP:
        options = shipped_stack("local").settings.strategy_options(strategy)
    else:
        [section] = sample_section(strategy).values()
        given = options_model(strategy).model_validate(section)
        options = load(strategy).Options(**given.model_dump())
    return json.loads(json.dumps(dataclasses.asdict(options)))


def declared_reasons(strategy: str) -> set[str]:
    """The reasons that a strategy declares; `table-<reason>` as `table-`."""
    listed = {name for names in reasons(load(strategy)) for name in names.split(", ")}
    return {name.partition("<")[0] for name in listed}


def is_declared(reason: str, strategy: str) -> bool:
    """True where the strategy declares the reason, or the beginning of such reasons."""
    return any(reason == one or (one.endswith("-") and reason.startswith(one)) for one in declared_reasons(strategy))


def source_files(strategy: str) -> list[Path]:
    """The strategy's own file, or those of its folder."""
    place = ROOT / STRATEGIES[strategy].partition(":")[0].replace(".", "/")
    return sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
