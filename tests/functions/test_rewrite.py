"""Answers of tier that name an origin name the site instead: what router/public_host.py does where a router runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.cdn.javascript import MAX_CODE_BYTES, build_function_code, build_rewriting_code
from infra.settings.stack import Stack
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse
from simulator.cloudfront.viewer_functions import validate_function_result
from simulator.cloudfront.viewer_functions.event import event_response
from simulator.cloudfront.viewer_functions.result import read_function_response
from simulator.cloudfront_functions import FunctionRuntime, KeyValueStore
from tests.functions.deployed import ARN
from tests.functions.events import viewer_request
from tests.infra.configs import stack_of
from tests.router.test_rewrites import COOKIES, KEPT_COOKIES, PIECES, REFERENCES, SITE, UNTOUCHED

Origins = Mapping[str, Mapping[str, Any]]

# Those of tests/router/test_rewrites.py.
APART: Origins = {
    "stable": {"domainName": "v1.example.com"},
    "canary": {"domainName": "app.internal.example.org"},
    "premium": {"domainName": "v2.example.com", "port": 8443, "path": "/v2"},
}
ALIKE: Origins = {name: {**origin, "path": "/v2"} for name, origin in APART.items()}
DOMAIN = {"aliases": [SITE, "*.tenants.example.net"], "hostedZoneId": "Z0123456789ABC"}


def stack_with(origins: Origins) -> Stack:
    """A stack of tier whose one tier is premium."""
    configured = {name: origin for name, origin in origins.items() if name in ("stable", "canary")}
    tiers = {name: origin for name, origin in origins.items() if name not in configured}
    return stack_of(strategy="tier", origins=configured, tier={"tiers": tiers}, domain=DOMAIN)


class Rewriting:
    """The deployed function with the stack's store."""

    def __init__(self, origins: Origins, *, has_store: bool = True) -> None:
        stack = stack_with(origins)
        function, rewriting = build_function_code(stack), build_rewriting_code(stack)
        assert function is not None
        assert rewriting is not None
        self.code = rewriting.code
        self._runtime = FunctionRuntime(rewriting.code, KeyValueStore(ARN, function.key_values) if has_store else None)

    def rewrite(
        self, headers: Headers, *, status: int = 302, uri: str = "/asked", query: str = "", method: str = "GET"
    ) -> Headers:
        """What becomes of an answer's headers; CloudFront has to accept it."""
        response = OriginResponse(status, "", headers)
        event = viewer_request(headers={"host": SITE}) | {"response": event_response(response)}
        event["context"]["eventType"] = "viewer-response"
        event["request"] |= {"uri": uri, "method": method}
        run = self._runtime.run(event | ({"rawQueryString": query} if query else {}))
        assert run.error is None, run.error_message
        assert validate_function_result(event, run.result) == []
        return read_function_response(response, event["response"], run.result).headers

    def header(self, name: str, *values: str, **options: Any) -> list[str]:
        """What becomes of one header; another one stays."""
        kept = ("Content-Type", "text/html")
        found = self.rewrite(Headers.of([kept, *((name, value) for value in values)]), **options)
        assert found.all("content-type") == [kept[1]]
        return list(found.all(name.lower()))

    def cookies(self, *lines: str, **options: Any) -> dict[str, Any]:
        """What becomes of cookies, as events have them."""
        return cookies_of(*self.header("Set-Cookie", *lines, **options))


def cookies_of(*lines: str) -> dict[str, Any]:
    headers = Headers.of(("Set-Cookie", line) for line in lines)
    return event_response(OriginResponse(200, "", headers))["cookies"]


@cache
def apart() -> Rewriting:
    return Rewriting(APART)


@cache
def alike() -> Rewriting:
    return Rewriting(ALIKE)


@pytest.mark.parametrize(("value", "expected"), REFERENCES.items())
def test_a_reference_to_an_origins_host_is_one_to_the_host_that_was_asked(value: str, expected: str) -> None:
    assert apart().header("Location", value) == [expected]
    assert apart().header("Content-Location", value, status=200) == [expected]


