"""`edge-router config check --state`: cache leaks in an exported state, with and without the stack's settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.cache_leaks import Finding
from tests.infra.leak_states import (
    ALL_VIEWER,
    CACHING_OPTIMIZED,
    behavior,
    cache_policy,
    default_behavior,
    deployed,
    state,
)
from tests.operations.conftest import Result

pytestmark = pytest.mark.usefixtures("project")
Run = Callable[..., Result]
LEAKING_HEADER = state(
    behavior("origin-request", cachePolicyId="cache", originRequestPolicyId=ALL_VIEWER),
    cache_policy(cookies=("all", [])),
)


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    def write(state: dict[str, Any]) -> str:
        path = tmp_path / "exported.json"
        path.write_text(json.dumps(state))
        return str(path)

    return write


def test_a_foreign_state_is_warned_of_what_may_leak(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported(LEAKING_HEADER)
    result = run("config", "check", "--state", path)
    assert (result.exit_code, result.out) == (0, f"{path}: no cache leak is certain\n")
    names = [line.split()[1] for line in result.err.splitlines()]
    assert names == ["decided-by-uncached-header", "decided-by-uncached-query", "set-cookie-can-be-cached"]
    assert all(line.startswith("warning: ") and " Mend: " in line for line in result.err.splitlines())


def test_a_certain_leak_ends_with_one(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported(state(behavior(cachePolicyId=CACHING_OPTIMIZED, originRequestPolicyId=ALL_VIEWER)))
    result = run("config", "check", "--state", path, "--json")
    assert (result.exit_code, result.err) == (1, "")
    document = result.document
    assert (document["stack"], document["state"], document["problems"]) == (None, path, [])
    assert [(one["name"], one["severity"], one["pathPattern"]) for one in document["findings"]] == [
        ("set-cookie-can-be-cached", "warning", "*"),
        ("min-ttl-overrides-no-store", "error", "*"),
    ]
    assert set(document["findings"][0]) == {
        *("name", "severity", "distribution", "pathPattern", "explanation", "mend"),
    }


def test_a_state_without_findings_says_so(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported(state(behavior()))
    assert run("config", "check", "--state", path) == Result(0, f"{path}: no cache leak was found\n", "")


def test_our_state_is_judged_by_the_stacks_settings(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    changed = deployed("prod", "strategy=cookie-version")
    arguments = ("config", "check", "--stack", "prod", "--set", "strategy=cookie-version", "--state")
    assert run(*arguments, exported(changed)).exit_code == 0
    default_behavior(changed)["cachePolicyId"] = CACHING_OPTIMIZED
    result = run(*arguments, exported(changed))
    assert (result.exit_code, result.out) == (1, "")
    assert [line.split()[:2] for line in result.err.splitlines()] == [
        ["error:", "decided-by-uncached-cookie"],
        ["error:", "assigned-behind-the-cache"],
        ["error:", "set-cookie-can-be-cached"],
        ["error:", "min-ttl-overrides-no-store"],
    ]


def test_a_leak_of_the_stacks_own_distribution_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("a-leak", "error", "distribution", "*", "It leaks.", "mend it.")
    monkeypatch.setattr("infra.cache_leaks.stack_leaks", lambda _stack: [finding])
    expected = "error: a-leak (distribution, path pattern *): It leaks. Mend: mend it.\n"
    assert run("config", "check", "--stack", "prod") == Result(1, "", expected)


@pytest.mark.parametrize("arguments", [(), ("--set", "pin=stable"), ("--state", "x.json", "--set", "pin=stable")])
def test_something_to_check_has_to_be_named(run: Run, arguments: tuple[str, ...]) -> None:
    message = "error: config check needs --stack NAME, or --state FILE for an exported state, or both\n"
    assert run("config", "check", *arguments) == Result(2, "", message)


def test_a_state_that_cannot_be_read_is_told(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported({"version": 3, "deployment": {"resources": []}})
    result = run("config", "check", "--state", path)
    assert result == Result(
        2, "", f"error: --state {path}: the state has no aws:cloudfront/distribution:Distribution\n"
    )
    missing = run("config", "check", "--state", "/nowhere/state.json")
    assert missing.exit_code == 2
    assert missing.err.startswith("error: ")
    assert "Traceback" not in missing.err
