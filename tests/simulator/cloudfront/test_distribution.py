"""Reading a distribution from a state."""

import json
from typing import Any

import pytest

from pulumi_state.policies import ALL, NONE, Selection
from simulator.cloudfront import Distribution, StateError
from tests.simulator.cloudfront.fakes import (
    ALL_VIEWER,
    arn,
    behavior,
    cache_policy,
    custom_origin,
    origin_request_policy,
    resource,
    state,
)

LABEL = "Distribution distribution-EDFDVBD6EXAMPLE"


def test_custom_and_managed_policies_are_found_by_id() -> None:
    policy = cache_policy(
        "mine",
        minTtl=1,
        headers=("whitelist", ["X-Tenant"]),
        cookies=("allExcept", ["ad"]),
        query=("all", []),
        gzip=True,
    )
    deployed = state(policy, default=behavior(cachePolicyId="mine", originRequestPolicyId=ALL_VIEWER))
    chosen = Distribution.from_state(deployed).behaviors[-1]
    assert chosen.cache_policy.headers == Selection("whitelist", frozenset({"x-tenant"}))
    assert chosen.cache_policy.cookies == Selection("allExcept", frozenset({"ad"}))
    assert (chosen.cache_policy.query, chosen.cache_policy.takes_gzip) == (ALL, True)
    assert chosen.origin_request_policy is not None
    assert chosen.origin_request_policy.name == "AllViewer"


def test_cloudfront_headers_of_an_origin_request_policy_are_apart_from_the_viewers() -> None:
    headers = ("allViewerAndWhitelistCloudFront", ["CloudFront-Viewer-Country"])
    deployed = state(origin_request_policy(headers=headers), default=behavior(originRequestPolicyId="forward"))
    policy = Distribution.from_state(deployed).behaviors[-1].origin_request_policy
    assert policy is not None
    assert policy.headers.mode == "all"
    assert policy.headers.added == {"cloudfront-viewer-country"}


def test_legacy_forwarded_values_become_policies() -> None:
    values = {
        "queryString": True,
        "queryStringCacheKeys": ["page"],
        "headers": ["Origin"],
        "cookies": {"forward": "whitelist", "whitelistedNames": ["session"]},
    }
    legacy = behavior(cachePolicyId="", forwardedValues=values, minTtl=0, defaultTtl=30, maxTtl=90)
    chosen = Distribution.from_state(state(default=legacy)).behaviors[-1]
    assert chosen.cache_policy.query == Selection("whitelist", frozenset({"page"}))
    assert chosen.forwards_whole_query
    assert chosen.cache_policy.cookies == Selection("whitelist", frozenset({"session"}))
    assert (chosen.cache_policy.default_ttl, chosen.cache_policy.max_ttl) == (30, 90)


def test_legacy_forwarding_of_all_headers_switches_caching_off() -> None:
    values = {"queryString": False, "headers": ["*"], "cookies": {"forward": "none"}}
    chosen = Distribution.from_state(state(default=behavior(cachePolicyId=None, forwardedValues=values))).behaviors[-1]
    assert (chosen.cache_policy.max_ttl, chosen.cache_policy.headers) == (0, NONE)
    assert chosen.origin_request_policy is not None
    assert chosen.origin_request_policy.headers == ALL


def test_s3_and_custom_origins_with_path_headers_and_timeouts() -> None:
    origins = [
        custom_origin(
            originPath="/app",
            customHeaders=[{"name": "X-Origin-Secret", "value": "s3cret"}],
            config={"originProtocolPolicy": "http-only", "httpPort": 8080, "originReadTimeout": 7},
        ),
        {"originId": "bucket", "domainName": "b.s3.eu-west-1.amazonaws.com", "originAccessControlId": "E1"},
    ]
    found = Distribution.from_state(state(origins=origins)).origins
    assert (found["stable"].protocol, found["stable"].http_port, found["stable"].read_timeout) == ("http", 8080, 7)
    assert (found["stable"].path, found["stable"].custom_headers.get("x-origin-secret")) == ("/app", "s3cret")
    assert found["bucket"].is_s3


def test_secrets_that_were_exported_open_are_read() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps("open")}
    origins = [custom_origin(customHeaders=[{"name": "X-Origin-Secret", "value": secret}])]
    found = Distribution.from_state(state(origins=origins)).origins["stable"]
    assert found.custom_headers.get("x-origin-secret") == "open"


def test_resources_that_are_being_deleted_do_not_count() -> None:
    deployed = state()
    old = resource("aws:cloudfront/distribution:Distribution", "OLD", {"domainName": "old"}) | {"delete": True}
    deployed["deployment"]["resources"].append(old)
    assert Distribution.from_state(deployed).id == "EDFDVBD6EXAMPLE"


def test_one_of_several_distributions_is_chosen_by_name() -> None:
    deployed = state()
    second = state(domainName="d2.cloudfront.net")["deployment"]["resources"][-1] | {"id": "E2", "urn": "a::b::second"}
    deployed["deployment"]["resources"].append(second)
    assert Distribution.from_state(deployed, "second").domain_name == "d2.cloudfront.net"
    assert Distribution.from_state(deployed, "E2").domain_name == "d2.cloudfront.net"
    with pytest.raises(StateError) as raised:
        Distribution.from_state(deployed)
    assert str(raised.value) == (
        "the state has several CloudFront distributions; name one of distribution-EDFDVBD6EXAMPLE, second"
        " (--distribution)"
    )


