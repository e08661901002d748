"""What reaches the origin, and what comes back to the viewer."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.cloudfront.fakes import (
    ALL_VIEWER,
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    Received,
    World,
    behavior,
    cache_policy,
    custom_origin,
    origin_request_policy,
    request,
    state,
)

VIEWER = {
    "Accept": "text/html",
    "Accept-Language": "de",
    "Authorization": "Bearer t",
    "Referer": "https://example.com/",
    "Origin": "https://example.com",
    "X-Custom": "1",
    "Cookie": "b=2; a=1; $Version=1; broken",
    "Accept-Encoding": "gzip, br",
    "Connection": "X-Hop",
    "X-Hop": "1",
    "X-Edge-Thing": "1",
    "X-Real-IP": "1.2.3.4",
    "X-Forwarded-Proto": "http",
    "TE": "trailers",
}


def forward(target: str = "/", headers: dict[str, str] | None = None, *policies: Any, **settings: Any) -> Received:
    sent = settings.pop("request", {})
    world = World(state(*policies, default=behavior(**settings)))
    world.get(target, VIEWER | (headers or {}), **sent)
    return world.origin.received[0]


def names(received: Received) -> set[str]:
    return {name.lower() for name, _ in received.headers}


ALWAYS = {"host", "user-agent", "via", "x-forwarded-for", "x-amz-cf-id"}


def test_nothing_but_the_defaults_is_forwarded_without_policies_that_ask() -> None:
    received = forward("/a?x=1", cachePolicyId=CACHING_DISABLED)
    assert names(received) == ALWAYS
    assert received.target == "/a"
    assert received.host == "v1.example.com"
    assert received.headers.get("user-agent") == "Amazon CloudFront"
    assert received.headers.get("x-forwarded-for") == "203.0.113.178"
    assert received.headers.get("x-amz-cf-id") == "request-id=="


def test_all_viewer_forwards_everything_but_what_never_passes() -> None:
    received = forward("/a?x=1&x=2", cachePolicyId=CACHING_DISABLED, originRequestPolicyId=ALL_VIEWER)
    added = {"accept", "accept-language", "authorization", "referer", "origin", "x-custom", "cookie", "accept-encoding"}
    assert names(received) == ALWAYS | added
    assert received.target == "/a?x=1&x=2"
    assert received.host == "d111111abcdef8.cloudfront.net"
    assert received.headers.get("user-agent") == "curl/8"
    assert received.headers.get("accept-encoding") == "gzip, br"


def test_all_viewer_except_host_sets_the_origins_name() -> None:
    received = forward(cachePolicyId=CACHING_DISABLED, originRequestPolicyId=ALL_VIEWER_EXCEPT_HOST)
    assert received.host == "v1.example.com"
    assert "x-custom" in received.headers


def test_cookies_are_sorted_and_names_with_a_dollar_dropped() -> None:
    received = forward(cachePolicyId=CACHING_DISABLED, originRequestPolicyId=ALL_VIEWER)
    assert received.headers.all("cookie") == ["a=1; b=2"]


def test_several_cookie_fields_arrive_as_one() -> None:
    world = World(state(default=behavior(cachePolicyId=CACHING_DISABLED, originRequestPolicyId=ALL_VIEWER)))
    sent = request("/")
    sent = replace(sent, headers=sent.headers.plus(("Cookie", "b=2"), ("cookie", "a=1")))
    asyncio.run(world.edge.serve(sent, "us-east-1"))
    assert world.origin.received[0].headers.all("cookie") == ["a=1; b=2"]


def test_values_of_the_cache_key_are_forwarded_with_those_of_the_origin_request_policy() -> None:
    key = cache_policy(headers=("whitelist", ["X-Custom"]), cookies=("whitelist", ["a"]), query=("whitelist", ["k"]))
    more = origin_request_policy(
        headers=("whitelist", ["Referer"]), cookies=("whitelist", ["b"]), query=("whitelist", ["o"])
    )
    received = forward("/?o=1&k=2&z=3", None, key, more, originRequestPolicyId="forward")
    assert {"x-custom", "referer", "cookie"} <= names(received)
    assert "accept-language" not in names(received)
    assert received.target == "/?o=1&k=2"
    assert received.headers.get("cookie") == "a=1; b=2"


@pytest.mark.parametrize(("accept", "sent"), [("gzip, br", "br,gzip"), ("gzip", "gzip"), ("deflate", "identity")])
def test_normalized_accept_encoding_is_forwarded(accept: str, sent: str) -> None:
    received = forward("/", {"Accept-Encoding": accept}, cachePolicyId=CACHING_OPTIMIZED)
    assert received.headers.get("accept-encoding") == sent


def test_address_is_appended_to_x_forwarded_for_and_via() -> None:
    received = forward(
        "/", {"X-Forwarded-For": "192.0.2.4,192.0.2.3", "Via": "1.1 proxy"}, cachePolicyId=CACHING_DISABLED
    )
    assert received.headers.get("x-forwarded-for") == "192.0.2.4,192.0.2.3, 203.0.113.178"
    via = received.headers.get("via") or ""
    assert via.startswith("1.1 proxy, 1.1 ")
    assert via.endswith(".cloudfront.net (CloudFront)")


def test_authorization_is_forwarded_for_post_though_not_asked_for() -> None:
    received = forward("/", cachePolicyId=CACHING_DISABLED, request={"method": "POST", "body": b"{}"})
    assert received.headers.get("authorization") == "Bearer t"
    assert received.headers.get("content-length") == "2"
    assert received.body == b"{}"


def test_legacy_settings_forward_other_headers() -> None:
    values = {"queryString": False, "headers": [], "cookies": {"forward": "none"}}
    received = forward(cachePolicyId=None, forwardedValues=values)
    assert "x-custom" in received.headers
    assert {"accept", "accept-language", "referer", "cookie", "authorization"}.isdisjoint(names(received))


def test_viewer_headers_of_cloudfront_are_added_only_when_asked_for() -> None:
    headers = ("allViewerAndWhitelistCloudFront", ["CloudFront-Viewer-Country", "CloudFront-Is-Mobile-Viewer"])
    policy = origin_request_policy(headers=headers)
    sent = {"User-Agent": "iPhone Mobile", "CloudFront-Viewer-Country": "XX"}
    received = forward("/", sent, cache_policy(), policy, originRequestPolicyId="forward", request={"country": "DE"})
    assert received.headers.all("cloudfront-viewer-country") == ["DE"]
    assert received.headers.get("cloudfront-is-mobile-viewer") == "true"
    assert "cloudfront-forwarded-proto" not in received.headers


def test_country_without_simulation_is_that_of_the_region() -> None:
    policy = origin_request_policy(headers=("whitelist", ["CloudFront-Viewer-Country"]))
    world = World(state(policy, default=behavior(originRequestPolicyId="forward")))
    world.get("/", region="ap-southeast-1")
    assert world.origin.received[0].headers.get("cloudfront-viewer-country") == "SG"


def test_origin_path_and_custom_headers_of_the_origin() -> None:
    origin = custom_origin(originPath="/app", customHeaders=[{"name": "X-Custom", "value": "of the origin"}])
    world = World(state(default=behavior(originRequestPolicyId=ALL_VIEWER), origins=[origin]))
    world.get("/a", VIEWER)
    assert world.origin.received[0].target == "/app/a"
    assert world.origin.received[0].headers.all("x-custom") == ["of the origin"]


def test_set_cookie_is_stripped_where_cookies_are_not_forwarded() -> None:
    world = World()
    world.origin.reply = lambda _: (200, [("Set-Cookie", "s=1"), ("X-App", "1")], b"")
    answer = world.get()
    assert "set-cookie" not in answer.headers
    assert answer.headers.get("x-app") == "1"


def test_hop_by_hop_headers_of_the_origin_end_at_the_edge() -> None:
    world = World()
    hop = [("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"), ("Upgrade", "h2c")]
    world.origin.reply = lambda _: (200, hop, b"")
    answer = world.get()
    assert {"connection", "x-hop", "keep-alive", "upgrade"}.isdisjoint({name.lower() for name, _ in answer.headers})


def test_range_is_passed_through() -> None:
    world = World()
    world.origin.reply = lambda _: (206, [("Content-Range", "bytes 0-1/5")], b"he")
    answer = world.get("/", {"Range": "bytes=0-1"})
    assert world.origin.received[0].headers.get("range") == "bytes=0-1"
    assert (answer.status, answer.body) == (206, b"he")
    world.get("/", {"Range": "bytes=0-1"})
    assert len(world.origin.received) == 2


@pytest.mark.parametrize(
    ("names", "sent"),
    [
        (["app-*"], "app-a=1; app-=2"),
        (["app-?"], "app-a=1"),
        (["*b"], "ab=4"),
        (["app-a"], "app-a=1"),
        (["APP-*"], None),
    ],
)
def test_wildcards_in_the_names_of_cookies_are_obeyed(names: list[str], sent: str | None) -> None:
    values = {"queryString": False, "cookies": {"forward": "whitelist", "whitelistedNames": names}}
    received = forward("/", {"Cookie": "app-a=1; app-=2; c=3; ab=4"}, cachePolicyId=None, forwardedValues=values)
    cookies = received.headers.get("cookie")
    assert (cookies and set(cookies.split("; "))) == (sent and set(sent.split("; ")))
