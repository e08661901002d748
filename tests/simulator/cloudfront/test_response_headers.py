"""Headers that a policy adds to answers."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cloudfront import Distribution, StateError
from tests.simulator.cloudfront.fakes import Reply, World, behavior, cache_policy, replies, resource, state, with_header

MANAGED = "67f7725c-6f97-4210-82d7-5512b31e9d03"
SECURITY = {
    "strictTransportSecurity": {"accessControlMaxAgeSec": 60, "includeSubdomains": True, "preload": True},
    "contentTypeOptions": {"override": True},
    "frameOptions": {"frameOption": "DENY", "override": False},
    "referrerPolicy": {"referrerPolicy": "no-referrer", "override": True},
    "contentSecurityPolicy": {"contentSecurityPolicy": "default-src 'self'", "override": False},
    "xssProtection": {"protection": True, "modeBlock": True, "override": False},
}


def policy(**parts: Any) -> dict[str, Any]:
    return resource("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "headers", {"name": "p", **parts})


def world(*policies: dict[str, Any], policy_id: str = "headers", **settings: Any) -> World:
    return World(state(cache_policy(), *policies, default=behavior(responseHeadersPolicyId=policy_id, **settings)))


def test_every_security_header_has_its_spelling() -> None:
    headers = world(policy(securityHeadersConfig=SECURITY)).get("/").headers
    assert {name.lower(): value for name, value in headers if name.lower() in EXPECTED} == EXPECTED


EXPECTED = {
    "strict-transport-security": "max-age=60; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'self'",
    "x-xss-protection": "1; mode=block",
}


@pytest.mark.parametrize(("overrides", "expected"), [(False, ["SAMEORIGIN"]), (True, ["DENY"])])
def test_what_the_origin_says_stands_unless_the_policy_overrides(overrides: bool, expected: list[str]) -> None:
    frames = {"frameOptions": {"frameOption": "DENY", "override": overrides}}
    one = world(policy(securityHeadersConfig=frames))
    one.origin.reply = with_header("x-frame-options", "SAMEORIGIN")
    assert one.get("/").headers.all("x-frame-options") == expected


def test_a_policys_own_headers_are_added() -> None:
    items = [{"header": "X-Team", "value": "edge", "override": True}]
    assert world(policy(customHeadersConfig={"items": items})).get("/").headers.get("x-team") == "edge"


def test_hits_errors_and_cookies_are_treated_alike() -> None:
    one = world(policy(securityHeadersConfig={"contentTypeOptions": {"override": False}}))
    cookie: Reply = (200, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], b"hello")
    one.origin.reply = replies(cookie, (500, [], b"broken"))
    answers = [one.get("/"), one.get("/"), one.get("/other")]
    assert [answer.headers.get("x-content-type-options") for answer in answers] == ["nosniff"] * 3
    assert [answer.status for answer in answers] == [200, 200, 500]


def test_the_managed_security_policy_is_known() -> None:
    headers = world(policy_id=MANAGED).get("/").headers
    assert headers.get("strict-transport-security") == "max-age=31536000"
    assert headers.get("x-xss-protection") == "1; mode=block"


def test_without_a_policy_nothing_is_added() -> None:
    assert "x-frame-options" not in World().get("/").headers


@pytest.mark.parametrize("part", ["corsConfig", "removeHeadersConfig", "serverTimingHeadersConfig"])
def test_what_is_not_simulated_is_refused_by_name(part: str) -> None:
    deployed = state(cache_policy(), policy(**{part: {"x": 1}}), default=behavior(responseHeadersPolicyId="headers"))
    with pytest.raises(StateError) as raised:
        Distribution.from_state(deployed)
    assert str(raised.value) == f"ResponseHeadersPolicy responseheaderspolicy-headers: {part} is not simulated"
