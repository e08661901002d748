"""The section `skew`: what it allows, what goes where, and what of a stack it does not change."""

from __future__ import annotations

from typing import Any

import pytest

from infra.cdn.distribution_args import Attached, distribution_args
from infra.cdn.invalidation import cached_paths
from infra.cdn.javascript import build_key_values
from infra.cdn.policy_args import cache_policy, policies_args
from infra.data.control_item import config_item
from infra.decision_inputs import decision_inputs
from infra.leak_gate import find_stack_leaks
from infra.package.baked_config import baked_config
from infra.settings.origins import ROUTED
from tests.infra.configs import BUILT, ORIGINS, problems_of, stack_of

FILES = {"query": "dpl", "paths": ["/assets/*"]}
FALLBACK = {"mode": "fallback", "paths": ["/assets/*", "/_next/static/*"]}
VERSIONED = {"cookieVersion": {"caching": "versioned"}}
FASTEST: dict[str, Any] = {"strategy": "fastest-origin", "fastestOrigin": {}}
TIERS = {"tiers": {"premium": {"domainName": "premium.example.com"}}}
NO_ID = "a build id has 1 to 64 letters, digits and ._- and starts with a letter or a digit, such as a commit's hash"
SAID_OF_STABLE = "would be the release, 2026-11, and no id could tell their files apart"

MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"skew": {"paths": ["/assets/*"]}, "origins": BUILT},
        "skew names no place for the build id: at least one of pathPrefix, query, header and cookie",
    ),
    (
        {"skew": {"query": "dpl", "cookie": "__vdpl"}, "origins": BUILT},
        "skew.paths is empty: with query, cookie it says which paths are files, such as /assets/* or /_next/static/*",
    ),
    (
        {"skew": {"mode": "fallback"}},
        "skew.paths is empty: with mode fallback it says which paths are files, such as /assets/* or /_next/static/*",
    ),
    ({"skew": {**FALLBACK, "mode": "both"}}, "skew.mode is 'both': allowed: build, fallback"),
    ({"skew": FILES}, f"origins.stable.build is missing, as it is for canary: both {SAID_OF_STABLE}"),
    (
        {"skew": FILES, "origins": {**ORIGINS, "stable": BUILT["stable"]}, "release": "November 2026"},
        f"release is 'November 2026': {NO_ID}; it is the build of origins.canary, which has none of its own",
    ),
    (
        {"skew": FILES, "origins": {**BUILT, "canary": {**ORIGINS["canary"], "build": "../x"}}},
        f"origins.canary.build is '../x': {NO_ID}",
    ),
    (
        {"skew": {**FILES, "header": "X-Router-Build"}, "origins": BUILT},
        "skew.header is 'X-Router-Build': headers that begin with x-router- are the router's own",
    ),
    (
        {"skew": FILES, "origins": BUILT, "staticPaths": ["/assets/*.js"]},
        "skew.paths[0] is '/assets/*', and staticPaths has '/assets/*.js': those requests go to stable past the router",
    ),
    (
        {"skew": {"pathPrefix": "/_v"}, "origins": BUILT, "staticPaths": ["/*.js"]},
        "skew.pathPrefix is '/_v', and staticPaths has '/*.js': those requests go to stable past the router",
    ),
    (
        {"skew": FALLBACK, "failover": {"paths": ["/assets/*"]}},
        "skew.paths[0] is '/assets/*', as in failover.paths: a path is in one of them",
    ),
    (
        {"skew": {**FALLBACK, "paths": [f"/{n}/*" for n in range(20)]}, "staticPaths": [f"/s{n}/*" for n in range(5)]},
        "skew.paths with staticPaths and failover.paths has more than 24 entries: CloudFront takes no more",
    ),
    (
        {
            "skew": FILES,
            "origins": BUILT,
            "strategy": "tier",
            "tier": {"tiers": {"p": {"domainName": "p.example.com"}}},
        },
        "skew has no effect with tier, which runs no router to send a file elsewhere: remove it",
    ),
]


