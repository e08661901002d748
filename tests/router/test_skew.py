"""A build id in a request for a file: it chooses among known builds, before everything else, and changes no visitor."""

from __future__ import annotations

import copy
import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from router.baked import build_router
from router.model.assignment import Live
from router.model.deadline import DeadlineError
from router.model.request import Request
from router.routing import Router
from router.skew import Skew, SkewRouter, current_builds, parse_builds
from simulator.cloudfront import validate_result
from simulator.lambda_edge.environment import _CREDENTIALS
from simulator.private_origins.signatures import ROUTER, Signed, check_signature
from simulator.sample_events import origin_request, origin_response
from tests.router.control_table import config_item

REQUESTS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("build_requests.json").read_text(encoding="utf-8"))
"""What a request says, the place that it names (`place`), or why it names none, and the path that is left of it."""
PLACES = [["query", "dpl"], ["header", "x-deployment-id"], ["cookie", "__vdpl"]]
BUILDS = {"A": "stable", "B": "canary", "old": "stable/builds/old", "gone": "-"}
SKEW: dict[str, Any] = {"prefix": "/_v/", "paths": "/assets/.*", "places": PLACES, "builds": BUILDS}
ORIGINS = {"stable": {"domain_name": "v1.example.com", "path": "/app"}, "canary": {"domain_name": "v2.example.com"}}
BAKED: dict[str, Any] = {
    "strategy": "cookie-version",
    "options": {},
    "origins": ORIGINS,
    "log_salt": "salt",
    "canary_percent": 0.0,
    "pin": "none",
    "release": "2026-11",
    "deadline_ms": 2000,
    "override": {"header": "x-qa", "secret": "s" * 16},
    "sets_cookies": True,
    "table": None,
    "skew": SKEW,
}


def router(**changes: Any) -> Router:
    return build_router({**BAKED, **changes}, "eu-west-1")


def event_of(
    path: str,
    method: str = "GET",
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    cookies: dict[str, str] | None = None,
) -> dict[str, Any]:
    cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    queries = "&".join(f"{name}={value}" for name, value in (query or {}).items())
    return origin_request(
        headers=headers, cookies=[cookie] if cookie else [], uri=path, method=method, querystring=queries
    )


def ask(capsys: pytest.CaptureFixture[str], event: dict[str, Any], **changes: Any) -> tuple[dict[str, Any], Any]:
    """(the request to the origin, the line of the log)."""
    capsys.readouterr()
    answer: Any = router(**changes).handle(event)
    return answer, json.loads(capsys.readouterr().out)


def place(request: dict[str, Any]) -> str:
    origin = request["origin"]["custom"]
    return f"{'stable' if origin['domainName'] == 'v1.example.com' else 'canary'}{origin['path']}"


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["what"])
def test_a_request_gets_the_files_of_the_build_that_it_names(
    capsys: pytest.CaptureFixture[str], case: dict[str, Any]
) -> None:
    given = {name: case[name] for name in ("path", "method", "query", "headers", "cookies") if name in case}
    request, line = ask(capsys, event_of(**given), canary_percent=0.0)
    expected = case.get("place", "stable")
    assert place(request) == {"stable": "stable/app"}.get(expected, expected)
    assert request["uri"] == case.get("uri", case["path"])
    assert (line["reason"] == "build") is ("place" in case)
    assert line.get("buildReason") == case.get("reason")
    [told] = request["headers"].get("x-router-build", [{"value": ""}])
    assert told["value"] not in ("", "-") if "place" in case else told["value"] == ("-" if "reason" in case else "")


def test_neither_pin_nor_override_moves_a_page_away_from_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    file = event_of("/_v/B/assets/app.js", headers={"x-qa": f"stable:{'s' * 16}"})
    request, line = ask(capsys, file, pin="stable")
    assert (place(request), line["reason"]) == ("canary", "build")
    request, line = ask(capsys, event_of("/"), pin="stable")
    assert (place(request), line["reason"]) == ("stable/app", "pinned")


