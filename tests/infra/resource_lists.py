"""The resources of every shipped stack by strategy; `python -m tests.infra.resource_lists` writes the list anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from simulator.standin.program import Run
from tests.infra.configs import HOSTS, SET_UP, STACKS, choosing
from tests.infra.test_program import VERSIONED, run

FILE = Path(__file__).with_name("resource_lists.json")
SETUPS: Mapping[str, tuple[str, ...]] = {
    **{strategy: choosing(strategy) for strategy in SET_UP},
    **{f"{strategy} versioned": settings for strategy, settings in VERSIONED.items()},
}
PHYSICAL_NAMES = ("name", "policyName", "bucket", "alarmName", "dashboardName")
EVERYWHERE = "with every strategy"


def list_resources(found: Run) -> list[str]:
    """Of each resource its place and types in the URN, its logical name, and the name that it has at AWS."""
    resources = cast("Mapping[str, Any]", found.state["deployment"])["resources"]
    named = {_place(one["urn"]): _physical_name(one.get("inputs") or {}) for one in resources}
    return sorted(f"{place} = {name}" for place, name in named.items() if not place.startswith("pulumi:providers:"))


def _place(urn: str) -> str:
    return urn.split("::", 2)[2]


def _physical_name(inputs: Mapping[str, Any]) -> str:
    return next((str(inputs[key]) for key in PHYSICAL_NAMES if key in inputs), "-")


def list_stack(stack: str) -> dict[str, list[str]]:
    """What a stack has with every strategy, and by strategy what it has besides."""
    if stack == HOSTS:
        return {EVERYWHERE: list_resources(run(stack))}
    lists = {name: list_resources(run(stack, *settings)) for name, settings in SETUPS.items()}
    common = set.intersection(*(set(resources) for resources in lists.values()))
    rest = {name: [one for one in resources if one not in common] for name, resources in lists.items()}
    return {EVERYWHERE: sorted(common), **rest}


if __name__ == "__main__":
    lists = {stack: list_stack(stack) for stack in (*STACKS, HOSTS)}
    FILE.write_text(f"{json.dumps(lists, indent=1)}\n", encoding="utf-8")
