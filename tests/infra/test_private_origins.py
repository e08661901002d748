"""Buckets, function URLs and VPC origins in the settings: who signs, who may ask, and what CloudFront cannot do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.leak_gate import find_stack_leaks, planned_state
from infra.package.baked_config import baked_config
from infra.settings.private_origins import objects
from simulator.standin.program import run_program
from tests.infra.configs import problems_of, stack_of

SHOP = {"bucket": "shop", "region": "eu-west-1"}
EXP = {"bucket": "exp", "region": "us-east-1"}
URL = "abc.lambda-url.us-west-2.on.aws"
ARN = "arn:aws:lambda:us-west-2:123456789012:function:shop"
FUNCTION = {"functionUrl": URL, "functionArn": ARN}
OTHER = {"functionUrl": "def.lambda-url.us-west-2.on.aws", "functionArn": f"{ARN}:beta"}
CUSTOM = {"domainName": "v1.example.com"}
V1, V2 = {"path": "/v1"}, {"path": "/v2"}


@pytest.mark.parametrize(
    ("stable", "canary", "strategy", "signing", "router_signs"),
    [
        (SHOP | V1, SHOP | V2, "cookie-version", ["stable"], [False, False]),
        (SHOP | V1, SHOP | V2, "tenant-lookup", [], [True, True]),
        (SHOP, EXP, "cookie-version", [], [True, True]),
        (CUSTOM, EXP, "cookie-version", [], [True]),
        (SHOP, CUSTOM, "cookie-version", [], [True]),
        (FUNCTION | V1, FUNCTION | V2, "cookie-version", ["stable"], [False, False]),
        (FUNCTION, OTHER, "cookie-version", [], [True, True]),
    ],
)
def test_cloudfront_signs_where_the_origin_stays_and_the_router_elsewhere(
    stable: dict[str, str], canary: dict[str, str], strategy: str, signing: list[str], router_signs: list[bool]
) -> None:
    tenants = {"tenantLookup": {"allowedDomains": [".example.com"]}} if strategy == "tenant-lookup" else {}
    stack = stack_of(strategy=strategy, origins={"stable": stable, "canary": canary}, **tenants)
    assert [one["signs"] for one in baked_config(stack)["private"].values()] == router_signs
    made = planned_state(stack)["deployment"]["resources"][-1]["inputs"]
    assert [one["originId"] for one in made["origins"] if "originAccessControlId" in one] == signing
    assert ("s3OriginConfig" in made["origins"][0]) is ("bucket" in stable)
    assert [one for one in find_stack_leaks(stack) if one.severity == "error"] == []


def test_static_paths_of_a_bucket_that_the_router_signs_for_have_an_origin_of_their_own() -> None:
    stack = stack_of(origins={"stable": SHOP, "canary": EXP}, staticPaths=["/static/*"])
    made = planned_state(stack)["deployment"]["resources"][-1]["inputs"]
    controls = {one["originId"]: "originAccessControlId" in one for one in made["origins"]}
    assert controls == {"stable": False, "static": True}
    assert made["orderedCacheBehaviors"][0]["targetOriginId"] == "static"


def test_the_body_is_included_for_a_function_url_only() -> None:
    for origin, expected in ((FUNCTION, True), (SHOP, False)):
        stack = stack_of(origins={"stable": CUSTOM, "canary": origin})
        made = planned_state(stack)["deployment"]["resources"][-1]["inputs"]
        assert made["defaultCacheBehavior"]["lambdaFunctionAssociations"][0]["includeBody"] is expected


@pytest.mark.parametrize(
    ("canary", "expected"),
    [
        ({"bucket": "a.b", "region": "eu-west-1"}, "bucket is 'a.b': a bucket name has 3 to 63 of a-z, 0-9, and -"),
        ({"bucket": "shop"}, "region is missing: the Region of the bucket, such as eu-west-1"),
        ({"bucket": "shop", "region": "eu-west-9"}, "region is 'eu-west-9', which is not an AWS Region"),
        (
            SHOP | {"hostHeader": "viewer"},
            "hostHeader is 'viewer': a bucket is found by its own host name; set it to origin",
        ),
        (
            SHOP | {"protocol": "http"},
            "protocol must be https on port 443: CloudFront sends requests to a bucket that way only",
        ),
        (SHOP | CUSTOM, "domainName cannot be set with bucket: remove one of them"),
        (SHOP | FUNCTION, "functionUrl cannot be set with bucket: remove one of them"),
        (
            {"functionUrl": f"https://{URL}/"},
            f"functionUrl is 'https://{URL}/': the host name of a function URL is such as",
        ),
        ({"functionUrl": URL}, "functionArn is missing: the ARN of the function"),
        (
            FUNCTION | {"functionArn": ARN.replace("us-west-2", "eu-west-1")},
            "functionArn is in eu-west-1, and functionUrl in",
        ),
        (CUSTOM | {"pages": "app"}, "pages is for a bucket only"),
        (CUSTOM | {"attachPolicy": True}, "attachPolicy is for a bucket or a function URL only"),
        ({}, "domainName is missing: name a host, or a bucket or functionUrl"),
        (
            {"vpcOriginId": "vo_1"},
            "vpcOriginId cannot be behind the router: for a VPC origin CloudFront runs no function on origin-request"
            " and origin-response (AWS page private-content-vpc-origins)",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key(canary: dict[str, Any], expected: str) -> None:
    [problem] = problems_of(origins={"stable": CUSTOM, "canary": canary})
    assert problem.startswith(f"edge-router:origins.canary.{expected}")


def test_tiers_are_not_chosen_before_a_bucket() -> None:
    tiers = {"tiers": {"premium": {"domainName": "p.example.com"}}}
    [problem] = problems_of(strategy="tier", tier=tiers, origins={"stable": SHOP, "canary": CUSTOM})
    assert problem == (
        "edge-router:origins.stable.bucket cannot be with tier: what updateRequestOrigin() leaves out is inherited, and"
        " the backends' requests would be signed for another service (AWS page helper-functions-origin-modification)"
    )


@pytest.mark.long
def test_a_policy_lets_ask_who_signs_and_is_attached_where_that_is_wanted() -> None:
    overrides = [f"origins.stable.{key}={value}" for key, value in (SHOP | V1).items()]
    overrides += [f"origins.canary.{key}={value}" for key, value in EXP.items()]
    run = run_program(
        "local",
        overrides=(
            *("strategy=cookie-version", "origins.stable.domainName=", "origins.canary.domainName="),
            *(*overrides, "staticPaths[0]=/static/*", "origins.stable.attachPolicy=true"),
        ),
    )
    found = {name: json.loads(text)["Statement"] for name, text in run.outputs["originPolicies"].items()}
    allowed = {name: [(one["Sid"], one["Resource"]) for one in statements] for name, statements in found.items()}
    assert allowed == {
        "shop": [
            ("CloudFront", ["arn:aws:s3:::shop/v1/*"]),
            ("Router", ["arn:aws:s3:::shop/v1/*"]),
            ("TlsOnly", ["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"]),
        ],
        "exp": [("Router", ["arn:aws:s3:::exp/*"]), ("TlsOnly", ["arn:aws:s3:::exp", "arn:aws:s3:::exp/*"])],
    }
    arn = f"arn:aws:cloudfront::123456789012:distribution/{run.outputs['distributionId']}"
    assert found["shop"][0]["Condition"] == {"ArnEquals": {"AWS:SourceArn": arn}}
    resources = run.state["deployment"]["resources"]
    attached = [one["inputs"]["bucket"] for one in resources if one["type"].endswith(":BucketPolicy")]
    assert [name for name in attached if name in found] == ["shop"]
    [asks] = [one["inputs"]["policy"] for one in resources if one["urn"].endswith("::ask-origins")]
    assert {tuple(one["Resource"]) for one in json.loads(asks)["Statement"]} == {
        ("arn:aws:s3:::shop/v1/*",),
        ("arn:aws:s3:::exp/*",),
    }


def test_former_builds_may_be_anywhere_in_the_bucket() -> None:
    origins = {"stable": SHOP | V1 | {"build": "1"}, "canary": SHOP | V2 | {"build": "2"}}
    without = stack_of(strategy="cookie-version", origins=origins).settings
    with_builds = stack_of(strategy="cookie-version", origins=origins, skew={"pathPrefix": "/_v"}).settings
    assert objects(without, without.origins["stable"]) == "arn:aws:s3:::shop/v1/*"
    assert objects(with_builds, with_builds.origins["stable"]) == "arn:aws:s3:::shop/*"
    in_fallback = stack_of(origins=origins, skew={"mode": "fallback", "paths": ["/assets/*"]}).settings
    assert objects(in_fallback, in_fallback.origins["stable"]) == "arn:aws:s3:::shop/v1/*"
