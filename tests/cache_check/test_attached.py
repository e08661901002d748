"""A stack's router at distributions that others made: which association is missing, and what the behavior needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cache_check import DecisionInputs, find_leaks
from cache_check.model.decision_inputs import VIEWER_FUNCTIONS
from infra.cdn.javascript import CONFIG_LINE, FUNCTIONS
from infra.decision_inputs import decision_inputs
from infra.naming.edge_functions import is_router_function_arn, is_viewer_function_arn
from tests.cache_check.leak_states import (
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_OPTIMIZED,
    NO_ERRORS,
    State,
    behavior,
    cache_policy,
    distribution_of,
    origin_request_policy,
    resource,
    state,
)
from tests.infra.configs import shipped_stack

ACCOUNT = "arn:aws:lambda:us-east-1:123456789012:function"
OURS = f"{ACCOUNT}:edge-router-local-abc12def:4"
CANARY = "arn:aws:cloudfront::123456789012:function/edge-router-local-canary"
SIGNED = "router-replaces-signed-origin"


def by(*settings: str) -> DecisionInputs:
    return decision_inputs(shipped_stack("local", *settings))


COOKIE_VERSION = by("strategy=cookie-version")
TENANT_LOOKUP = by("strategy=tenant-lookup")
VERSIONED = by("strategy=cookie-version", "cookieVersion.caching=versioned")
TIER = by("strategy=tier")


def at(arns: Mapping[str, str], **settings: Any) -> dict[str, Any]:
    """A behavior without caching that forwards all, with these functions: "origin-request+body" includes the body."""
    lambdas = [
        {"eventType": event.removesuffix("+body"), "lambdaArn": arn, "includeBody": event.endswith("+body")}
        for event, arn in arns.items()
        if ":lambda:" in arn
    ]
    functions = [{"eventType": event, "functionArn": arn} for event, arn in arns.items() if ":lambda:" not in arn]
    given = {"lambdaFunctionAssociations": lambdas, "functionAssociations": functions}
    return behavior(originRequestPolicyId=ALL_VIEWER_EXCEPT_HOST) | given | settings


def both(arn: str = OURS, **settings: Any) -> dict[str, Any]:
    return at({"origin-request": arn, "origin-response": arn}, **settings)


def list_findings(given: State, inputs: DecisionInputs = COOKIE_VERSION) -> list[tuple[str, str, str]]:
    """(severity, name, path pattern)."""
    return [(one.severity, one.name, one.path_pattern) for one in find_leaks(given, inputs)]


def explain_findings(given: State, inputs: DecisionInputs = COOKIE_VERSION) -> str:
    return "\n".join(map(str, find_leaks(given, inputs)))


def test_attached_as_the_strategy_needs_it_there_is_nothing_to_say() -> None:
    assert list_findings(state(both())) == []
    assert list_findings(state(at({"origin-request+body": OURS, "origin-response": OURS})), TENANT_LOOKUP) == []


@pytest.mark.parametrize(
    ("given", "inputs", "expected"),
    [
        (at({"origin-request": OURS}), COOKIE_VERSION, ["association-missing"]),
        (at({"origin-response": OURS}), COOKIE_VERSION, ["association-missing"]),
        (at({"viewer-request": OURS}), COOKIE_VERSION, ["association-missing"] * 2 + ["association-on-wrong-event"]),
        (both(f"{ACCOUNT}:edge-router-staging-abc12def:4"), COOKIE_VERSION, ["association-is-anothers"] * 2),
        (both(f"{ACCOUNT}:edge-router-local-controller:4"), COOKIE_VERSION, ["association-is-anothers"] * 2),
        (both(f"{ACCOUNT}:edge-router-local-abc12def"), COOKIE_VERSION, ["association-without-version"] * 2),
        (both(f"{ACCOUNT}:edge-router-local-abc12def:live"), COOKIE_VERSION, ["association-without-version"] * 2),
        (both(f"{ACCOUNT}:edge-router-local-abc12def:$LATEST"), COOKIE_VERSION, ["association-without-version"] * 2),
        (at({"origin-request": OURS, "origin-response": OURS}), TENANT_LOOKUP, ["trigger-cannot-see-body"]),
        (at({"viewer-request": CANARY, "viewer-response": CANARY}), VERSIONED, ["association-missing"] * 2),
        (
            at({"origin-request": OURS, "origin-response": OURS, "viewer-request": CANARY.replace("canary", "tier")}),
            COOKIE_VERSION,
            ["association-on-wrong-event"],
        ),
    ],
)
def test_every_fault_of_an_association_has_its_name(
    given: dict[str, Any], inputs: DecisionInputs, expected: list[str]
) -> None:
    found = [name for _, name, _ in list_findings(state(given), inputs) if name.startswith(("association", "trigger"))]
    assert found == expected


def test_another_function_is_shown_by_name_and_arn() -> None:
    arn = f"{ACCOUNT}:image-resizer:12"
    [finding] = find_leaks(state(at({"origin-request": OURS, "origin-response": arn})), COOKIE_VERSION)
    assert finding.explanation == (
        f"At origin-response is the Lambda@Edge function image-resizer ({arn}), which is not one of this stack"
        " (edge-router-local): the router's cookie is never set, and nobody stays on a version. CloudFront takes one"
        " function for each event (AWS page lambda-at-edge-function-restrictions)."
    )
    assert finding.fix == (
        "in defaultCacheBehavior of site: lambdaFunctionAssociations {eventType: origin-response, lambdaArn: the"
        " stack's output functionArn, includeBody: false} in its place."
    )


def test_a_function_of_the_stacks_rollout_is_needed_but_nobody_is_answered_wrongly_without_it() -> None:
    """Its figures are made at origin-response."""
    needed = {one.event_type: one.is_vital for one in by("strategy=jwt-iat").required}
    assert needed == {"origin-request": True, "origin-response": False}
    given = state(at({"origin-request": OURS}))
    assert list_findings(given, by("strategy=jwt-iat")) == [("warning", "association-missing", "*")]


def test_a_function_before_the_cache_is_missing_or_is_anothers() -> None:
    missing = explain_findings(state(at({"origin-request": OURS, "origin-response": OURS})), VERSIONED)
    assert "CloudFront Function is not associated with viewer-request: nothing is decided before the cache" in missing
    arn = "arn:aws:cloudfront::123456789012:function/add-index-html"
    anothers = explain_findings(state(at({"viewer-request": arn})), TIER)
    assert f"At viewer-request is the CloudFront Function add-index-html ({arn})" in anothers
    other = CANARY.replace("canary", "tier")
    before = {"viewer-request": other, "viewer-response": CANARY}
    stale = explain_findings(state(at({"origin-request": OURS, "origin-response": OURS} | before)), VERSIONED)
    assert f"At viewer-request is the CloudFront Function edge-router-local-tier ({other}), which is not" in stale
    assert "which is not edge-router-local-canary: nothing is decided before the cache" in stale
    blocked = explain_findings(state(at({"viewer-request": f"{ACCOUNT}:auth:2"})), TIER)
    assert "CloudFront takes no CloudFront Function on a viewer event beside one" in blocked


def test_without_any_function_key_and_forwarding_are_judged_as_they_would_be_attached() -> None:
    bare = behavior(cachePolicyId=CACHING_OPTIMIZED) | {"lambdaFunctionAssociations": []}
    names = [name for severity, name, _ in list_findings(state(bare)) if severity == "error"]
    assert names == [
        *["association-missing"] * 2,
        "decided-by-uncached-cookie",
        "decided-by-uncached-header",
        "assigned-behind-the-cache",
        "set-cookie-can-be-cached",
        "trigger-cannot-see-cookie",
        "trigger-cannot-see-header",
        "min-ttl-overrides-no-store",
    ]
    assert (
        "Attached, the router has to see the cookie app-version and the header x-qa-origin, and nothing may be"
        " cached, errors included (CachingDisabled, errorCachingMinTtl 0)."
    ) in explain_findings(state(bare))
    assert "the cache key has to have the header x-router-version." in explain_findings(state(bare), VERSIONED)
    assert "the request body" in explain_findings(state(bare), TENANT_LOOKUP)
    assert "pulumi up" not in explain_findings(state(bare))


def test_every_behavior_is_judged_where_none_has_the_router() -> None:
    api = both(f"{ACCOUNT}:url-rewriter:3") | {"pathPattern": "/api/*"}
    found = list_findings(state(at({}), orderedCacheBehaviors=[api]))
    assert found == [
        *[("error", "association-is-anothers", "/api/*")] * 2,
        *[("error", "association-missing", "*")] * 2,
    ]


def test_a_behavior_beside_the_router_is_one_warning_with_what_it_would_need() -> None:
    rewriter = f"{ACCOUNT}:url-rewriter:3"
    assets = at({"origin-request": rewriter}) | {"pathPattern": "/assets/*"}
    [finding] = find_leaks(state(both(), orderedCacheBehaviors=[assets]), COOKIE_VERSION)
    assert (finding.severity, finding.name, finding.path_pattern) == ("warning", "behavior-not-routed", "/assets/*")
    assert finding.explanation == (
        "The router is not on this behavior, whose own origin responds, and which is not checked as routed. Its"
        f" functions are url-rewriter ({rewriter}) at origin-request. Attached, the router has to see the cookie"
        " app-version and the header x-qa-origin, and nothing may be cached, errors included (CachingDisabled,"
        " errorCachingMinTtl 0)."
    )
    assert finding.fix.startswith("none where that is meant; else in orderedCacheBehaviors[0] of site: ")


def test_static_paths_of_the_stack_are_meant_to_be_without() -> None:
    assets = behavior(cachePolicyId=CACHING_OPTIMIZED) | {"pathPattern": "/assets/*"}
    inputs = by("strategy=cookie-version", "staticPaths[0]=/assets/*")
    assert list_findings(state(both(), orderedCacheBehaviors=[assets]), inputs) == []


def test_another_distribution_beside_an_attached_one_is_one_warning() -> None:
    given = state(both())
    pages = {"defaultCacheBehavior": behavior(), "orderedCacheBehaviors": [behavior() | {"pathPattern": "/a"}]}
    other = resource("aws:cloudfront/distribution:Distribution", "admin", pages)
    given["deployment"]["resources"].append(other)
    found = [(one.name, one.distribution, one.path_pattern) for one in find_leaks(given, COOKIE_VERSION)]
    assert found == [("behavior-not-routed", "admin", "*")]


def test_a_function_of_somebody_before_the_router_is_still_read() -> None:
    draws = "function handler(event) { if (Math.random() < 0.5) { cf.selectRequestOriginById('b'); } }"
    arn = "arn:aws:cloudfront::123456789012:function/ab"
    function = resource("aws:cloudfront/function:Function", "ab", {"arn": arn, "code": draws})
    policy = cache_policy(headers=("none", []), cookies=("all", []), query=("all", []))
    given = both(cachePolicyId="cache") | {
        "functionAssociations": [{"eventType": "viewer-request", "functionArn": arn}]
    }
    assert ("warning", "chosen-by-chance", "*") in list_findings(state(given, function, policy))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (
            {"originAccessControlId": "E1", "domainName": "b.s3.eu-west-1.amazonaws.com"},
            SIGNED,
        ),
        (
            {
                "s3OriginConfig": {"originAccessIdentity": "origin-access-identity/cloudfront/E2"},
                "domainName": "b.s3.amazonaws.com",
            },
            SIGNED,
        ),
        (
            {
                "originAccessControlId": "E3",
                "customOriginConfig": {"httpPort": 80},
                "domainName": "x.lambda-url.us-east-1.on.aws",
            },
            SIGNED,
        ),
        ({"vpcOriginConfig": {"vpcOriginId": "vo_1"}, "domainName": "lb.internal"}, "vpc-origin-takes-no-trigger"),
        ({"customOriginConfig": {"httpPort": 80}, "domainName": "app.example.com"}, ""),
        ({"s3OriginConfig": {"originAccessIdentity": ""}, "domainName": "public.s3.amazonaws.com"}, ""),
    ],
)
@pytest.mark.parametrize("given", [both(), at({})], ids=["attached", "not yet"])
def test_origins_that_a_router_cannot_replace_are_errors(
    origin: dict[str, Any], expected: str, given: dict[str, Any]
) -> None:
    whole = state(given)
    distribution_of(whole)["origins"] = [{"originId": "site"} | origin]
    found = [one for one in find_leaks(whole, COOKIE_VERSION) if not one.name.startswith("association")]
    assert [(one.severity, one.name) for one in found] == ([("error", expected)] if expected else [])
    assert not found or ("403" in found[0].explanation) is (expected == SIGNED)
    assert find_leaks(whole) == []


@pytest.mark.parametrize(
    ("settings", "name", "what"),
    [
        (
            {"origins": [{"originId": "site", "vpcOriginConfig": {"vpcOriginId": "vo_1"}}]},
            "vpc-origin-takes-no-trigger",
            "updateRequestOrigin() cannot change: requests that are routed fail",
        ),
        (
            {"origins": [{"originId": "site", "originAccessControlId": "E1"}]},
            SIGNED,
            "signature in the place of the viewer's Authorization",
        ),
        (
            {"originGroups": [{"originId": "site", "members": [{"originId": "a"}, {"originId": "b"}]}]},
            "router-defeats-origin-group",
            "the group's second origin responds in its place",
        ),
    ],
)
def test_tiers_are_chosen_before_the_cache_and_change_the_origin_that_is_there(
    settings: dict[str, Any], name: str, what: str
) -> None:
    """updateRequestOrigin refuses VPC origins, inherits the signature, and changes a group's first origin only."""
    whole = state(at({"viewer-request": CANARY.replace("canary", "tier")}), **settings)
    [finding] = [one for one in find_leaks(whole, TIER) if one.name == name]
    assert finding.severity == "error"
    assert what in finding.explanation


