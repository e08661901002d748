"""What is counted, of which version, and that CloudWatch would take the lines for metrics."""

from __future__ import annotations

import json
from math import log
from typing import Any

import pytest

from router.control.override import Override
from router.metrics import Metrics
from router.model.decision import Decision, Origin
from router.model.request import Request
from router.model.response import Response
from router.routing import Router
from simulator.cloudfront import validate_result
from simulator.sample_events import origin_request, origin_response
from tests.router.control_table import Clock
from tests.router.emf import metrics_in
from tests.router.test_routing import ORIGINS, raising, router_with

NOW_MS = 1_790_000_000_000
CANARY = ("EdgeRouter", (("Stack", "edge-router-prod"), ("Version", "canary")))
STABLE = ("EdgeRouter", (("Stack", "edge-router-prod"), ("Version", "stable")))
SECRET = "s3cret-s3cret-16"


def metrics_at(clock: Clock) -> Metrics:
    return Metrics("EdgeRouter", "edge-router-prod", ORIGINS, clock)


def router_counting(clock: Clock, choose: Any = lambda _: Decision("canary", "scripted"), **settings: Any) -> Router:
    return router_with(choose, metrics=metrics_at(clock), **settings)


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def trace_in(event: dict[str, Any]) -> list[str]:
    headers = event["Records"][0]["cf"]["request"]["headers"]
    return [entry["value"] for entry in headers.get("x-router-trace", [])]


def test_a_decision_counts_one_request_of_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    event = origin_request()
    router_counting(Clock()).handle(event)
    (line,) = lines_of(capsys)
    assert metrics_in(line) == {CANARY: {"Requests": 1}}
    assert (line["_aws"]["Timestamp"], line["origin"], line["reason"]) == (NOW_MS, "canary", "scripted")
    assert trace_in(event) == [f"canary;{NOW_MS}"]


