"""Events that CloudFront does not send: the answer is the whole new origin with its Host, or the event as it came."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from router import baked
from simulator.sample_events import origin_request, origin_response

GONE = object()
ODD_VALUES: list[Any] = [GONE, None, [], {}, "", "x", 0, 1.5, True, [None], [[]], ["x"], [{}], {"x": 1}, {"value": "x"}]
ORIGINS = {
    "custom": {"custom": {"domainName": "default.example.com", "customHeaders": {"x-secret": [{"value": "s"}]}}},
    "s3": {"s3": {"domainName": "b.s3.amazonaws.com", "region": "eu-west-1", "authMethod": "none", "path": ""}},
}
CONFIG: dict[str, Any] = {
    "strategy": "cookie-version",
    "options": {"cookie": "app-version"},
    "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
    "canary_percent": 100.0,
    "release": "r",
    "pin": "none",
    "override": None,
    "table": None,
    "metrics": {"namespace": "EdgeRouter", "stack": "s"},
    "sets_cookies": True,
    "deadline_ms": 2000,
    "log_salt": "salt",
}


def sample(origin: str) -> dict[str, Any]:
    event = origin_request(
        cookies=["a=b", "c=d"],
        headers={"Host": "www.example.com", "X-Secret": "forged"},
        querystring="q=1",
        body={"inputTruncated": False, "action": "read-only", "encoding": "text", "data": "d"},
    )
    event["Records"][0]["cf"]["request"]["origin"] = copy.deepcopy(ORIGINS[origin])
    return event


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places_in(value[key], (*path, key))


def change(event: dict[str, Any], place: tuple[Any, ...], value: object) -> dict[str, Any]:
    event = copy.deepcopy(event)
    within: Any = event
    for key in place[:-1]:
        within = within[key]
    if value is GONE:
        del within[place[-1]]
    else:
        within[place[-1]] = copy.deepcopy(value)
    return event


def is_whole(request: Any) -> bool:
    """The chosen origin, its Host, our header, and no header that is a custom one too."""
    custom = request["origin"]["custom"]
    headers = request["headers"]
    return (
        custom["domainName"] in {"v1.example.com", "v2.example.com"}
        and headers["host"] == [{"key": "Host", "value": custom["domainName"]}]
        and "x-router-trace" in headers
        and not set(custom["customHeaders"]) & set(headers)
    )


@pytest.mark.parametrize("origin", ORIGINS)
def test_all_is_written_or_nothing_whatever_is_odd_in_the_event(
    origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    router, event = baked.build_router(CONFIG, "eu-west-1"), sample(origin)
    whole = 0
    for place in places_in(event):
        for value in ODD_VALUES:
            given = change(event, place, value)
            before = copy.deepcopy(given)
            answer = router.handle(given)
            if is_untouched(answer, before) or left_with_the_origin(answer, before):
                continue
            assert is_whole(answer), (place, value)
            whole += 1
    assert whole > 100
    assert all(json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines())


def left_with_the_origin(answer: Any, before: Any) -> bool:
    """As it came, but for the viewer's copy of a custom header."""
    expected = copy.deepcopy(before["Records"][0]["cf"]["request"])
    headers = expected.get("headers")
    is_double = isinstance(headers, dict) and '"x-secret"' in json.dumps(expected.get("origin"))
    return is_double and headers.pop("x-secret", None) is not None and answer == expected


def is_untouched(answer: Any, before: Any, part: str = "request") -> bool:
    """Also where the event is so odd that the other part of it, or all of it, is the answer."""
    if answer == before:
        return True
    cf = before["Records"][0]["cf"]
    return answer in (cf.get(part), cf["request"])


@pytest.mark.parametrize("name", ["headers", "origin", "querystring", "body", "clientIp", "method"])
@pytest.mark.parametrize("value", [GONE, None])
def test_what_an_event_leaves_out_is_empty(name: str, value: object) -> None:
    event = change(sample("custom"), ("Records", 0, "cf", "request", name), value)
    assert is_whole(baked.build_router(CONFIG, "eu-west-1").handle(event))


def test_header_without_entries_is_no_header() -> None:
    event = change(sample("custom"), ("Records", 0, "cf", "request", "headers", "cookie"), None)
    assert is_whole(baked.build_router(CONFIG, "eu-west-1").handle(event))


def test_an_s3_origins_custom_headers_stay() -> None:
    event = sample("s3")
    event["Records"][0]["cf"]["request"]["origin"]["s3"]["customHeaders"] = {"x-secret": [{"value": "s"}]}
    answer: Any = baked.build_router(CONFIG, "eu-west-1").handle(event)
    assert is_whole(answer)
    assert answer["origin"]["custom"]["customHeaders"] == {"x-secret": [{"value": "s"}]}


def test_a_response_gets_its_cookie_and_nothing_else_or_stays_as_it_came() -> None:
    router = baked.build_router(CONFIG, "eu-west-1")
    event = origin_response(origin_request(), domain="v2.example.com")
    with_cookie = 0
    for place in places_in(event):
        for value in ODD_VALUES:
            given = change(event, place, value)
            before = copy.deepcopy(given)
            answer: Any = router.handle(given)
            if is_untouched(answer, before, "response"):
                continue
            added = answer["headers"]["set-cookie"].pop()
            assert added["value"].startswith("app-version=canary.")
            assert {k: v for k, v in answer["headers"].items() if v} == {
                k: v for k, v in (before["Records"][0]["cf"]["response"].get("headers") or {}).items() if v
            }
            with_cookie += 1
    assert with_cookie > 100
