"""What a response is compared with: status, version, origin, cache, reason, headers, body, time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from acceptance.checks.judge import judge, judge_share
from acceptance.checks.response import Seen, Tells
from acceptance.format.expect import Expect, Share
from tests.acceptance.fakes import decision

TELLS = Tells("x-app-version", {"1": "stable", "2": "canary"}, "app-version", "x-backend")
LOG = (decision(origin="canary", reason="session", tableSource="eu-west-1", elapsedUs=12),)


def make_seen(
    status: int = 200,
    body: bytes = b"",
    log: tuple[str, ...] | None = LOG,
    cookies: dict[str, str] | None = None,
    **headers: str,
) -> Seen:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Seen(httpx.Response(status, headers=named), body, "/a?b=c", 0.25, cookies or {}, log, TELLS)


def verdicts(expect: dict[str, Any], response: Seen, previous: str | None = None) -> dict[str, tuple[bool | None, str]]:
    found = judge(Expect.model_validate(expect), response, previous)
    return {verdict.expectation: (verdict.is_met, verdict.actual) for verdict in found}


def only(expect: dict[str, Any], response: Seen, previous: str | None = None) -> tuple[bool | None, str]:
    """The verdict besides that on the status."""
    found = verdicts(expect, response, previous)
    del found["status"]
    [(_, verdict)] = found.items()
    return verdict


@pytest.mark.parametrize(
    ("status", "expected", "is_met"),
    [(200, 200, True), (204, "2xx", True), (404, [200, "4xx"], True), (404, 200, False), (502, "2xx", False)],
)
def test_a_status_is_a_code_a_class_or_one_of_several(status: int, expected: Any, is_met: bool) -> None:
    assert verdicts({"status": expected}, make_seen(status)) == {"status": (is_met, str(status))}


def test_without_a_status_an_error_fails() -> None:
    assert [verdicts({}, make_seen(status))["status"][0] for status in (200, 301, 404, 502)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("response", "previous", "expected", "verdict"),
    [
        (make_seen(x_app_version="2"), None, "canary", (True, "canary")),
        (make_seen(x_app_version="1"), None, "canary", (False, "stable")),
        (make_seen(x_app_version="7"), None, "canary", (False, "7")),
        (make_seen(), None, "canary", (True, "canary")),  # by the decision
        (make_seen(log=None, cookies={"app-version": "stable.7.x"}), None, "stable", (True, "stable")),
        (make_seen(log=None), None, "canary", (None, "the response does not tell its version (versions)")),
        (make_seen(x_app_version="2"), "canary", "same", (True, "canary")),
        (make_seen(x_app_version="2"), "stable", "same", (False, "canary")),
        (make_seen(x_app_version="2"), None, "same", (True, "canary")),
    ],
)
def test_a_version_is_told_by_a_header_a_cookie_or_the_decision(
    response: Seen, previous: str | None, expected: str, verdict: tuple[bool | None, str]
) -> None:
    assert only({"version": expected}, response, previous) == verdict


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (make_seen(x_cache="Miss from cloudfront"), (True, "canary")),
        (make_seen(x_cache="Hit from cloudfront"), (False, "none: the response is not from an origin")),
        (make_seen(x_cache="Miss from cloudfront", log=()), (None, "no decision: the router did not run")),
        (make_seen(x_backend="canary", log=None), (True, "canary")),
        (make_seen(log=None), (None, "the response has no header that names the origin (originHeader)")),
    ],
)
def test_an_origin_is_that_of_the_decision_unless_the_cache_answered(
    response: Seen, verdict: tuple[bool | None, str]
) -> None:
    assert only({"origin": "canary"}, response) == verdict


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({"x_cache": "Hit from cloudfront"}, (True, "hit")),
        ({"x_cache": "RefreshHit from cloudfront"}, (False, "refresh-hit")),
        ({"x_cache": "Miss from cloudfront"}, (False, "miss")),
        ({"x_cache": "LambdaGeneratedResponse from cloudfront"}, (False, "lambdageneratedresponse")),
        ({"age": "3"}, (True, "hit")),
        ({"age": "0"}, (False, "miss")),
        ({}, (None, "the response has neither x-cache nor age")),
    ],
)
def test_a_hit_is_what_x_cache_or_age_says(headers: dict[str, str], verdict: tuple[bool | None, str]) -> None:
    assert only({"cache": "hit"}, make_seen(**headers)) == verdict


def test_a_reason_is_one_of_those_in_the_log_of_the_request() -> None:
    function = f"Q9x== {decision(origin='canary', reason='no-cookie')}"
    both = make_seen(log=(function, decision(origin="canary", reason="assigned-version")))
    assert only({"reason": ["cookie", "no-cookie"]}, both) == (True, "no-cookie, assigned-version")
    assert only({"reason": "cookie"}, both) == (False, "no-cookie, assigned-version")
    assert only({"reason": "cookie"}, make_seen(log=())) == (False, "no decision: the router did not run")
    assert only({"reason": "cookie"}, make_seen(log=None)) == (None, "the router's log cannot be read at an address")


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("eu-west-1", (True, "'eu-west-1'")),
        ({"matches": "^eu-"}, (True, "'eu-west-1'")),
        ({"absent": True}, (False, "'eu-west-1'")),
    ],
)
def test_fields_of_the_log_have_conditions(condition: Any, verdict: tuple[bool, str]) -> None:
    assert only({"log": {"tableSource": condition}}, make_seen()) == verdict
    assert only({"log": {"fallback": {"absent": True}}}, make_seen()) == (True, "not there")
    assert only({"log": {"elapsedUs": 12}}, make_seen()) == (True, "'12'")
    assert only({"log": {"fallback": True}}, make_seen(log=None))[0] is None
    assert only({"log": {"fallback": True}}, make_seen(log=()))[0] is False


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("max-age=60", True),
        ("max-age", False),
        (["a", "max-age=60"], True),
        ({"contains": "age"}, True),
        ({"matches": "^max-age=[0-9]+$"}, True),
        ({"absent": True}, False),
        ({"equals": 60}, False),
    ],
)
def test_headers_have_conditions_whatever_the_case_of_their_names(condition: Any, is_met: bool) -> None:
    assert only({"headers": {"Cache-Control": condition}}, make_seen(cache_control="max-age=60")) == (
        is_met,
        "'max-age=60'",
    )


def test_of_several_headers_one_meets_the_condition() -> None:
    response = httpx.Response(200, headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")])
    several = Seen(response, b"", "/", 0, {}, None, TELLS)
    assert only({"headers": {"set-cookie": {"contains": "b="}}}, several) == (True, "'a=1', 'b=2'")
    assert only({"headers": {"set-cookie": {"contains": "c="}}}, several) == (False, "'a=1', 'b=2'")


DOCUMENT = b'{"name": "acme", "items": [{"id": 5, "ok": true}, {"id": 6, "ok": true}]}'


@pytest.mark.parametrize(
    ("path", "condition", "verdict"),
    [
        ("$.name", "acme", (True, "'acme'")),
        ("$.items[0].id", 5, (True, "5")),
        ("$.items[0].id", "5", (False, "5")),
        ("$.items[*].ok", True, (True, "true, true")),
        ("$.items[*].ok", 1, (False, "true, true")),
        ("$.items[*].id", 5, (False, "5, 6")),
        ("$.items[?(@.id == 6)].ok", True, (True, "true")),
        ("$.items", {"contains": {"id": 5, "ok": True}}, (True, '[{"id": 5, "ok": true}, {"id": 6, "ok": true}]')),
        ("$.name", {"contains": "cm"}, (True, "'acme'")),
        ("$.name", {"matches": "^b"}, (False, "'acme'")),
        ("$.name", {"oneOf": ["acme", "globex"]}, (True, "'acme'")),
        ("$.nothing", "acme", (False, "not there")),
        ("$.nothing", {"absent": True}, (True, "not there")),
        ("$.name", {"absent": True}, (False, "'acme'")),
    ],
)
def test_values_in_a_json_body_have_conditions(path: str, condition: Any, verdict: tuple[bool, str]) -> None:
    assert only({"body": {"json": {path: condition}}}, make_seen(body=DOCUMENT)) == verdict


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("$.items.`sorted`", "'<' not supported between instances of 'dict' and 'dict'"),
        ("$.name.`sorted`", "'DatumInContext' object is not iterable"),
        ("$.mixed[/n]", "'<' not supported between instances of 'int' and 'str'"),
        ("$.mixed[?(@.n =~ '(')]", "missing ), unterminated subpattern at position 0"),
        ("$.items[0].id.`sub(/5/, 6)`", "expected string or bytes-like object, got 'int'"),
        ("$.name.`sub(/a/, \\\\9)`", "invalid group reference 9 at position 1"),
        ("$.`parent`", "AssertionError"),
    ],
)
@pytest.mark.parametrize("condition", [5, {"absent": True}])
def test_a_path_that_does_not_fit_the_body_fails_and_says_why(path: str, why: str, condition: Any) -> None:
    document = b'{"name": "acme", "items": [{"id": 5}, {"id": 6}], "mixed": [{"n": "a"}, {"n": 1}]}'
    is_met, actual = only({"body": {"json": {path: condition}}}, make_seen(body=document))
    assert (is_met, actual) == (False, f"no value: the path does not fit this body: {why}")


@pytest.mark.parametrize("charset", ["hex", "base64", "idna", "undefined", "punycode", "none-of-these"])
def test_a_body_is_text_whatever_charset_its_response_names(charset: str) -> None:
    headers = {"content-type": f"text/plain; charset={charset}"}
    seen = Seen(httpx.Response(200, headers=headers), b"caf\xc3\xa9", "/", 0.25, {}, None, TELLS)
    assert seen.text == "café"


def test_a_body_is_compared_as_text() -> None:
    page = make_seen(body="Versiön 2".encode())
    found = verdicts({"body": {"equals": "Versiön 2", "contains": "ö", "lacks": ["1", "3"], "matches": "[0-9]$"}}, page)
    assert {is_met for is_met, _ in found.values()} == {True}
    assert verdicts({"body": {"lacks": "2"}}, page)["body.lacks"] == (False, "'Versiön 2'")
    assert verdicts({"body": {"json": {"$.a": 1}}}, page)["body.json"] == (False, "'Versiön 2'")


def test_the_last_url_and_the_time_are_compared() -> None:
    assert only({"url": "/a?b=c"}, make_seen()) == (True, "'/a?b=c'")
    assert only({"within": "250ms"}, make_seen()) == (True, "250 ms")
    assert only({"within": "0.2s"}, make_seen()) == (False, "250 ms")


@pytest.mark.parametrize(
    ("share", "count", "is_met"),
    [
        ({"percent": 50}, 50, True),
        ({"percent": 50}, 66, True),
        ({"percent": 50}, 67, False),
        ({"percent": 50, "confidence": 99}, 66, False),
        ({"percent": 50, "tolerance": 10}, 75, True),
        ({"percent": 50, "tolerance": 10}, 76, False),
        ({"percent": 0}, 0, True),
        ({"percent": 0}, 1, False),
        ({"version": "stable", "percent": 100}, 1, False),
        ({}, 5, True),  # the stack has 10 %
    ],
)
def test_a_share_is_judged_by_the_exact_binomial_test(share: dict[str, Any], count: int, is_met: bool) -> None:
    versions = ["canary"] * count + ["stable"] * (100 - count)
    assert judge_share(Share.model_validate(share), versions, 10).is_met is is_met


def test_a_share_says_what_it_accepts_and_why_it_was_not_judged() -> None:
    fifty = Share.model_validate({"percent": 50, "tolerance": 5})
    assert judge_share(fifty, ["canary"] * 100, None).expected == (
        "29 to 71 of 100 visitors on canary (50 ± 5 %, exact binomial test at 99.9 %)"
    )
    assert judge_share(fifty, ["canary"] * 3, None).actual == "every count would be accepted: raise visitors"
    assert judge_share(fifty, ["canary", None], None).actual == "the response does not tell its version (versions)"
    assert judge_share(Share(), ["canary"], None).actual == (
        "the expected percentage is not known: write percent, or name the stack with --stack"
    )
