"""The second attempt of an origin group, as the router sees it: nothing of the first is left in the event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.cache_guard import CacheGuard
from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.failover import ATTEMPT_HEADER, FailoverRouter
from router.metrics import Metrics
from router.model.assignment import Live
from router.model.decision import Decision, Origin
from router.model.response import Response
from simulator.cloudfront import validate_result
from simulator.sample_events import origin_request, origin_response
from tests.router.test_routing import ORIGINS, Scripted, handle

GROUPS = {
    "failover": {"to": {"canary": "stable", "stable": "blue"}, "is_cached": False, "to_withdrawn": False},
    "skew": {"to": {"canary": "stable", "stable": "canary"}, "is_cached": True, "to_withdrawn": True},
}
CACHED = [{"key": "Cache-Control", "value": "max-age=60"}]


def router_for(chosen: str | Origin, **settings: Any) -> FailoverRouter:
    def respond(_request: object, response: Response) -> None:
        response.add_cookie("version=1")

    given: dict[str, Any] = {"groups": GROUPS, "baked": Live(0.0, "none", "r")} | settings
    return FailoverRouter(
        given.pop("groups"),
        Scripted(lambda _: Decision(chosen, "scripted", bucket=7, visitor="v"), respond),
        ORIGINS,
        DecisionLog("scripted", "salt"),
        precedence=Precedence(ORIGINS),
        metrics=Metrics("EdgeRouter", "stack", ORIGINS),
        public={"headers": {ATTEMPT_HEADER: ""}, "hosts": ["www.example.com"]},
        **given,
    )


def mark(name: str) -> dict[str, Any]:
    return {ATTEMPT_HEADER: [{"key": ATTEMPT_HEADER, "value": name}]}


def second(name: str = "failover", **fields: Any) -> dict[str, Any]:
    return origin_request(custom_headers=mark(name), **fields)


@pytest.mark.parametrize(
    ("group", "chosen", "expected"),
    [
        ("failover", "canary", "v1.example.com"),
        ("failover", "stable", "v1.example.com"),
        ("failover", "viewer", "v3.example.com"),
        ("skew", "stable", "v2.example.com"),
        ("unknown", "canary", "v2.example.com"),
    ],
)
def test_a_second_attempt_goes_to_the_origin_that_takes_over(group: str, chosen: str, expected: str) -> None:
    event = second(group)
    request = handle(router_for(chosen), event)
    assert request["origin"]["custom"]["domainName"] == expected
    assert list(validate_result(second(group), request)) == []


@pytest.mark.parametrize("live", [Live(0.0, "stable", "r"), Live(0.0, "none", "r", is_withdrawn=True)])
def test_a_canary_that_visitors_are_kept_from_takes_over_only_where_the_group_says_so(live: Live) -> None:
    both = {"stable": "canary", "blue": "canary"}
    for to_withdrawn, expected in ((False, "v1.example.com"), (True, "v2.example.com")):
        groups = {"failover": {"to": both, "is_cached": False, "to_withdrawn": to_withdrawn}}
        router = router_for("stable", groups=groups, baked=live)
        assert handle(router, second())["origin"]["custom"]["domainName"] == expected


def test_of_two_origins_at_one_address_it_is_the_right_one() -> None:
    assert handle(router_for("stable"), second())["headers"]["host"][0]["value"] == "blue.example.com"


def test_a_strategys_own_origin_is_asked_again() -> None:
    tenant = Origin("tenant", "acme.example.com")
    assert handle(router_for(tenant), second())["origin"]["custom"]["domainName"] == "acme.example.com"


def test_an_attempt_that_a_viewer_claims_is_a_first_one() -> None:
    request = handle(router_for("canary"), origin_request(headers={ATTEMPT_HEADER: "failover"}))
    assert request["origin"]["custom"]["domainName"] == "v2.example.com"
    assert ATTEMPT_HEADER not in request["headers"]


def test_a_request_is_counted_and_a_visitor_assigned_at_the_first_attempt_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    router, cookies = router_for("canary"), list[list[str]]()
    for event in (origin_request(), second()):
        sent = handle(router, event)
        answer = handle(router, origin_response(event, domain=sent["origin"]["custom"]["domainName"]))
        cookies.append([one["value"] for one in answer["headers"].get("set-cookie", [])])
    assert cookies == [["version=1"], []]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [(line.get("reason"), line.get("origin"), line.get("Version")) for line in lines]
    assert said == [("scripted", "canary", "canary"), (None, None, "canary"), ("failover", "stable", None)]
    assert lines[0]["visitor"] == lines[2]["visitor"]
    assert [line.get("bucket") for line in lines] == [7, None, None]


@pytest.mark.parametrize(
    ("group", "kept"), [("failover", "private, no-store"), ("skew", "max-age=60"), ("", "max-age=60")]
)
def test_the_response_of_another_version_stays_out_of_the_cache_unless_the_group_says_so(group: str, kept: str) -> None:
    router = router_for("canary", guard=CacheGuard([]), sets_cookies=False)
    event = second(group) if group else origin_request()
    handle(router, event)
    answer = origin_response(event)
    answer["Records"][0]["cf"]["response"]["headers"] |= {"cache-control": CACHED}
    assert handle(router, answer)["headers"]["cache-control"][0]["value"] == kept


def test_a_broken_event_is_passed_on_and_the_next_one_is_no_second_attempt() -> None:
    router = router_for("canary")
    handle(router, second())
    for origin in (7, {"customHeaders": 7}, {"customHeaders": {ATTEMPT_HEADER: 7}}):
        broken = second()
        broken["Records"][0]["cf"]["request"]["origin"] = {"custom": origin}
        handle(router, broken)
    for value in ("failover", ["failover"], None):
        assert handle(router, origin_request(custom_headers={ATTEMPT_HEADER: [{"value": value}]}))["origin"]
    assert router.handle({"Records": []}) == {"Records": []}
    assert handle(router, origin_request())["origin"]["custom"]["domainName"] == "v2.example.com"
