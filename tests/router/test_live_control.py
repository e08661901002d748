"""The router with live control: what it obeys, what it logs, what it reads, and what it survives."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from router import baked
from router.control import reader as control
from router.control.override import Override
from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.dynamodb.clients import Clients
from router.model.assignment import Assignment, Live, release_tag
from router.model.deadline import DeadlineError
from router.model.request import Request
from router.routing import Router
from simulator.sample_events import origin_request, origin_response
from strategies.base import Edge
from strategies.cookie_version import CookieVersion, Options
from tests.router.control_table import BAKED, CONFIG, Clock, Replicas, config_item, control_over, rollout_item
from tests.router.fault_server import answering, dripping, hanging, http, resetting, serving
from tests.strategies.fakes import ORIGINS

SECRET = "s3cret-s3cret-16"
ROLLED_BACK = rollout_item(state={"S": "rolled-back"}, canaryPercent={"N": "0"}, revision={"N": "8"})
CANARY_COOKIE = f"app-version=canary.{release_tag('2026-11')}.visitor"


def router_over(replicas: Replicas, *, clock: Clock | None = None, baked_live: Live = BAKED, **settings: Any) -> Router:
    clock, clients = clock or Clock(), Clients(replicas.reader)
    edge = Edge(clock, os.urandom, ORIGINS)
    control = control_over(replicas, baked=baked_live, clock=clock, clients=clients)
    return Router(
        CookieVersion(Options(), edge),
        ORIGINS,
        DecisionLog("cookie-version", "salt"),
        baked=baked_live,
        precedence=Precedence(ORIGINS, control=control, **settings),
        clients=clients,
        region="eu-west-1",
    )


def line_of(router: Router, capsys: pytest.CaptureFixture[str], event: dict[str, Any] | None = None) -> dict[str, Any]:
    router.handle(event or origin_request())
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def origins_of(router: Router, count: int = 1_000) -> list[str]:
    return [str(router.decide(Request(request_id=f"r-{number}")).origin) for number in range(count)]


def test_the_percentage_and_the_release_of_the_table_assign() -> None:
    expected = [Assignment("2026-11", 25).assign(f"r-{number}")[0] for number in range(1_000)]
    assert origins_of(router_over(Replicas([CONFIG, rollout_item()]))) == expected


def test_a_new_percentage_and_a_new_release_count_from_the_refresh_on() -> None:
    replicas, clock = Replicas([config_item(canaryPercent={"N": "0"})]), Clock()
    router = router_over(replicas, clock=clock)
    assert set(origins_of(router)) == {"stable"}
    replicas.answer = [config_item(canaryPercent={"N": "40"}, release={"S": "next"})]
    clock.now += 10
    assert origins_of(router) == [Assignment("next", 40).assign(f"r-{number}")[0] for number in range(1_000)]
    old = router.decide(Request(headers={"cookie": CANARY_COOKIE}))
    assert old.reason == "other-release"


def test_a_pin_in_the_table_holds_before_the_strategy(capsys: pytest.CaptureFixture[str]) -> None:
    router = router_over(Replicas([config_item(pin={"S": "stable"}), rollout_item()]))
    line = line_of(router, capsys, origin_request(cookies=[CANARY_COOKIE]))
    assert (line["origin"], line["reason"]) == ("stable", "pinned")
    assert (line["percentFrom"], line["revision"]) == ("pin", "config:1a2b3c4d")


def test_a_pin_that_is_taken_back_holds_no_longer() -> None:
    replicas, clock = Replicas([config_item(pin={"S": "canary"})]), Clock()
    router = router_over(replicas, clock=clock)
    assert router.decide(Request()).reason == "pinned"
    replicas.answer = [CONFIG]
    clock.now += 10
    assert router.decide(Request()).reason == "no-cookie"


def test_a_withdrawn_canary_gets_nobody_even_with_a_cookie(capsys: pytest.CaptureFixture[str]) -> None:
    router = router_over(Replicas([CONFIG, ROLLED_BACK]))
    line = line_of(router, capsys, origin_request(cookies=[CANARY_COOKIE]))
    assert (line["origin"], line["reason"], "fallback" in line) == ("stable", "canary-withdrawn", False)
    assert (line["percentFrom"], line["revision"], "visitor" in line) == ("rollout", "rollout:8", True)
    stable = router.decide(Request(headers={"cookie": CANARY_COOKIE.replace("canary", "stable")}))
    assert (stable.origin, stable.reason) == ("stable", "cookie")
    assert set(origins_of(router)) == {"stable"}


@pytest.mark.parametrize("items", [[CONFIG, ROLLED_BACK], [config_item(pin={"S": "stable"})]])
def test_the_override_still_reaches_the_canary(items: list[Any]) -> None:
    router = router_over(Replicas(items), override=Override(secret=SECRET, header="x-qa-origin"))
    router.decide(Request())
    decision = router.decide(Request(headers={"x-qa-origin": f"canary:{SECRET}"}))
    assert (decision.origin, decision.reason) == ("canary", "override")


def test_the_override_waits_for_no_table() -> None:
    replicas = Replicas(AssertionError("not to be read"))
    router = router_over(replicas, override=Override(secret=SECRET, header="x-qa-origin"))
    assert router.decide(Request(headers={"x-qa-origin": f"canary:{SECRET}"})).origin == "canary"
    assert replicas.reads == []


def cookies_in(router: Router, cookie: str = "", *, domain: str = "v2.example.com") -> list[str]:
    event = origin_response(origin_request(cookies=[cookie] if cookie else []), domain=domain)
    response = router.handle(event)
    assert isinstance(response, dict)
    return [entry["value"].partition(";")[0] for entry in response["headers"].get("set-cookie", [])]


def test_an_answer_sets_a_cookie_of_the_release_in_the_table() -> None:
    (cookie,) = cookies_in(router_over(Replicas([config_item(release={"S": "next"})])))
    assert cookie.startswith(f"app-version=canary.{release_tag('next')}.")


def test_a_pinned_answer_sets_no_cookie() -> None:
    assert cookies_in(router_over(Replicas([config_item(pin={"S": "canary"})]))) == []


def test_a_withdrawn_canary_ties_nobody_and_takes_no_cookie_away() -> None:
    """The decision is overridden at each request, so a rollout that starts again finds its visitors as they were."""
    router = router_over(Replicas([CONFIG, ROLLED_BACK]))
    assert cookies_in(router) == []
    assert cookies_in(router, CANARY_COOKIE, domain="v1.example.com") == []
    (stable,) = cookies_in(router, domain="v1.example.com")
    assert stable.startswith("app-version=stable.")


def test_with_an_unknown_release_every_cookie_is_believed_and_none_is_set() -> None:
    router = router_over(Replicas("refused"), baked_live=Live(100.0, "none", ""))
    for release in ("2026-10", "2026-11"):
        cookie = f"app-version=stable.{release_tag(release)}.visitor"
        decision = router.decide(Request(headers={"cookie": cookie}))
        assert (decision.origin, decision.reason) == ("stable", "cookie")
    unknown = router.decide(Request(headers={"cookie": "app-version=gone.00000000.visitor"}))
    assert (unknown.origin, unknown.reason) == ("canary", "unknown-version")
    assert router.decide(Request()).origin == "canary"
    assert cookies_in(router) == []


def test_with_a_function_before_the_cache_the_control_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("no table is read")

    monkeypatch.setattr(baked, "_build_clients", refuse)
    router = baked.build_router(baked_config() | {"version_header": "x-router-version"}, "eu-west-1")
    assert router.decide(Request(headers={"x-router-version": "canary"})).reason == "assigned-version"


def test_such_a_stack_says_that_the_percentage_is_the_functions(capsys: pytest.CaptureFixture[str]) -> None:
    router = baked.build_router(baked_config() | {"version_header": "x-router-version"}, "eu-west-1")
    line = line_of(router, capsys, origin_request(headers={"X-Router-Version": "canary"}))
    assert (line["percentFrom"], "revision" in line) == ("function", False)


def test_every_line_says_where_the_percentage_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    replicas, clock = Replicas("timeout"), Clock()
    router = router_over(replicas, clock=clock)
    wanted = [
        ("timeout", ("baked", None, "table-timeout")),
        ([CONFIG], ("config", "config:1a2b3c4d", None)),
        ([CONFIG, rollout_item()], ("rollout", "rollout:7", None)),
        ([CONFIG, rollout_item(state={"S": "?"})], ("config", "config:1a2b3c4d", "rollout-malformed-state")),
        ("throttled", ("config", "config:1a2b3c4d", "table-throttled")),
        ([config_item(pin={"S": "stable"})], ("pin", "config:1a2b3c4d", None)),
        ([config_item(canaryPercent={"N": "abc"})], ("pin", "config:1a2b3c4d", "malformed-canaryPercent")),
    ]
    for answer, expected in wanted:
        replicas.answer = answer
        line = line_of(router, capsys)
        assert (line["percentFrom"], line.get("revision"), line.get("controlReason")) == expected
        clock.now += 10


def test_explain_shows_what_the_control_said() -> None:
    router = router_over(Replicas([CONFIG, rollout_item()]))
    request = Request(headers={"cookie": CANARY_COOKIE})
    router.decide(request)
    assert request.steps == [("control", "rollout:7 says 25 %"), ("cookie app-version", "cookie")]


def test_ten_thousand_decisions_in_a_hundred_seconds_are_ten_reads() -> None:
    replicas, clock = Replicas([CONFIG]), Clock()
    router = router_over(replicas, clock=clock)
    reads_at: list[float] = []
    for number in range(10_000):
        before = len(replicas.reads)
        router.decide(Request(request_id=f"r-{number}"))
        reads_at += [clock.now] * (len(replicas.reads) - before)
        clock.now += 0.01
    assert len(reads_at) == 10
    assert min(later - earlier for earlier, later in pairwise(reads_at)) >= 10


@pytest.mark.parametrize("answer", ["throttled", [], KeyError()])
def test_a_table_that_fails_is_not_read_more_often(answer: Any) -> None:
    replicas, clock = Replicas(answer), Clock()
    router = router_over(replicas, clock=clock)
    for number in range(1_000):
        router.decide(Request(request_id=f"r-{number}"))
        clock.now += 0.1
    assert len(replicas.reads) == 10


def test_a_deadline_within_the_read_falls_back_and_drops_the_connection(capsys: pytest.CaptureFixture[str]) -> None:
    replicas = Replicas(DeadlineError())
    router = router_over(replicas)
    line = line_of(router, capsys)
    assert (line["origin"], line["reason"], line["fallback"]) == ("stable", "deadline", True)
    assert replicas.closed == ["eu-west-1"]
    after = line_of(router, capsys)
    assert (after["reason"], after["controlReason"]) == ("no-cookie", "interrupted")


# What it must survive, over a real connection.


def baked_config(**changes: Any) -> dict[str, Any]:
    return {
        "strategy": "cookie-version",
        "options": {"cookie": "app-version"},
        "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
        "canary_percent": 0.0,
        "release": "",
        "pin": "none",
        "override": None,
        "table": None,
        "control": {
            "table": {"name": "control", "home_region": "us-east-1", "replicas": {"": ["us-east-1"]}},
            "refresh_seconds": 10,
            "read_timeout_ms": 200,
        },
        "deadline_ms": 2000,
        "log_salt": "salt",
        **changes,
    }


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The wall clock that the built router sees. It has credentials, and its connections are closed at the end."""
    clock, clients = Clock(), Clients()
    monkeypatch.setattr(control, "time", SimpleNamespace(time=clock))
    monkeypatch.setattr(baked, "_build_clients", lambda: clients)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    yield clock
    clients.close()


