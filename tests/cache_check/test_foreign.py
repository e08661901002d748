"""The cache-leak check on states that this project did not make: what may leak is a warning, what must is an error."""

from __future__ import annotations

from typing import Any

import pytest

from cache_check import analyze_state, find_leaks
from pulumi_state.values import StateError
from tests.cache_check.leak_states import (
    ALL_VIEWER,
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_OPTIMIZED,
    State,
    behavior,
    cache_policy,
    finding_names,
    legacy,
    origin_request_policy,
    resource,
    state,
    the_finding,
    with_function,
)

CHOOSES = """import cf from 'cloudfront';
function handler(event) { if (event.request.%s) { cf.updateRequestOrigin({domainName: 'b.example.com'}); } }"""
READS = {"cookie": "cookies['beta']", "header": "headers['x-beta']", "query": "querystring.beta"}


def forwarding_state(*event_types: str, ttls: tuple[int, int, int] = (0, 0, 60), **kinds: Any) -> State:
    """Lambda@Edge, caching as origins ask for, and this forwarded beside an empty key."""
    given = behavior(*event_types, cachePolicyId="cache", originRequestPolicyId="forward")
    return state(given, cache_policy(ttls), origin_request_policy(**kinds))


def in_key(*event_types: str, ttls: tuple[int, int, int] = (0, 0, 60), **kinds: Any) -> State:
    """The same with it in the key."""
    return state(behavior(*event_types, cachePolicyId="cache"), cache_policy(ttls, **kinds))


def choosing_state(code: str, **kinds: Any) -> State:
    """A CloudFront Function on viewer-request before a cache with this in the key."""
    given, function = with_function(code, cachePolicyId="cache")
    return state(given, function, cache_policy(**kinds))


@pytest.mark.parametrize(
    ("leaking", "sound", "name"),
    [
        pytest.param(
            forwarding_state("origin-request", headers=("whitelist", ["X-Tenant"])),
            in_key("origin-request", headers=("whitelist", ["X-Tenant"])),
            "decided-by-uncached-header",
            id="header",
        ),
        pytest.param(
            forwarding_state("origin-request", headers=("whitelist", ["X-Tenant"])),
            forwarding_state(
                "viewer-response", headers=("whitelist", ["Origin"])
            ),  # it chooses none, and Origin no page
            "decided-by-uncached-header",
            id="header-at-viewer-response",
        ),
        pytest.param(
            forwarding_state("origin-request", query=("all", [])),
            in_key("origin-request", query=("all", [])),
            "decided-by-uncached-query",
            id="query",
        ),
        pytest.param(
            in_key("origin-request+body", headers=("whitelist", ["X-Tenant"])),
            state(behavior("origin-request+body", customErrorResponses=[])),
            "body-decides-but-cached",
            id="body",
        ),
        pytest.param(
            choosing_state(CHOOSES % READS["cookie"], query=("all", []), headers=("whitelist", ["a"])),
            choosing_state(CHOOSES % READS["cookie"], cookies=("whitelist", ["beta"])),
            "decided-by-uncached-cookie",
            id="function-by-cookie",
        ),
        pytest.param(
            choosing_state(CHOOSES % READS["header"]),
            choosing_state((CHOOSES % READS["header"]).replace("updateRequestOrigin", "kvs")),  # it chooses none
            "decided-by-uncached-header",
            id="function-by-header",
        ),
        pytest.param(
            choosing_state(CHOOSES % READS["query"]),
            choosing_state("function handler(event) { return event.request; }"),
            "decided-by-uncached-query",
            id="function-by-query",
        ),
        pytest.param(
            in_key(ttls=(0, 60, 60), cookies=("whitelist", ["session"])),
            in_key(ttls=(0, 0, 60), cookies=("whitelist", ["session"])),
            "set-cookie-can-be-cached",
            id="set-cookie-of-an-origin",
        ),
        pytest.param(
            in_key("origin-response", cookies=("all", [])),
            in_key("viewer-response", cookies=("all", [])),  # after the cache
            "set-cookie-can-be-cached",
            id="set-cookie-of-a-function",
        ),
        pytest.param(
            state(behavior("origin-request", originRequestPolicyId=ALL_VIEWER), customErrorResponses=[]),
            state(behavior("origin-request"), customErrorResponses=[]),  # it sees nothing to choose by
            "error-pinned-on-everyone",
            id="error",
        ),
        pytest.param(
            in_key("origin-request", query=("whitelist", ["page"])),
            in_key("viewer-response", query=("whitelist", ["page"])),
            "trigger-cannot-see-query",
            id="unseen-query",
        ),
    ],
)
def test_what_may_leak_is_a_warning(leaking: State, sound: State, name: str) -> None:
    assert finding_names(leaking) == [(name, "warning")]
    assert finding_names(sound) == []