@pytest.mark.parametrize(
    "where",
    ["stable/", "stable/builds/42/", "stable/a b", "stable/é", f"stable/{'x' * 300}", "canary/\n", "stable/a?b"],
)
def test_a_build_at_a_path_that_cloudfront_does_not_take_is_unknown(
    capsys: pytest.CaptureFixture[str], where: str
) -> None:
    event = event_of("/assets/a.js", query={"dpl": "old"})
    request, line = ask(capsys, copy.deepcopy(event), skew={**SKEW, "builds": {"old": where}})
    assert (place(request), line["buildReason"]) == ("stable/app", "unknown")
    assert list(validate_result(event, request)) == []


@pytest.mark.parametrize(("agent", "version"), [("Mozilla/5.0", "canary"), ("Googlebot/2.1", None)])
def test_a_file_of_a_build_counts_for_its_version_unless_a_bot_asks(
    capsys: pytest.CaptureFixture[str], agent: str, version: str | None
) -> None:
    metrics = {"namespace": "EdgeRouter", "stack": "s"}
    event = event_of("/assets/a.js", query={"dpl": "B"}, headers={"User-Agent": agent})
    request, line = ask(capsys, event, metrics=metrics, groups={"baseline": False}, bots={"extra": []})
    assert (place(request), line["reason"], line.get("Version")) == ("canary", "build", version)
    assert line.get("group") == (None if version else "bot")


def test_without_a_known_build_the_pin_decides_and_the_log_has_both(capsys: pytest.CaptureFixture[str]) -> None:
    request, line = ask(capsys, event_of("/_v/C/assets/app.js"), pin="canary")
    assert (place(request), line["reason"], line["buildReason"]) == ("canary", "pinned", "unknown")


def test_a_second_attempt_for_a_file_of_a_known_build_has_no_reason_why_that_did_not_decide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    groups = {"skew": {"to": {"canary": "stable"}, "is_cached": True, "to_withdrawn": True}}
    for build, expected in (("B", None), ("C", "unknown")):
        event = event_of(f"/_v/{build}/assets/app.js")
        attempt = {"x-router-attempt": [{"key": "x-router-attempt", "value": "skew"}]}
        event["Records"][0]["cf"]["request"]["origin"]["custom"]["customHeaders"] = attempt
        request, line = ask(capsys, event, failover=groups)
        assert (place(request), request["uri"]) == ("stable/app", "/assets/app.js")
        assert (line["reason"], line.get("buildReason")) == ("failover", expected)


def test_a_file_of_a_build_assigns_no_visitor() -> None:
    edge = router()
    for event, sets_cookie in (
        (event_of("/_v/B/assets/app.js"), False),
        (event_of("/", headers={"x-router-build": "B"}), True),  # a viewer's own header says nothing
    ):
        domain = edge.handle(event)["origin"]["custom"]["domainName"]  # type: ignore[index]  a request
        response: Any = edge.handle(origin_response(event, domain=domain))
        assert ("set-cookie" in response["headers"]) is sets_cookie


def test_a_file_of_a_build_that_nobody_knows_is_kept_by_no_cache() -> None:
    """Where the router runs behind the cache: tomorrow somebody may know the build, and the key is the same."""
    edge = router()
    for path, is_kept in (("/_v/B/assets/app.js", True), ("/_v/C/assets/app.js", False), ("/", True)):
        event = event_of(path)
        edge.handle(event)
        answered = origin_response(event)
        response: Any = answered["Records"][0]["cf"]["response"]
        response["headers"] |= {"cache-control": [{"key": "Cache-Control", "value": "max-age=60"}]}
        response["headers"] |= {"expires": [{"key": "Expires", "value": "Thu, 01 Jan 2099 00:00:00 GMT"}]}
        found: Any = edge.handle(answered)
        value = found["headers"]["cache-control"][0]["value"]
        assert (value, "expires" in found["headers"]) == ("max-age=60" if is_kept else "private, no-store", is_kept)