def partition(*items: Any) -> bytes:
    return http(200, json.dumps({"Items": items}).encode())


FAULTS: list[tuple[Callable[[socket.socket], None], str]] = [
    (hanging, "table-timeout"),
    (dripping, "table-timeout"),
    (resetting, "table-reset"),
    (answering(http(400, b'{"__type":"x#ThrottlingException"}')), "table-throttled"),
    (answering(http(400, b'{"__type":"x#AccessDeniedException"}')), "table-access-denied"),
    (answering(http(400, b'{"__type":"x#ResourceNotFoundException"}')), "table-no-such-table"),
    (answering(http(500, b"<html>")), "table-status-500"),
    (answering(http(200, b"garbage")), "table-garbage"),
    (answering(partition()), "missing-config"),
    (answering(partition(config_item(canaryPercent={"N": "101"}))), "malformed-canaryPercent"),
    (answering(partition(config_item(pin={"S": "x"}), rollout_item())), "malformed-pin"),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_last_good_then_recovery_whatever_the_table_does(
    fault: Callable[[socket.socket], None],
    reason: str,
    wall: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, better = (partition(config_item(canaryPercent={"N": text})) for text in ("100", "0"))
    last = good.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
    with serving(answering(last), fault, answering(better)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        router = baked.build_router(baked_config(), "eu-west-1")
        assert line_of(router, capsys)["origin"] == "canary"
        wall.now += 10
        failed = line_of(router, capsys)
        assert (failed["origin"], failed["percentFrom"], failed["controlReason"]) == ("canary", "config", reason)
        wall.now += 10
        recovered = line_of(router, capsys)
        assert (recovered["origin"], "controlReason" in recovered) == ("stable", False)


def test_a_table_that_was_never_reached_leaves_what_is_baked(
    wall: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{port}")
    router = baked.build_router(baked_config(pin="canary"), "eu-west-1")
    line = line_of(router, capsys)
    assert (line["origin"], line["reason"], line["percentFrom"]) == ("canary", "pinned", "baked")
    assert line["controlReason"] == "table-refused"


def test_a_read_past_the_deadline_is_cut_off_and_the_next_one_is_on_a_new_connection(
    wall: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(hanging, answering(partition(config_item(pin={"S": "canary"})))) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        config = baked_config(deadline_ms=100)
        router = baked.build_router(config | {"control": config["control"] | {"read_timeout_ms": 30_000}}, "eu-west-1")
        assert line_of(router, capsys)["reason"] == "deadline"
        assert line_of(router, capsys)["controlReason"] == "interrupted"
        wall.now += 10
        assert line_of(router, capsys)["reason"] == "pinned"


def test_the_metrics_of_the_config_are_counted(
    wall: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(answering(partition(CONFIG, rollout_item()))) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        metrics = {"namespace": "EdgeRouter", "stack": "edge-router-prod"}
        line = line_of(baked.build_router(baked_config(metrics=metrics), "eu-west-1"), capsys)
    assert (line["Stack"], line["Requests"], line["revision"]) == ("edge-router-prod", 1, "rollout:7")
    assert line["Version"] == line["origin"]


def test_a_session_and_the_control_are_read_over_one_connection(
    wall: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cold start that opened two would wait for two TLS handshakes."""
    session = http(200, b'{"Item":{"token":{"S":"t"},"version":{"S":"2"}}}')
    with serving(answering(partition(CONFIG), session), resetting) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        table = {"name": "sessions", "home_region": "us-east-1", "replicas": {"": ["us-east-1"]}}
        config = baked_config(strategy="sticky-session", options={}, table=table)
        line = line_of(baked.build_router(config, "us-east-1"), capsys, origin_request(cookies=["sessiontoken=t"]))
    assert (line["origin"], line["reason"], line["tableSource"]) == ("canary", "session", "us-east-1")
