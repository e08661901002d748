"""The console says what of a kept answer is not for everybody who gets it, once."""

from __future__ import annotations

import pytest

from tests.simulator.cloudfront.fakes import ALL_VIEWER, World, behavior, cache_policy, state, with_header

VARY = (
    "an origin's Vary names {}, which is not in the cache key: CloudFront ignores Vary, and the first answer is"
    " everybody's; keyHeaders puts a header into the key (AWS page header-caching)"
)
REPLAYED = (
    "*: an answer that sets the cookie sid is kept, and its cookie is replayed to others; the origin has to say private"
    " instead (AWS page Cookies)"
)
FORWARDING = {"originRequestPolicyId": ALL_VIEWER}


def world(name: str, value: str, status: int = 200, **settings: object) -> World:
    made = World(state(cache_policy(headers=("whitelist", ["RSC"])), default=behavior(**settings)))
    made.origin.reply = with_header(name, value, status)
    return made


def test_a_vary_that_the_key_lacks_is_said_once_and_not_for_every_request() -> None:
    edge = world("Vary", "RSC, Accept-Language,accept-encoding , X-B")
    for path in ("/a", "/a", "/b"):
        edge.get(path)
    assert edge.console == [f"*: {VARY.format('accept-language')}", f"*: {VARY.format('x-b')}"]


@pytest.mark.parametrize("vary", ["", "*", "rsc", "Accept-Encoding", "Cookie"])
def test_what_cannot_mix_answers_up_is_not_said(vary: str) -> None:
    """No cookie is forwarded, so that none can change an answer."""
    edge = world("Vary", vary)
    edge.get("/a")
    assert edge.console == []


def test_vary_by_cookies_that_are_forwarded_beside_the_key_is_said() -> None:
    edge = world("Vary", "Cookie", **FORWARDING)
    edge.get("/a")
    assert edge.console == [f"*: {VARY.format('cookie')}"]


@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("GET", 503)])
def test_what_is_not_kept_as_an_answer_is_not_looked_at(method: str, status: int) -> None:
    edge = world("Vary", "X-B", status)
    edge.get("/a", method=method)
    assert edge.console == []


def test_a_cookie_that_is_kept_with_its_answer_is_said_once() -> None:
    edge = world("Set-Cookie", "sid=1; Path=/", **FORWARDING)
    for path in ("/a", "/b"):
        edge.get(path)
    assert edge.console == [REPLAYED]


def test_a_cookie_that_cloudfront_takes_away_is_not_said() -> None:
    edge = world("Set-Cookie", "sid=1; Path=/")
    edge.get("/a")
    assert edge.console == []
