"""States that earlier versions made of the shipped stacks are taken over: nothing is replaced, and nothing goes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.standin.program import run_program

STATES = Path(__file__).with_name("former_states")
"""Of the stack prod with `SETTINGS`, by the version whose program made them and the strategy: paths of machines, places
in sources and stack traces are left out."""
SETTINGS = (
    "validator.function=true",
    "accessLogs=v2",
    "rollout.alarms[0]=arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout",
)
NEW = {"sticky-session": set[str](), "tier": {"site-function"}}
UPDATED = {
    "sticky-session": {
        "function",
        "distribution",
        "controller",
        "controller-notify",
        "controller-read-alarms",
        "validator",
    },
    "tier": {"tier-function", "tier-keys", "distribution", "validator"},
}


def former_state(version: str, strategy: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((STATES / f"{version}-{strategy}.json.gz").read_bytes()))


@pytest.mark.long_if(r"tier|0\.1")
@pytest.mark.parametrize("version", ["0.1", "0.2"])
@pytest.mark.parametrize("strategy", NEW)
def test_the_state_of_an_earlier_version_is_updated_and_nothing_in_it_is_replaced(version: str, strategy: str) -> None:
    state = former_state(version, strategy)
    found = run_program("prod", overrides=(f"strategy={strategy}", *SETTINGS), state=state, preview=True)
    changed: dict[str, set[str]] = {}
    for change in found.changes:
        changed.setdefault(change.op, set()).add(change.urn.rpartition("::")[2])
    assert set(changed) - {"same"} == ({"update", "create"} if NEW[strategy] else {"update"})
    assert (changed.get("create", set()), changed["update"]) == (NEW[strategy], UPDATED[strategy])
    assert {"sessions", "tenants", "control"} <= changed["same"]