ONE_BUCKET = (
    *("origins.stable.domainName=", "origins.stable.bucket=shop-main", "origins.stable.region=eu-west-1"),
    *("origins.canary.domainName=", "origins.canary.bucket=shop-main", "origins.canary.region=eu-west-1"),
    "origins.canary.path=/exp",
)


def test_the_bucket_that_cloudfront_signs_for_is_one_that_the_router_leaves_in_place() -> None:
    origin = {"originId": "site", "domainName": "shop-main.s3.eu-west-1.amazonaws.com", "originAccessControlId": "E1"}
    given = state(both(), origins=[origin])
    assert SIGNED in [name for _, name, _ in list_findings(given)]
    same_bucket = by("strategy=cookie-version", *ONE_BUCKET)
    assert SIGNED not in [name for _, name, _ in list_findings(given, same_bucket)]
    another = by("strategy=cookie-version", *ONE_BUCKET, "origins.canary.bucket=shop-exp")
    [finding] = [one for one in find_leaks(given, another) if one.name == SIGNED]
    assert "and the router its own (shop-" in finding.explanation
    assert "an origin without origin access control as its targetOriginId" in finding.fix
    without = {name: value for name, value in origin.items() if name != "originAccessControlId"}
    assert SIGNED not in [name for _, name, _ in list_findings(state(both(), origins=[without]), another)]


