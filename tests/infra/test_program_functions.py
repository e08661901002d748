"""The Pulumi program with a function before the cache: what it registers, and what a change of the config changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.cloudfront import Distribution
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import run_program
from tests.infra.configs import ROOT
from tests.infra.test_program import (
    ACCOUNT,
    BOTH_TRIGGERS,
    CACHE_POLICY,
    CACHED_ERRORS,
    DISTRIBUTION,
    FUNCTION,
    KEY_HEADERS,
    KEYS,
    LOG_GROUP,
    ORIGIN_REQUEST_POLICY,
    ROLE,
    STORE,
    TABLE,
    VERSIONED,
    VIEWER_FUNCTION,
    changed_names,
    every_stack,
    every_versioned,
    inputs,
    resources,
    run,
)

TIER = "strategy=tier"


def cache_key(policy: dict[str, Any]) -> dict[str, Any]:
    return policy["parametersInCacheKeyAndForwardedToOrigin"]


def pairs(found: Any) -> dict[str, Any]:
    """The content of the store, decoded."""
    return {pair["key"]: json.loads(pair["value"]) for pair in inputs(found, KEYS)["resourceKeyValuePairs"]}


def function_arns(stack: str, name: str, *triggers: str) -> list[dict[str, str]]:
    arn = f"arn:aws:cloudfront::{ACCOUNT}:function/edge-router-{stack}-{name}"
    return [{"eventType": trigger, "functionArn": arn} for trigger in triggers]


@pytest.mark.long_if(r"\b(local|staging)\b")
@every_stack
def test_tier_has_a_function_with_its_store_and_nothing_of_lambda(stack: str) -> None:
    found = run(stack, TIER)
    for kind in (FUNCTION, ROLE, LOG_GROUP):
        assert resources(found, kind) == []
    behavior = inputs(found, DISTRIBUTION)["defaultCacheBehavior"]
    at_viewer = (("tier", "viewer-request"), ("site", "viewer-response"))
    assert behavior["functionAssociations"] == [one for pair in at_viewer for one in function_arns(stack, *pair)]
    assert "lambdaFunctionAssociations" not in behavior
    [store] = resources(found, STORE)
    for function in (resource["inputs"] for resource in resources(found, VIEWER_FUNCTION)):
        assert (function["runtime"], function["publish"]) == ("cloudfront-js-2.0", True)
        assert function["keyValueStoreAssociations"] == [store["outputs"]["arn"]]
    assert inputs(found, KEYS)["maxBatchSize"] == 50
    prefix = "staging-" if stack == "staging" else ""
    tiers = {key: value for key, value in pairs(found).items() if not key.startswith(("origin:", "host:"))}
    assert tiers == {"pin": {"pin": "none"}} | {
        f"tier:{tier}": {
            "domainName": f"{prefix}{tier}.example.com",
            "port": 443,
            "protocol": "https",
            "path": "",
            "hostHeader": "origin",
        }
        for tier in ("premium", "standard")
    }


@pytest.mark.long_if(r"\b(local|staging)\b")
@every_stack
def test_tiers_are_kept_apart_in_the_cache(stack: str) -> None:
    found = run(stack, TIER)
    policy = inputs(found, CACHE_POLICY)
    override = ["x-qa-origin"] if stack == "local" else []
    assert policy["name"] == f"edge-router-{stack}-tiered"
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 0, 31_536_000)
    assert cache_key(policy)["headersConfig"]["headers"]["items"] == [*KEY_HEADERS, *override, "x-router-version"]
    assert cache_key(policy)["cookiesConfig"] == {"cookieBehavior": "all"}
    assert cache_key(policy)["queryStringsConfig"] == {"queryStringBehavior": "all"}


@pytest.mark.long_if(r"port|gold")
@pytest.mark.parametrize(
    "override",
    [
        "tier.tiers.premium.domainName=moved.example.com",
        "tier.tiers.premium.port=8443",
        "tier.tiers.gold.domainName=gold.example.com",
    ],
)
def test_a_changed_tier_changes_keys_and_nothing_else(override: str) -> None:
    assert changed_names(run("prod", TIER), "prod", TIER, override) == {"update": {"tier-keys"}}


def test_another_place_for_the_tier_publishes_the_function_and_changes_the_key() -> None:
    found = changed_names(run("prod", TIER), "prod", TIER, "tier.header=X-Tier")
    assert found == {"update": {"tier-function", "tiered"}}


@pytest.mark.long
@every_stack
@pytest.mark.parametrize("pin", ["stable", "canary"])
def test_the_pin_of_tiers_changes_keys_and_publishes_nothing(stack: str, pin: str) -> None:
    """Every tier has the pin in its place, and so has a request that asks for none."""
    before, pinned = run(stack, TIER), run(stack, TIER, f"pin={pin}")
    assert changed_names(before, stack, TIER, f"pin={pin}") == {"update": {"tier-keys", "control-config"}}
    assert changed_names(pinned, stack, TIER) == {"update": {"tier-keys", "control-config"}}
    found = [value for key, value in pairs(pinned).items() if not key.startswith(("origin:", "host:"))]
    assert (len(found), {value["pin"] for value in found}) == (3, {pin})


def test_an_origin_that_an_override_can_ask_for_is_a_key() -> None:
    before = run("local", TIER)
    assert {key for key in pairs(before) if key.startswith("origin:")} == {"origin:stable", "origin:canary"}
    updated = changed_names(before, "local", TIER, "origins.canary.readTimeoutSeconds=20")["update"]
    assert "tier-keys" in updated
    assert "tier-function" not in updated


@pytest.mark.long
def test_fifty_and_more_tiers_go_in_several_batches() -> None:
    tiers = [f"tier.tiers.t{number}.domainName=t{number}.example.com" for number in range(120)]
    found = run_program("prod", overrides=[TIER, *tiers], state=run("prod", TIER).state)
    assert len([key for key in pairs(found) if key.startswith(("pin", "tier:"))]) == 123
    assert inputs(found, KEYS)["maxBatchSize"] == 50


@pytest.mark.long_if(r"\b(local|staging)\b")
@every_stack
@every_versioned
def test_versioned_caching_has_the_function_on_both_viewer_triggers(stack: str, strategy: str) -> None:
    found = run(stack, *VERSIONED[strategy])
    behavior = inputs(found, DISTRIBUTION)["defaultCacheBehavior"]
    assert behavior["functionAssociations"] == function_arns(stack, "canary", "viewer-request", "viewer-response")
    associations = behavior["lambdaFunctionAssociations"]
    assert [(one["eventType"], one["includeBody"]) for one in associations] == BOTH_TRIGGERS
    percent = {"local": "10", "staging": "50", "prod": "0"}[stack]
    assert pairs(found) == {
        "canary": {"percent": percent, "pin": "none", "release": "2026-11", "tag": "05e01bd6"},
    }


@pytest.mark.long_if(r"\b(local|staging)\b")
@every_stack
@every_versioned
def test_the_version_is_in_the_cache_key_and_no_cookie_is_beside_it(stack: str, strategy: str) -> None:
    found = run(stack, *VERSIONED[strategy])
    policy = inputs(found, CACHE_POLICY)
    override = ["x-qa-origin"] if stack == "local" else []
    cookies = {
        "cookie-version": {"cookieBehavior": "none"},
        "sticky-session": {"cookieBehavior": "whitelist", "cookies": {"items": ["sessiontoken"]}},
    }
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 0, 31_536_000)
    assert cache_key(policy) == {
        "cookiesConfig": cookies[strategy],
        "headersConfig": {
            "headerBehavior": "whitelist",
            "headers": {"items": [*KEY_HEADERS, *override, "x-router-version"]},
        },
        "queryStringsConfig": {"queryStringBehavior": "all"},
        "enableAcceptEncodingBrotli": True,
        "enableAcceptEncodingGzip": True,
    }
    assert inputs(found, ORIGIN_REQUEST_POLICY)["cookiesConfig"] == {"cookieBehavior": "none"}
    responses = inputs(found, DISTRIBUTION)["customErrorResponses"]
    assert responses == [{"errorCode": code, "errorCachingMinTtl": 0} for code in CACHED_ERRORS]


@pytest.mark.long
@pytest.mark.long_if(r"sticky|release=|pin=.*cookie|canaryPercent=.*sticky")
@every_versioned
@pytest.mark.parametrize("override", ["canaryPercent=25", "pin=stable", "release=next"])
def test_percentage_pin_and_release_change_keys_and_the_controls_item(strategy: str, override: str) -> None:
    """No function is published, no version of the Lambda function made, and the distribution stays as it is. The item
    is what the rollout's controller reads; the functions read the keys."""
    before = run("prod", *VERSIONED[strategy])
    assert changed_names(before, "prod", *VERSIONED[strategy], override) == {
        "update": {"canary-keys", "control-config"}
    }


