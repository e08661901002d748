"""The section `failover`: origin groups of the distribution, and what CloudFront cannot do said at preview."""

from __future__ import annotations

from typing import Any

import pytest

from infra.decision_inputs import required_associations
from infra.leak_gate import find_stack_leaks, planned_state
from infra.package.baked_config import baked_config
from tests.infra.configs import ORIGINS, problems_of, stack_of

STANDBY = {**ORIGINS, "standby": {"domainName": "v3.example.com", "hostHeader": "viewer"}}
PAGE = "(AWS page high_availability_origin_failover)"
KEY = "edge-router:failover"


def distribution(**failover: Any) -> dict[str, Any]:
    stack = stack_of(origins=STANDBY, staticPaths=["/static/*"], failover=failover)
    assert find_stack_leaks(stack) == []
    return planned_state(stack)["deployment"]["resources"][-1]["inputs"]


def test_paths_get_behaviors_that_are_only_read_and_all_others_keep_their_methods() -> None:
    made = distribution(paths=["/assets/*", "/*"], to={"stable": "standby"})
    ordered = made["orderedCacheBehaviors"]
    assert [(one["pathPattern"], one["targetOriginId"]) for one in ordered] == [
        ("/static/*", "stable"),
        ("/assets/*", "failover"),
        ("/*", "failover"),
    ]
    default = made["defaultCacheBehavior"]
    assert "POST" in default["allowedMethods"]
    assert ordered[1] == default | {
        "pathPattern": "/assets/*",
        "targetOriginId": "failover",
        "allowedMethods": ["GET", "HEAD", "OPTIONS"],
    }


def test_the_secondary_is_the_origin_that_takes_over_from_stable_and_only_it_is_marked() -> None:
    made = distribution(paths=["/assets/*"], statusCodes=[502], to={"stable": "standby", "canary": "stable"})
    assert made["originGroups"] == [
        {
            "originId": "failover",
            "failoverCriteria": {"statusCodes": [502]},
            "members": [{"originId": "stable"}, {"originId": "failover-second"}],
        }
    ]
    found = [(one["originId"], one["domainName"], one.get("customHeaders")) for one in made["origins"]]
    mark = [{"name": "x-router-attempt", "value": "failover"}]
    assert found == [("stable", "v1.example.com", None), ("failover-second", "v3.example.com", mark)]


def test_without_the_section_nothing_of_it_is_deployed() -> None:
    assert "failover" not in baked_config(stack_of())
    assert "originGroups" not in planned_state(stack_of())["deployment"]["resources"][-1]["inputs"]


@pytest.mark.parametrize(
    ("failover", "expected"),
    [
        ({"statusCodes": [500]}, [f"{KEY}.paths is missing"]),
        (
            {"paths": []},
            [
                f"{KEY}.paths has 0 entries: allowed are 1 to 24 path patterns that are only read, for CloudFront takes"
                f" no POST, PUT, PATCH and DELETE where there is an origin group {PAGE}"
            ],
        ),
        (
            {"paths": ["/a/*"], "statusCodes": [501]},
            [f"{KEY}.statusCodes has 501: allowed is any choice of 400, 403, 404, 416, 429, 500, 502, 503, 504 {PAGE}"],
        ),
        (
            {"paths": ["/a/*"], "to": {"canary": "canary", "blue": "stabel"}},
            [
                f"{KEY}.to.canary is 'canary', the origin that has failed: name another one",
                f"{KEY}.to.blue is not an origin: did you mean stable? Allowed: canary, stable",
            ],
        ),
        ({"paths": ["/static/*"]}, [f"{KEY}.paths has '/static/*', as staticPaths: a path is in one of them"]),
    ],
)
def test_a_mistake_is_named_with_its_key(failover: dict[str, Any], expected: list[str]) -> None:
    problems = problems_of(staticPaths=["/static/*"], failover=failover)
    assert [problem[: len(text)] for problem, text in zip(problems, expected, strict=True)] == expected


def test_a_canary_takes_over_only_where_the_router_knows_that_it_may() -> None:
    failover = {"paths": ["/a/*"], "to": {"stable": "canary"}}
    assert problems_of(failover=failover) == []
    [problem] = problems_of(failover=failover, cookieVersion={"caching": "versioned"})
    assert problem == (
        f"{KEY}.to.stable is 'canary': with a function before the cache the router does not know whether the canary was"
        " rolled back or is pinned away; name another origin"
    )


@pytest.mark.parametrize(
    ("caching", "settings", "expected"),
    [
        ("versioned", {"failover": {"paths": ["/*"]}}, True),
        ("versioned", {"skew": {"mode": "fallback", "paths": ["/a/*"]}}, False),
        ("versioned", {}, False),
        ("none", {"failover": {"paths": ["/*"]}}, True),  # for the cookie
    ],
)
def test_the_router_sees_the_response_of_an_origin_that_took_over_where_it_could_be_cached(
    caching: str, settings: dict[str, Any], expected: bool
) -> None:
    stack = stack_of(cookieVersion={"caching": caching}, rewriteRedirects=False, **settings)
    made = planned_state(stack)["deployment"]["resources"][-1]["inputs"]
    behaviors = [made["defaultCacheBehavior"], *made.get("orderedCacheBehaviors", [])]
    events = {one["eventType"] for behavior in behaviors for one in behavior["lambdaFunctionAssociations"]}
    assert events == {"origin-request", *(["origin-response"] if expected else [])}
    assert [one.without for one in required_associations(stack) if one.is_lambda][1:] == (
        ["the response of an origin that took over is cached as that of the one that failed"]
        if expected and caching == "versioned"
        else ["the router's cookie is never set, and nobody stays on a version"][: int(expected)]
    )


def test_a_strategy_without_lambda_cannot_fail_over() -> None:
    tiers = {"tiers": {"premium": {"domainName": "p.example.com"}}}
    assert problems_of(strategy="tier", tier=tiers, failover={"paths": ["/a/*"]}) == [
        f"{KEY} cannot be with tier, which runs in a CloudFront Function only: updateRequestOrigin() changes a group's"
        " first origin and not the second (AWS page helper-functions-origin-modification)"
    ]
