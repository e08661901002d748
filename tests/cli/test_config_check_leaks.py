"""`edge-router config check --state`: cache leaks in an exported state, with and without the stack's settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cache_check import Analysis, Finding
from cache_check.catalogue import GENERAL_RULES, STACK_RULES
from tests.cache_check.leak_states import (
    ALL_VIEWER,
    CACHING_OPTIMIZED,
    behavior,
    cache_policy,
    default_behavior,
    deploy_state,
    resource,
    state,
)
from tests.cli.conftest import Result

STATES = Path(__file__).parents[1] / "cache_check" / "foreign_states"
pytestmark = pytest.mark.usefixtures("project")
Run = Callable[..., Result]
LEAKING_HEADER = state(
    behavior("origin-request", cachePolicyId="cache", originRequestPolicyId=ALL_VIEWER),
    cache_policy(cookies=("all", [])),
)


ONE = f"checked: 1 distribution, 1 behavior, by {len(GENERAL_RULES)} rules"
ONE_OF_A_STACK = f"checked: 1 distribution, 1 behavior, by {len(GENERAL_RULES) + len(STACK_RULES)} rules"


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
    assert (result.exit_code, result.out) == (0, f"{path}: no cache leak is certain; {ONE}; not checked: nothing\n")
    names = [line.split()[1] for line in result.err.splitlines()]
    assert names == ["decided-by-uncached-header", "decided-by-uncached-query", "set-cookie-can-be-cached"]
    assert all(line.startswith("warning: ") and " Fix: " in line for line in result.err.splitlines())


def test_a_certain_leak_ends_with_one(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported(state(behavior(cachePolicyId=CACHING_OPTIMIZED, originRequestPolicyId=ALL_VIEWER)))
    result = run("config", "check", "--state", path, "--json")
    assert (result.exit_code, result.err) == (1, "")
    document = result.document
    assert (document["stack"], document["state"], document["problems"]) == (None, path, [])
    assert [(one["name"], one["severity"], one["pathPattern"]) for one in document["findings"]] == [
        ("set-cookie-can-be-cached", "warning", "*"),
        ("min-ttl-overrides-no-store", "error", "*"),
        *((f"origin-sees-uncached-{kind}", "warning", "*") for kind in ("cookie", "query", "header")),
    ]
    assert document["judged"] == {"distributions": 1, "behaviors": 1, "rules": len(GENERAL_RULES)}
    assert document["notJudged"] == []
    assert set(document["findings"][0]) == {
        *("name", "severity", "distribution", "pathPattern", "explanation", "mend", "urn"),
    }


def test_a_state_without_findings_says_so(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported(state(behavior()))
    assert run("config", "check", "--state", path) == Result(
        0, f"{path}: no cache leak was found; {ONE}; not checked: nothing\n", ""
    )


@pytest.mark.long
def test_our_state_is_judged_by_the_stacks_settings(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    changed = deploy_state("prod", "strategy=cookie-version")
    arguments = ("config", "check", "--stack", "prod", "--set", "strategy=cookie-version", "--state")
    assert run(*arguments, exported(changed)).exit_code == 0
    default_behavior(changed)["cachePolicyId"] = CACHING_OPTIMIZED
    path = exported(changed)
    result = run(*arguments, path)
    assert (result.exit_code, result.out) == (
        1,
        f"{path}: 4 errors, 3 warnings; {ONE_OF_A_STACK}; not checked: nothing\n",
    )
    assert [line.split()[:2] for line in result.err.splitlines() if line.startswith("error: ")] == [
        ["error:", "decided-by-uncached-cookie"],
        ["error:", "assigned-behind-the-cache"],
        ["error:", "set-cookie-can-be-cached"],
        ["error:", "min-ttl-overrides-no-store"],
    ]


def test_a_leak_of_the_stacks_own_distribution_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("a-leak", "error", "distribution", "*", "It leaks.", "mend it.")
    monkeypatch.setattr("infra.leak_gate.analyze_stack", lambda _stack: Analysis((finding,), 1, 1, 31))
    expected = "error: a-leak (distribution, path pattern *): It leaks. Fix: mend it.\n"
    assert run("config", "check", "--stack", "prod") == Result(1, "", expected)


@pytest.mark.parametrize("arguments", [(), ("--set", "pin=stable"), ("--state", "x.json", "--set", "pin=stable")])
def test_something_to_check_has_to_be_named(run: Run, arguments: tuple[str, ...]) -> None:
    message = "error: config check needs --stack NAME, --state FILE with an exported state, or both\n"
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


def test_a_distribution_of_another_type_is_named_and_the_last_line_covers_it_not(run: Run) -> None:
    path = str(STATES / "f6-mixed.json")
    result = run("config", "check", "--state", path)
    assert (result.exit_code, result.out) == (
        0,
        f"{path}: no cache leak was found in what was checked; {ONE}; not checked: 2 (leaky: its type"
        " aws-native:cloudfront:Distribution is not read; saas: its type"
        " aws:cloudfront/multitenantDistribution:MultitenantDistribution is not read)\n",
    )
    assert result.err.splitlines() == [
        "warning: not checked: leaky: its type aws-native:cloudfront:Distribution is not read. Fix: `pulumi import"
        " --protect=false aws:cloudfront/distribution:Distribution leaky leaky` in an empty project, and check the"
        " export of that (docs/bring-your-own-distribution.md).",
        "warning: not checked: saas: its type aws:cloudfront/multitenantDistribution:MultitenantDistribution is not"
        " read. Fix: compare its cache behaviors with the rules of docs/cache-leaks.md manually.",
    ]
    document = json.loads(run("config", "check", "--state", path, "--json").out)
    assert [one["distribution"] for one in document["notJudged"]] == ["leaky", "saas"]


def test_where_nothing_could_be_judged_nothing_is_in_order(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    alone = state(behavior())
    alone["deployment"]["resources"] = [resource("aws-native:cloudfront:Distribution", "native", {"id": "E2"})]
    path = exported(alone)
    result = run("config", "check", "--state", path)
    assert result.exit_code == 1
    assert result.out == (
        f"{path}: nothing could be checked; checked: 0 distributions, 0 behaviors, by {len(GENERAL_RULES)} rules; not"
        " checked: 1 (native: its type aws-native:cloudfront:Distribution is not read)\n"
    )
    unknown = exported(state(behavior(cachePolicyId="11111111-2222")))
    result = run("config", "check", "--state", unknown)
    assert result.exit_code == 1
    assert "nothing could be checked" in result.out
    assert json.loads(run("config", "check", "--state", unknown, "--json").out)["judged"]["behaviors"] == 0


@pytest.mark.parametrize("name", ["r5-sealed-origins", "r6-deployment-v4"])
def test_sealed_origins_and_version_4_are_read(run: Run, name: str) -> None:
    path = str(STATES / f"{name}.json")
    assert run("config", "check", "--state", path) == Result(
        0, f"{path}: no cache leak was found; {ONE}; not checked: nothing\n", ""
    )


def test_another_tools_file_is_told_how_to_get_to_a_state(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfstate"
    resources = [
        {
            "mode": "managed",
            "type": "aws_cloudfront_distribution",
            "name": "cdn",
            "instances": [{"attributes": {"id": "E2EXAMPLE1"}}],
        }
    ]
    path.write_text(json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": resources}))
    assert run("config", "check", "--state", str(path)) == Result(
        2,
        "",
        f"error: --state {path}: is a state of Terraform, no state of `pulumi stack export`. Read what is at AWS into"
        " an empty Pulumi project, which changes nothing there: `pulumi import --protect=false"
        " aws:cloudfront/distribution:Distribution cdn E2EXAMPLE1`, or all of it at once with `pulumi import --from"
        " terraform FILE`. Then `pulumi stack export --file state.json` (docs/bring-your-own-distribution.md)\n",
    )


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_a_file_that_is_nested_without_end_is_told(run: Run, tmp_path: Path, depth: int) -> None:
    path = tmp_path / "deep.json"
    deep = json.dumps(state(behavior(), comment="DEEP")).replace('"DEEP"', "[" * depth + "]" * depth)
    path.write_text(deep)
    result = run("config", "check", "--state", str(path))
    assert (result.exit_code, result.out) == (2, "")
    assert result.err == f"error: --state {path}: is nested too deeply for a state of `pulumi stack export`\n"