@pytest.mark.long
def test_named_cookies_reach_the_application_as_part_of_the_key() -> None:
    cookies = ("cookieVersion.applicationCookies[0]=lang", "cookieVersion.applicationCookies[1]=cart")
    found = run("prod", *VERSIONED["cookie-version"], *cookies)
    assert cache_key(inputs(found, CACHE_POLICY))["cookiesConfig"]["cookies"] == {"items": ["cart", "lang"]}


@pytest.mark.long_if(r"settings[01]")
@pytest.mark.parametrize("settings", [(TIER,), *VERSIONED.values()])
def test_no_secret_stands_in_the_state_of_a_function(settings: tuple[str, ...]) -> None:
    """Signing keys are in the code, which is sealed; of the override there is only a digest."""
    found = run("local", *settings)
    assert "local-demo" not in json.dumps(found.state)
    is_sealed = isinstance(resources(found, VIEWER_FUNCTION)[-1]["inputs"]["code"], dict)
    assert is_sealed is ("strategy=cookie-version" in settings)


@pytest.mark.long
def test_sealed_code_lies_beside_the_packages_for_its_owner_only() -> None:
    comment = inputs(run("local", *VERSIONED["cookie-version"]), VIEWER_FUNCTION)["comment"]
    path = ROOT / ".edge-router/local" / f"canary-{comment.rpartition(' ')[2]}.js"
    assert "local-demo-signing-key" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.long
