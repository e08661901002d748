"""functions/canary.js: the assignment and the cookie are those of the strategy in Python, and nothing is an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model.assignment import release_tag
from router.model.request import Request
from router.model.response import Response
from simulator.cloudfront_functions import FunctionResult
from strategies.cookie_version import CookieVersion, Options, visitor_id
from tests.functions.deployed import SECRET, Deployed, line, version
from tests.functions.events import Values, request_of, viewer_request, viewer_response
from tests.functions.strategies import odd, several
from tests.router.test_cache_guard import SHARED
from tests.router.test_cookies import PATHS
from tests.strategies.fakes import Assigned, make_edge

KEY, OLDER_KEY = "k" * 16, "o" * 16
RELEASE = "2026-11"
TAG = release_tag(RELEASE)


@cache
def deploy(percent: str = "50", keys: tuple[str, ...] = (), **settings: Any) -> Deployed:
    section = {"caching": "versioned", "signingKeys": list(keys), "maxAgeSeconds": 3600}
    return Deployed("cookie-version", cookieVersion=section, canaryPercent=percent, release=RELEASE, **settings)


def with_settings(**settings: Any) -> Deployed:
    return Deployed("cookie-version", **{"cookieVersion": {"caching": "versioned"}, "release": RELEASE, **settings})


def strategy(percent: float = 50, keys: tuple[str, ...] = ()) -> Assigned:
    options = Options(signing_keys=keys, caching="versioned", max_age_seconds=3600)
    return Assigned(CookieVersion(options, make_edge()), percent, RELEASE)


def set_cookie(found: FunctionResult) -> str:
    """The Set-Cookie that CloudFront makes of the function's cookie, or ""."""
    cookie = found.result["cookies"].get("app-version")
    return f"app-version={cookie['value']}; {cookie['attributes']}" if cookie else ""


def value_of(cookie: str) -> str:
    return cookie.partition(";")[0].partition("=")[2]


keys = st.sampled_from([(), (KEY,), (KEY, OLDER_KEY)])
request_ids = st.text("abc123_=", min_size=1, max_size=40)
payloads = st.one_of(
    st.builds(
        "{}.{}.{}".format,
        st.sampled_from(["stable", "canary", "beta", "", "none"]),
        st.sampled_from([TAG, release_tag("old"), "x", ""]),
        st.one_of(st.text("abcXYZ019_-", max_size=70), st.sampled_from(["", "é", "a b", "x" * 4_000])),
    ),
    st.sampled_from(["stable", "canary", "none", "beta", "a.b", "a.b.c.d.e", "..", "."]),
    odd,
)


@st.composite
def cookie_values(draw: st.DrawFn) -> str:
    """Unsigned, or signed with a key that may be an old or a wrong one."""
    payload = draw(payloads)
    key = draw(st.sampled_from(["", KEY, OLDER_KEY, "w" * 16]))
    return strategy(keys=(key,)).strategy._sign(payload) if key else payload


cookies = st.dictionaries(
    st.sampled_from(["app-version", "app-version", "$app-version", "__proto__", "other"]),
    several(cookie_values()),
    max_size=3,
)


@given(keys, cookies, request_ids, st.sampled_from(["0", "0.05", "12.5", "50", "100"]))
def test_the_strategy_in_python_decides_the_same(
    signing: tuple[str, ...], given_cookies: dict[str, Values], request_id: str, percent: str
) -> None:
    function = deploy(percent, signing)
    found = function.run(viewer_request(cookies=given_cookies, request_id=request_id))
    decision = strategy(float(percent), signing).choose(request_of(cookies=given_cookies, request_id=request_id))
    expected = {"strategy": "cookie-version", "origin": decision.origin, "reason": decision.reason}
    bucket = {} if decision.bucket is None else {"bucket": decision.bucket}
    assert line(found) == {**expected, "requestId": request_id, **bucket}
    assert version(found) == decision.origin


