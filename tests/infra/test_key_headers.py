"""The key `keyHeaders`: what it may have, and how it fits into a cache policy and into the package."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from infra.cdn.invalidation import cached_paths
from infra.cdn.javascript import build_function_code
from infra.cdn.policy_args import PoliciesArgs, cache_policy, origin_request_policy, policies_args
from infra.package.baked_config import baked_config
from infra.settings.cache_key import GROUPS, KEY_HEADER, MAX_POLICY_HEADERS, HeaderKey, added_headers, header_key
from infra.settings.stack import Stack
from simulator.cloudfront_functions import check_code
from strategies.base import Needs
from tests.infra.configs import ORIGINS, problems_of, stack_of
from tests.router.test_cache_guard import KEY

OVERRIDE = {"header": "X-QA-Origin", "secret": "0123456789abcdef"}
VERSIONED = {"strategy": "cookie-version", "cookieVersion": {"caching": "versioned"}}
TIER = {"strategy": "tier", "tier": {"header": "X-Tier", "tiers": {"premium": {"domainName": "p.example.com"}}}}
FASTEST = {"strategy": "fastest-origin"}
LISTED = {"forwardedCookies": "listed"}
FOUR = [f"x-{number}" for number in range(4)]
every_keeping_strategy = pytest.mark.parametrize(
    "settings", [VERSIONED, TIER, FASTEST], ids=lambda one: one["strategy"]
)


def in_policy(stack: Stack) -> set[str]:
    policy: Any = cache_policy(policies_args(stack))
    key = policy["parameters_in_cache_key_and_forwarded_to_origin"]
    return set(key["headers_config"]["headers"]["items"])


def code_config(stack: Stack) -> dict[str, Any]:
    function = build_function_code(stack)
    assert function is not None
    return json.JSONDecoder().raw_decode(re.split(r"const \w=", function.code, maxsplit=1)[1])[0]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("a b", "is 'a b': a header name is a token by RFC 9110, that is letters, digits and !#$%&'*+-.^_`|~"),
        ("", "is '': a header name is a token by RFC 9110, that is letters, digits and !#$%&'*+-.^_`|~"),
        ("Cookie", "is 'Cookie': cookies have a key of their own: applicationCookies in the strategy's section"),
        ("Host", "is 'Host': it is in the key where an origin has hostHeader viewer"),
        ("accept-encoding", "is 'accept-encoding': it is in the key already, normalized by CloudFront"),
        ("X-Router-Key", "is 'X-Router-Key': headers that begin with x-router- are the router's own"),
        ("X-Forwarded-Proto", "is 'X-Forwarded-Proto': CloudFront takes no such header into the cache key"),
        ("Cache-Control", "is 'Cache-Control': CloudFront takes no such header into the cache key"),
        ("X-Amz-Cf-Id", "is 'X-Amz-Cf-Id': CloudFront takes no such header into the cache key"),
    ],
)
def test_a_header_that_cannot_be_in_the_key_is_named_with_the_reason(given: str, text: str) -> None:
    assert problems_of(keyHeaders=["RSC", given]) == [f"edge-router:keyHeaders[1] {text}"]


def test_every_header_and_group_stands_once() -> None:
    assert problems_of(keyHeaders=["RSC", "rsc"]) == [
        "edge-router:keyHeaders lists 'rsc' twice: every header and every group once"
    ]
    assert problems_of(keyHeaders=[f"x-{number}" for number in range(33)]) == [
        "edge-router:keyHeaders has 33 headers: at most 32"
    ]


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_keeping_strategy
def test_they_are_in_the_policy_as_long_as_there_is_room(settings: dict[str, Any]) -> None:
    stack = stack_of(**settings, keyHeaders=FOUR)
    assert in_policy(stack) >= {*FOUR, "authorization", "origin"}
    assert KEY_HEADER not in in_policy(stack)


@pytest.mark.parametrize("settings", [VERSIONED, TIER], ids=lambda one: one["strategy"])
def test_what_does_not_fit_is_one_hash_that_the_function_makes(settings: dict[str, Any]) -> None:
    groups = {**settings, "keyHeaders": ["next", "language", "X-A", "X-B"], "override": OVERRIDE}
    stack = stack_of(**groups)
    hashed = sorted([*GROUPS["next"], *GROUPS["language"], "x-a", "x-b"])
    assert in_policy(stack) >= {KEY_HEADER, "x-router-version", "x-qa-origin"}
    assert len(in_policy(stack)) <= MAX_POLICY_HEADERS
    assert code_config(stack)["hashed"] == hashed
    assert header_key(stack.settings).covered >= {*hashed}
    assert "hashed" not in code_config(stack_of(**{**groups, "keyHeaders": FOUR, "override": {}}))


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_keeping_strategy
def test_other_headers_are_another_policy_and_none_are_the_policy_as_ever(settings: dict[str, Any]) -> None:
    """A policy that changed would be in force while the last version of the function still runs."""
    kinds = [policies_args(stack_of(**settings, keyHeaders=given)).cache_kind for given in ([], ["a"], ["b"], ["B"])]
    assert kinds[0] in ("versioned", "tiered", "cached")
    assert len({*kinds}) == 3
    assert kinds[2] == kinds[3]


def test_what_cloudfront_adds_is_never_hashed() -> None:
    given = ["next", "language", "x-a", "CloudFront-Viewer-Country"]
    stack = stack_of(**VERSIONED, keyHeaders=given)
    assert {"cloudfront-viewer-country", KEY_HEADER} <= in_policy(stack)
    many = [f"CloudFront-Is-{number}" for number in range(7)]
    assert problems_of(**VERSIONED, keyHeaders=[*given, *many]) == [
        "edge-router:keyHeaders has more headers that begin with cloudfront- than there is room for, and no function"
        " can hash them: a cache policy takes 10, and authorization, origin, x-router-version and x-router-key are in"
        " it already: at most 6"
    ]


def test_a_strategy_without_a_function_before_the_cache_gets_one_where_there_is_no_room() -> None:
    """It makes the key and nothing else: no store, no log."""
    origins = {**ORIGINS, "stable": {"domainName": "v1.example.com", "hostHeader": "viewer"}}
    settings = {**FASTEST, "origins": origins, "override": OVERRIDE}
    fits, is_hashed = (stack_of(**settings, keyHeaders=given) for given in (["next"], ["next", "language"]))
    assert (len(in_policy(fits)), build_function_code(fits)) == (10, None)
    assert in_policy(is_hashed) == {"authorization", "origin", "host", "x-qa-origin", KEY_HEADER}
    function = build_function_code(is_hashed)
    assert function is not None
    assert (function.name, function.key_values, function.triggers) == ("key", {}, ("viewer-request",))
    assert code_config(is_hashed) == {"hashed": sorted([*GROUPS["next"], *GROUPS["language"]])}
    check_code(function.code)


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@pytest.mark.parametrize("strategy", ["cookie-version", "jwt-iat"])
def test_where_caching_is_off_preview_says_that_they_have_no_effect(strategy: str) -> None:
    jwt = {"releasedAt": "2026-11-01T00:00:00Z", "algorithm": "HS256", "secret": "s" * 32}
    stack = stack_of(strategy=strategy, jwtIat=jwt, keyHeaders=["next"])
    assert stack.settings.warnings() == [
        f"keyHeaders: has no effect with {strategy} as it is set up: caching is off, so no answers have to be told"
        " apart, and every header reaches the application"
    ]
    assert "kept" not in baked_config(stack)


def test_the_package_knows_the_headers_of_the_key_and_not_those_of_the_override() -> None:
    """The function before the cache has looked at the override, so that changing it changes no package."""
    config = baked_config(stack_of(**VERSIONED, keyHeaders=["RSC"], override=OVERRIDE))
    assert config["kept"] == {"key_headers": sorted(KEY), "keeps_errors": False}
    fastest = baked_config(stack_of(**FASTEST, override=OVERRIDE))
    assert fastest["kept"] == {"key_headers": ["authorization", "origin", "x-qa-origin"], "keeps_errors": True}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (VERSIONED, False),
        ({**VERSIONED, "cookieVersion": {"caching": "versioned", "applicationCookies": ["sid"]}}, True),
        (FASTEST, True),
        (TIER, False),
        ({"strategy": "cookie-version"}, True),
    ],
)
def test_the_router_sees_answers_where_a_cookie_could_be_kept(settings: dict[str, Any], expected: bool) -> None:
    assert stack_of(**settings, rewriteRedirects=False).settings.has_origin_response is expected


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_keeping_strategy
def test_what_was_kept_by_another_rule_is_forgotten_with_the_deployment(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that a header has spoiled before would stay for as long as its origin said."""
    stack = stack_of(**settings)
    before = cached_paths(stack)
    monkeypatch.setattr("infra.cdn.invalidation.CACHE_RULE", "every header reaches the origin")
    assert cached_paths(stack)["/*"] != before["/*"]


