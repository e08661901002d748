"""Requests that belong to a page and say nothing about their visitor: one origin for all, no cookie, no new visitor."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.package.baked_config import baked_config
from router.baked import build_router
from router.metrics import Metrics
from router.model.assignment import release_tag
from router.model.decision import Decision
from router.model.request import Request
from router.model.response import Response
from strategies.base import Strategy
from strategies.cookie_version import CookieVersion
from strategies.cookie_version import Options as CookieOptions
from strategies.sticky_session import Options as SessionOptions
from strategies.sticky_session import StickySession
from tests.functions.deployed import Deployed, line, version
from tests.functions.events import viewer_request, viewer_response
from tests.infra.configs import stack_of
from tests.strategies.fakes import Assigned, FakeTable, make_edge

VECTORS: dict[str, tuple[dict[str, str], bool]] = json.loads(
    Path(__file__).with_name("subrequests.json").read_text(encoding="utf-8")
)
FETCH = {"method": "GET", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
every_vector = pytest.mark.parametrize(("given", "is_subrequest"), VECTORS.values(), ids=VECTORS)
every_percentage = pytest.mark.parametrize(
    ("percent", "origin"), [(0, "stable"), (10, "stable"), (50, "stable"), (50.01, "canary"), (100, "canary")]
)


def request(given: dict[str, str], number: int = 0, **cookies: str) -> Request:
    headers = {name: value for name, value in given.items() if name != "method"}
    pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request(
        method=given["method"],
        headers={**headers, **({"cookie": pairs} if pairs else {})},
        request_id=f"request-{number}",
    )


def strategies(**options: Any) -> list[Strategy]:
    sessions = make_edge(table=FakeTable())
    return [CookieVersion(CookieOptions(**options), make_edge()), StickySession(SessionOptions(**options), sessions)]


def decide(given: dict[str, str], percent: float, **options: Any) -> list[Decision]:
    """What forty such requests are told by both strategies."""
    made = [Assigned(strategy, percent) for strategy in strategies(**options)]
    return [strategy.choose(request(given, number)) for number in range(40) for strategy in made]


@cache
def deploy(percent: float, *, assigns: bool = False, strategy: str = "cookie-version") -> Deployed:
    section: dict[str, Any] = {"caching": "versioned", "assignSubrequests": assigns}
    if strategy == "sticky-session":
        section |= {"cookie": "sid", "versionCookie": "app-version"}
    return Deployed(
        strategy,
        cookieVersion=section if strategy == "cookie-version" else {},
        stickySession=section if strategy == "sticky-session" else {"cookie": "sid"},
        canaryPercent=str(percent),
        release="r",
    )


def event_of(given: dict[str, str], number: int = 0, **cookies: str) -> dict[str, Any]:
    headers = {name: value for name, value in given.items() if name != "method"}
    event = viewer_request(headers=headers, cookies=cookies, request_id=f"request-{number}")
    event["request"]["method"] = given["method"]
    return event


@every_vector
def test_a_request_belongs_to_a_page_by_what_browsers_say_of_it(given: dict[str, str], is_subrequest: bool) -> None:
    assert request(given).is_subrequest is is_subrequest
    reasons = {decision.reason for decision in decide(given, 50)}
    assert reasons == ({"no-identity"} if is_subrequest else {"no-cookie", "no-session"})


@every_vector
def test_the_function_before_the_cache_knows_it_by_the_same(given: dict[str, str], is_subrequest: bool) -> None:
    reason = "no-identity" if is_subrequest else "no-cookie"
    for strategy in ("cookie-version", "sticky-session"):
        assert line(deploy(50, strategy=strategy).run(event_of(given)))["reason"] == reason


@every_percentage
def test_all_of_them_go_where_most_new_visitors_go(percent: float, origin: str) -> None:
    decisions = decide(FETCH, percent)
    assert {(one.origin, one.reason, one.bucket, one.visitor) for one in decisions} == {
        (origin, "no-identity", None, "")
    }
    function = deploy(percent)
    found = [function.run(event_of(FETCH, number)) for number in range(40)]
    assert {(version(one), line(one)["origin"], "bucket" in line(one)) for one in found} == {(origin, origin, False)}


def test_they_are_given_no_cookie() -> None:
    for given, expected in ((FETCH, 0), (VECTORS["a page"][0], 1)):
        response = Response(origin="canary")
        Assigned(strategies()[0], 100).respond(request(given), response)
        assert len(response.cookies) == expected
        set_by_function = deploy(100).run(viewer_response(event_of(given))).result["cookies"]
        assert len(set_by_function) == expected


@pytest.mark.parametrize("value", ["canary", f"canary.{release_tag('r')}.v", f"canary.{release_tag('old')}.visitor-1"])
def test_who_says_which_visitor_it_is_of_is_answered_as_that_visitor(value: str) -> None:
    page, fetch = (request(given, **{"app-version": value}) for given in (VECTORS["a page"][0], FETCH))
    choose = Assigned(strategies()[0], 50).choose
    assert (choose(fetch).origin, choose(fetch).reason) == (choose(page).origin, choose(page).reason)
    run = deploy(50).run
    of_page, of_fetch = (event_of(given, **{"app-version": value}) for given in (VECTORS["a page"][0], FETCH))
    assert version(run(of_fetch)) == version(run(of_page))
    assert line(run(of_fetch))["reason"] == choose(fetch).reason != "no-identity"


def test_a_session_is_an_identity_and_one_that_cannot_be_read_is_none() -> None:
    sessions = Assigned(strategies()[1], 50)
    assert sessions.choose(request(FETCH, sessiontoken="t")).reason == "unknown-session"
    assert sessions.choose(request(FETCH, sessiontoken="t" * 1_025)).reason == "no-identity"
    function = deploy(50, strategy="sticky-session")
    assert line(function.run(event_of(FETCH, sid="t")))["reason"] == "asks-table"
    assert line(function.run(event_of(FETCH, sid="t" * 1_025)))["reason"] == "no-identity"


WITHHELD = {
    "a form that another site posts": {"method": "POST", "sec-fetch-dest": "document"},
    "a page in a frame of another site": {"method": "GET", "sec-fetch-dest": "iframe"},
}


@pytest.mark.parametrize("given", WITHHELD.values(), ids=WITHHELD)
def test_where_a_browser_holds_the_cookie_back_nobody_is_new(given: dict[str, str]) -> None:
    """Of a visitor of the canary who returns from a payment at another site, say: his cookie stays as it is."""
    given = {"sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site", **given}
    cookies, sessions = (Assigned(one, 10) for one in strategies())
    found = [cookies.choose(request(given, number)) for number in range(40)]
    assert {(one.origin, one.reason) for one in found} == {("stable", "no-identity")}
    assert sessions.choose(request(given)).reason == "no-session"  # where a session begins, by single sign-on say
    response = Response(origin="stable")
    Assigned(strategies()[0], 10).respond(request(given), response)
    assert response.cookies == []
    function = deploy(10)
    assert line(function.run(event_of(given)))["reason"] == "no-identity"
    assert function.run(viewer_response(event_of(given))).result["cookies"] == {}


@pytest.mark.parametrize("changes", [{"sec-fetch-site": "same-site"}, {"method": "GET"}], ids=str)
def test_a_navigation_whose_cookie_a_browser_sends_is_a_new_visitors(changes: dict[str, str]) -> None:
    given = {
        "method": "POST",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": "cross-site",
        "sec-fetch-dest": "document",
    }
    assert {one.reason for one in decide({**given, **changes}, 10)} == {"no-cookie", "no-session"}
    assert line(deploy(10).run(event_of({**given, **changes})))["reason"] == "no-cookie"


def test_a_cookie_for_embedded_pages_is_sent_from_other_sites_too() -> None:
    given = {
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": "cross-site",
        **WITHHELD["a page in a frame of another site"],
    }
    cookies = CookieVersion(CookieOptions(same_site="None"), make_edge())
    assert Assigned(cookies, 10).choose(request(given)).reason == "no-cookie"
    function = Deployed("cookie-version", cookieVersion={"caching": "versioned", "sameSite": "None"}, release="r")
    assert line(function.run(event_of(given)))["reason"] == "no-cookie"


def test_of_several_cookies_the_function_takes_the_one_that_the_router_takes() -> None:
    former = f"canary.{release_tag('old')}.visitor-1"
    own = f"canary.{release_tag('r')}.visitor-2"
    for values, reason in (([former, own], "cookie"), (["nonsense", former], "other-release"), (["", own], "cookie")):
        found = deploy(10).run(viewer_request(cookies={"app-version": values}))
        asked = Request(headers={"cookie": "; ".join(f"app-version={value}" for value in values)}, request_id="id")
        assert line(found)["reason"] == Assigned(strategies()[0], 10).choose(asked).reason == reason


def test_by_option_they_are_new_visitors_as_all_others() -> None:
    assert {one.origin for one in decide(FETCH, 50, assign_subrequests=True)} == {"stable", "canary"}
    function = deploy(50, assigns=True)
    assert {version(function.run(event_of(FETCH, number))) for number in range(40)} == {"stable", "canary"}
    response = Response(origin="canary")
    Assigned(strategies(assign_subrequests=True)[0], 100).respond(request(FETCH), response)
    assert len(response.cookies) == 1
    assert "sec-fetch-mode" not in function.code


def test_metrics_do_not_count_them() -> None:
    metrics = Metrics("EdgeRouter", "edge-router-prod", {"stable": 1, "canary": 1}, clock=lambda: 0.0)
    decision = Decision("stable", "no-identity")
    assert metrics.of_request(decision, "r") == {}
    assert metrics.of_response(metrics.trace(decision), Response(origin="stable", status=500)) == {}


def test_behind_the_cache_a_preflight_is_none_of_a_visitor() -> None:
    stack = stack_of(strategy="cookie-version", cookieVersion={"caching": "versioned"})
    router = build_router(baked_config(stack), "eu-west-1")
    reasons = {
        method: router.decide(Request(method=method, headers={"x-router-version": "canary"})).reason
        for method in ("GET", "POST", "OPTIONS")
    }
    assert reasons == {"GET": "assigned-version", "POST": "assigned-version", "OPTIONS": "no-identity"}