@given(keys, cookies, request_ids)
def test_the_cookie_is_the_one_that_python_sets(
    signing: tuple[str, ...], given_cookies: dict[str, Values], request_id: str
) -> None:
    """But for the id of a new visitor, which Python draws at random and the function makes of the request's id."""
    event = viewer_request(cookies=given_cookies, request_id=request_id)
    found = set_cookie(deploy("50", signing).run(viewer_response(event)))
    request = request_of(cookies=given_cookies, request_id=request_id)
    maker = strategy(keys=signing)
    maker.strategy._new_visitor = lambda: visitor_id(request_id)  # type: ignore[attr-defined]
    response = Response(origin=str(maker.choose(request).origin))
    maker.respond(request, response)
    expected = [found] if found else []
    assert response.cookies == expected


@pytest.mark.parametrize("signing", [(), (KEY,)])
def test_a_cookie_of_the_function_is_read_by_python_and_the_other_way_round(signing: tuple[str, ...]) -> None:
    function, python = deploy("50", signing), strategy(keys=signing)
    made = value_of(set_cookie(function.run(viewer_response(viewer_request(request_id="r-1")))))
    assert python.choose(request_of(cookies={"app-version": made})).reason == "cookie"
    response = Response(origin="canary")
    python.respond(Request(), response)
    event = viewer_request(cookies={"app-version": value_of(response.cookies[0])})
    assert (line(function.run(event))["reason"], version(function.run(event))) == ("cookie", "canary")


def test_an_older_key_verifies_and_the_first_signs() -> None:
    old = value_of(set_cookie(deploy("50", (OLDER_KEY,)).run(viewer_response(viewer_request()))))
    rotated = deploy("50", (KEY, OLDER_KEY))
    assert line(rotated.run(viewer_request(cookies={"app-version": old})))["reason"] == "cookie"
    new = value_of(set_cookie(rotated.run(viewer_response(viewer_request()))))
    assert line(deploy("50", (KEY,)).run(viewer_request(cookies={"app-version": new})))["reason"] == "cookie"
    assert line(deploy("50", (KEY,)).run(viewer_request(cookies={"app-version": old})))["reason"] == "forged-cookie"


def test_both_triggers_assign_the_same() -> None:
    for number in range(50):
        event = viewer_request(request_id=f"request-{number}")
        cookie = value_of(set_cookie(deploy().run(viewer_response(event))))
        assert cookie.split(".")[0] == version(deploy().run(event))


def test_who_has_the_cookie_is_not_given_another() -> None:
    cookie = value_of(set_cookie(deploy().run(viewer_response(viewer_request()))))
    event = viewer_request(cookies={"app-version": cookie}, request_id="another")
    assert set_cookie(deploy().run(viewer_response(event))) == ""


@pytest.mark.parametrize("status", [500, 503])
def test_a_failed_answer_sets_no_cookie(status: int) -> None:
    assert set_cookie(deploy().run(viewer_response(viewer_request(), status=status))) == ""


@pytest.mark.parametrize(("cache_control", "is_shared"), SHARED.items())
def test_an_answer_that_caches_share_for_long_sets_no_cookie(cache_control: str, is_shared: bool) -> None:
    event = viewer_response(viewer_request())
    event["response"]["headers"]["cache-control"] = {"value": cache_control}
    assert (set_cookie(deploy().run(event)) == "") is is_shared


def test_cache_control_in_several_fields_counts_as_one() -> None:
    event = viewer_response(viewer_request())
    fields = [{"value": "public"}, {"value": "s-maxage=86400"}]
    event["response"]["headers"]["cache-control"] = {**fields[0], "multiValue": fields}
    assert set_cookie(deploy().run(event)) == ""


def test_the_answer_itself_stays_as_it_was() -> None:
    event = viewer_response(viewer_request(), session="1")
    result = deploy().run(event).result
    assert result["cookies"].pop("app-version")
    assert result == viewer_response(viewer_request(), session="1")["response"]


def test_a_cookie_of_the_application_by_the_same_name_stays() -> None:
    event = viewer_response(viewer_request(), **{"app-version": "canary"})
    assert deploy().run(event).result["cookies"] == {"app-version": {"value": "canary"}}


def test_no_cookie_is_set_where_viewer_response_sees_that_another_version_answered() -> None:
    event = viewer_request(request_id="r")
    other = {"stable": "canary", "canary": "stable"}[version(deploy().run(event))]
    seen = viewer_request(request_id="r", headers={"x-router-version": other})
    assert set_cookie(deploy().run(viewer_response(seen))) == ""


