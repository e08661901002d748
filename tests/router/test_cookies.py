"""Cookie headers as browsers, proxies and CloudFront write them."""

import json
from pathlib import Path

import pytest

from router.model.request import Request, find_cookies
from router.model.response import is_in_path, set_cookie


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], {}),
        (["a=1"], {"a": "1"}),
        (["a=1; b=2"], {"a": "1", "b": "2"}),
        (["a=1;b=2"], {"a": "1", "b": "2"}),
        (["a=1", "b=2; c=3"], {"a": "1", "b": "2", "c": "3"}),
        (["a=1; a=2"], {"a": "1"}),
        (["a=1", "a=2"], {"a": "1"}),
        (["A=1; a=2"], {"A": "1", "a": "2"}),
        (["a=b=c=="], {"a": "b=c=="}),
        (["a=; b=2"], {"a": "", "b": "2"}),
        (["novalue; b=2"], {"b": "2"}),
        (["=nameless; b=2"], {"b": "2"}),
        (["  a \t=\t 1 ;; ; b=2;"], {"a": "1", "b": "2"}),
        (['a="quoted"; b="'], {"a": "quoted", "b": '"'}),
        (['a=""'], {"a": ""}),
        (["xsessiontoken=no; sessiontoken=yes"], {"xsessiontoken": "no", "sessiontoken": "yes"}),
        (["a=%20,%3B"], {"a": "%20,%3B"}),
    ],
)
def test_cookie_headers_are_read_by_rfc_6265(headers: list[str], expected: dict[str, str]) -> None:
    names = {"a", "b", "c", "A", "novalue", "sessiontoken", "xsessiontoken", "theme"}
    found = {name: next(find_cookies(headers, name), None) for name in names}
    assert {name: value for name, value in found.items() if value is not None} == expected


def test_a_request_finds_its_cookie_among_several_headers() -> None:
    request = Request(headers={"Cookie": ["theme=dark; lang=en", "sessiontoken=abc; x=y"]})
    assert request.cookie("sessiontoken") == "abc"
    assert request.cookie("SessionToken") is None


def test_a_set_cookie_is_host_only_secure_http_only_and_lax() -> None:
    assert set_cookie("v", "1", 60) == "v=1; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_a_domain_makes_the_cookie_reach_subdomains() -> None:
    assert (
        set_cookie("v", "1", 60, domain="example.com")
        == "v=1; Max-Age=60; Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax"
    )


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"same_site": "None"}, "Path=/; Secure; HttpOnly; SameSite=None"),
        ({"same_site": "Strict"}, "Path=/; Secure; HttpOnly; SameSite=Strict"),
        ({"same_site": "None", "partitioned": True}, "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"),
        ({"path": "/shop", "domain": "a.b"}, "Path=/shop; Domain=a.b; Secure; HttpOnly; SameSite=Lax"),
    ],
)
def test_a_set_cookie_has_the_attributes_it_is_given_and_is_always_secure(
    attributes: dict[str, str], expected: str
) -> None:
    assert set_cookie("v", "1", 60, **attributes) == f"v=1; Max-Age=60; {expected}"  # type: ignore[arg-type]


PATHS = json.loads(Path(__file__).with_name("cookie_paths.json").read_text())
"""[cookie's path, request's path, whether the cookie is sent], for functions/canary.js too."""


@pytest.mark.parametrize(("cookie_path", "request_path", "is_sent"), PATHS)
def test_a_cookie_belongs_to_its_path_and_what_is_below(cookie_path: str, request_path: str, is_sent: bool) -> None:
    assert is_in_path(request_path, cookie_path) == is_sent
