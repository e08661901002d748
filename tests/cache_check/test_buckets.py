"""Buckets behind a cache: they take no notice of cookies and headers, and of a query only where requests are signed."""

from __future__ import annotations

from typing import Any

import pytest

from cache_check import find_leaks
from tests.cache_check.leak_states import (
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_OPTIMIZED,
    State,
    behavior,
    finding_names,
    legacy,
    state,
    the_finding,
    with_function,
)

HOSTS = (
    "b.s3.us-east-1.amazonaws.com",
    "b.s3.amazonaws.com",
    "b.s3.dualstack.us-west-2.amazonaws.com",
    "abc.mrap.accesspoint.s3-global.amazonaws.com",
)
WEBSITE = "b.s3-website-us-east-1.amazonaws.com"
APPLICATION = "app.example.com"
SEES_QUERY = [("origin-sees-uncached-query", "warning")]


def bucket(host: str, *event_types: str, is_signed: bool = False, **settings: Any) -> State:
    """AWS's policies that most people take: what they forward is not in the key, and the minimum TTL is 1."""
    policies = {"cachePolicyId": CACHING_OPTIMIZED, "originRequestPolicyId": ALL_VIEWER_EXCEPT_HOST}
    custom = {"customOriginConfig": {"httpPort": 80}} if host in (WEBSITE, APPLICATION) else {}
    signed = {"originAccessControlId": "E1"} if is_signed else {}
    origin = {"originId": "site", "domainName": host, **custom, **signed}
    return state(behavior(*event_types, **policies, **settings), origins=[origin])


def bucket_origin() -> dict[str, str]:
    return {"originId": "site", "domainName": HOSTS[0]}


@pytest.mark.parametrize("host", [*HOSTS, WEBSITE])
def test_a_bucket_answers_by_nothing_that_is_forwarded(host: str) -> None:
    assert finding_names(bucket(host)) == []


@pytest.mark.parametrize("host", HOSTS)
def test_signed_requests_may_ask_for_another_type(host: str) -> None:
    assert finding_names(bucket(host, is_signed=True)) == SEES_QUERY
    assert "response-content-type" in the_finding(bucket(host, is_signed=True)).explanation


def test_in_old_states_the_mend_is_in_the_words_of_old_states() -> None:
    forwarded = {"queryString": True, "queryStringCacheKeys": ["v"], "cookies": {"forward": "all"}}
    old = legacy(forwarded=forwarded, minTtl=60, defaultTtl=60, maxTtl=60)
    old["deployment"]["resources"][0]["outputs"]["origins"] = [
        {"originId": "site", "domainName": HOSTS[0], "originAccessControlId": "E1"}
    ]
    assert finding_names(old) == SEES_QUERY
    assert "forwardedValues.queryStringCacheKeys" in the_finding(old).fix


def test_what_a_function_sends_elsewhere_is_no_bucket_s_any_more() -> None:
    certain = ("min-ttl-overrides-no-store", "error")
    assert certain in finding_names(bucket(APPLICATION))
    assert certain in finding_names(bucket(HOSTS[0], "origin-response"))
    code = "import cf from 'cloudfront'; function handler(event) { cf.selectRequestOriginById('other'); }"
    given, function = with_function(code)
    leaving = bucket(HOSTS[0], functionAssociations=given["functionAssociations"])
    leaving["deployment"]["resources"].append(function)
    assert certain in finding_names(leaving)


@pytest.mark.parametrize(
    "host", ["o-123456789012.s3-object-lambda.us-east-1.amazonaws.com", "o-abc--ol-s3.s3.us-east-1.amazonaws.com"]
)
def test_a_function_of_s3_object_lambda_is_no_bucket(host: str) -> None:
    names = [name for name, _ in finding_names(bucket(host, is_signed=True))]
    assert names == [name for name, _ in finding_names(bucket(APPLICATION))]
    assert "origin-sees-uncached-header" in names


def test_a_function_at_origin_response_makes_what_is_cached_of_what_it_sees() -> None:
    sees = [("decided-by-uncached-cookie", "warning"), ("decided-by-uncached-header", "warning")]
    sees.append(("decided-by-uncached-query", "warning"))
    for is_signed in (False, True):
        found = finding_names(bucket(HOSTS[0], "origin-response", is_signed=is_signed))
        assert [one for one in found if one[0].startswith(("decided", "origin-sees"))] == sees
    [by_header] = [
        one for one in find_leaks(bucket(HOSTS[0], "origin-response")) if one.name == "decided-by-uncached-header"
    ]
    assert by_header.explanation == (
        "The Lambda@Edge function on origin-response sees headers (all but host) that are not in the cache key. The"
        " state does not tell whether it decides by them: if it does, one visitor's response is cached for others (AWS"
        " page understanding-the-cache-key)."
    )
    nothing = state(behavior("origin-response", cachePolicyId=CACHING_OPTIMIZED), origins=[bucket_origin()])
    assert finding_names(nothing) == []


def test_a_ttl_of_aws_own_policy_cannot_be_changed_and_the_mend_says_so() -> None:
    [finding] = [one for one in find_leaks(bucket(APPLICATION)) if one.name == "min-ttl-overrides-no-store"]
    assert finding.fix == (
        "in defaultCacheBehavior of site: a cache policy of your own in the place of AWS's CachingOptimized, with"
        " minTtl 0."
    )
