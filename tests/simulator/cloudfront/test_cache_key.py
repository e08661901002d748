"""Which requests share an object."""

from typing import Any

import pytest

from pulumi_state.policies import ALL, CachePolicy, Selection
from simulator.cloudfront.cache.cache import cache_key
from tests.simulator.cloudfront.fakes import request


def policy(**settings: Any) -> CachePolicy:
    return CachePolicy(name="test", min_ttl=0, default_ttl=60, max_ttl=3600, **settings)


def share(first: Any, second: Any, used: CachePolicy, regions: tuple[str, str] = ("us-east-1", "us-east-1")) -> bool:
    keys = [
        cache_key(item, used, "d1.cloudfront.net", region)
        for item, region in zip((first, second), regions, strict=True)
    ]
    return keys[0] == keys[1]


def test_default_key_is_domain_and_path_only() -> None:
    first = request("/a?x=1", {"Cookie": "s=1", "Accept-Language": "de"})
    assert share(first, request("/a?x=2"), policy())
    assert not share(first, request("/b"), policy())


def test_head_shares_the_object_of_get_and_options_does_not() -> None:
    assert share(request("/a"), request("/a", method="HEAD"), policy())
    assert not share(request("/a"), request("/a", method="OPTIONS"), policy())


def test_each_region_has_its_own_cache() -> None:
    assert not share(request("/a"), request("/a"), policy(), ("us-east-1", "eu-west-1"))


@pytest.mark.parametrize(
    ("query", "first", "second", "is_shared"),
    [
        (Selection("whitelist", frozenset({"a"})), "/?a=1&b=1", "/?b=2&a=1", True),
        (Selection("whitelist", frozenset({"a"})), "/?a=1", "/?a=2", False),
        (Selection("whitelist", frozenset({"a"})), "/?A=1", "/?A=2", True),
        (Selection("whitelist", frozenset({"a b"})), "/?a%20b=1", "/?a%20b=2", False),
        (Selection("allExcept", frozenset({"utm"})), "/?a=1&utm=x", "/?a=1&utm=y", True),
        (Selection("allExcept", frozenset({"utm"})), "/?a=1", "/?a=2", False),
        (ALL, "/?a=1&b=2", "/?b=2&a=1", False),
    ],
)
def test_query_parameters_in_the_key(query: Selection, first: str, second: str, is_shared: bool) -> None:
    assert share(request(first), request(second), policy(query=query)) is is_shared


def test_cookies_in_the_key_ignore_order_and_those_not_taken() -> None:
    used = policy(cookies=Selection("whitelist", frozenset({"a", "b"})))
    assert share(request("/", {"Cookie": "a=1; b=2; x=9"}), request("/", {"Cookie": "b=2; a=1"}), used)
    assert not share(request("/", {"Cookie": "a=1"}), request("/", {"Cookie": "a=2"}), used)


def test_header_in_the_key_and_its_absence_differ_from_an_empty_one() -> None:
    used = policy(headers=Selection.for_headers("whitelist", ["X-Tenant"]))
    assert share(request("/", {"x-tenant": "1"}), request("/", {"X-TENANT": "1"}), used)
    assert not share(request("/", {"x-tenant": ""}), request("/"), used)


def test_country_header_is_made_by_the_edge() -> None:
    used = policy(headers=Selection.for_headers("whitelist", ["CloudFront-Viewer-Country"]))
    forged = request("/", {"CloudFront-Viewer-Country": "FR"}, country="DE")
    assert share(forged, request("/", country="DE"), used)
    assert not share(forged, request("/", country="FR"), used)


@pytest.mark.parametrize(
    ("first", "second", "is_shared"),
    [
        ("gzip, deflate, br", "br;q=1.0, gzip;q=0.8", True),
        ("gzip", "gzip, br", False),
        ("gzip;q=0", "deflate", True),
    ],
)
def test_accept_encoding_is_normalized(first: str, second: str, is_shared: bool) -> None:
    used = policy(takes_gzip=True, takes_brotli=True)
    pair = [request("/", {"Accept-Encoding": value}) for value in (first, second)]
    assert share(pair[0], pair[1], used) is is_shared


def test_viewer_that_takes_no_known_encoding_shares_with_one_that_says_nothing() -> None:
    used = policy(takes_gzip=True)
    assert share(request("/", {"Accept-Encoding": "deflate"}), request("/"), used)