def test_the_state_with_secrets_has_the_code_and_is_otherwise_the_same() -> None:
    found = run("local", *VERSIONED["cookie-version"])
    [function] = [one for one in found.state_with_secrets["deployment"]["resources"] if one["type"] == VIEWER_FUNCTION]  # type: ignore[index]
    for properties in (function["inputs"], function["outputs"]):
        assert "local-demo-signing-key" in json.loads(properties["code"]["plaintext"])
    assert "local-demo" not in repr(found)
    [sealed] = resources(found, VIEWER_FUNCTION)
    assert {**function["inputs"], "code": 0} == {**sealed["inputs"], "code": 0}


@pytest.mark.long
@pytest.mark.parametrize("settings", [(TIER,), *VERSIONED.values()])
def test_the_local_edge_takes_what_the_program_deploys(settings: tuple[str, ...]) -> None:
    first = run("local", *settings)
    again = run_program("local", overrides=settings, state=first.state)
    for found in (first, again):
        assert Distribution.from_state(dict(found.state_with_secrets)) is not None


@pytest.mark.long
def test_another_signing_key_publishes_the_function_although_its_code_is_sealed() -> None:
    before = run("local", *VERSIONED["cookie-version"])
    key = "cookieVersion.signingKeys[0]=another-key-of-32-characters-more"
    assert changed_names(before, "local", *VERSIONED["cookie-version"], key)["update"] >= {"canary-function"}


def test_switching_between_functions_takes_the_old_one_away_last() -> None:
    after = run_program("prod", overrides=[TIER], state=run("prod", *VERSIONED["cookie-version"]).state)
    steps = [(change.op, change.name) for change in after.changes if change.op != "same"]
    updated = steps.index(("update", "distribution"))
    assert {("create", "tier-function"), ("create", "tier-keys"), ("create", "tiered")} <= set(steps[:updated])
    assert {("delete", "canary-function"), ("delete", "versioned"), ("delete", "function")} <= set(steps[updated:])
    assert {change.op for change in after.changes if change.type == TABLE} == {"same"}


@pytest.mark.long
def test_static_paths_have_behaviors_of_their_own_without_any_function() -> None:
    found = run("prod", *VERSIONED["cookie-version"], "staticPaths[0]=/static/*", "staticPaths[1]=/*.css")
    first, second = inputs(found, DISTRIBUTION)["orderedCacheBehaviors"]
    assert (first["pathPattern"], second["pathPattern"]) == ("/static/*", "/*.css")
    assert first["targetOriginId"] == "stable"
    assert not {"lambdaFunctionAssociations", "functionAssociations", "originRequestPolicyId"} & set(first)
    policies = {one["inputs"]["name"]: one for one in resources(found, CACHE_POLICY)}
    static = policies["edge-router-prod-static"]
    assert first["cachePolicyId"] == static["id"]
    ttls = static["inputs"]["minTtl"], static["inputs"]["defaultTtl"], static["inputs"]["maxTtl"]
    assert ttls == (0, 86_400, 31_536_000)
    assert cache_key(static["inputs"]) == {
        "cookiesConfig": {"cookieBehavior": "none"},
        "headersConfig": {"headerBehavior": "none"},
        "queryStringsConfig": {"queryStringBehavior": "all"},
        "enableAcceptEncodingBrotli": True,
        "enableAcceptEncodingGzip": True,
    }


def test_too_many_signing_keys_end_the_program_in_words() -> None:
    keys = [f"cookieVersion.signingKeys[{number}]={number:04}{'k' * 500}" for number in range(10)]
    with pytest.raises(ProgramError) as caught:
        run_program("prod", overrides=[*VERSIONED["cookie-version"], *keys])
    assert str(caught.value).startswith("edge-router:cookieVersion: the function's code with this config has 1")
    assert "CloudFront takes 10,240" in str(caught.value)


@pytest.mark.long
def test_a_function_that_only_makes_the_key_has_no_store() -> None:
    many = [f"keyHeaders[{number}]=x-{number}" for number in range(12)]
    found = run("prod", "strategy=fastest-origin", *many)
    assert resources(found, STORE) == resources(found, KEYS) == []
    function = inputs(found, VIEWER_FUNCTION)
    assert function["name"] == "edge-router-prod-key"
    assert "keyValueStoreAssociations" not in function
    behavior = inputs(found, DISTRIBUTION)["defaultCacheBehavior"]
    assert behavior["functionAssociations"] == function_arns("prod", "key", "viewer-request")
    assert {one["eventType"] for one in behavior["lambdaFunctionAssociations"]} == {"origin-request", "origin-response"}
    assert "viewerFunctionArn" in found.outputs
    assert "keyValueStoreArn" not in found.outputs