def association(**changes: Any) -> dict[str, Any]:
    return {"eventType": "origin-request", "lambdaArn": arn("origin-request"), "includeBody": False} | changes


FUNCTION_ARN = "arn:aws:cloudfront::123456789012:function/tier"
WHERE = f"{LABEL}: defaultCacheBehavior"
SEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}


@pytest.mark.parametrize(
    ("default", "message"),
    [
        (
            {"responseHeadersPolicyId": "x"},
            f"{WHERE}: responseHeadersPolicyId x is neither in the state nor a managed policy that is simulated",
        ),
        ({"trustedKeyGroups": ["group"]}, f"{WHERE}: trustedKeyGroups is not simulated"),
        (
            {"functionAssociations": [{"eventType": "viewer-request", "functionArn": FUNCTION_ARN}]},
            f"{LABEL}: the CloudFront Function {FUNCTION_ARN} is not in the state",
        ),
        (
            {"cachePolicyId": "lost"},
            f"{WHERE}: cachePolicyId lost is neither in the state nor a managed policy that is simulated",
        ),
        ({"cachePolicyId": None}, f"{WHERE} has neither cachePolicyId nor forwardedValues"),
        (
            {"viewerProtocolPolicy": "http"},
            f'{WHERE}: viewerProtocolPolicy "http" is not one of allow-all, https-only, redirect-to-https',
        ),
        (
            {"lambdaFunctionAssociations": [association(lambdaArn="arn:aws:lambda:us-east-1:1:function:f:$LATEST")]},
            f"{WHERE}: origin-request needs the ARN of a numbered version, "
            'not "arn:aws:lambda:us-east-1:1:function:f:$LATEST"',
        ),
        (
            {"lambdaFunctionAssociations": [association(lambdaArn="arn:aws:lambda:eu-west-1:1:function:f:3")]},
            f"{WHERE}: origin-request needs a function in us-east-1, not eu-west-1",
        ),
        (
            {"lambdaFunctionAssociations": [association(), association()]},
            f"{WHERE}: origin-request has two functions; CloudFront takes one for each event type",
        ),
        (
            {"lambdaFunctionAssociations": [association(eventType="origin-response", includeBody=True)]},
            f"{WHERE}: includeBody is for request events, not for origin-response",
        ),
        (
            {"targetOriginId": "lost"},
            f'{LABEL}: behavior "*" targets the origin "lost", which is not one of stable',
        ),
    ],
)
def test_behavior_that_cannot_be_served_is_refused_by_name(default: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError) as raised:
        Distribution.from_state(state(default=behavior(**default)))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"originGroups": [{"originId": "group"}]},
            f'{LABEL}: origin group "group" has 0 members: it takes two',
        ),
        (
            {"originGroups": [{"originId": "group", "members": [{"originId": "stable"}, {"originId": "lost"}]}]},
            f'{LABEL}: origin group "group" has the member "lost", which is not an origin',
        ),
        ({"staging": True}, f"{LABEL}: staging is not simulated"),
        ({"enabled": False}, f"{LABEL}: enabled is false, so CloudFront would not serve it"),
        (
            {"restrictions": {"geoRestriction": {"restrictionType": "whitelist"}}},
            f'{LABEL}: geoRestriction "whitelist" is not simulated',
        ),
        (
            {"origins": [custom_origin(vpcOriginConfig={"vpcOriginId": "v"})]},
            f'{LABEL}: origin "stable": vpcOriginConfig is not simulated (and takes no Lambda@Edge origin triggers)',
        ),
        (
            {"origins": [custom_origin(customHeaders=[{"name": "X-Key", "value": SEALED}])]},
            f"{LABEL}: origins[0].customHeaders[0].value is an encrypted secret: export the state with `pulumi stack"
            " export --show-secrets`",
        ),
        (
            {"origins": [SEALED]},
            f"{LABEL}: origins[0] is an encrypted secret: export the state with `pulumi stack export --show-secrets`",
        ),
        (
            {"domainName": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
            f"{LABEL}: domainName is not known yet: deploy the stack, then export its state",
        ),
        ({"domainName": ""}, f"{LABEL}: the state has no domainName"),
    ],
)
def test_distribution_that_cannot_be_served_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError) as raised:
        Distribution.from_state(state(**settings))
    assert str(raised.value) == message


def test_what_nobody_reads_may_be_sealed_or_unknown() -> None:
    served = Distribution.from_state(state(comment=SEALED, tags={"owner": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}))
    assert served.behaviors


def test_components_and_what_is_gone_are_no_distributions() -> None:
    whole = state()
    [living] = [one for one in whole["deployment"]["resources"] if one["type"].endswith(":Distribution")]
    marks = ({"custom": False}, {"delete": True}, {"pendingReplacement": True})
    whole["deployment"]["resources"] += [{**living, **mark, "id": "EGONE"} for mark in marks]
    assert Distribution.from_state(whole).id == living["id"]


@pytest.mark.parametrize(
    ("deployed", "message"),
    [
        ({"version": 3, "deployment": {"resources": []}}, "the state has no CloudFront distribution"),
        ({}, "not a state of `pulumi stack export`: needs version 3 or 4 and a deployment"),
    ],
)
def test_state_without_a_distribution_is_refused(deployed: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError) as raised:
        Distribution.from_state(deployed)
    assert str(raised.value) == message