@pytest.mark.parametrize("value", UNTOUCHED)
def test_every_other_reference_stays_as_it_is(value: str) -> None:
    assert apart().header("Location", value) == [value]


def test_each_of_several_is_rewritten() -> None:
    values = ("https://v1.example.com/a", "https://other.example.com/", "https://v2.example.com/b")
    assert apart().header("Location", *values) == ["/a", "https://other.example.com/", "/b"]


@pytest.mark.parametrize(
    ("value", "expected"),
    {
        "https://v2.example.com:8443/v2/dir/": "/dir/",
        "https://v2.example.com/v2": "/",
        "https://v2.example.com/v2?a=b": "/?a=b",
        "https://v2.example.com/v2//evil.example/x": "/.//evil.example/x",
        "https://v2.example.com/v22/x": "/v22/x",
        "https://v1.example.com/v2/x": "/v2/x",
        # Of whom, nobody knows.
        "/v2/dir/": "/v2/dir/",
        "https://www.example.com/v2/x": "https://www.example.com/v2/x",
    }.items(),
)
def test_a_path_is_removed_behind_the_host_of_its_origin(value: str, expected: str) -> None:
    assert apart().header("Location", value) == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    {
        "/v2/dir/": "/dir/",
        "/v2": "/",
        "/v2\\x": "/v2\\x",
        "/v2//evil.example/x": "/.//evil.example/x",
        "/v22/x": "/v22/x",
        "//v2/x": "//v2/x",
        "https://www.example.com/v2/x?y": "https://www.example.com/x?y",
        "https://D111111abcdef8.cloudfront.net/v2/x": "https://D111111abcdef8.cloudfront.net/x",
        "https://www.example.com:8443/v2/x": "https://www.example.com:8443/v2/x",
        "https://a.tenants.example.net/v2/x": "https://a.tenants.example.net/v2/x",
        "https://other.example.com/v2/x": "https://other.example.com/v2/x",
        "https://v1.example.com/v2/x": "/x",
    }.items(),
)
def test_a_path_that_all_origins_have_is_removed_everywhere(value: str, expected: str) -> None:
    assert alike().header("Location", value) == [expected]


@pytest.mark.long_if(r"paths[24]")
@pytest.mark.parametrize(
    ("paths", "value", "expected"),
    [
        (("/a", "/b", "/a"), "/a/x", "/x"),
        (("/a", "/b", "/a"), "/b/x", "/x"),
        (("/a", "/a/b", "/a"), "/a/c", "/c"),
        (("/a", "/a/b", "/a"), "/a/b/c", "/a/b/c"),
        (("", "/b", ""), "/b/x", "/b/x"),
    ],
)
def test_of_several_paths_at_one_host_the_only_one_that_fits_is_removed(
    paths: tuple[str, str, str], value: str, expected: str
) -> None:
    origins = {
        name: {"domainName": "one.example.org", "path": path}
        for name, path in zip(("stable", "premium", "canary"), paths, strict=True)
    }
    assert Rewriting(origins).header("Location", f"https://one.example.org{value}") == [expected]
    assert Rewriting(origins).header("Location", value) == [value]


PLAIN: Origins = {**APART, "stable": {"domainName": "v1.example.com", "protocol": "http"}}


