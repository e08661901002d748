"""Stacks for the tests of the policy pack: the states that the tests of the check have, as the engine shows them."""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policy.preview import Seen
from pulumi_state.values import SECRET, SIGNATURE, UNKNOWN
from tests.cache_check.leak_states import State, behavior, cache_policy, deploy_state, origin_request_policy, state

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "tests" / "cache_check"
FOREIGN = CHECKS / "foreign_states"


def all_states() -> dict[str, State]:
    """By a name each: the exports of others, those given to the tests of the check, and the shipped stacks' own."""
    found: dict[str, State] = {path.stem: json.loads(path.read_text()) for path in sorted(FOREIGN.glob("*.json"))}
    for path in sorted(CHECKS.glob("test_*.py")):
        module = importlib.import_module(f"tests.cache_check.{path.stem}")
        for name, member in vars(module).items():
            for number, given in enumerate(_given_states(member)):
                found[f"{path.stem}.{name}.{number}"] = given
    for cookies in (("all", []), ("none", [])):
        given = behavior(cachePolicyId="cache", originRequestPolicyId="forward")
        policies = cache_policy((60, 60, 60), cookies=("whitelist", ["a"])), origin_request_policy(cookies=cookies)
        found[f"minimum TTL, cookies {cookies[0]}"] = state(given, *policies)
    for stack in ("local", "prod"):
        found[stack] = deploy_state(stack)
    return found


def _given_states(test: Any) -> Iterator[State]:
    """The states among the parameters of a test."""
    marks = getattr(test, "pytestmark", ()) if callable(test) else ()
    for case in (case for mark in marks if mark.name == "parametrize" for case in mark.args[1]):
        values = getattr(case, "values", case)
        for value in values if isinstance(values, tuple | list) else [values]:
            if isinstance(value, dict) and "manifest" in (value.get("deployment") or ()):
                yield value


def living(state: State) -> list[dict[str, Any]]:
    """The resources that the engine shows: it has the program's, and none that are about to go."""
    entries = state["deployment"]["resources"]
    return [one for one in entries if not (one.get("delete") or one.get("pendingReplacement"))]


def properties_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """As the engine marshals them, with the ID; what an export hides is unknown."""
    shown = _show(copy.deepcopy(entry.get("outputs") or entry.get("inputs") or {}))
    return {"id": entry["id"], **shown} if entry.get("id") else shown


def _show(value: Any) -> Any:
    if isinstance(value, list):
        return [_show(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) != SECRET:
        return {key: _show(item) for key, item in value.items() if item is not None}
    if "plaintext" in value:
        return _show(json.loads(value["plaintext"]))
    return _show(value["value"]) if "value" in value else UNKNOWN


def seen_in(state: State) -> list[Seen]:
    """What the pack sees of a state that is deployed."""
    return [
        Seen(str(one["urn"]), str(one["type"]), properties_of(one), has_provider=bool(one.get("custom", True)))
        for one in living(state)
    ]