GROUPED = by("strategy=cookie-version", "failover.paths[0]=/*")


def group_state(first: list[dict[str, str]], second: list[dict[str, str]]) -> State:
    origins = [{"originId": "a", "customHeaders": first}, {"originId": "b", "customHeaders": second}]
    group = {"originId": "site", "members": [{"originId": "a"}, {"originId": "b"}]}
    return state(both(), origins=origins, originGroups=[group])


def test_a_group_whose_secondary_is_marked_is_one_that_the_router_knows() -> None:
    mark = [{"name": "X-Router-Attempt", "value": "failover"}]
    assert list_findings(group_state([], mark), GROUPED) == []
    for given in (group_state([], []), group_state(mark, []), group_state(mark, mark)):
        [finding] = find_leaks(given, GROUPED)
        assert finding.name == "router-defeats-origin-group"
        assert finding.fix == (
            "in defaultCacheBehavior of site: site as its targetOriginId, and the custom header x-router-attempt:"
            " failover at the origin b and at no other."
        )
    [unknown] = find_leaks(group_state([], mark), COOKIE_VERSION)
    assert unknown.name == "router-defeats-origin-group"
    assert "edge-router config" not in unknown.fix


@pytest.mark.parametrize(
    ("arn", "is_ours"),
    [
        (OURS, True),
        (OURS.rpartition(":")[0], True),
        ("arn:aws-cn:lambda:us-east-1:123456789012:function:edge-router-local-abc12def:4", True),
        (f"{ACCOUNT}:edge-router-local:4", False),
        (f"{ACCOUNT}:edge-router-local-eu-abc12def:4", False),
        (f"{ACCOUNT}:edge-router-local-validator:4", False),
        (f"{ACCOUNT}:my-edge-router-local-abc12def:4", False),
        (CANARY, False),
        ("", False),
    ],
)
def test_a_stacks_function_is_known_by_its_arn(arn: str, is_ours: bool) -> None:
    assert is_router_function_arn(arn, "edge-router-local") is is_ours


