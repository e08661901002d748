"""Answers that name an origin name the site instead, and nothing else of them changes."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.public_host import rewrite
from simulator.cloudfront import validate_result
from simulator.sample_events import custom_origin, origin_request, origin_response

SITE = "www.example.com"
NAMES = [SITE, SITE, "*.tenants.example.net"]
PORTS = {"v1.example.com": [443], "v2.example.com": [8443], "app.internal.example.org": [443]}
V2 = {"domainName": "v2.example.com", "port": 8443, "path": "/v2"}


def rewritten_values(
    name: str, *values: str, origin: dict[str, Any] | None = None, host: str = "", status: str = "302", **request: Any
) -> list[str]:
    """What becomes of a header of an answer, by default of v1; CloudFront has to accept it."""
    given = custom_origin(**(origin or {}))
    sent = {"Host": host or given["domainName"], "X-Forwarded-Host": SITE}
    event = origin_response(origin_request(headers=sent, **request), status=status)
    cf = event["Records"][0]["cf"]
    cf["request"]["origin"] = {"custom": given}
    cf["response"]["headers"][name.lower()] = [{"key": name, "value": value} for value in values]
    before = copy.deepcopy(event)
    rewrite(cf, PORTS, NAMES)
    assert list(validate_result(before, cf["response"])) == []
    kept = {key: value for key, value in cf["response"]["headers"].items() if key != name.lower()}
    assert kept == {"content-type": [{"key": "Content-Type", "value": "text/html"}]}
    return [entry["value"] for entry in cf["response"]["headers"][name.lower()]]


REFERENCES = {
    "https://v1.example.com/login": "/login",
    "http://v1.example.com/login": "/login",
    "//v1.example.com/login": "/login",
    "HTTPS://V1.EXAMPLE.COM:443/x?y=1#z": "/x?y=1#z",
    "http://v1.example.com:80/x": "/x",
    "https://v1.example.com:/x": "/x",
    "https://v1.example.com./x": "/x",
    "https://v1.example.com": "/",
    "https://v1.example.com?a=b": "/?a=b",
    "https://v1.example.com#part": "/#part",
    "https://v2.example.com:8443/x": "/x",
    "https://app.internal.example.org/x": "/x",
    "https://v1.example.com/caf\u00e9 au lait": "/caf\u00e9 au lait",
    "https://v1.example.com/?next=https://v1.example.com/a": "/?next=https://v1.example.com/a",
    # A path may begin with two slashes; as a reference it would be another host.
    "https://v1.example.com//evil.example/x": "/.//evil.example/x",
    "https://v1.example.com/\\evil.example/x": "/./\\evil.example/x",
}
UNTOUCHED = [
    "",
    "/login",
    "login?next=/",
    "../v2/x",
    "?a=b",
    "#part",
    "/v2/dir/",
    "//",
    "///v1.example.com/x",
    "https://",
    "https:///x",
    "https://other.example.com/",
    "https://example.com/",
    "https://v1.example.com.evil.example/",
    "https://evil-v1.example.com/",
    "https://www.example.com/login",
    "https://v1.example.com:444/",
    "https://v1.example.com:80/",
    "https://v1.example.com:8443/",
    "http://v1.example.com:4433/",
    "https://v1.example.com:0x1bb/",
    "https://v1.example.com:999999/",
    "https://v1.example.com..:443/",
    "https://user@v1.example.com/",
    "https://v1.example.com@evil.example/",
    "https://v1.example.com:443@evil.example/",
    "https://[2001:db8::1]/",
    "https://[::ffff:v1.example.com]/",
    "https://v1.ex\u00e4mple.com/",
    "https://v1.example.com\\@evil.example/",
    "https://v1.example.com\\x",
    "https:/\\v1.example.com/x",
    "https:\\\\v1.example.com/x",
    "https:/v1.example.com/x",
    "https:v1.example.com/x",
    "http\u017f://v1.example.com/",
    "https://v1.example.com:\u0664\u0664\u0663/",
    "ftp://v1.example.com/",
    "javascript://v1.example.com/%0aalert(1)",
    "view-source:https://v1.example.com/",
    " https://v1.example.com/",
    "https://v1.example.com/\t/evil.example/",
    "https://v1.exam\tple.com/x",
]


@pytest.mark.parametrize(("value", "expected"), REFERENCES.items())
def test_a_reference_to_an_origins_host_is_one_to_the_host_that_was_asked(value: str, expected: str) -> None:
    assert rewritten_values("Location", value) == [expected]
    assert rewritten_values("Content-Location", value, status="200") == [expected]


@pytest.mark.parametrize("value", UNTOUCHED)
def test_every_other_reference_stays_as_it_is(value: str) -> None:
    assert rewritten_values("Location", value) == [value]
    assert rewritten_values("Content-Location", value, status="201") == [value]


def test_each_of_several_is_rewritten() -> None:
    values = ("https://v1.example.com/a", "https://other.example.com/", "https://v2.example.com/b")
    assert rewritten_values("Location", *values) == ["/a", "https://other.example.com/", "/b"]


PREFIXED = {
    "/v2/dir/": "/dir/",
    "/v2": "/",
    "/v2?a=b": "/?a=b",
    "/v2#part": "/#part",
    "/v2//evil.example/x": "/.//evil.example/x",
    "/v2/\\evil.example": "/./\\evil.example",
    "/v2/v2/x": "/v2/x",
    "/v22/x": "/v22/x",
    "/V2/x": "/V2/x",
    "/x/v2/y": "/x/v2/y",
    "/v2/\t/evil.example": "/v2/\t/evil.example",
    "v2/x": "v2/x",
    "//v2/x": "//v2/x",
    "https://v2.example.com:8443/v2/dir/": "/dir/",
    "https://v2.example.com/v2": "/",
    "https://v2.example.com/login": "/login",
    "https://v2.example.com:9443/v2/x": "https://v2.example.com:9443/v2/x",
    "https://v1.example.com/v2/x": "/v2/x",
    "https://www.example.com/v2/x?y": "https://www.example.com/x?y",
    "https://www.example.com/v2": "https://www.example.com/",
    "https://www.example.com//v2/x": "https://www.example.com//v2/x",
    "https://other.example.com/v2/x": "https://other.example.com/v2/x",
}


@pytest.mark.parametrize(("value", "expected"), PREFIXED.items())
def test_the_path_of_the_origin_that_answered_is_removed_as_a_whole_segment(value: str, expected: str) -> None:
    assert rewritten_values("Location", value, origin=V2) == [expected]


def test_an_origin_that_the_strategy_found_elsewhere_is_ours_too() -> None:
    tenants = {"domainName": "Acme.Backends.example.net", "port": 9443}
    assert rewritten_values("Location", "https://acme.backends.example.net:9443/x", origin=tenants) == ["/x"]
    assert rewritten_values("Set-Cookie", "a=b; Domain=backends.example.net", origin=tenants) == ["a=b"]


PLAIN = {"protocol": "http", "port": 80}


@pytest.mark.parametrize(
    ("value", "origin", "asked", "expected"),
    [
        # What an origin behind plain HTTP says to everybody: https, please.
        ("https://v1.example.com/a?b=c", PLAIN, {"uri": "/a", "querystring": "b=c"}, None),
        ("https://v1.example.com/a#part", PLAIN, {"uri": "/a"}, None),
        ("https://v1.example.com/a?b=d", PLAIN, {"uri": "/a", "querystring": "b=c"}, "/a?b=d"),
        ("http://v1.example.com/a", PLAIN, {"uri": "/a"}, "/a"),
        ("//v1.example.com/a", PLAIN, {"uri": "/a"}, "/a"),
        # Post, redirect, get.
        ("https://v1.example.com/a", PLAIN, {"uri": "/a", "method": "POST"}, "/a"),
        ("https://v1.example.com/a", PLAIN, {"uri": "/a", "method": "POST", "status": "308"}, None),
        # Sets a cookie and tries again.
        ("https://v1.example.com/a", {}, {"uri": "/a"}, "/a"),
        ("/v2/a", V2, {"uri": "/a"}, "/a"),
        # The other version has it, where this visitor is not let.
        ("https://v1.example.com/a", V2, {"uri": "/a"}, None),
    ],
)
def test_a_redirect_that_would_come_back_for_ever_stays_as_it_is(
    value: str, origin: dict[str, Any], asked: dict[str, Any], expected: str | None
) -> None:
    assert rewritten_values("Location", value, origin=origin, **asked) == [expected or value]
    assert rewritten_values("Content-Location", "https://v1.example.com/", origin=PLAIN, status="200") == ["/"]


COOKIES = {
    "sid=1; Domain=v1.example.com; Path=/; Secure": "sid=1; Path=/; Secure",
    "sid=1;domain=.V2.Example.com": "sid=1",
    "sid=1; Domain=internal.example.org": "sid=1",
    "sid=1; Domain=example.org": "sid=1",
    "sid=1; Domain=v1.example.com; Domain=v2.example.com": "sid=1",
    "sid=1; Domain=example.com; Domain=v2.example.com": "sid=1",
    "sid=1; Domain=v1.example.com; Domain=example.com": "sid=1; Domain=v1.example.com; Domain=example.com",
    "sid=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Domain=v1.example.com; HttpOnly": (
        "sid=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"
    ),
    "a=Domain=v1.example.com": "a=Domain=v1.example.com",
}
KEPT_COOKIES = [
    "",
    "sid",
    "sid=1; Secure",
    "sid=1; Domain=example.com",  # the site is below it too
    "sid=1; Domain=.example.com; Path=/v2",
    "sid=1; Domain=www.example.com",
    "sid=1; Domain=org",
    "sid=1; Domain=",
    "sid=1; Domain",
    "sid=1; Domain=v1.example.com.",
    'a="b; Domain=v1.example.com"; Path=/',  # a browser reads no quotes: the domain ends with one
    "sid=1; Domain=other.example.org",
    "sid=1; Domain=example.net",  # the wildcard's
    "sid=1; Domain=a.tenants.example.net",
    "v1.example.com=1; Path=/v1.example.com",
]


@pytest.mark.parametrize(("value", "expected"), COOKIES.items())
def test_a_cookie_for_an_origins_domain_is_one_for_the_host_that_was_asked(value: str, expected: str) -> None:
    assert rewritten_values("Set-Cookie", value, "other=2; Path=/", status="200") == [expected, "other=2; Path=/"]


@pytest.mark.parametrize("value", KEPT_COOKIES)
def test_every_other_cookie_stays_as_it_is(value: str) -> None:
    assert rewritten_values("Set-Cookie", value) == [value]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=/v2; Path=/v2/app; Secure", "a=/v2; Path=/app; Secure"),
        ("a=b; path=/v2", "a=b; path=/"),
        ("a=b; Path=/v2/", "a=b; Path=/"),
        ("a=b; Path=/v22", "a=b; Path=/v22"),
        ("a=b; Path=/", "a=b; Path=/"),
        ("a=b;Domain=v2.example.com;Path=/v2", "a=b;Path=/"),
    ],
)
def test_a_cookies_path_is_what_the_viewer_asks_for(value: str, expected: str) -> None:
    assert rewritten_values("Set-Cookie", value, origin=V2) == [expected]
    assert rewritten_values("Set-Cookie", "a=b; Path=/v2") == ["a=b; Path=/v2"]


def test_with_the_viewers_host_only_the_path_changes() -> None:
    assert rewritten_values("Location", "https://www.example.com/v2/x", origin=V2, host=SITE) == [
        "https://www.example.com/x"
    ]


def test_an_answer_without_these_headers_stays_as_it_is() -> None:
    cf = origin_response(origin_request())["Records"][0]["cf"]
    before = copy.deepcopy(cf)
    rewrite(cf, PORTS, NAMES)
    assert cf == before


PIECES = [
    "https:",
    "http:",
    "//",
    "/",
    "\\",
    "v1.example.com",
    "v2",
    "@",
    ":",
    "443",
    "evil.example",
    "\t",
    "?",
    "#",
    ".",
]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), st.sampled_from([{}, V2]))
def test_no_reference_is_sent_to_a_host_that_it_did_not_name(value: str, origin: dict[str, Any]) -> None:
    """As a browser reads it: without control characters, and with \\ for /."""
    [found] = rewritten_values("Location", value, origin=origin)
    if found != value:
        read = found.translate({9: None, 92: "/"})
        assert urlsplit(urljoin("https://asked.example/", read)).netloc in ("asked.example", SITE)
