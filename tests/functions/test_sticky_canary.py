"""functions/canary.js with sessions: nobody with a session is moved, and the table is asked only where it has to be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.package.baked_config import baked_config
from router.baked import build_router
from router.model.assignment import Assignment
from router.model.decision import Decision
from router.model.request import Request
from strategies.cookie_version import visitor_id
from strategies.sticky_session import Options, StickySession
from tests.functions.deployed import Deployed, line, version
from tests.functions.events import viewer_request, viewer_response
from tests.infra.configs import stack_of
from tests.strategies.fakes import FakeTable, errors_of, make_edge

SECTION = {"caching": "versioned", "versionCookie": "app-version", "cookie": "sid"}
ITEMS = {("one",): {"version": {"S": "1"}}, ("two",): {"version": {"S": "2"}}}


def deploy(**settings: Any) -> Deployed:
    return Deployed("sticky-session", **{"stickySession": SECTION, "release": "r", **settings})


def route(function: Deployed, cookies: dict[str, str], request_id: str = "id", failure: str = "") -> Decision:
    """Where the router sends a request that came through the function before the cache."""
    header = version(function.run(viewer_request(cookies=cookies, request_id=request_id)))
    stack = stack_of(strategy="sticky-session", stickySession=SECTION, release="r")
    router = build_router(baked_config(stack), "eu-west-1")
    edge = make_edge(table=FakeTable(ITEMS, failure))
    router._strategy = StickySession(Options(cookie="sid", caching="versioned", version_cookie="app-version"), edge)
    request = Request(
        headers={"x-router-version": header, "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
        request_id=request_id,
    )
    return router.decide(request)


def test_a_new_visitor_is_assigned_before_the_cache_and_given_the_hint() -> None:
    function = deploy(canaryPercent="50")
    for number in range(40):
        event = viewer_request(request_id=f"r-{number}")
        expected, bucket = Assignment("r", 50).assign(visitor_id(f"r-{number}"))
        assert version(function.run(event)) == expected
        assert line(function.run(event))["bucket"] == bucket
        cookie = function.run(viewer_response(event)).result["cookies"]["app-version"]
        assert cookie["value"].split(".")[0] == expected
        assert cookie["attributes"] == "Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_the_hint_keeps_a_visitor_without_asking_the_table() -> None:
    decision = route(deploy(canaryPercent="0"), {"sid": "one", "app-version": "canary"}, failure="timeout")
    assert (decision.origin, decision.reason) == ("canary", "assigned-version")


@pytest.mark.long_if(r"^two")
@pytest.mark.parametrize("percent", ["0", "100"])
@pytest.mark.parametrize("hint", [{}, {"app-version": "stable.00000000.old"}, {"app-version": "forged"}])
@pytest.mark.parametrize(("session", "origin"), [("one", "stable"), ("two", "canary")])
def test_a_session_without_a_valid_hint_stays_where_the_table_says(
    percent: str, hint: dict[str, str], session: str, origin: str
) -> None:
    function = deploy(canaryPercent=percent)
    decision = route(function, {"sid": session, **hint})
    assert (decision.origin, decision.reason) == (origin, "session")
    event = viewer_request(cookies={"sid": session, **hint})
    assert function.run(viewer_response(event)).result["cookies"] == {}


@pytest.mark.long_if(r"^two")
@pytest.mark.parametrize("hint", [{}, {"app-version": "canary"}, {"app-version": "forged"}])
@pytest.mark.parametrize("session", ["one", "two", "unknown"])
def test_nobody_asks_the_table_while_the_canary_is_withdrawn(session: str, hint: dict[str, str]) -> None:
    function = deploy(canaryPercent="0")
    live = json.loads(function.store.pairs["canary"])
    function.store.put("canary", json.dumps({**live, "withdrawn": True}))
    event = viewer_request(cookies={"sid": session, **hint})
    assert line(function.run(event))["reason"] == "canary-withdrawn"
    assert function.run(viewer_response(event)).result["cookies"] == {}
    decision = route(function, {"sid": session, **hint}, failure="timeout")
    assert (decision.origin, decision.reason) == ("stable", "assigned-version")


def test_no_other_request_has_the_key_of_one_that_asks_the_table() -> None:
    function = deploy()
    keys = {version(function.run(viewer_request(cookies={"sid": "one"}, request_id=f"r-{n}"))) for n in range(100)}
    assert len(keys) == 100
    assert not keys & {"stable", "canary"}


def test_an_unknown_session_is_assigned_by_its_token_and_the_percentage_of_now() -> None:
    function = deploy(canaryPercent="50")
    for number in range(40):
        token = f"unknown-{number}"
        decision = route(function, {"sid": token}, request_id=f"r-{number}")
        assert (decision.origin, decision.reason) == (Assignment("r", 50).assign(token)[0], "unknown-session")


def test_a_table_that_fails_means_stable() -> None:
    decision = route(deploy(canaryPercent="100"), {"sid": "two"}, failure="timeout")
    assert (decision.origin, decision.reason, decision.is_fallback) == ("stable", "table-timeout", True)


def test_a_store_that_fails_leaves_sessions_to_the_table_and_all_others_to_stable() -> None:
    function = deploy(canaryPercent="100")
    function.store.replace({})
    assert route(function, {"sid": "two"}).origin == "canary"
    assert route(function, {"sid": "two", "app-version": "stable"}).origin == "canary"
    found = function.run(viewer_request())
    assert (version(found), line(found)["reason"], line(found)["fallback"]) == ("stable", "kvs-failed", True)


@pytest.mark.parametrize("pin", ["stable", "canary"])
def test_the_pin_is_stronger_than_the_table(pin: str) -> None:
    assert route(deploy(pin=pin), {"sid": "one"}).origin == pin
    assert route(deploy(pin=pin), {"sid": "two"}).origin == pin


def test_a_token_that_is_too_long_is_no_session() -> None:
    found = deploy(canaryPercent="0").run(viewer_request(cookies={"sid": "x" * 1_025}))
    assert version(found) == "stable"


def test_versioned_caching_needs_a_cookie_of_its_own_for_the_version() -> None:
    assert errors_of(Options, caching="versioned") == [
        ("versionCookie", "is missing: caching: versioned needs a cookie for the version, such as app-version")
    ]
    assert errors_of(Options, caching="versioned", cookie="sid", version_cookie="sid") == [
        ("versionCookie", "is 'sid': that is the session's cookie already")
    ]


def test_the_session_and_named_cookies_reach_the_application_and_are_in_the_key() -> None:
    options = Options(cookie="sid", caching="versioned", version_cookie="v", application_cookies=("lang",))
    needs = StickySession.needs(options)
    assert (needs.cookies, needs.version_header, needs.origin_response) == ({"sid", "lang"}, "x-router-version", False)
