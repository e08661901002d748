"""The console warns once about a cached response that not every viewer should receive."""

from __future__ import annotations

import pytest

from tests.simulator.cloudfront.fakes import ALL_VIEWER, World, behavior, cache_policy, state, with_header

VARY = (
    "an origin's Vary names {}, which is not in the cache key: CloudFront ignores Vary, and every viewer"
    " receives the first response; keyHeaders puts a header into the key (AWS page header-caching)"
)
REPLAYED = (
    "*: a response that sets the cookie sid is cached, and its cookie is replayed to others; the origin has to send"
    " private instead (AWS page Cookies)"
)
FORWARDING = {"originRequestPolicyId": ALL_VIEWER}


def world(name: str, value: str, status: int = 200, **settings: object) -> World:
    made = World(state(cache_policy(headers=("whitelist", ["RSC"])), default=behavior(**settings)))
    made.origin.reply = with_header(name, value, status)
    return made


def test_a_vary_header_outside_the_cache_key_is_reported_once() -> None:
    edge = world("Vary", "RSC, Accept-Language,accept-encoding , X-B")
    for path in ("/a", "/a", "/b"):
        edge.get(path)
    assert edge.console == [f"*: {VARY.format('accept-language')}", f"*: {VARY.format('x-b')}"]


@pytest.mark.parametrize("vary", ["", "*", "rsc", "Accept-Encoding", "Cookie"])
def test_a_harmless_vary_header_is_not_reported(vary: str) -> None:
    """No cookie is forwarded, so that none can change an answer."""
    edge = world("Vary", vary)
    edge.get("/a")
    assert edge.console == []


def test_vary_by_cookies_forwarded_outside_the_cache_key_is_reported() -> None:
    edge = world("Vary", "Cookie", **FORWARDING)
    edge.get("/a")
    assert edge.console == [f"*: {VARY.format('cookie')}"]


@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("GET", 503)])
def test_a_response_that_is_not_cached_is_not_reported(method: str, status: int) -> None:
    edge = world("Vary", "X-B", status)
    edge.get("/a", method=method)
    assert edge.console == []


def test_a_cached_cookie_is_reported_once() -> None:
    edge = world("Set-Cookie", "sid=1; Path=/", **FORWARDING)
    for path in ("/a", "/b"):
        edge.get(path)
    assert edge.console == [REPLAYED]


def test_a_cookie_that_cloudfront_removes_is_not_reported() -> None:
    edge = world("Set-Cookie", "sid=1; Path=/")
    edge.get("/a")
    assert edge.console == []
