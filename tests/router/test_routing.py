"""The router: override, pin, strategy, deadline, fallback, and what it writes into the event."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from router.cache_guard import CacheGuard
from router.control.override import Override
from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.dynamodb.clients import Clients
from router.model.assignment import Assignment, Live
from router.model.decision import Decision, Origin
from router.model.request import Request
from router.model.response import Response
from router.routing import Router
from simulator.sample_events import origin_request, origin_response
from strategies.base import Edge, Needs, Strategy

ORIGINS = {
    "stable": Origin("stable", "v1.example.com"),
    "canary": Origin("canary", "v2.example.com", protocol="http", port=8080, path="/app", read_timeout_seconds=20),
    "blue": Origin("blue", "v1.example.com", host_header="blue.example.com"),
    "viewer": Origin("viewer", "v3.example.com", host_header="viewer"),
}


class Scripted(Strategy):
    """Chooses what the test says."""

    name: ClassVar[str] = "scripted"
    Options: ClassVar[type] = dict

    def __init__(self, choose: Callable[[Request], Decision], respond: Callable[[Request, Response], None]) -> None:
        super().__init__({}, Edge(time.time, bytes))
        self._choose = choose
        self._respond = respond

    @classmethod
    def needs(cls, _options: Any) -> Needs:
        return Needs()

    def choose(self, request: Request, _assignment: Assignment) -> Decision:
        return self._choose(request)

    def respond(self, request: Request, response: Response, _assignment: Assignment) -> None:
        self._respond(request, response)


def router_with(
    choose: Callable[[Request], Decision] = lambda _: Decision("canary", "scripted"),
    respond: Callable[[Request, Response], None] = lambda _request, _response: None,
    *,
    pin: str = "none",
    override: Override | None = None,
    **settings: Any,
) -> Router:
    settings |= {"baked": Live(0.0, pin, "r"), "precedence": Precedence(ORIGINS, override=override)}
    return Router(Scripted(choose, respond), ORIGINS, DecisionLog("scripted", "salt"), region="eu-west-1", **settings)


def handle(router: Router, event: dict[str, Any]) -> dict[str, Any]:
    answer = router.handle(event)
    assert isinstance(answer, dict)
    return answer


def log_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    line.pop("elapsedUs", None)
    return line


def test_the_chosen_origin_and_its_host_are_written() -> None:
    request = handle(router_with(), origin_request())
    assert request["origin"] == {
        "custom": {
            "customHeaders": {},
            "domainName": "v2.example.com",
            "keepaliveTimeout": 5,
            "path": "/app",
            "port": 8080,
            "protocol": "http",
            "readTimeout": 20,
            "sslProtocols": ["TLSv1.2"],
        }
    }
    assert request["headers"]["host"] == [{"key": "Host", "value": "v2.example.com"}]


def test_nothing_but_origin_and_host_changes() -> None:
    event = origin_request(cookies=["a=1; b=2", "c=3"], querystring="q=%20x", method="POST", uri="/a%20b")
    before = copy.deepcopy(event)["Records"][0]["cf"]["request"]
    after = handle(router_with(), event)
    for part in (before, after):
        del part["origin"], part["headers"]["host"]
    assert after == before


def test_a_named_host_header_is_sent_and_a_viewers_is_left() -> None:
    blue = handle(router_with(lambda _: Decision("blue", "x")), origin_request())
    assert blue["headers"]["host"][0]["value"] == "blue.example.com"
    event = origin_request(headers={"Host": "www.example.com"})
    viewer = handle(router_with(lambda _: Decision("viewer", "x")), event)
    assert viewer["headers"]["host"][0]["value"] == "www.example.com"


def test_an_origin_outside_config_can_be_a_decision() -> None:
    tenant = Origin("tenant", "acme.example.com")
    request = handle(router_with(lambda _: Decision(tenant, "tenant")), origin_request())
    assert request["origin"]["custom"]["domainName"] == "acme.example.com"


def test_custom_headers_stay_and_a_viewers_copy_of_one_is_removed() -> None:
    secret = {"x-origin-secret": [{"key": "X-Origin-Secret", "value": "s"}]}
    event = origin_request(headers={"X-Origin-Secret": "forged"}, custom_headers=secret)
    request = handle(router_with(), event)
    assert request["origin"]["custom"]["customHeaders"] == secret
    assert "x-origin-secret" not in request["headers"]


def test_one_json_line_is_logged_per_decision(capsys: pytest.CaptureFixture[str]) -> None:
    handle(router_with(lambda _: Decision("canary", "assigned", bucket=7, visitor="secret-token")), origin_request())
    assert log_line(capsys) == {
        "strategy": "scripted",
        "origin": "canary",
        "reason": "assigned",
        "region": "eu-west-1",
        "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        "percentFrom": "baked",
        "bucket": 7,
        "visitor": "805f61b6122c",
    }


def raising(_: Request) -> Decision:
    raise KeyError("token=secret")


def test_a_failing_strategy_goes_to_stable_and_the_log_says_where_but_not_what(
    capsys: pytest.CaptureFixture[str],
) -> None:
    request = handle(router_with(raising), origin_request())
    assert request["origin"]["custom"]["domainName"] == "v1.example.com"
    line = log_line(capsys)
    assert line["reason"].startswith("error:KeyError@test_routing.py:")
    assert line["fallback"] is True
    assert "secret" not in json.dumps(line)


def test_an_unknown_origin_name_goes_to_stable(capsys: pytest.CaptureFixture[str]) -> None:
    handle(router_with(lambda _: Decision("green", "x")), origin_request())
    line = log_line(capsys)
    assert (line["origin"], line["reason"], line["fallback"]) == ("stable", "unknown-origin", True)


def spinning(_: Request) -> Decision:
    while True:
        pass


def sleeping(_: Request) -> Decision:
    with contextlib.suppress(Exception):  # what a careless strategy does
        time.sleep(30)
    return Decision("canary", "late")


@pytest.mark.parametrize("choose", [spinning, sleeping])
def test_a_strategy_that_does_not_come_back_is_cut_off(
    choose: Callable[[Request], Decision], capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    request = handle(router_with(choose, deadline_seconds=0.1), origin_request())
    assert time.monotonic() - started < 2
    assert request["origin"]["custom"]["domainName"] == "v1.example.com"
    assert log_line(capsys)["reason"] == "deadline"


def test_a_decision_that_is_cut_off_drops_the_connections_it_may_have_used() -> None:
    closed: list[str] = []

    class Reader:
        def close(self) -> None:
            closed.append("closed")

    clients = Clients(lambda _region: Reader())
    clients.at("eu-west-1")
    router = router_with(sleeping, hanging_respond, deadline_seconds=0.1, clients=clients)
    event = origin_request()
    handle(router, event)
    handle(router, origin_response(event))
    assert closed == ["closed", "closed"]


def test_pin_overrides_the_strategy(capsys: pytest.CaptureFixture[str]) -> None:
    request = handle(router_with(pin="stable"), origin_request())
    assert request["origin"]["custom"]["domainName"] == "v1.example.com"
    assert log_line(capsys)["reason"] == "pinned"


SECRET = "s3cret-s3cret-16"
OVERRIDE_PLACES = [
    (
        Override(secret="s3cret-s3cret-16", header="x-qa-origin"),
        {"headers": {"X-QA-Origin": "canary:s3cret-s3cret-16"}},
    ),
    (Override(secret="s3cret-s3cret-16", cookie="qa"), {"cookies": ["a=b", "qa=canary:s3cret-s3cret-16"]}),
    (Override(secret="s3cret-s3cret-16", query="qa"), {"querystring": "x=1&qa=canary%3As3cret-s3cret-16"}),
]


@pytest.mark.parametrize(("override", "parts"), OVERRIDE_PLACES)
def test_the_override_reaches_any_origin_even_when_pinned(
    override: Override, parts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    request = handle(router_with(override=override, pin="stable"), origin_request(**parts))
    assert request["origin"]["custom"]["domainName"] == "v2.example.com"
    assert log_line(capsys)["reason"] == "override"


@pytest.mark.parametrize("value", ["canary:wrong", "canary", "canary:", f":{SECRET}", f"green:{SECRET}", "é:é"])
def test_a_wrong_override_is_ignored(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    override = Override(secret=SECRET, header="x-qa-origin")
    handle(router_with(override=override, pin="stable"), origin_request(headers={"X-QA-Origin": value}))
    assert log_line(capsys)["reason"] == "pinned"


def adding(_: Request, response: Response) -> None:
    response.add_cookie(f"v={response.origin}; Path=/")


def test_respond_adds_cookies_after_those_of_the_origin() -> None:
    event = origin_response(origin_request(), domain="v1.example.com")
    event["Records"][0]["cf"]["response"]["headers"]["set-cookie"] = [{"key": "Set-Cookie", "value": "own=1"}]
    response = handle(router_with(respond=adding), event)
    assert [entry["value"] for entry in response["headers"]["set-cookie"]] == ["own=1", "v=stable; Path=/"]


def test_a_cookie_that_the_origin_sets_itself_is_left_to_it() -> None:
    event = origin_response(origin_request(), domain="v1.example.com")
    event["Records"][0]["cf"]["response"]["headers"]["set-cookie"] = [
        {"key": "Set-Cookie", "value": "v=canary; Path=/"}
    ]
    response = handle(router_with(respond=adding), event)
    assert [entry["value"] for entry in response["headers"]["set-cookie"]] == ["v=canary; Path=/"]


def test_the_host_header_tells_origins_of_one_address_apart() -> None:
    event = origin_response(origin_request(headers={"Host": "blue.example.com"}), domain="v1.example.com")
    response = handle(router_with(respond=adding), event)
    assert response["headers"]["set-cookie"][0]["value"] == "v=blue; Path=/"


def test_an_answer_of_a_foreign_origin_has_no_name() -> None:
    response = handle(router_with(respond=adding), origin_response(origin_request(), domain="failover.example.com"))
    assert response["headers"]["set-cookie"][0]["value"] == "v=None; Path=/"


@pytest.mark.parametrize("settings", [{"pin": "canary"}, {"override": OVERRIDE_PLACES[0][0]}])
def test_a_forced_request_is_not_responded_to(settings: dict[str, Any]) -> None:
    request = origin_request(headers={"X-QA-Origin": f"canary:{SECRET}"})
    assert "set-cookie" not in handle(router_with(respond=adding, **settings), origin_response(request))["headers"]


def failing_respond(_request: Request, _response: Response) -> None:
    raise ValueError


def hanging_respond(_request: Request, _response: Response) -> None:
    time.sleep(30)


@pytest.mark.parametrize("respond", [failing_respond, hanging_respond])
def test_a_failing_respond_leaves_the_response_as_it_came(
    respond: Callable[[Request, Response], None], capsys: pytest.CaptureFixture[str]
) -> None:
    event = origin_response(origin_request())
    before = copy.deepcopy(event)["Records"][0]["cf"]["response"]
    assert handle(router_with(respond=respond, deadline_seconds=0.1), event) == before
    assert log_line(capsys)["fallback"] is True


@pytest.mark.parametrize("kind", ["viewer-request", "viewer-response", "", "something-new"])
def test_triggers_it_does_not_serve_pass_unchanged(kind: str) -> None:
    event = origin_response(origin_request())
    event["Records"][0]["cf"]["config"]["eventType"] = kind
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    assert router_with().handle(event) == (cf["response"] if kind.endswith("response") else cf["request"])


@pytest.mark.parametrize(
    "event", [None, {}, [], "x", {"Records": []}, {"Records": [{"cf": {}}]}, {"Records": [{"cf": 1}]}]
)
def test_what_is_no_cloudfront_event_comes_back(event: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert router_with().handle(event) == event
    assert log_line(capsys)["reason"] == "not-a-cloudfront-event"


def test_a_request_that_cannot_be_written_goes_on_without_a_viewers_copy_of_a_custom_header() -> None:
    secret = {"X-Origin-Secret": [{"key": "X-Origin-Secret", "value": "s"}]}
    event = origin_request(headers={"X-Origin-Secret": "forged", "X-Other": "1"}, custom_headers=secret)
    event["Records"][0]["cf"]["request"]["body"] = 7
    request = handle(router_with(), event)
    assert request["origin"]["custom"]["customHeaders"] == secret
    assert "x-origin-secret" not in request["headers"]
    assert "x-other" in request["headers"]


def test_an_event_that_cannot_be_read_goes_on_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    event = origin_request()
    event["Records"][0]["cf"]["request"]["headers"] = "broken"
    before = copy.deepcopy(event)["Records"][0]["cf"]["request"]
    assert router_with().handle(event) == before
    assert log_line(capsys)["fallback"] is True


def test_a_log_that_cannot_be_written_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def write(self, _: str) -> int:
            raise OSError

    monkeypatch.setattr("sys.stdout", Broken())
    assert handle(router_with(), origin_request())["origin"]["custom"]["domainName"] == "v2.example.com"


def slow(_: Request) -> Decision:
    time.sleep(5)
    raise AssertionError("the deadline did not come")


def failing(_: Request) -> Decision:
    raise ValueError("secret")


@pytest.mark.parametrize(
    ("choose", "reason"),
    [
        (lambda _: Decision("canary", "scripted"), "scripted"),
        (lambda _: Decision("gone", "scripted"), "unknown-origin"),
        (failing, "error:ValueError@"),
        (slow, "deadline"),
    ],
)
def test_whatever_becomes_of_the_decision_nothing_beside_the_key_reaches_the_origin(
    choose: Callable[[Request], Decision], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = origin_request(headers={"X-Forwarded-Host": "evil.example", "RSC": "1", "Accept": "text/html"})
    router = router_with(choose, guard=CacheGuard(["rsc"]), deadline_seconds=0.05)
    request = handle(router, event)
    assert set(request["headers"]) == {"host", "rsc", "user-agent", "via", "x-forwarded-for"}
    assert log_line(capsys)["reason"].startswith(reason)


def test_the_strategy_decides_by_what_is_in_the_key_only() -> None:
    seen: list[str | None] = []

    def choose(request: Request) -> Decision:
        seen.extend([request.header("rsc"), request.header("x-other")])
        return Decision("stable", "scripted")

    handle(router_with(choose, guard=CacheGuard(["rsc"])), origin_request(headers={"RSC": "1", "X-Other": "2"}))
    assert seen == ["1", None]


def test_a_cookie_that_the_strategy_sets_keeps_the_answer_out_of_the_cache() -> None:
    router = router_with(respond=lambda _, response: response.add_cookie("a=1"), guard=CacheGuard([]))
    event = origin_response(origin_request())
    event["Records"][0]["cf"]["response"]["headers"]["cache-control"] = [{"key": "Cache-Control", "value": "max-age=9"}]
    headers = handle(router, event)["headers"]
    assert headers["cache-control"] == [{"key": "Cache-Control", "value": "private, max-age=9"}]


@pytest.mark.parametrize(("cache_control", "expected"), [("max-age=60", 1), ("public, max-age=31536000, immutable", 0)])
def test_no_strategy_sets_a_cookie_on_what_caches_share_for_long(cache_control: str, expected: int) -> None:
    router = router_with(respond=lambda _, response: response.add_cookie("a=1"))
    event = origin_response(origin_request())
    event["Records"][0]["cf"]["response"]["headers"]["cache-control"] = [
        {"key": "Cache-Control", "value": cache_control}
    ]
    assert len(handle(router, event)["headers"].get("set-cookie", [])) == expected


def test_an_event_that_cannot_be_guarded_goes_on_and_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    event = origin_response(origin_request())
    event["Records"][0]["cf"]["response"]["status"] = "odd"
    handle(router_with(guard=CacheGuard([])), event)
    reasons = [json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()]
    assert reasons[-1] == "not-guarded:ValueError"