def test_behind_a_viewer_function_its_header_has_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    versioned: dict[str, Any] = {"version_header": "x-router-version", "override": None, "sets_cookies": False}
    for header, expected in (
        ("canary", "canary"),
        ("canary@B", "canary"),
        ("stable/builds/old@old", "stable/builds/old"),
        ("canary/app@2@A", "canary/app@2"),
    ):
        file = event_of("/_v/A/assets/app.js", headers={"x-router-version": header})
        request, line = ask(capsys, file, **versioned)
        assert (place(request), request["uri"]) == (expected, "/assets/app.js")
        assert line["reason"] == "assigned-version"
    request, line = ask(capsys, event_of("/", headers={"x-router-version": "nowhere/x@A"}), **versioned)
    assert (place(request), line["reason"]) == ("stable/app", "no-version")
    [told] = request["headers"]["x-router-build"]  # so nothing of it is cached with the key of that build
    assert (told["value"], "buildReason" in line) == ("-", False)


def test_a_file_that_stable_has_instead_as_the_deadline_ended_the_read_of_the_builds_is_of_no_build(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Hanging:
        region = "eu-west-1"
        parse: Any = None

        def current(self) -> Live:
            raise DeadlineError

    edge = SkewRouter(router(skew=None), BAKED, Hanging())  # type: ignore[arg-type]  all that is asked of a reader
    request: Any = edge.handle(event_of("/_v/B/assets/app.js"))
    line = json.loads(capsys.readouterr().out)
    assert (place(request), request["uri"], line["reason"]) == ("stable/app", "/assets/app.js", "deadline")
    assert (request["headers"]["x-router-build"][0]["value"], "buildReason" in line) == ("-", False)


def test_builds_come_from_both_items_of_the_control_table() -> None:
    config = config_item(builds={"M": {"canary": {"S": "B"}, "stable": {"S": "A"}}})
    kept = [{"id": {"S": "old"}, "place": {"S": "stable/old"}}, {"id": {"S": "B"}, "place": {"S": "-"}}]
    builds: Any = {"scope": {"S": "edge"}, "item": {"S": "builds"}, "builds": {"L": [{"M": one} for one in kept]}}
    assert parse_builds([config]) == {"A": "stable", "B": "canary"}
    assert parse_builds([config, builds]) == {"A": "stable", "B": "-", "old": "stable/old"}
    assert parse_builds([config_item()]) == {}


def test_malformed_builds_leave_percentage_and_pin_in_force_and_the_builds_before_them() -> None:
    skew = Skew(**SKEW)
    broken: Any = {"scope": {"S": "edge"}, "item": {"S": "builds"}, "builds": {"L": ["x"]}}
    live = skew.take([config_item(), broken])
    assert (live.percent, live.reason, skew.builds) == (10, "malformed-builds", BUILDS)


def test_of_two_origins_with_one_build_stable_has_the_files() -> None:
    assert current_builds({"canary": "A", "stable": "A", "blue": "A"}) == {"A": "stable"}
    assert current_builds({"canary": "A", "blue": "A", "stable": ""}) == {"A": "canary"}


def test_a_private_origin_is_signed_for_with_the_path_that_it_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = "shop.s3.eu-west-1.amazonaws.com"
    private = {"stable": {"host": bucket, "service": "s3", "region": "eu-west-1", "pages": "none", "signs": True}}
    skew = {**SKEW, "paths": "/.*"}
    edge = router(origins={**ORIGINS, "stable": {"domain_name": bucket}}, private=private, skew=skew)
    request: Any = edge.handle(event_of("/_v/old/_v/A/x.js"))
    plain: Any = edge.handle(event_of("/_v/old/x.js"))
    assert (request["uri"], plain["uri"]) == ("/_v/A/x.js", "/x.js")
    assert request["origin"]["s3"]["path"] == "/builds/old"
    signed = {name: entries[0]["value"] for name, entries in request["headers"].items()}
    found = Signed("GET", bucket, f"/builds/old{request['uri']}", signed, b"")
    assert check_signature(found, "s3", "eu-west-1", datetime.datetime.now(datetime.UTC)) == ROUTER


def test_a_decision_is_explained_by_the_build() -> None:
    request = Request(path="/_v/old/assets/app.js")
    assert router().decide(request).reason == "build"
    assert request.steps == [("build", "stable/builds/old")]