def test_a_header_that_the_viewer_sends_by_that_name_is_overwritten() -> None:
    for sent in (["canary"], ["canary", "canary?x"], "x" * 8_192):
        found = deploy("0").run(viewer_request(headers={"X-Router-Version": sent}))
        assert found.result["headers"]["x-router-version"] == {"value": "stable"}


@pytest.mark.parametrize("pin", ["stable", "canary"])
def test_the_pin_overrides_every_assignment_and_sets_no_cookie(pin: str) -> None:
    pinned = with_settings(pin=pin)
    for cookies_ in ({}, {"app-version": "stable"}, {"app-version": "canary"}):
        event = viewer_request(cookies=cookies_)
        assert (version(pinned.run(event)), line(pinned.run(event))["reason"]) == (pin, "pinned")
        assert set_cookie(pinned.run(viewer_response(event))) == ""


@pytest.mark.parametrize("place", ["header", "cookie", "query"])
def test_the_override_is_stronger_than_the_pin_and_sets_no_cookie(place: str) -> None:
    overridden = with_settings(
        pin="stable", override={place: "X-QA" if place == "header" else "x-qa", "secret": SECRET}
    )
    part = {"header": "headers", "cookie": "cookies", "query": "query"}[place]
    event = viewer_request(**{part: {"x-qa": f"canary:{SECRET}"}})
    assert (version(overridden.run(event)), line(overridden.run(event))["reason"]) == ("canary", "override")
    assert set_cookie(overridden.run(viewer_response(event))) == ""
    for wrong in (f"canary:{SECRET}x", f"nowhere:{SECRET}", "canary", "canary:", SECRET, ":"):
        assert line(overridden.run(viewer_request(**{part: {"x-qa": wrong}})))["reason"] == "pinned"


def test_percentage_pin_and_release_are_read_live() -> None:
    function = with_settings(canaryPercent="0")
    live = json.loads(function.store.pairs["canary"])
    assert version(function.run(viewer_request())) == "stable"
    function.store.put("canary", json.dumps({**live, "percent": "100"}))
    assert version(function.run(viewer_request())) == "canary"
    function.store.put("canary", json.dumps({**live, "percent": "100", "pin": "stable"}))
    assert version(function.run(viewer_request())) == "stable"
    function.store.put("canary", json.dumps({"percent": "100", "pin": "none", "release": "next"}))
    event = viewer_request(cookies={"app-version": f"stable.{TAG}.visitor"})
    assert line(function.run(event))["reason"] == "other-release"
    assert value_of(set_cookie(function.run(viewer_response(event)))) == f"canary.{release_tag('next')}.visitor"


def test_a_canary_that_was_withdrawn_has_nobody_and_takes_no_cookie_away() -> None:
    function = with_settings(canaryPercent="100")
    live = json.loads(function.store.pairs["canary"])
    function.store.put("canary", json.dumps({**live, "withdrawn": True}))
    for cookies_ in ({"app-version": "canary"}, {"app-version": f"canary.{TAG}.visitor"}, {}):
        event = viewer_request(cookies=cookies_)
        assert (version(function.run(event)), line(function.run(event))["reason"]) == ("stable", "canary-withdrawn")
        assert set_cookie(function.run(viewer_response(event))) == ""
    event = viewer_request(cookies={"app-version": "stable"})
    assert (version(function.run(event)), line(function.run(event))["reason"]) == ("stable", "cookie")


def test_the_percentage_ends_between_two_buckets() -> None:
    bucket = strategy().choose(request_of(request_id="r-7")).bucket
    assert bucket is not None
    event = viewer_request(request_id="r-7")
    assert version(deploy(f"{bucket / 100:.2f}").run(event)) == "stable"
    assert version(deploy(f"{(bucket + 1) / 100:.2f}").run(event)) == "canary"


@pytest.mark.parametrize("change", [lambda value: value + "x", lambda value: value[:-1], lambda value: value + "."])
def test_a_signature_that_is_longer_or_shorter_is_forged(change: Callable[[str], str]) -> None:
    made = value_of(set_cookie(deploy("50", (KEY,)).run(viewer_response(viewer_request()))))
    event = viewer_request(cookies={"app-version": change(made)})
    assert line(deploy("50", (KEY,)).run(event))["reason"] == "forged-cookie"


