"""The cache-leak check on this project's stacks: what is judged is what is deployed, and it has no findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cache_check import Finding, find_leaks
from infra.decision_inputs import decision_inputs
from infra.leak_gate import CacheLeakError, find_stack_leaks, planned_state, reject_leaks
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import run_program
from strategies.registry import STRATEGIES
from tests.cache_check.leak_states import CACHING_OPTIMIZED, DISTRIBUTION, State, default_behavior, deploy_state
from tests.infra.configs import STACKS, VERSIONED, choosing, shipped_stack

every_stack = pytest.mark.parametrize("stack", STACKS)
STATIC = ("strategy=cookie-version", "staticPaths[0]=/static/*")
every_setting = pytest.mark.parametrize(
    "settings",
    [*(choosing(name) for name in STRATEGIES), *VERSIONED.values(), STATIC],
    ids=[*STRATEGIES, *(f"{name}-versioned" for name in VERSIONED), "static-paths"],
)
IDS = {"responseHeadersPolicyId", "cachePolicyId", "originRequestPolicyId", "lambdaArn", "functionArn"}


@pytest.mark.long_if(r"sticky-session-versioned|tier|static|jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_stack
@every_setting
def test_the_shipped_stacks_have_no_finding(stack: str, settings: tuple[str, ...]) -> None:
    loaded = shipped_stack(stack, *settings)
    assert find_stack_leaks(loaded) == []
    assert find_leaks(deploy_state(stack, *settings), decision_inputs(loaded)) == []


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_stack
@every_setting
def test_what_is_judged_before_is_what_is_deployed(stack: str, settings: tuple[str, ...]) -> None:
    planned = planned_state(shipped_stack(stack, *settings))
    assert _judged_inputs(planned) == _judged_inputs(deploy_state(stack, *settings))


def _judged_inputs(state: State) -> list[tuple[str, Any]]:
    """The inputs of distribution and policies, without the ids that only AWS gives, and without what they share."""
    kinds = ("CachePolicy", "OriginRequestPolicy", "Distribution")
    resources = [
        one for one in state["deployment"]["resources"] if one["custom"] and one["type"].rpartition(":")[2] in kinds
    ]
    return sorted(((one["type"], _without_ids(one["inputs"])) for one in resources), key=_text)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "id" if key in IDS else _without_ids(item) for key, item in value.items()}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (
            "cookie-version",
            [
                "decided-by-uncached-cookie",
                "decided-by-uncached-header",
                "assigned-behind-the-cache",
                "set-cookie-can-be-cached",
                "min-ttl-overrides-no-store",
            ],
        ),
        (
            "tenant-lookup",
            [
                "decided-by-uncached-header",
                "body-decides-but-cached",
                "set-cookie-can-be-cached",
                "min-ttl-overrides-no-store",
            ],
        ),
    ],
)
def test_a_stack_whose_policy_was_changed_by_hand_is_refused(strategy: str, expected: list[str]) -> None:
    state = deploy_state("local", *choosing(strategy))
    default_behavior(state)["cachePolicyId"] = CACHING_OPTIMIZED
    findings = find_leaks(state, decision_inputs(shipped_stack("local", *choosing(strategy))))
    assert [finding.name for finding in findings if finding.severity == "error"] == expected
    assert "x-qa-origin" in findings[expected.index("decided-by-uncached-header")].explanation  # the override


@pytest.mark.long
def test_a_foreign_reader_of_our_state_is_only_warned() -> None:
    """Without the stack's settings nobody knows what the function decides by."""
    findings = find_leaks(deploy_state("local", "strategy=fastest-origin"))
    assert {finding.severity for finding in findings} == {"warning"}


def test_the_settings_say_which_key_mends_it() -> None:
    state = deploy_state("prod", "strategy=cookie-version")
    default_behavior(state)["cachePolicyId"] = CACHING_OPTIMIZED
    [first, *_] = find_leaks(state, decision_inputs(shipped_stack("prod", "strategy=cookie-version")))
    assert first.fix.startswith("set edge-router:cookieVersion.caching to versioned or none and run `pulumi up`;")


@pytest.fixture
def leaking_project(project: Path) -> Path:
    """A copy of the project whose cache policy for strategies that vary keeps answers."""
    policies = project / "infra" / "cdn" / "policy_args.py"
    before = policies.read_text()
    after = before.replace("YEAR_SECONDS if has_caching else 0", "YEAR_SECONDS if has_caching else 60")
    assert after != before
    policies.write_text(after)
    return project


@pytest.mark.long_if(r"False")
@pytest.mark.parametrize("is_preview", [True, False])
def test_the_program_refuses_a_leak_before_anything_is_deployed(leaking_project: Path, is_preview: bool) -> None:
    with pytest.raises(ProgramError) as caught:
        run_program("prod", project=leaking_project, overrides=["strategy=cookie-version"], preview=is_preview)
    first, *lines = str(caught.value).splitlines()
    assert first == "3 cache leaks:"
    assert [line.split()[0] for line in lines] == [
        "decided-by-uncached-cookie",
        "assigned-behind-the-cache",
        "set-cookie-can-be-cached",
    ]
    assert not (leaking_project / ".edge-router").exists()  # not even a package was built


def test_errors_refuse_and_warnings_are_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = shipped_stack("prod", "strategy=cookie-version")
    warning = Finding("n", "warning", "d", "*", "e.", "m.")
    error = Finding("n", "error", "d", "*", "e.", "m.")
    monkeypatch.setattr("infra.leak_gate.find_stack_leaks", lambda _stack: [warning])
    assert reject_leaks(stack) == [warning]
    monkeypatch.setattr("infra.leak_gate.find_stack_leaks", lambda _stack: [warning, error])
    with pytest.raises(CacheLeakError) as caught:
        reject_leaks(stack)
    assert str(caught.value) == "one cache leak:\n  n (d, path pattern *): e. Fix: m."


def test_a_distribution_is_in_every_plan() -> None:
    planned = planned_state(shipped_stack("local"))
    assert DISTRIBUTION in {one["type"] for one in planned["deployment"]["resources"]}
