"""Cookie headers as browsers, proxies and CloudFront write them."""

import pytest

from router.cookies import parse_cookies, set_cookie
from router.request import Request


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
    assert parse_cookies(headers) == expected


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