def test_quotes_around_a_cookie_make_no_difference() -> None:
    assert version(deploy("0").run(viewer_request(cookies={"app-version": '"canary"'}))) == "canary"


def test_a_higher_percentage_only_adds_visitors_to_the_canary() -> None:
    events = [viewer_request(request_id=f"request-{number}") for number in range(200)]
    chosen = [
        {event["context"]["requestId"] for event in events if version(deploy(percent).run(event)) == "canary"}
        for percent in ("0", "5", "50", "100")
    ]
    assert all(fewer <= more for fewer, more in pairwise(chosen))
    assert (len(chosen[0]), len(chosen[3])) == (0, 200)


@pytest.mark.long_if(r"percent")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"x"',
        "{}",
        '{"percent":"x","pin":"none","release":"r"}',
        '{"percent":"101","pin":"none","release":"r"}',
        '{"percent":"","pin":"none","release":"r"}',
        '{"percent":"10","pin":"beta","release":"r"}',
        '{"percent":"10","pin":"none"}',
        '{"percent":null,"pin":"none","release":"r"}',
        '{"percent":["10"],"pin":"none","release":"r"}',
    ],
)
def test_a_malformed_value_means_the_default_origin_and_no_cookie(text: str) -> None:
    function = with_settings()
    function.store.put("canary", text)
    found = function.run(viewer_request(cookies={"app-version": "canary"}, request_id="id"))
    assert version(found) == "stable"
    assert line(found) == {
        "strategy": "cookie-version",
        "origin": "stable",
        "reason": "malformed-config",
        "requestId": "id",
        "fallback": True,
    }
    assert set_cookie(function.run(viewer_response(viewer_request()))) == ""


def test_no_store_and_an_empty_one_mean_the_default_origin() -> None:
    emptied = with_settings()
    emptied.store.replace({})
    for found in (emptied.run(viewer_request()), emptied.without_store().run(viewer_request())):
        assert found.error is None
        assert (version(found), line(found)["reason"], line(found)["fallback"]) == ("stable", "kvs-failed", True)


@pytest.mark.parametrize("part", ["headers", "cookies", "querystring"])
def test_a_part_that_is_missing_is_no_error(part: str) -> None:
    event = viewer_request(cookies={"app-version": "canary"})
    del event["request"][part]
    assert version(deploy("0").run(event)) in {"stable", "canary"}


def test_a_request_without_an_id_is_assigned_all_the_same() -> None:
    event = viewer_request()
    del event["context"]["requestId"]
    assert version(deploy().run(event)) in {"stable", "canary"}


SECTIONS: dict[str, dict[str, Any]] = {
    "cookie-version": {"cookieVersion": {"caching": "versioned"}},
    "sticky-session": {"stickySession": {"caching": "versioned", "versionCookie": "app-version", "cookie": "sid"}},
}
every_versioned = pytest.mark.parametrize("name", SECTIONS)


def with_cookie(name: str, **options: object) -> Deployed:
    [(key, section)] = SECTIONS[name].items()
    return Deployed(name, **{key: section | options}, canaryPercent="50", release=RELEASE)


@every_versioned
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "Path=/; Secure; HttpOnly; SameSite=Lax"),
        ({"sameSite": "Strict"}, "Path=/; Secure; HttpOnly; SameSite=Strict"),
        (
            {"sameSite": "None", "partitioned": "true", "path": "/"},
            "Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
        ),
    ],
)
def test_the_cookie_has_the_attributes_of_the_options(name: str, options: dict[str, object], expected: str) -> None:
    found = with_cookie(name, **options).run(viewer_response(viewer_request()))
    assert found.result["cookies"]["app-version"]["attributes"] == f"Max-Age=604800; {expected}"


@every_versioned
@pytest.mark.parametrize("cookie_path", sorted({path for path, _, _ in PATHS}))
def test_outside_of_the_cookies_path_none_is_set(name: str, cookie_path: str) -> None:
    function = with_cookie(name, path=cookie_path)
    for request_path, is_sent in [(requested, is_sent) for path, requested, is_sent in PATHS if path == cookie_path]:
        event = viewer_request()
        event["request"]["uri"] = request_path
        assert bool(set_cookie(function.run(viewer_response(event)))) == is_sent
