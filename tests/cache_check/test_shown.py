"""What the check refuses does leak: the same visitors, served by the simulated edge, with the real router at it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cache_check.leak_states import (
    CACHING_OPTIMIZED,
    State,
    cache_policy,
    default_behavior,
    deploy_state,
    distribution_of,
)
from tests.cache_check.leak_traffic import PATHS, SETTINGS, VISITORS, Traffic, errors, version_page
from tests.simulator.cloudfront.fakes import FakeOrigin, Received, Reply


def with_caching_on() -> State:
    """The router at origin-request, no versioned caching, but caching on, as someone may set it in the console."""
    state = deploy_state("local", *SETTINGS)
    default_behavior(state)["cachePolicyId"] = CACHING_OPTIMIZED
    return state


def cached_by(**changes: Any) -> State:
    """The stack's own cache policy, changed."""
    state = deploy_state("local", *SETTINGS)
    [policy] = [one for one in state["deployment"]["resources"] if one["type"].endswith(":CachePolicy")]
    policy["outputs"] |= changes
    return state


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """The router logs every decision."""


@pytest.mark.long
def test_as_deployed_nobody_gets_the_wrong_version() -> None:
    state = deploy_state("local", *SETTINGS)
    traffic = Traffic(state).run()
    assert (errors(state), traffic.wrong, traffic.identities) == ([], 0, VISITORS)
    versions = [visitor.version for visitor in traffic.visitors]
    assert {"stable", "canary"} == set(versions)


@pytest.mark.long
def test_with_caching_on_visitors_get_the_wrong_version_and_the_check_refuses_it() -> None:
    state = with_caching_on()
    traffic = Traffic(state).run()
    assert traffic.wrong > VISITORS // 4
    assert len(traffic.origin.received) == PATHS  # all other answers came from the cache
    assert errors(state) == [
        "decided-by-uncached-cookie",
        "decided-by-uncached-header",
        "assigned-behind-the-cache",
        "set-cookie-can-be-cached",
        "min-ttl-overrides-no-store",
    ]


def test_with_caching_on_visitors_get_each_others_cookie() -> None:
    state = with_caching_on()
    assert 1 <= Traffic(state).run().identities <= PATHS
    assert "set-cookie-can-be-cached" in errors(state)


def test_the_cookie_in_the_key_is_not_enough() -> None:
    """The check says so: who has no cookie yet shares one object, and with it the first one's assignment and cookie."""
    parameters = {
        "headersConfig": {"headerBehavior": "whitelist", "headers": {"items": ["x-qa-origin"]}},
        "cookiesConfig": {"cookieBehavior": "whitelist", "cookies": {"items": ["app-version"]}},
        "queryStringsConfig": {"queryStringBehavior": "none"},
    }
    keyed = cached_by(defaultTtl=60, maxTtl=60, parametersInCacheKeyAndForwardedToOrigin=parameters)
    traffic = Traffic(keyed).run()
    assert traffic.wrong == 0
    assert 1 <= traffic.identities <= PATHS
    assert errors(keyed) == ["assigned-behind-the-cache", "set-cookie-can-be-cached"]


@pytest.mark.long
def test_a_minimum_ttl_keeps_what_an_origin_forbids_to_keep() -> None:
    forbidden = FakeOrigin(lambda received: (200, [("Cache-Control", "no-store")], version_page(received)[2]))
    allowed = cached_by(minTtl=0, defaultTtl=0, maxTtl=60)
    assert Traffic(allowed, origin=forbidden).run().wrong == 0
    assert "min-ttl-overrides-no-store" not in errors(allowed)
    overridden = cached_by(minTtl=1, defaultTtl=1, maxTtl=60)
    assert Traffic(overridden, origin=forbidden).run().wrong > 0
    assert "min-ttl-overrides-no-store" in errors(overridden)


@pytest.mark.long
def test_one_versions_error_answers_the_others_visitors() -> None:
    def with_failing_canary() -> FakeOrigin:
        """It fails once everybody has been there."""
        origin = FakeOrigin()

        def reply(received: Received) -> Reply:
            has_failed = received.base_url == "http://canary" and len(origin.received) > VISITORS
            return (503, [], b"") if has_failed else version_page(received)

        origin.reply = reply
        return origin

    sound = deploy_state("local", *SETTINGS)
    alone = Traffic(sound, origin=with_failing_canary()).run()
    pinned = deploy_state("local", *SETTINGS)
    distribution_of(pinned)["customErrorResponses"] = None
    shared = Traffic(pinned, origin=with_failing_canary()).run()
    assert sum(visitor.failed for visitor in alone.visitors) == 0
    assert sum(visitor.failed for visitor in shared.visitors) > VISITORS // 4
    assert (errors(sound), errors(pinned)) == ([], ["error-pinned-on-everyone"])


@pytest.mark.long
def test_a_trigger_that_sees_no_cookie_makes_everyone_a_stranger() -> None:
    blind = deploy_state("local", *SETTINGS)
    [policy] = [one for one in blind["deployment"]["resources"] if one["type"].endswith(":OriginRequestPolicy")]
    policy["outputs"]["cookiesConfig"] = {"cookieBehavior": "none"}
    traffic = Traffic(blind).run()
    flipped = [visitor for visitor in traffic.visitors if len(set(visitor.answers)) > 1]
    assert len(flipped) > VISITORS // 2
    assert errors(blind) == ["trigger-cannot-see-cookie"]


@pytest.mark.long_if(r"60, 60|whitelist|True-.0.*all|^False|\(0, 0, 0\)")
@pytest.mark.parametrize(
    "cookies", [("none", []), ("whitelist", ["app-version"]), ("all", [])], ids=lambda kind: kind[0]
)
@pytest.mark.parametrize("ttls", [(0, 0, 0), (0, 0, 60), (0, 60, 60), (1, 60, 60)], ids=str)
@pytest.mark.parametrize("forwards_cookies", [True, False])
def test_what_the_check_lets_pass_does_not_leak(
    cookies: tuple[str, list[str]], ttls: tuple[int, int, int], forwards_cookies: bool
) -> None:
    """Every combination is served: with no error everybody keeps a version and an identity of his own."""
    state = deploy_state("local", *SETTINGS)
    for one in state["deployment"]["resources"]:
        if one["type"] == "aws:cloudfront/cachePolicy:CachePolicy":
            one["outputs"] |= cache_policy(ttls, headers=("whitelist", ["x-qa-origin"]), cookies=cookies)["outputs"]
        if one["type"] == "aws:cloudfront/originRequestPolicy:OriginRequestPolicy" and not forwards_cookies:
            one["outputs"]["cookiesConfig"] = {"cookieBehavior": "none"}
    origin = FakeOrigin(lambda received: (200, [("Cache-Control", "max-age=60")], version_page(received)[2]))
    traffic = Traffic(state, origin=origin).run()
    is_sound = traffic.wrong == 0 and traffic.identities == VISITORS
    assert is_sound is (errors(state) == [])


@pytest.mark.long
def test_decisions_are_made_by_the_real_router(capsys: pytest.CaptureFixture[str]) -> None:
    Traffic(deploy_state("local", *SETTINGS)).run()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["reason"] for line in lines if "origin" in line} == {"no-cookie", "cookie"}
