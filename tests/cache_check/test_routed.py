"""The cache-leak check where the router's needs are known: each rule with a state that breaks it and a near miss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cache_check import DecisionInputs, find_leaks
from tests.cache_check.leak_states import (
    ALL_VIEWER,
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    FUNCTION_ARN,
    HOST_HEADER_ONLY,
    NO_ERRORS,
    State,
    behavior,
    cache_policy,
    errors,
    finding_names,
    legacy,
    origin_request_policy,
    state,
)

VERSION = "x-router-version"
BEFORE = [{"eventType": "viewer-request", "functionArn": FUNCTION_ARN}]
BY_COOKIE = DecisionInputs(cookies=frozenset({"version"}))
BY_HEADER = DecisionInputs(headers=frozenset({"x-tenant"}))
BY_QUERY = DecisionInputs(query=frozenset({"tenant"}))
BY_BODY = DecisionInputs(body=True)
ASSIGNED = DecisionInputs(version_header=VERSION)


def router_association(**settings: Any) -> dict[str, Any]:
    """The router on origin-request; everything reaches it."""
    return behavior("origin-request", originRequestPolicyId=ALL_VIEWER, **settings)


def caching_state(**kinds: Any) -> State:
    """Cached for as long as origins ask for, with this in the key."""
    return state(router_association(cachePolicyId="cache"), cache_policy(**kinds))


def assigning_state(*, function: bool = True, **kinds: Any) -> State:
    """As above, with a CloudFront Function before the cache and nothing forwarded beside the key."""
    associations = BEFORE if function else []
    return state(
        behavior("origin-request", cachePolicyId="cache", functionAssociations=associations), cache_policy(**kinds)
    )


@pytest.mark.parametrize(
    ("inputs", "leaking", "sound", "name"),
    [
        pytest.param(
            BY_COOKIE,
            caching_state(cookies=("whitelist", ["Version"])),  # cookies' names have a case
            caching_state(cookies=("whitelist", ["version"])),
            "decided-by-uncached-cookie",
            id="cookie",
        ),
        pytest.param(
            BY_COOKIE,
            caching_state(cookies=("allExcept", ["version"])),
            caching_state(cookies=("allExcept", ["other"])),
            "decided-by-uncached-cookie",
            id="cookie-excepted",
        ),
        pytest.param(
            BY_HEADER,
            caching_state(headers=("whitelist", ["X-Other"])),
            caching_state(headers=("whitelist", ["X-Tenant"])),
            "decided-by-uncached-header",
            id="header",
        ),
        pytest.param(
            BY_QUERY,
            caching_state(query=("whitelist", ["Tenant"])),
            caching_state(query=("whitelist", ["tenant"])),
            "decided-by-uncached-query",
            id="query",
        ),
        pytest.param(
            BY_BODY,
            state(behavior("origin-request+body", cachePolicyId="cache"), cache_policy()),
            state(behavior("origin-request+body")),
            "body-decides-but-cached",
            id="body",
        ),
        pytest.param(
            DecisionInputs(assigns_new_visitors=True),
            caching_state(),
            state(router_association()),
            "assigned-behind-the-cache",
            id="assigned",
        ),
        pytest.param(
            DecisionInputs(sets_cookie=True),
            caching_state(),
            state(router_association()),
            "set-cookie-can-be-cached",
            id="set-cookie",
        ),
        pytest.param(
            DecisionInputs(),
            state(router_association(cachePolicyId="cache"), cache_policy((0, 60, 60), cookies=("all", []))),
            state(router_association(cachePolicyId="cache"), cache_policy((0, 0, 60), cookies=("all", []))),
            "set-cookie-can-be-cached",
            id="set-cookie-of-an-origin",
        ),
        pytest.param(
            DecisionInputs(),
            state(behavior("origin-request", cachePolicyId="cache"), cache_policy((1, 60, 60))),
            state(behavior("origin-request", cachePolicyId="cache"), cache_policy((0, 60, 60))),
            "min-ttl-overrides-no-store",
            id="min-ttl",
        ),
        pytest.param(
            BY_COOKIE,
            state(router_association(), customErrorResponses=NO_ERRORS[1:]),
            state(router_association(), customErrorResponses=NO_ERRORS),
            "error-pinned-on-everyone",
            id="error",
        ),
        pytest.param(
            BY_COOKIE,
            state(router_association(), customErrorResponses=[*NO_ERRORS, {"errorCode": 403, "errorCachingMinTtl": 5}]),
            state(router_association(), customErrorResponses=[*NO_ERRORS, {"errorCode": 403, "errorCachingMinTtl": 0}]),
            "error-pinned-on-everyone",
            id="error-of-choice",
        ),
        pytest.param(
            BY_COOKIE,
            state(behavior("origin-request", originRequestPolicyId=HOST_HEADER_ONLY)),
            state(router_association()),
            "trigger-cannot-see-cookie",
            id="unseen-cookie",
        ),
        pytest.param(
            BY_HEADER,
            state(behavior("origin-request", originRequestPolicyId=HOST_HEADER_ONLY)),
            state(router_association()),
            "trigger-cannot-see-header",
            id="unseen-header",
        ),
        pytest.param(
            BY_QUERY,
            state(
                behavior("origin-request", originRequestPolicyId="forward"),
                origin_request_policy(query=("whitelist", ["tenant"])),
            ),
            state(
                behavior("origin-request", originRequestPolicyId="forward"), origin_request_policy(query=("all", []))
            ),
            "trigger-cannot-see-query",
            id="unseen-query",
        ),
        pytest.param(
            BY_BODY,
            state(behavior("origin-request")),
            state(behavior("origin-request+body")),
            "trigger-cannot-see-body",
            id="unseen-body",
        ),
        pytest.param(
            ASSIGNED,
            assigning_state(),
            assigning_state(headers=("whitelist", ["X-Router-Version"])),
            "version-header-not-in-key",
            id="version-header",
        ),
        pytest.param(
            ASSIGNED,
            assigning_state(headers=("whitelist", [VERSION]), function=False),
            assigning_state(headers=("whitelist", [VERSION])),
            "viewer-can-forge-version-header",
            id="forged",
        ),
        pytest.param(
            ASSIGNED,
            state(behavior("origin-request", functionAssociations=BEFORE)),
            state(router_association(functionAssociations=BEFORE)),
            "trigger-cannot-see-header",
            id="unseen-version",
        ),
    ],
)
def test_each_rule_names_what_breaks_it_and_nothing_else(
    inputs: DecisionInputs, leaking: State, sound: State, name: str
) -> None:
    assert errors(leaking, inputs) == [name]
    assert errors(sound, inputs) == []


def test_cookies_beside_a_version_in_the_key_leak_what_the_application_answers_by_them() -> None:
    in_key = cache_policy(headers=("whitelist", [VERSION]), cookies=("whitelist", ["session"]))
    associations = {"cachePolicyId": "cache", "functionAssociations": BEFORE}
    sound = state(behavior("origin-request", **associations), in_key)
    leaking = state(behavior("origin-request", originRequestPolicyId=ALL_VIEWER, **associations), in_key)
    assert finding_names(sound, replace(ASSIGNED, cookies=frozenset({"session"}))) == []
    finding = next(iter(find_leaks(leaking, ASSIGNED)))
    assert (finding.name, finding.severity) == ("decided-by-uncached-cookie", "error")
    assert finding.explanation.startswith("Cookies (all but session) reach the application beside the cache key")


def test_a_version_by_function_alone_needs_the_header_in_the_key() -> None:
    """As the tiers: no Lambda runs, so there is nothing that has to see or could be forged."""
    with_function = behavior(cachePolicyId="cache", functionAssociations=BEFORE)
    assert finding_names(state(with_function, cache_policy()), ASSIGNED) == [("version-header-not-in-key", "error")]
    assert finding_names(state(with_function, cache_policy(headers=("whitelist", [VERSION]))), ASSIGNED) == []


def test_a_behavior_without_the_router_decides_nothing() -> None:
    assets = behavior(cachePolicyId=CACHING_OPTIMIZED) | {"pathPattern": "/assets/*"}
    sound = state(router_association(), orderedCacheBehaviors=[assets])
    assert finding_names(sound, BY_COOKIE) == []
    leaking = state(
        router_association(),
        orderedCacheBehaviors=[
            assets | {"lambdaFunctionAssociations": router_association()["lambdaFunctionAssociations"]}
        ],
    )
    findings = finding_names(leaking, BY_COOKIE)
    assert ("decided-by-uncached-cookie", "error") in findings


def test_a_finding_says_where_what_and_how_to_mend_it() -> None:
    assets = router_association(cachePolicyId="cache") | {"pathPattern": "/assets/*"}
    leaking = state(router_association(), cache_policy(), orderedCacheBehaviors=[assets])
    finding = next(iter(find_leaks(leaking, replace(BY_COOKIE, caching_key="edge-router:cookieVersion.caching"))))
    assert str(finding) == (
        "decided-by-uncached-cookie (site, path pattern /assets/*): The router decides by the cookie version, which is"
        " not in the cache key: the first visitor's version is cached, and is sent to visitors of the other one (AWS"
        " page understanding-the-cache-key). Fix: in orderedCacheBehaviors[0] of site: version in the cache policy's"
        " cookiesConfig.cookies, or the cache policy CachingDisabled with errorCachingMinTtl 0."
    )
    assert finding.as_json() == {
        "name": "decided-by-uncached-cookie",
        "severity": "error",
        "distribution": "site",
        "pathPattern": "/assets/*",
        "explanation": finding.explanation,
        "mend": finding.fix,
        "urn": "urn:pulumi:prod::shop::aws:cloudfront/distribution:Distribution::site",
    }


def test_what_everybody_gets_alike_may_be_kept() -> None:
    alike = DecisionInputs(varies=False)
    assert errors(caching_state(), alike) == []
    assert finding_names(state(router_association(), customErrorResponses=None), alike) == []


FORWARDED = {
    "queryString": True,
    "headers": ["x-tenant"],
    "cookies": {"forward": "whitelist", "whitelistedNames": ["version"]},
}


@pytest.mark.parametrize(
    ("inputs", "forwarded", "ttls", "expected"),
    [
        (BY_COOKIE, FORWARDED, {"defaultTtl": 0}, []),
        (BY_HEADER, FORWARDED, {"defaultTtl": 0}, []),
        (BY_QUERY, FORWARDED, {"defaultTtl": 0}, []),
        (BY_COOKIE, FORWARDED, {}, ["set-cookie-can-be-cached"]),
        (BY_COOKIE, FORWARDED, {"minTtl": 5}, ["set-cookie-can-be-cached", "min-ttl-overrides-no-store"]),
        (
            BY_COOKIE,
            FORWARDED | {"cookies": {"forward": "none"}},
            {},
            ["decided-by-uncached-cookie", "trigger-cannot-see-cookie"],
        ),
        (BY_COOKIE, FORWARDED | {"cookies": {"forward": "all"}}, {"defaultTtl": 0}, []),
        (BY_HEADER, FORWARDED | {"headers": []}, {"defaultTtl": 0}, ["decided-by-uncached-header"]),
        (BY_HEADER, FORWARDED | {"headers": ["*"]}, {"minTtl": 0}, []),
        (BY_COOKIE, FORWARDED | {"headers": ["*"]}, {"minTtl": 0}, []),
        (BY_QUERY, FORWARDED | {"queryStringCacheKeys": ["tenant"]}, {"defaultTtl": 0}, []),
        (BY_QUERY, FORWARDED | {"queryStringCacheKeys": ["page"]}, {"defaultTtl": 0}, ["decided-by-uncached-query"]),
        (
            BY_QUERY,
            FORWARDED | {"queryString": False},
            {"defaultTtl": 0},
            ["decided-by-uncached-query", "trigger-cannot-see-query"],
        ),
    ],
)
def test_forwarded_values_are_read_like_policies(
    inputs: DecisionInputs, forwarded: dict[str, Any], ttls: dict[str, int], expected: list[str]
) -> None:
    leaking = legacy("origin-request", forwarded=forwarded, **ttls)
    assert errors(leaking, inputs) == expected


def test_caching_disabled_by_its_managed_policy_is_off() -> None:
    assert finding_names(state(router_association(cachePolicyId=CACHING_DISABLED)), BY_COOKIE) == []


def test_a_router_that_removes_unkeyed_headers_lets_none_of_them_reach_the_origin() -> None:
    """Cookies and query are not removed: they are in the key, or they are a finding."""
    keyed = caching_state(cookies=("all", []), query=("all", []))
    assert finding_names(keyed, DecisionInputs(varies=False)) == [
        ("origin-sees-uncached-header", "warning"),
    ]
    assert finding_names(keyed, DecisionInputs(varies=False, removes_viewer_headers=True)) == []
    assert finding_names(
        caching_state(cookies=("all", [])), DecisionInputs(varies=False, removes_viewer_headers=True)
    ) == [("origin-sees-uncached-query", "warning")]