@pytest.mark.long_if(r"^origins[2-6]-")
@pytest.mark.parametrize(
    ("origins", "value", "sets_cookie", "asked", "expected"),
    [
        (PLAIN, "https://v1.example.com/a?b=c", True, {"uri": "/a", "query": "b=c"}, None),
        (PLAIN, "https://v1.example.com/a#part", True, {"uri": "/a"}, None),
        (PLAIN, "https://v1.example.com/a?b=d", False, {"uri": "/a", "query": "b=c"}, "/a?b=d"),
        (PLAIN, "http://v1.example.com/a", True, {"uri": "/a"}, "/a"),
        (PLAIN, "//v1.example.com/a", True, {"uri": "/a"}, "/a"),
        (PLAIN, "https://v1.example.com/a", False, {"uri": "/a", "method": "POST"}, "/a"),
        (PLAIN, "https://v1.example.com/a", False, {"uri": "/a", "method": "POST", "status": 308}, None),
        # Sets a cookie and tries again.
        (APART, "https://v1.example.com/a", True, {"uri": "/a"}, "/a"),
        # Another tier has it, or the next answer is the same.
        (APART, "https://v1.example.com/a", False, {"uri": "/a"}, None),
        (ALIKE, "/v2/a", False, {"uri": "/a"}, "/a"),
        (ALIKE, "https://www.example.com/v2/a", False, {"uri": "/a"}, None),
    ],
)
def test_a_redirect_that_would_come_back_for_ever_stays_as_it_is(
    origins: Origins, value: str, sets_cookie: bool, asked: dict[str, Any], expected: str | None
) -> None:
    headers = Headers.of([("Location", value), *([("Set-Cookie", "seen=1")] if sets_cookie else [])])
    assert Rewriting(origins).rewrite(headers, **asked).all("location") == [expected or value]


@pytest.mark.parametrize(("value", "expected"), [*COOKIES.items(), *((kept, kept) for kept in KEPT_COOKIES if kept)])
def test_a_cookie_for_an_origins_domain_is_one_for_the_host_that_was_asked(value: str, expected: str) -> None:
    assert apart().cookies(value, "other=2; Path=/") == cookies_of(expected, "other=2; Path=/")


def test_each_of_several_cookies_of_one_name_is_rewritten() -> None:
    given = ("a=1; Domain=v1.example.com", "a=2; Domain=other.example.org", "a=3; Path=/; Domain=v2.example.com")
    assert apart().cookies(*given) == cookies_of("a=1", "a=2; Domain=other.example.org", "a=3; Path=/")


def test_a_cookies_path_is_what_the_viewer_asks_for() -> None:
    assert apart().cookies("a=b;Domain=v2.example.com;Path=/v2/app") == cookies_of("a=b; Path=/app")
    assert apart().cookies("a=b; Path=/v2") == cookies_of("a=b; Path=/v2")
    assert alike().cookies("a=/v2; path=/v2/app; Secure") == cookies_of("a=/v2; path=/app; Secure")
    assert alike().cookies("a=b; Path=/v22; Domain=example.org") == cookies_of("a=b; Path=/v22")


def test_without_an_answer_of_the_store_everything_stays_as_it_is() -> None:
    without = Rewriting(APART, has_store=False)
    assert without.header("Location", "https://v1.example.com/a") == ["https://v1.example.com/a"]
    assert without.cookies("a=b; Domain=v1.example.com") == cookies_of("a=b; Domain=v1.example.com")


def test_the_code_fits_and_has_names_of_the_site_only_where_a_path_is_removed() -> None:
    assert '{"names":[],"path":""}' in apart().code
    assert f'{{"names":["{SITE}"],"path":"/v2"}}' in alike().code
    assert len(alike().code.encode()) <= MAX_CODE_BYTES / 2


def test_paths_that_do_not_fit_into_a_value_are_left_out() -> None:
    tiers = {f"tier-{number}": {"domainName": "one.example.org", "path": f"/{number:030}"} for number in range(40)}
    function = build_function_code(stack_with({**APART, **tiers}))
    assert function is not None
    assert function.key_values["host:one.example.org"] == '{"isForeign":true,"https":[443]}'


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), st.sampled_from([apart, alike]))
def test_no_reference_is_sent_to_a_host_that_it_did_not_name(value: str, function: Any) -> None:
    """As a browser reads it: without control characters, and with \\ for /."""
    [found] = function().header("Location", value)
    if found != value:
        read = found.translate({9: None, 92: "/"})
        assert urlsplit(urljoin("https://asked.example/", read)).netloc in ("asked.example", SITE)
