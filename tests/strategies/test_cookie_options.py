"""Options of the cookies that strategies set: what browsers would drop is refused, everything else is written so."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from router.model.request import Request
from router.model.response import Response
from strategies.cookie_version import CookieVersion
from strategies.registry import load
from tests.router.test_cookies import PATHS
from tests.strategies.fakes import Assigned, errors_of, make_edge

SETTING: dict[str, dict[str, Any]] = {
    "cookie-version": {"cookie": "v"},
    "sticky-session": {"caching": "versioned", "version_cookie": "v"},
}
"""The strategies that set a cookie, and the option that names it."""
NAMED_BY = {"cookie-version": "cookie", "sticky-session": "version_cookie"}
every_setter = pytest.mark.parametrize("name", SETTING)

HOST_PATH = "a cookie named __Host-… has the path /, and browsers drop it with another"
ALLOWED_PATH = "a cookie's path starts with / and has at most 1,024 printable ASCII characters, no space and no ;"


def mistakes(name: str, cookie: str = "v", **changes: Any) -> list[tuple[str, str]]:
    return errors_of(load(name).Options, **{**SETTING[name], NAMED_BY[name]: cookie, **changes})


@every_setter
@pytest.mark.parametrize("prefix", ["__Host-", "__host-", "__HOST-", "__Host-Http-"])
def test_a_cookie_for_one_host_has_the_path_of_all_of_it(name: str, prefix: str) -> None:
    assert mistakes(name, f"{prefix}v") == []
    assert mistakes(name, f"{prefix}v", path="/shop") == [("path", f"is '/shop': {HOST_PATH}")]
    assert mistakes(name, f"x{prefix}v", path="/shop") == []


@every_setter
def test_a_name_leaves_room_for_the_value(name: str) -> None:
    """The longest value is an origin of 32 characters, a tag of 8, an id of 64 and a signature of 43."""
    option = {"cookie": "cookie", "version_cookie": "versionCookie"}[NAMED_BY[name]]
    text = "browsers drop a cookie whose name and value have more than 4,096; allowed is 3,840"
    assert mistakes(name, "v" * 3_840) == []
    assert mistakes(name, "v" * 3_841) == [(option, f"has 3,841 characters: {text}")]


@pytest.mark.parametrize("cookie", ["__Host-v", "__host-v"])
def test_a_cookie_for_one_host_has_no_domain(cookie: str) -> None:
    assert mistakes("cookie-version", cookie, domain="example.com") == [
        (
            "domain",
            "is 'example.com': a cookie named __Host-… belongs to one host, and browsers drop it with a domain",
        )
    ]
    assert mistakes("cookie-version", "__Secure-v", domain="example.com", path="/shop") == []


@every_setter
@pytest.mark.parametrize(
    "path", ["", "shop", "/a;b", "/a b", "/a\tb", "/a\nb", "/a\x00", "/a\x7f", "/é", "/" + "a" * 1_024, " /", "/a "]
)
def test_a_path_that_would_be_another_is_refused(name: str, path: str) -> None:
    assert mistakes(name, path=path) == [("path", f"is {path!r}: {ALLOWED_PATH}")]


@every_setter
@pytest.mark.parametrize("same_site", ["lax", "none", "STRICT", "", "no", "Lax; Domain=x"])
def test_same_site_is_one_of_three_words(name: str, same_site: str) -> None:
    assert mistakes(name, same_site=same_site) == [("sameSite", f"is {same_site!r}: allowed: Lax, None, Strict")]


COMBINATIONS = list(itertools.product(["Lax", "None", "Strict"], [False, True], ["/", "/shop", "/shop/"]))


@pytest.mark.parametrize(("same_site", "is_partitioned", "path"), COMBINATIONS)
@pytest.mark.parametrize("cookie", ["v", "__Secure-v", "__Host-v"])
def test_whatever_is_accepted_browsers_keep(cookie: str, same_site: str, is_partitioned: bool, path: str) -> None:
    """By the rules of RFC 6265bis §5.7 and CHIPS for a cookie without Domain that came over HTTPS."""
    given = {"same_site": same_site, "partitioned": is_partitioned, "path": path}
    if mistakes("cookie-version", cookie, **given):
        assert (cookie, path == "/") == ("__Host-v", False)
        return
    pair, *attributes = cookie_set_by(**{"cookie": cookie, **given}).split("; ")
    assert pair.startswith(f"{cookie}=canary.")
    assert {"Secure", "HttpOnly", f"SameSite={same_site}", f"Path={path}"} <= set(attributes)
    assert ("Partitioned" in attributes) == is_partitioned
    assert not [attribute for attribute in attributes if attribute.startswith("Domain")]
    function = load("sticky-session").needs(load("sticky-session").Options(**SETTING["sticky-session"], **given))
    assert function.function_config["attributes"].split("; ") == attributes


def cookie_set_by(request_path: str = "/shop/cart", **options: Any) -> str:
    response = Response(origin="canary")
    made = Assigned(CookieVersion(CookieVersion.Options(**options), make_edge()), 0)
    made.respond(Request(path=request_path), response)
    return "".join(response.cookies)


@pytest.mark.parametrize(("cookie_path", "request_path", "is_sent"), PATHS)
def test_outside_of_the_cookies_path_none_is_set(cookie_path: str, request_path: str, is_sent: bool) -> None:
    """There nobody sends it, so another version could take the place of the one that a visitor has."""
    assert bool(cookie_set_by(request_path, path=cookie_path)) == is_sent


@every_setter
@pytest.mark.parametrize(
    ("same_site", "is_partitioned", "beginnings"),
    [
        ("Lax", False, []),
        ("None", False, []),
        ("None", True, []),
        ("Strict", False, ["sameSite is Strict: who follows a link from another site sends no cookie"]),
        ("Lax", True, ["partitioned is true, but sameSite is Lax: "]),
        ("Strict", True, ["sameSite is Strict: ", "partitioned is true, but sameSite is Strict: "]),
    ],
)
def test_what_is_rarely_meant_is_a_warning(
    name: str, same_site: str, is_partitioned: bool, beginnings: list[str]
) -> None:
    kind = load(name)
    warnings = kind.warnings(kind.Options(**SETTING[name], same_site=same_site, partitioned=is_partitioned))
    assert len(warnings) == len(beginnings)
    assert all(text.startswith(beginning) for text, beginning in zip(warnings, beginnings, strict=True))
