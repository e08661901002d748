"""A cookie's domain has to be one that viewers come by, and none that is everybody's; the list is the package's own."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from infra.config import cookie_domains as settings_cookies
from infra.config.cookie_domains import is_public_suffix
from tests.infra.configs import problems_of, shipped_stack, stack_of

KEY = "edge-router:cookieVersion.domain"
SUFFIX = "that is a public suffix, where anyone can have a name, and browsers take no cookie for it"
NOWHERE = (
    "without domain.aliases viewers come by a name below cloudfront.net, and browsers drop a cookie for another domain;"
    " write the aliases, or leave this out"
)
ELSEWHERE = "no alias ends with it, and browsers drop a cookie for a domain that they are not in; domain.aliases has"


def reached_by(*aliases: str) -> dict[str, Any]:
    return {"domain": {"aliases": list(aliases), "hostedZoneId": "Z0123456789ABC"}} if aliases else {}


def mistakes(domain: str, *aliases: str, **settings: Any) -> list[str]:
    return problems_of(cookieVersion={"domain": domain}, **{**reached_by(*aliases), **settings})


@pytest.mark.parametrize(
    ("domain", "aliases"),
    [
        ("example.com", ["example.com"]),
        ("example.com", ["www.example.com"]),
        (".example.com", ["www.example.com"]),
        ("EXAMPLE.com", ["a.b.example.com"]),
        ("example.com", ["*.example.com"]),
        ("shop.example.com", ["*.example.com"]),
        ("example.com", ["www.other.org", "www.example.com"]),
        ("mine.github.io", ["www.mine.github.io"]),
    ],
)
def test_a_domain_that_an_alias_ends_with_is_in_order(domain: str, aliases: list[str]) -> None:
    assert mistakes(domain, *aliases) == []


@pytest.mark.parametrize(
    "domain",
    [
        "co.uk",
        "CO.UK",
        ".co.uk",
        "com.br",
        "github.io",
        "cloudfront.net",
        "s3.amazonaws.com",
        "foo.ck",
        "xn--55qx5d.cn",
    ],
)
@pytest.mark.parametrize("aliases", [[], ["www.co.uk"]])
def test_a_public_suffix_is_refused_whoever_comes_by_it(domain: str, aliases: list[str]) -> None:
    assert mistakes(domain, *aliases) == [f"{KEY} is {domain!r}: {SUFFIX}"]


@pytest.mark.parametrize("domain", ["example.com", "d111111abcdef8.cloudfront.net", "www.ck"])
def test_without_aliases_no_domain_is_the_viewers(domain: str) -> None:
    assert mistakes(domain) == [f"{KEY} is {domain!r}: {NOWHERE}"]
    assert problems_of(cookieVersion={"domain": domain}, domain={}) == mistakes(domain)


@pytest.mark.parametrize(
    ("domain", "alias"),
    [
        ("example.com", "www.example.org"),
        ("ample.com", "www.example.com"),
        ("www.example.com", "example.com"),
        ("shop.example.com", "www.example.com"),
        ("other.org", "*.example.com"),
        ("xexample.com", "*.example.com"),
    ],
)
def test_a_domain_that_no_alias_ends_with_is_refused(domain: str, alias: str) -> None:
    assert mistakes(domain, alias) == [f"{KEY} is {domain!r}: {ELSEWHERE} {alias}"]


def test_it_is_judged_whichever_strategy_is_chosen_and_with_every_caching() -> None:
    assert mistakes("co.uk", strategy="fastest-origin") == [f"{KEY} is 'co.uk': {SUFFIX}"]
    section = {"domain": "co.uk", "caching": "versioned"}
    assert problems_of(cookieVersion=section) == [f"{KEY} is 'co.uk': {SUFFIX}"]


def test_aliases_that_are_wrong_themselves_are_the_only_mistake() -> None:
    [mistake] = mistakes("example.com", "WWW.example.com")
    assert mistake.startswith("edge-router:domain.aliases[0] is 'WWW.example.com': ")


@pytest.mark.parametrize(
    ("domain", "aliases", "outside"),
    [
        ("example.com", ["www.example.com", "example.com", "*.example.com"], ""),
        ("example.com", ["www.example.com", "www.other.org"], "www.other.org"),
        ("shop.example.com", ["*.example.com", "www.other.org"], "*.example.com, www.other.org"),
    ],
)
def test_aliases_outside_of_the_domain_are_a_warning(domain: str, aliases: list[str], outside: str) -> None:
    warnings = stack_of(cookieVersion={"domain": domain}, **reached_by(*aliases)).settings.warnings()
    assert warnings == [
        f"cookieVersion.domain is {domain!r}, but viewers come by {names} too: where the name does not end with it,"
        " browsers drop the cookie, and every request is assigned anew"
        for names in filter(None, [outside])
    ]


def test_a_cookie_for_one_host_needs_no_alias() -> None:
    assert stack_of(cookieVersion={"cookie": "__Host-v"}).settings.needs.cookie_domain == ""
    assert shipped_stack("prod", "strategy=cookie-version").settings.warnings() == []


def test_the_list_comes_with_the_package_and_not_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(socket, "getaddrinfo", None)
    settings_cookies._suffixes.cache_clear()
    assert (is_public_suffix("co.uk"), is_public_suffix("example.co.uk")) == (True, False)