def test_a_stacks_function_before_the_cache_is_known_by_its_arn() -> None:
    assert is_viewer_function_arn(CANARY, "edge-router-local", ["canary", "tier"])
    assert not is_viewer_function_arn(CANARY, "edge-router-prod", ["canary", "tier"])
    assert not is_viewer_function_arn("edge-router-local-canary", "edge-router-local", ["canary"])


def test_no_error_is_kept_where_the_router_is() -> None:
    pinned = state(both(), customErrorResponses=NO_ERRORS[1:])
    assert list_findings(pinned) == [("error", "error-pinned-on-everyone", "*")]


def test_versioned_caching_attached_as_it_needs_it_is_in_order() -> None:
    """The router lets no header pass that the stack's own key has not; those that it has must be in the key here."""
    lambdas = {"origin-request": OURS, "origin-response": OURS}
    given = at(lambdas | {"viewer-request": CANARY, "viewer-response": CANARY}, cachePolicyId="cache")
    assert VERSIONED.passed_headers >= {"authorization", "x-qa-origin"}
    forward = origin_request_policy(headers=("allExcept", ["Host"]), query=("all", []))
    given |= {"originRequestPolicyId": "forward"}

    def with_key(*names: str) -> State:
        return state(given, cache_policy(headers=("whitelist", names), query=("all", [])), forward)

    assert list_findings(with_key("X-Router-Version", *VERSIONED.passed_headers), VERSIONED) == []
    [finding] = find_leaks(with_key("X-Router-Version"), VERSIONED)
    assert (finding.severity, finding.name) == ("warning", "origin-sees-uncached-header")
    assert finding.explanation.startswith("Headers of the viewer (Authorization, ")
    assert "x-qa-origin" in finding.explanation