@pytest.mark.parametrize(("status", "errors"), [("200", 0), ("304", 0), ("404", 0), ("499", 0), ("500", 1), ("503", 1)])
def test_an_answer_counts_as_error_from_500_on_and_how_long_it_took(
    status: str, errors: int, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    router, event = router_counting(clock), origin_request()
    router.handle(event)
    clock.now += 0.25
    router.handle(origin_response(event, status=status, domain="v2.example.com"))
    line = lines_of(capsys)[1]
    assert metrics_in(line) == {
        CANARY: {
            "Errors": errors,
            "LatencyMs": 250,
            "LogLatency": pytest.approx(log(250), abs=1e-6),
            "LogLatencySquared": pytest.approx(log(250) ** 2, abs=1e-6),
        }
    }
    units = {metric["Name"]: metric["Unit"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units == {"Errors": "Count", "LatencyMs": "Milliseconds", "LogLatency": "None", "LogLatencySquared": "None"}
    assert {name: line[name] for name in ("strategy", "region", "requestId", "status")} == {
        "strategy": "scripted",
        "region": "eu-west-1",
        "requestId": event["Records"][0]["cf"]["config"]["requestId"],
        "status": int(status),
    }


def test_an_answer_counts_at_the_time_of_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    """Else a window that ends between the two has a request that nobody seems to answer."""
    clock = Clock()
    router, event = router_counting(clock), origin_request()
    router.handle(event)
    clock.now += 70
    router.handle(origin_response(event, status="200", domain="v2.example.com"))
    router.handle(origin_response(origin_request(), status="200", domain="v1.example.com"))
    times = [line["_aws"]["Timestamp"] for line in lines_of(capsys)]
    assert times == [NOW_MS, NOW_MS, NOW_MS + 70_000]


def test_an_answer_within_the_millisecond_has_a_logarithm(capsys: pytest.CaptureFixture[str]) -> None:
    router, event = router_counting(Clock()), origin_request()
    router.handle(event)
    router.handle(origin_response(event))
    (figures,) = metrics_in(lines_of(capsys)[1]).values()
    assert figures == {"Errors": 0, "LatencyMs": 0, "LogLatency": 0, "LogLatencySquared": 0}


@pytest.mark.parametrize("seconds", [-0.001, -3_600.0, 600.001, 86_400.0])
def test_clocks_that_are_apart_give_no_latency(seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    router, event = router_counting(clock), origin_request()
    router.handle(event)
    clock.now += seconds
    router.handle(origin_response(event))
    assert metrics_in(lines_of(capsys)[1]) == {CANARY: {"Errors": 0}}


def test_a_trace_of_the_viewer_is_overwritten() -> None:
    event = origin_request(headers={"X-Router-Trace": "stable;1"})
    router_counting(Clock()).handle(event)
    assert trace_in(event) == [f"canary;{NOW_MS}"]


def test_without_a_trace_the_version_is_the_origin_that_answered(capsys: pytest.CaptureFixture[str]) -> None:
    router_counting(Clock()).handle(origin_response(origin_request(), status="502", domain="v1.example.com"))
    assert metrics_in(lines_of(capsys)[0]) == {STABLE: {"Errors": 1}}


@pytest.mark.parametrize("trace", ["", ";", "elsewhere;1", f"elsewhere;{NOW_MS}", f";{NOW_MS}", "x" * 8_000])
def test_nobody_adds_a_version_to_the_metrics(trace: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each would be a metric of its own, with a price."""
    router_counting(Clock()).handle(origin_response(origin_request(headers={"X-Router-Trace": trace})))
    assert lines_of(capsys) == []


@pytest.mark.parametrize(
    "started", ["", "x", "-1", "1e3", "1_0", "²", "１７９００００００００００", "9" * 400, f"{NOW_MS};1"]
)
def test_a_start_that_is_none_gives_no_latency(started: str, capsys: pytest.CaptureFixture[str]) -> None:
    event = origin_response(origin_request(headers={"X-Router-Trace": f"stable;{started}"}))
    router_counting(Clock()).handle(event)
    assert metrics_in(lines_of(capsys)[0]) == {STABLE: {"Errors": 0}}


def test_what_the_override_asked_for_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Testers are not a sample of the visitors: their load test must not end a rollout, nor speed it up."""
    router = router_counting(Clock(), override=Override(secret=SECRET, header="x-qa-origin"))
    event = origin_request(headers={"X-QA-Origin": f"canary:{SECRET}", "X-Router-Trace": f"canary;{NOW_MS}"})
    router.handle(event)
    assert trace_in(event) == [f";{NOW_MS}"]
    router.handle(origin_response(event, status="500", domain="v2.example.com"))
    (line,) = lines_of(capsys)
    assert line["reason"] == "override"
    assert "_aws" not in line


def test_an_origin_out_of_a_table_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    tenant = Origin("tenant", "acme.example.com")
    router, event = router_counting(Clock(), lambda _: Decision(tenant, "tenant")), origin_request()
    router.handle(event)
    router.handle(origin_response(event, domain="acme.example.com"))
    (line,) = lines_of(capsys)
    assert "_aws" not in line


def test_a_fallback_is_a_request_of_stable(capsys: pytest.CaptureFixture[str]) -> None:
    router_counting(Clock(), raising).handle(origin_request())
    assert metrics_in(lines_of(capsys)[0]) == {STABLE: {"Requests": 1}}


def test_a_pinned_request_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    router_counting(Clock(), pin="stable").handle(origin_request())
    assert metrics_in(lines_of(capsys)[0]) == {STABLE: {"Requests": 1}}


def test_an_answer_is_counted_even_where_responding_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(_request: Request, _response: Response) -> None:
        raise ValueError

    router_with(respond=failing, metrics=metrics_at(Clock())).handle(origin_response(origin_request()))
    counted, fault = lines_of(capsys)
    assert metrics_in(counted) == {STABLE: {"Errors": 0}}
    assert fault["fallback"] is True


def test_an_origins_own_header_of_that_name_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """CloudFront answers 502 when a name is both the origin's custom header and in the request."""
    own = {"X-Router-Trace": [{"key": "X-Router-Trace", "value": "mine"}]}
    event = origin_request(headers={"x-router-trace": "forged"}, custom_headers=own)
    given = json.loads(json.dumps(event))
    result = router_counting(Clock()).handle(event)
    assert isinstance(result, dict)
    assert "x-router-trace" not in result["headers"]
    assert validate_result(given, result) == []
    assert metrics_in(lines_of(capsys)[0]) == {CANARY: {"Requests": 1}}


def test_cloudfront_accepts_the_header() -> None:
    event = origin_request(headers={"x-router-trace": "forged"})
    given = json.loads(json.dumps(event))
    assert validate_result(given, router_counting(Clock()).handle(event)) == []


def test_without_metrics_nothing_is_counted_and_no_header_written(capsys: pytest.CaptureFixture[str]) -> None:
    router, event = router_with(), origin_request()
    router.handle(event)
    router.handle(origin_response(event))
    (line,) = lines_of(capsys)
    assert "_aws" not in line
    assert trace_in(event) == []
