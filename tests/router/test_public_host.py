"""X-Forwarded-Host and what else tells an origin the name of the site: ours, whatever a viewer claims."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.settings.domain import CLAIMS, SCHEME
from router.event import public_headers, write_origin
from router.model.decision import Origin
from simulator.cloudfront import validate_result
from simulator.sample_events import origin_request

CANARY = Origin("canary", "v2.example.com")
HEADERS = {**dict.fromkeys(CLAIMS, ""), **SCHEME}
OWN_NAME = "d111111abcdef8.cloudfront.net"
ALIASES = ["www.example.com", "www.example.com", "shop.example.com", "*.tenants.example.com"]


def route(hosts: list[str], origin: Origin = CANARY, **viewers: str) -> dict[str, Any]:
    """The headers that the origin gets, of a request that CloudFront accepts."""
    event = origin_request(headers={name.replace("_", "-"): value for name, value in viewers.items()})
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    write_origin(cf, origin, public_headers(cf, origin, hosts, HEADERS))
    assert list(validate_result(event, cf["request"])) == []
    return {name: [one["value"] for one in entries] for name, entries in cf["request"]["headers"].items()}


@pytest.mark.parametrize(
    ("hosts", "asked", "expected"),
    [
        ([""], "v1.example.com", OWN_NAME),
        (["www.example.com"], "v1.example.com", "www.example.com"),
        (["www.example.com"], "evil.example", "www.example.com"),
        (ALIASES, "shop.example.com", "shop.example.com"),
        (ALIASES, "a.tenants.example.com", "a.tenants.example.com"),
        (ALIASES, "a.b.tenants.example.com", "www.example.com"),
        (ALIASES, "evil.example", "www.example.com"),
        (["", "*.example.com"], "evil.example", OWN_NAME),
        (["", "*.example.com"], "example.com", OWN_NAME),
    ],
)
def test_an_origin_is_told_the_name_that_was_asked_for_if_it_is_ours(
    hosts: list[str], asked: str, expected: str
) -> None:
    assert route(hosts, Host=asked)["x-forwarded-host"] == [expected]


@pytest.mark.parametrize("name", CLAIMS)
def test_what_a_viewer_claims_is_not_passed_on(name: str) -> None:
    assert route(["www.example.com"], **{name: "evil.example"}) == route(["www.example.com"])


def test_the_scheme_is_https_whatever_a_viewer_says() -> None:
    assert route([""], CloudFront_Forwarded_Proto="http")["cloudfront-forwarded-proto"] == ["https"]


def test_an_origin_that_receives_the_viewers_host_needs_no_other() -> None:
    origin = Origin("canary", "v2.example.com", host_header="viewer")
    headers = route(["www.example.com"], origin, Host="shop.example.com", X_Forwarded_Host="evil.example")
    assert (headers["host"], headers.get("x-forwarded-host")) == (["shop.example.com"], None)


def test_a_custom_header_of_the_distribution_by_that_name_goes_before() -> None:
    event = origin_request()
    cf = event["Records"][0]["cf"]
    cf["request"]["origin"]["custom"]["customHeaders"] = {
        "x-forwarded-host": [{"key": "X-Forwarded-Host", "value": "own.example.com"}]
    }
    before = copy.deepcopy(event)
    write_origin(cf, CANARY, public_headers(cf, CANARY, ["www.example.com"], HEADERS))
    assert "x-forwarded-host" not in cf["request"]["headers"]
    assert list(validate_result(before, cf["request"])) == []
