"""Mock backends of the tiers in API Gateway, which the project demo/hosts creates for the tiers that it lists."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from simulator.standin.program import Run, run_program
from tests.infra.configs import HOSTS, ROOT, run_stack
from tests.infra.test_program import resources, run

pytestmark = pytest.mark.long  # of the sample's mock back ends

TIERS = ("premium", "standard")
METHODS = ("GET", "POST")


def of_kind(found: Run, name: str) -> list[dict[str, Any]]:
    return resources(found, f"aws:apigateway/{name[0].lower()}{name[1:]}:{name}")


def tier_of(found: Run, resource: dict[str, Any]) -> str:
    """The tier whose API a resource belongs to."""
    names = {api["id"]: api["inputs"]["name"].rpartition("-tier-")[2] for api in of_kind(found, "RestApi")}
    return names[resource["inputs"]["restApi"]]


def places(found: Run, name: str) -> set[tuple[str, str, str]]:
    """(API, resource, method) of all resources of a kind."""
    keys = ("restApi", "resourceId", "httpMethod")
    return {tuple(one["inputs"][key] for key in keys) for one in of_kind(found, name)}  # pyright: ignore[reportReturnType]


def test_there_are_none_unless_tiers_are_listed() -> None:
    found = run_program("staging", project=ROOT / HOSTS)
    deployment: Any = found.state["deployment"]
    assert [one["urn"] for one in deployment["resources"] if "apigateway" in one["type"]] == []
    assert "tierBackends" not in found.outputs


def test_there_may_be_backends_without_hosts() -> None:
    found = run(HOSTS, "hosts=false")
    deployment: Any = found.state["deployment"]
    assert {one["type"].partition("/")[0] for one in deployment["resources"] if one["type"].startswith("aws:")} == {
        "aws:apigateway"
    }
    assert found.outputs.keys() == {"tierBackends"}


def test_every_tier_has_an_api_that_answers_on_every_path() -> None:
    found = run(HOSTS)
    apis = of_kind(found, "RestApi")
    assert sorted(api["inputs"]["name"] for api in apis) == [f"edge-router-staging-demo-tier-{tier}" for tier in TIERS]
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
    found = run(HOSTS)
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
    found = run(HOSTS)
    answers = {one["urn"] for one in of_kind(found, "IntegrationResponse")}
    deployments = of_kind(found, "Deployment")
    assert {urn for one in deployments for urn in one["dependencies"]} >= answers
    digests = {one["inputs"]["triggers"]["content"] for one in deployments}
    assert len(digests) == len(deployments) == len(TIERS)
    ids = {one["id"]: tier_of(found, one) for one in deployments}
    stages = of_kind(found, "Stage")
    assert {ids[stage["inputs"]["deployment"]] for stage in stages} == set(TIERS)
    assert {stage["inputs"]["stageName"] for stage in stages} == {"demo"}


def test_the_output_has_the_form_of_the_section_tier() -> None:
    found = run(HOSTS)
    hosts = {tier_of(found, one): f"{one['inputs']['restApi']}.execute-api" for one in of_kind(found, "Stage")}
    speaks = {"protocol": "https", "port": 443, "path": "/demo", "hostHeader": "origin"}
    assert found.outputs["tierBackends"] == {
        tier: {"domainName": f"{hosts[tier]}.us-east-1.amazonaws.com", **speaks} for tier in TIERS
    }


def test_another_tier_gets_an_api() -> None:
    before = run(HOSTS)
    after = run_stack(HOSTS, "tiers[2]=gold", state=before.state)
    changes = {(change.op, change.name.partition("-")[0]) for change in after.changes if change.op != "same"}
    assert changes == {("create", "gold")}