def test_cookies_that_a_tier_needs_are_the_only_ones_of_its_key() -> None:
    """All of them are by default. Others are another policy, for what is forwarded changes later than a policy."""
    tiers: dict[str, Any] = {"cookie": "tier", "tiers": {"premium": {"domainName": "p.example.com"}}}
    every, some = (
        policies_args(stack_of(strategy="tier", tier=given))
        for given in (tiers, {**tiers, **LISTED, "applicationCookies": ["sid"]})
    )
    assert (every.key_cookies, every.cache_kind, every.origin_request_kind) == (None, "tiered", "origin-host")
    assert some.key_cookies == {"sid", "tier"}
    assert (some.cache_kind, some.origin_request_kind) == ("tiered-key-cookies", "origin-host-key-cookies")


@pytest.mark.parametrize(
    ("settings", "expected"), [({}, True), ({**LISTED, "applicationCookies": ["sid"]}, True), (LISTED, False)]
)
def test_preview_says_that_a_tiers_cookies_can_be_replayed(settings: dict[str, Any], expected: bool) -> None:
    tier = {**settings, "tiers": {"premium": {"domainName": "p.example.com"}}}
    warnings = stack_of(strategy="tier", tier=tier, rewriteRedirects=False).settings.warnings()
    assert warnings == (
        [
            "tier: an answer with Set-Cookie that may be kept (max-age, s-maxage) is replayed to visitors with the same"
            " cookies, because no function runs after a cache hit: backends have to send private, or forwardedCookies:"
            " listed, with no applicationCookies, keeps all cookies away from them"
        ]
        if expected
        else []
    )


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"forwardedCookies": "none"}, "forwardedCookies is 'none': allowed: all, listed"),
        (
            {"applicationCookies": ["sid"]},
            "forwardedCookies is 'all', and applicationCookies lists some: set it to listed",
        ),
    ],
)
def test_cookies_that_would_be_listed_in_vain_are_a_mistake(settings: dict[str, Any], text: str) -> None:
    tier = {**settings, "tiers": {"premium": {"domainName": "p.example.com"}}}
    assert problems_of(strategy="tier", tier=tier) == [f"edge-router:tier.{text}"]


def test_what_cloudfront_adds_for_a_strategy_is_asked_for_where_caching_is_off() -> None:
    """allViewer and allExcept forward a viewer's headers only, and a cache policy that keeps nothing names none."""
    needs = Needs(headers=frozenset({"CloudFront-Viewer-Country", "x-beta"}))
    assert added_headers(settings_with(needs)) == {"cloudfront-viewer-country"}
    assert added_headers(settings_with(replace(needs, varies=False))) == frozenset()
    args = PoliciesArgs("p", is_cacheable=False, header_key=HeaderKey(), forwards_host=False)
    country, device = (
        replace(args, cloudfront_headers=frozenset({f"cloudfront-{name}"}))
        for name in ("viewer-country", "is-mobile-viewer")
    )
    config: Any = origin_request_policy(country)["headers_config"]
    assert config["header_behavior"] == "allViewerAndWhitelistCloudFront"
    assert config["headers"]["items"] == ["cloudfront-viewer-country"]
    assert len({one.origin_request_kind for one in (args, country, device)}) == 3


def settings_with(needs: Needs) -> Any:
    return SimpleNamespace(strategy_needs=needs)