@pytest.mark.parametrize(("config", "text"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_mistake_names_its_key_and_what_is_allowed(config: dict[str, Any], text: str) -> None:
    assert problems_of(**config) == [f"edge-router:{text}"]


def test_builds_are_baked_or_live_and_a_live_one_changes_no_package() -> None:
    baked = stack_of(skew=FILES, origins=BUILT)
    assert baked_config(baked)["skew"]["builds"] == {"A": "stable", "B": "canary"}
    newer = {**BUILT, "canary": {**BUILT["canary"], "build": "C"}}
    for more in ({"control": "live"}, VERSIONED):
        one, other = (stack_of(skew=FILES, origins=origins, **more) for origins in (BUILT, newer))
        assert baked_config(one) == baked_config(other)
        assert cached_paths(one) == cached_paths(other)
    assert "builds" not in baked_config(stack_of(skew=FILES, origins=BUILT, control="live"))["skew"]


def test_a_new_build_ends_no_rollout_and_is_in_table_and_store() -> None:
    one = stack_of(skew=FILES, origins=BUILT, control="live", **VERSIONED)
    other = stack_of(skew=FILES, origins={**BUILT, "canary": ORIGINS["canary"]}, control="live", **VERSIONED)
    assert config_item(one.settings)["revision"] == config_item(other.settings)["revision"]
    assert config_item(other.settings)["builds"] == {"M": {"stable": {"S": "A"}, "canary": {"S": "2026-11"}}}
    assert build_key_values(other).keys() == {"canary", "build:A", "build:2026-11"}


def test_without_skew_nothing_is_different() -> None:
    """A build alone, too: it says nothing about how an origin is reached."""
    plain, built = stack_of(control="live", **VERSIONED), stack_of(control="live", origins=BUILT, **VERSIONED)
    for of in (baked_config, build_key_values, cached_paths):
        assert of(plain) == of(built)
    assert config_item(plain.settings) == config_item(built.settings)
    assert set(baked_config(built)["origins"]["stable"]) == ROUTED


def test_what_decides_on_lambda_behind_a_cache_is_in_its_key() -> None:
    """Before a cache the function writes the version that the build has: the key needs nothing of the request."""
    skew = {"query": "dpl", "header": "X-Deployment-Id", "cookie": "build", "paths": ["/assets/*"]}
    fastest = stack_of(skew=skew, origins=BUILT, **FASTEST)
    parameters = cache_policy(policies_args(fastest))["parameters_in_cache_key_and_forwarded_to_origin"]
    assert "x-deployment-id" in parameters["headers_config"]["headers"]["items"]
    assert parameters["query_strings_config"] == {"query_string_behavior": "all"}
    assert parameters["cookies_config"] == {"cookie_behavior": "all"}
    inputs = decision_inputs(fastest)
    assert ("dpl" in inputs.query, "x-deployment-id" in inputs.headers, "build" in inputs.cookies) == (True,) * 3
    versioned = stack_of(skew=skew, origins=BUILT, **VERSIONED)
    assert decision_inputs(versioned).query == frozenset()
    assert [find_stack_leaks(stack) for stack in (fastest, versioned)] == [[], []]


def test_a_fallback_is_a_group_for_the_files_and_for_nothing_else() -> None:
    stack = stack_of(skew={**FALLBACK, "pathPrefix": "/_v"}, origins=BUILT, failover={"paths": ["/api/*"]})
    args = distribution_args(stack, Attached("cache", "origin-request", function_arn="arn"))
    skew, _ = args["origin_groups"]
    assert (skew["origin_id"], skew["failover_criteria"]) == ("skew", {"status_codes": [404]})
    found = {one["path_pattern"]: one["target_origin_id"] for one in args["ordered_cache_behaviors"]}
    assert found == {"/assets/*": "skew", "/_next/static/*": "skew", "/_v/*": "skew", "/api/*": "failover"}
    assert args["default_cache_behavior"]["target_origin_id"] == "stable"
    assert baked_config(stack)["failover"]["skew"] == {
        "to": {"stable": "canary", "canary": "stable"},
        "is_cached": True,
        "to_withdrawn": True,
    }
    assert "skew" not in baked_config(stack_of(skew=FALLBACK))


def test_a_bucket_says_403_of_a_file_that_it_does_not_have() -> None:
    bucket = {"domainName": "files.s3.eu-west-1.amazonaws.com"}
    [group] = stack_of(skew=FALLBACK, origins={**ORIGINS, "canary": bucket}).settings.origin_groups
    assert group.status_codes == (403, 404)


def test_patterns_with_many_stars_are_compared_as_any_others() -> None:
    """Every rest of the two is compared once: 10 stars in each took minutes, and a pattern has up to 255 characters."""
    many = "/" + "*a" * 40
    static = {"staticPaths": [f"{many}b"]}
    assert problems_of(origins=BUILT, skew={"query": "dpl", "paths": [f"{many}c"]}, **static) == []
    assert problems_of(origins=BUILT, skew={"query": "dpl", "paths": [f"{many}*"]}, **static) == [
        f"edge-router:skew.paths[0] is '{many}*', and staticPaths has '{many}b': those requests go to stable"
        " past the router"
    ]
