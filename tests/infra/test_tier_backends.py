"""Mock back ends of the tiers in API Gateway: what is registered with `demo.tiers`, and that nothing is without."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from simulator.standin import run_program
from tests.infra.configs import problems_of
from tests.infra.test_program import DISTRIBUTION, KEYS, changed, every_stack, inputs, resources, run

TIER, DEMO = "strategy=tier", "demo.tiers=true"
TIERS = ("basic", "premium", "standard")
METHODS = ("GET", "POST")


def of_kind(found: Any, name: str) -> list[dict[str, Any]]:
    return resources(found, f"aws:apigateway/{name[0].lower()}{name[1:]}:{name}")


def outputs(found: Any) -> dict[str, Any]:
    [stack] = resources(found, "pulumi:pulumi:Stack")
    return stack["outputs"]


def tier_of(found: Any, resource: dict[str, Any]) -> str:
    """The tier whose API a resource belongs to."""
    names = {api["id"]: api["inputs"]["name"].rpartition("-tier-")[2] for api in of_kind(found, "RestApi")}
    return names[resource["inputs"]["restApi"]]


def places(found: Any, name: str) -> set[tuple[str, str, str]]:
    """(API, resource, method) of all resources of a kind."""
    keys = ("restApi", "resourceId", "httpMethod")
    return {tuple(one["inputs"][key] for key in keys) for one in of_kind(found, name)}  # pyright: ignore[reportReturnType]


@every_stack
@pytest.mark.parametrize("settings", [(TIER,), (TIER, "demo.tiers=false"), ()])
def test_there_are_none_unless_asked_for(stack: str, settings: tuple[str, ...]) -> None:
    found = run(stack, *settings)
    deployment: Any = found.state["deployment"]
    assert [one["urn"] for one in deployment["resources"] if "apigateway" in one["type"]] == []
    assert "tierBackends" not in outputs(found)


@every_stack
def test_every_tier_and_the_default_have_an_api_that_answers_on_every_path(stack: str) -> None:
    found = run(stack, TIER, DEMO)
    apis = of_kind(found, "RestApi")
    assert sorted(api["inputs"]["name"] for api in apis) == [f"edge-router-{stack}-tier-{tier}" for tier in TIERS]
    assert {api["inputs"]["endpointConfiguration"]["types"] for api in apis} == {"REGIONAL"}
    below = {one["inputs"]["restApi"]: one for one in of_kind(found, "Resource")}
    assert {one["outputs"]["path"] for one in below.values()} == {"/{proxy+}"}
    expected = {
        (api["id"], place, method)
        for api in apis
        for place, method in product((api["outputs"]["rootResourceId"], below[api["id"]]["id"]), METHODS)
    }
    for kind in ("Method", "Integration", "MethodResponse", "IntegrationResponse"):
        assert places(found, kind) == expected
    assert {one["inputs"]["authorization"] for one in of_kind(found, "Method")} == {"NONE"}


def test_a_mock_takes_what_a_post_brings_and_names_the_tier() -> None:
    found = run("prod", TIER, DEMO)
    for integration in of_kind(found, "Integration"):
        asked = integration["inputs"]
        assert (asked["type"], asked["passthroughBehavior"]) == ("MOCK", "NEVER")
        assert {"application/json", "application/x-www-form-urlencoded"} <= set(asked["requestTemplates"])
        assert [json.loads(text) for text in asked["requestTemplates"].values()] == [{"statusCode": 200}] * 3
    for answer in of_kind(found, "IntegrationResponse"):
        answered = answer["inputs"]
        body = json.loads(answered["responseTemplates"]["application/json"])
        assert (answered["statusCode"], body["name"]) == ("200", tier_of(found, answer))
        assert body["method"] == "$context.httpMethod"
    assert {one["inputs"]["statusCode"] for one in of_kind(found, "MethodResponse")} == {"200"}


def test_what_is_deployed_is_what_was_configured_last() -> None:
    found = run("prod", TIER, DEMO)
    answers = {one["urn"] for one in of_kind(found, "IntegrationResponse")}
    deployments = of_kind(found, "Deployment")
    assert {urn for one in deployments for urn in one["dependencies"]} >= answers
    digests = {one["inputs"]["triggers"]["content"] for one in deployments}
    assert len(digests) == len(deployments) == len(TIERS)
    ids = {one["id"]: tier_of(found, one) for one in deployments}
    stages = of_kind(found, "Stage")
    assert {ids[stage["inputs"]["deployment"]] for stage in stages} == set(TIERS)
    assert {stage["inputs"]["stageName"] for stage in stages} == {"demo"}


@every_stack
def test_the_tiers_lead_to_their_mock_back_ends(stack: str) -> None:
    """All but the default tier, which stays on the stable origin."""
    found = run(stack, TIER, DEMO)
    backends = outputs(found)["tierBackends"]
    hosts = {tier_of(found, one): f"{one['inputs']['restApi']}.execute-api" for one in of_kind(found, "Stage")}
    region = "us-east-1.amazonaws.com"
    assert backends == {tier: {"domainName": f"{hosts[tier]}.{region}", "path": "/demo"} for tier in TIERS}
    pairs = {pair["key"]: json.loads(pair["value"]) for pair in inputs(found, KEYS)["resourceKeyValuePairs"]}
    tiers = {key: value for key, value in pairs.items() if key.startswith("tier:")}
    assert tiers == {
        f"tier:{tier}": {**backends[tier], "port": 443, "protocol": "https", "hostHeader": "origin"}
        for tier in ("premium", "standard")
    }
    # But for the tag that is written once, when the distribution is made (infra.cdn.invalidation).
    with_them, without = inputs(found, DISTRIBUTION), inputs(run(stack, TIER), DISTRIBUTION)
    assert with_them | {"tags": None} == without | {"tags": None}


def test_turning_them_on_and_off_leaves_function_and_distribution() -> None:
    steps = changed(run("prod", TIER), "prod", TIER, DEMO)
    assert steps["update"] == {"tier-keys"}
    assert set(steps) == {"create", "update"}
    back = changed(run("prod", TIER, DEMO), "prod", TIER)
    assert back["update"] == {"tier-keys"}
    assert set(back) == {"delete", "update"}


def test_the_tiers_come_off_their_back_ends_before_those_go() -> None:
    after = run_program("prod", overrides=[TIER], state=run("prod", TIER, DEMO).state)
    steps = [(change.op, change.type.partition(":")[2].partition("/")[0], change.name) for change in after.changes]
    updated = steps.index(("update", "cloudfront", "tier-keys"))
    deleted = [index for index, (op, service, _) in enumerate(steps) if (op, service) == ("delete", "apigateway")]
    assert len(deleted) == 20 * len(TIERS)
    assert min(deleted) > updated


def test_another_tier_gets_an_api_and_a_key() -> None:
    gold = "tier.tiers.gold.domainName=gold.example.com"
    steps = changed(run("prod", TIER, DEMO), "prod", TIER, DEMO, gold)
    assert steps["update"] == {"tier-keys"}
    assert {name.partition("-")[0] for name in steps["create"]} == {"gold"}


def test_they_stand_also_where_another_strategy_is_chosen() -> None:
    found = run("prod", "strategy=cookie-version", DEMO)
    assert set(outputs(found)["tierBackends"]) == set(TIERS)
    assert resources(found, KEYS) == []


def test_without_tiers_there_is_nothing_to_show() -> None:
    text = "edge-router:demo.tiers is true, but there are no tiers: write the section tier, or set this to false"
    assert problems_of(demo={"tiers": True}) == [text]
    assert problems_of(demo={"tiers": False}) == []


def test_mistakes_in_the_section_are_told() -> None:
    assert problems_of(demo={"tiers": "maybe"}) == ["edge-router:demo.tiers is 'maybe': expected true or false"]
    assert problems_of(demo={"tier": True}) == [
        "edge-router:demo.tier is an unknown key: did you mean tiers? Allowed: hosts, tiers"
    ]
