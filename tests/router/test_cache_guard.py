"""What keeps a cache clean: which headers of a viewer pass, and what becomes of answers with a cookie."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.cache_control import is_shared_for_long, make_private
from router.cache_guard import FORWARDED, READ_ONLY_AT_ORIGIN_REQUEST, CacheGuard
from simulator.cloudfront import validate_result
from simulator.cloudfront_rules import READ_ONLY, is_disallowed
from simulator.sample_events import origin_request, origin_response

KEY = ["authorization", "origin", "x-router-version", "rsc"]
UNTOLD = "203.0.113.178"
RANGES: dict[str, bool] = json.loads((Path(__file__).parent / "ranges.json").read_text(encoding="utf-8"))
SHARED = json.loads((Path(__file__).parent / "shared_for_long.json").read_text())

names = st.one_of(
    st.sampled_from(
        ["X-Forwarded-Host", "Forwarded", "Accept", "RSC", "X-Forwarded-For", "User-Agent", "If-Match", "Foo"]
    ),
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True),
)
viewer_headers = st.dictionaries(names, st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20))


def guard(event: dict[str, Any], *, keeps_errors: bool = False) -> dict[str, Any]:
    """The `cf` of the event after the guard; CloudFront has to accept it."""
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    CacheGuard(KEY, keeps_errors).guard(cf, cf["config"]["eventType"])
    assert list(validate_result(event, cf.get("response", cf["request"]))) == []
    return cf


@pytest.mark.long
@given(viewer_headers)
def test_what_an_origin_gets_is_what_it_gets_without_them_but_for_the_key(sent: dict[str, str]) -> None:
    may_pass = {*KEY, *FORWARDED, *READ_ONLY_AT_ORIGIN_REQUEST}
    seen = {name: value for name, value in sent.items() if not is_disallowed(name.lower())}
    kept = {name: value for name, value in seen.items() if name.lower() in may_pass}
    with_all, with_kept = guard(origin_request(headers=seen)), guard(origin_request(headers=kept))
    assert with_all == with_kept


@given(viewer_headers, st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
def test_requests_whose_answers_are_never_kept_are_left_alone(sent: dict[str, str], method: str) -> None:
    event = origin_request(headers={n: v for n, v in sent.items() if not is_disallowed(n.lower())}, method=method)
    assert guard(event) == event["Records"][0]["cf"]


@pytest.mark.parametrize(("value", "passes"), RANGES.items())
def test_a_range_passes_where_no_server_has_a_reason_to_refuse_it(value: str, passes: bool) -> None:
    event = origin_request(headers={"Range": value})
    assert ("range" in guard(event)["request"]["headers"]) is passes


def test_several_ranges_are_none() -> None:
    event = origin_request()
    entries = [{"key": "Range", "value": "bytes=0-1"}, {"key": "Range", "value": "bytes=3-4"}]
    event["Records"][0]["cf"]["request"]["headers"]["range"] = entries
    assert "range" not in guard(event)["request"]["headers"]


def test_forwarded_for_is_the_address_that_cloudfront_saw() -> None:
    headers = guard(origin_request(headers={"X-Forwarded-For": f"10.0.0.1, evil, {UNTOLD}"}))["request"]["headers"]
    assert headers["x-forwarded-for"] == [{"key": "X-Forwarded-For", "value": UNTOLD}]


def test_the_user_agent_is_cloudfronts_unless_it_is_in_the_key() -> None:
    event = origin_request(headers={"User-Agent": "curl"})
    assert guard(event)["request"]["headers"]["user-agent"] == [{"key": "User-Agent", "value": "Amazon CloudFront"}]
    cf = event["Records"][0]["cf"]
    CacheGuard([*KEY, "user-agent"]).guard(cf, "origin-request")
    assert cf["request"]["headers"]["user-agent"] == [{"key": "User-Agent", "value": "curl"}]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "User-Agent", "X-Origin-Verify", "rsc"])
def test_a_header_that_the_origin_has_by_itself_stays_the_origins(name: str) -> None:
    """In both places it is a 502."""
    own = {name.lower(): [{"key": name, "value": "own"}]}
    request = guard(origin_request(headers={name: "evil"}, custom_headers=own))["request"]
    assert name.lower() not in request["headers"]
    assert request["origin"]["custom"]["customHeaders"] == own


def test_every_header_that_cannot_be_taken_away_passes() -> None:
    assert READ_ONLY["origin-request"] <= {*FORWARDED, *READ_ONLY_AT_ORIGIN_REQUEST}


def answer(status: str = "200", *, method: str = "GET", **headers: str) -> dict[str, Any]:
    event = origin_response(origin_request(method=method), status=status)
    given = event["Records"][0]["cf"]["response"]["headers"]
    for name, value in headers.items():
        given[name.replace("_", "-")] = [{"key": name.replace("_", "-"), "value": value}]
    return event


def values(response: dict[str, Any], name: str) -> list[str]:
    return [entry["value"] for entry in response["headers"].get(name, [])]


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("public, max-age=60", "private, max-age=60"),
        ("s-maxage=60", "private"),
        ("max-age=1, S-MaxAge=60, stale-while-revalidate=5", "private, max-age=1, stale-while-revalidate=5"),
        ('private="set-cookie, x", must-revalidate', "private, must-revalidate"),
        ("no-store", "private, no-store"),
        ('no-cache="Set-Cookie", immutable, max-age=9', 'private, no-cache="Set-Cookie", max-age=9'),
        (",,=, ;", "private"),
        ("", "private"),
    ],
)
def test_an_answer_with_a_cookie_is_private(given_value: str, expected: str) -> None:
    assert make_private(given_value) == expected
    response = guard(answer(set_cookie="sid=1", cache_control=given_value))["response"]
    assert (values(response, "cache-control"), values(response, "set-cookie")) == ([expected], ["sid=1"])


def test_an_answer_with_a_cookie_and_no_cache_control_is_private_as_well() -> None:
    """With an ETag CloudFront would keep it, to ask whether it is still good."""
    assert values(guard(answer(set_cookie="sid=1", etag='"1"'))["response"], "cache-control") == ["private"]


@pytest.mark.parametrize("status", ["400", "404", "503"])
def test_an_error_with_a_cookie_has_no_age_that_cloudfront_would_go_by(status: str) -> None:
    event = answer(status, set_cookie="sid=1", cache_control="max-age=60", expires="Thu, 01 Jan 2037 00:00:00 GMT")
    response = guard(event)["response"]
    assert values(response, "cache-control") == ["private, no-store"]
    assert (values(response, "expires"), values(response, "set-cookie")) == ([], ["sid=1"])


def test_an_error_that_is_kept_whatever_it_says_loses_its_cookie() -> None:
    for status, expected in {"404": [], "500": [], "403": ["sid=1"], "302": ["sid=1"]}.items():
        response = guard(answer(status, set_cookie="sid=1"), keeps_errors=True)["response"]
        assert values(response, "set-cookie") == expected, status


def test_a_failed_precondition_is_nobody_elses_answer() -> None:
    response = guard(answer("412", cache_control="max-age=60"))["response"]
    assert values(response, "cache-control") == ["private, no-store"]


@pytest.mark.parametrize("event", [answer(cache_control="max-age=60"), answer(set_cookie="sid=1", method="POST")])
def test_other_answers_are_left_alone(event: dict[str, Any]) -> None:
    assert guard(event) == event["Records"][0]["cf"]


@pytest.mark.parametrize(("cache_control", "expected"), SHARED.items())
def test_what_caches_share_for_long(cache_control: str, expected: bool) -> None:
    assert is_shared_for_long(cache_control) is expected