def test_a_minimum_ttl_is_an_error_where_cookies_are_forwarded_beside_the_key() -> None:
    beside = forwarding_state(ttls=(60, 60, 60), cookies=("all", []))
    assert finding_names(beside) == [
        ("set-cookie-can-be-cached", "warning"),
        ("min-ttl-overrides-no-store", "error"),
        ("origin-sees-uncached-cookie", "warning"),
    ]
    keyed = in_key(ttls=(60, 60, 60), cookies=("all", []))
    assert finding_names(keyed) == [("set-cookie-can-be-cached", "warning"), ("min-ttl-overrides-no-store", "warning")]


def test_a_minimum_ttl_is_an_error_where_authorization_is_forwarded_beside_the_key() -> None:
    beside = forwarding_state(ttls=(60, 60, 60), headers=("allExcept", ["host"]))
    assert finding_names(beside) == [
        ("min-ttl-overrides-no-store", "error"),
        ("origin-sees-uncached-header", "warning"),
    ]
    assert finding_names(forwarding_state(ttls=(60, 60, 60), headers=("whitelist", ["origin"]))) == []


@pytest.mark.parametrize(
    ("entry", "policies", "expected"),
    [
        ({"errorCode": 403, "errorCachingMinTtl": 300}, {"originRequestPolicyId": ALL_VIEWER}, "403 for 300 s"),
        ({"errorCode": 404}, {"originRequestPolicyId": ALL_VIEWER}, "404 for 10 s"),
        ({"errorCode": 403, "errorCachingMinTtl": 0}, {"originRequestPolicyId": ALL_VIEWER}, ""),
        ({"errorCode": 503, "errorCachingMinTtl": 300}, {"originRequestPolicyId": ALL_VIEWER}, ""),
        ({"errorCode": 403, "errorCachingMinTtl": 300}, {}, ""),
    ],
)
def test_a_refusal_of_one_visitor_that_is_cached_by_a_setting_is_told(
    entry: dict[str, int], policies: dict[str, str], expected: str
) -> None:
    given = state(behavior(**policies), customErrorResponses=[entry])
    assert finding_names(given) == ([("error-pinned-on-everyone", "warning")] if expected else [])
    if expected:
        assert the_finding(given).explanation == (
            f"customErrorResponses have CloudFront cache errors ({expected}), and the origin sees cookies (all) beside"
            " the cache key: what it refuses one visitor is refused to others who request the same until then (AWS page"
            " custom-error-pages-expiration)."
        )


def test_a_refusal_is_told_once_and_never_of_a_bucket() -> None:
    refused = [{"errorCode": 403, "errorCachingMinTtl": 300}]
    routed = state(behavior("origin-request", originRequestPolicyId=ALL_VIEWER), customErrorResponses=refused)
    assert finding_names(routed) == [("error-pinned-on-everyone", "warning")]
    bucket = [{"originId": "site", "domainName": "b.s3.us-east-1.amazonaws.com"}]
    alone = state(behavior(originRequestPolicyId=ALL_VIEWER), customErrorResponses=refused, origins=bucket)
    assert finding_names(alone) == []


def test_caching_optimized_for_assets_is_no_finding() -> None:
    assert finding_names(state(behavior(cachePolicyId=CACHING_OPTIMIZED))) == []


def test_a_warning_says_what_cannot_be_known() -> None:
    finding = the_finding(forwarding_state("origin-request", headers=("allExcept", ["host"])))
    assert finding.explanation == (
        "The Lambda@Edge function on origin-request sees headers (all but host) that are not in the cache key. The"
        " state does not tell whether it decides by them: if it does, one visitor's response is cached for others (AWS"
        " page understanding-the-cache-key)."
    )
    assert finding.fix == (
        "in defaultCacheBehavior of site: all but host in the cache key too, or not forwarded, or the cache policy"
        " CachingDisabled with errorCachingMinTtl 0."
    )


def test_a_policy_from_elsewhere_is_told_and_its_behavior_is_not_judged() -> None:
    finding = the_finding(state(behavior("origin-request", cachePolicyId="11111111-2222")))
    assert (finding.name, finding.severity) == ("policy-not-in-state", "warning")
    assert "11111111-2222" in finding.explanation