def test_headers_of_the_key_that_are_hashed_need_their_hash_in_the_key() -> None:
    names = [f"x-{number:02}" for number in range(12)]
    hashing = by("strategy=fastest-origin", *(f"keyHeaders[{index}]={name}" for index, name in enumerate(names)))
    assert hashing.hashed_headers == {*names}
    key_function = CANARY.replace("-canary", "-key")
    lambdas = {"origin-request": OURS, "origin-response": OURS, "viewer-request": key_function}
    given = at(lambdas, cachePolicyId="cache", originRequestPolicyId="forward")
    forward = origin_request_policy(headers=("allExcept", ["Host"]), query=("all", []), cookies=("all", []))

    def with_key(*headers: str) -> State:
        key = cache_policy(headers=("whitelist", headers), query=("all", []), cookies=("all", []))
        return state(given, key, forward)

    assert list_findings(with_key("Authorization", "X-QA-Origin", "X-Router-Key"), hashing) == []
    [finding] = find_leaks(with_key("Authorization", "X-QA-Origin"), hashing)
    assert (finding.severity, finding.name) == ("warning", "origin-sees-uncached-header")
    assert "x-router-key, which has their hash, in the cache policy's headersConfig.headers" in finding.fix


def test_every_function_that_can_be_deployed_is_known_by_its_name() -> None:
    deployable = {file.stem for file in FUNCTIONS.glob("*.js") if CONFIG_LINE in file.read_text(encoding="utf-8")}
    assert {*VIEWER_FUNCTIONS} == deployable


def test_an_answer_with_a_cookie_needs_its_guard() -> None:
    guarded = by(
        "strategy=cookie-version", "cookieVersion.caching=versioned", "cookieVersion.applicationCookies[0]=sid"
    )
    [needed] = [one for one in guarded.required if one.event_type == "origin-response"]
    assert (needed.is_vital, needed.without) == (
        True,
        "a response that sets a visitor's cookie is cached, and replays it to others",
    )


COUNTRY = DecisionInputs(headers=frozenset({"cloudfront-viewer-country"}))
ALL_VIEWER_AND_CLOUDFRONT = "33f36d7e-f396-46d9-90e0-52428a34d9dc"


def sees_country(policy: str = "forward", **headers: Any) -> list[str]:
    config = {"headersConfig": headers} if headers else {"headersConfig": {"headerBehavior": "none"}}
    forward = resource("aws:cloudfront/originRequestPolicy:OriginRequestPolicy", "forward", config)
    given = state(at({"origin-request": OURS}, originRequestPolicyId=policy), forward, customErrorResponses=NO_ERRORS)
    return [one.name for one in find_leaks(given, COUNTRY)]


@pytest.mark.parametrize("policy", ["allViewer", "allExcept", "whitelist", "none"])
def test_a_header_that_cloudfront_makes_is_there_only_where_a_policy_names_it(policy: str) -> None:
    """AllViewer is all of the viewer's (page adding-cloudfront-headers)."""
    others = {"headers": {"items": ["host"]}} if policy in ("allExcept", "whitelist") else {}
    assert sees_country(headerBehavior=policy, **others) == ["trigger-cannot-see-header"]


def test_a_header_that_cloudfront_makes_is_there_where_a_policy_names_it() -> None:
    named = {"headers": {"items": ["CloudFront-Viewer-Country"]}}
    assert sees_country(headerBehavior="whitelist", **named) == []
    assert sees_country(headerBehavior="allViewerAndWhitelistCloudFront", **named) == []
    assert sees_country(ALL_VIEWER_AND_CLOUDFRONT) == []
    assert sees_country("216adef6-5c7f-47e4-b989-5492eafa07d3") == ["trigger-cannot-see-header"]  # AllViewer
