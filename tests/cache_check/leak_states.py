"""States for the tests of the cache-leak check: small ones written by hand, and the shipped stacks' own, changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, cast

from cache_check import DecisionInputs, Finding, find_leaks
from tests.infra.configs import run_stack

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
HOST_HEADER_ONLY = "bf0718e1-ba1e-49d1-88b1-f726733018ae"

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
FUNCTION_ARN = "arn:aws:cloudfront::123456789012:function/before"
KEPT_ERRORS = (404, 414, 500, 501, 502, 503, 504)
NO_ERRORS = [{"errorCode": status, "errorCachingMinTtl": 0} for status in KEPT_ERRORS]

State = dict[str, Any]
Taken = tuple[str, Sequence[str]]


def resource(kind: str, name: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::shop::{kind}::{name}"
    return {"urn": urn, "custom": True, "id": name, "type": kind, "inputs": {}, "outputs": dict(outputs)}


def values(headers: Taken = ("none", ()), cookies: Taken = ("none", ()), query: Taken = ("none", ())) -> dict[str, Any]:
    """The sections of a policy; a kind is (behavior, names)."""
    return {
        "headersConfig": {"headerBehavior": headers[0], "headers": {"items": list(headers[1])}},
        "cookiesConfig": {"cookieBehavior": cookies[0], "cookies": {"items": list(cookies[1])}},
        "queryStringsConfig": {"queryStringBehavior": query[0], "queryStrings": {"items": list(query[1])}},
    }


def cache_policy(ttls: tuple[int, int, int] = (0, 0, 3600), **kinds: Taken) -> dict[str, Any]:
    """A policy with the id "cache"; TTLs are (minimum, default, maximum)."""
    named = dict(zip(("minTtl", "defaultTtl", "maxTtl"), ttls, strict=True))
    parameters = {"parametersInCacheKeyAndForwardedToOrigin": values(**kinds)}
    return resource("aws:cloudfront/cachePolicy:CachePolicy", "cache", named | parameters)


def origin_request_policy(**kinds: Taken) -> dict[str, Any]:
    """A policy with the id "forward"."""
    return resource("aws:cloudfront/originRequestPolicy:OriginRequestPolicy", "forward", values(**kinds))


def behavior(*event_types: str, **settings: Any) -> dict[str, Any]:
    """With Lambda@Edge on these event types; "origin-request+body" includes the body."""
    associations = [
        {
            "eventType": event_type.removesuffix("+body"),
            "lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:edge:7",
            "includeBody": event_type.endswith("+body"),
        }
        for event_type in event_types
    ]
    defaults = {"targetOriginId": "site", "viewerProtocolPolicy": "https-only", "cachePolicyId": CACHING_DISABLED}
    return defaults | {"lambdaFunctionAssociations": associations} | settings


def with_function(code: str, **settings: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A behavior with a CloudFront Function on viewer-request, and that function."""
    association = {"eventType": "viewer-request", "functionArn": FUNCTION_ARN}
    function = resource("aws:cloudfront/function:Function", "before", {"arn": FUNCTION_ARN, "code": code})
    return behavior(functionAssociations=[association], **settings), function


def state(default: Mapping[str, Any], *others: Mapping[str, Any], **settings: Any) -> State:
    """A state with one distribution "site" whose default behavior is given; no error is kept unless settings say so."""
    outputs = {"defaultCacheBehavior": default, "customErrorResponses": NO_ERRORS} | settings
    resources = [*others, resource(DISTRIBUTION, "site", outputs)]
    return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


def legacy(*event_types: str, forwarded: Mapping[str, Any], **settings: Any) -> State:
    """A state whose default behavior has `forwardedValues`."""
    given = behavior(*event_types, forwardedValues=forwarded, **settings)
    del given["cachePolicyId"]
    return state(given)


def finding_names(state: Mapping[str, Any], inputs: DecisionInputs | None = None) -> list[tuple[str, str]]:
    """(name, severity) of all findings."""
    return [(finding.name, finding.severity) for finding in find_leaks(state, inputs)]


def errors(state: Mapping[str, Any], inputs: DecisionInputs | None = None) -> list[str]:
    """The names of what is certain."""
    return [finding.name for finding in find_leaks(state, inputs) if finding.severity == "error"]


def the_finding(state: Mapping[str, Any], inputs: DecisionInputs | None = None) -> Finding:
    [finding] = find_leaks(state, inputs)
    return finding


def deploy_state(stack: str, *overrides: str) -> State:
    """The state after the stack's program ran, for the test to change."""
    return copy.deepcopy(cast("State", run_stack(stack, *overrides).state))


def distribution_of(state: State) -> dict[str, Any]:
    """The outputs of the state's distribution."""
    [found] = [one for one in state["deployment"]["resources"] if one["type"] == DISTRIBUTION]
    return found["outputs"]


def default_behavior(state: State) -> dict[str, Any]:
    return distribution_of(state)["defaultCacheBehavior"]