def test_forwarded_values_with_a_lambda_warn_of_their_defaults() -> None:
    by_default = legacy("origin-request", forwarded={"queryString": False, "cookies": {"forward": "all"}})
    assert finding_names(by_default) == [("set-cookie-can-be-cached", "warning")]
    nothing = legacy("origin-request", forwarded={"queryString": False, "cookies": {"forward": "none"}})
    assert finding_names(nothing) == [("trigger-behind-empty-key", "warning")]
    some = legacy("origin-request", forwarded={"queryString": True, "queryStringCacheKeys": ["page"]})
    assert finding_names(some) == [("decided-by-uncached-query", "warning")]


def test_every_distribution_and_every_behavior_is_looked_at() -> None:
    assets = behavior("origin-request", cachePolicyId="cache") | {"pathPattern": "/api/*"}
    two = state(behavior(), cache_policy(), orderedCacheBehaviors=[assets])
    second = resource(
        "aws:cloudfront/distribution:Distribution", "second", {"defaultCacheBehavior": assets | {"pathPattern": None}}
    )
    two["deployment"]["resources"].append(second)
    findings = find_leaks(two)
    assert [(one.distribution, one.path_pattern) for one in findings] == [("site", "/api/*"), ("second", "*")]


def test_what_is_about_to_be_deleted_is_passed_over() -> None:
    gone = forwarding_state("origin-request", query=("all", []))
    for one in gone["deployment"]["resources"]:
        one["delete"] = True
    with pytest.raises(StateError, match=r"^the state has no aws:cloudfront/distribution:Distribution$"):
        find_leaks(gone)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({}, "not a state of `pulumi stack export`: needs version 3 or 4 and a deployment"),
        (
            {"version": 3, "deployment": []},
            "not a state of `pulumi stack export`: needs version 3 or 4 and a deployment",
        ),
        (
            {"version": 3, "deployment": {"resources": 5}},
            "not a state of `pulumi stack export`: every resource needs a urn and a type",
        ),
        (state({"cachePolicyId": 7}), "site: defaultCacheBehavior.cachePolicyId is 7: expected text"),
        (
            state(
                behavior(
                    cachePolicyId={
                        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                        "ciphertext": "x",
                    }
                )
            ),
            "site: defaultCacheBehavior.cachePolicyId is an encrypted secret: export the state with `pulumi stack"
            " export --show-secrets`",
        ),
    ],
)
def test_what_cannot_be_read_is_told_by_resource_and_property(broken: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError) as caught:
        find_leaks(broken)
    assert str(caught.value) == message


def test_a_secret_in_plain_text_is_read() -> None:
    secret = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": f'"{CACHING_OPTIMIZED}"',
    }
    shown = state(behavior(cachePolicyId=secret, originRequestPolicyId=ALL_VIEWER_EXCEPT_HOST))
    assert finding_names(shown) == [
        ("set-cookie-can-be-cached", "warning"),
        ("min-ttl-overrides-no-store", "error"),
        *((f"origin-sees-uncached-{kind}", "warning") for kind in ("cookie", "query", "header")),
    ]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("aws:cloudfront/distribution:Distribution", "creating this Distribution"),
        ("aws:cloudfront/cachePolicy:CachePolicy", "creating this CachePolicy"),
        ("aws-native:cloudfront:Distribution", "creating this Distribution"),
        ("aws:s3/bucket:Bucket", ""),
    ],
)
def test_a_resource_whose_update_was_interrupted_is_not_checked(kind: str, said: str) -> None:
    begun = state(behavior())
    operation = {"resource": resource(kind, "begun", {}), "type": "creating"}
    begun["deployment"]["pending_operations"] = [operation]
    analysis = analyze_state(begun)
    assert [one.why for one in analysis.not_checked] == (
        [f"an update was interrupted while it was {said}: AWS may have another than the state"] if said else []
    )
    assert ("in what was checked" in analysis.summary) is bool(said)
    assert analysis.distributions == 1


@pytest.mark.parametrize("name", ["web::cdn", "", 7, None])
def test_a_resource_may_have_any_name(name: object) -> None:
    found = resource("aws:cloudfront/distribution:Distribution", "cdn", {})
    of_nobody = state(behavior(cachePolicyId=CACHING_OPTIMIZED))
    for one in of_nobody["deployment"]["resources"]:
        one["urn"] = name if not isinstance(name, str) else found["urn"].replace("::cdn", f"::{name}")
    assert analyze_state(of_nobody).findings == ()
