"""The course of a test: visitors keep their cookies, steps are done in order, and the first that fails ends it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
import pytest

from acceptance.format.read import TestFile
from tests.acceptance.fakes import FakePlace, decision, read, run

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def one(tmp_path: Path) -> Callable[[str], TestFile]:
    """A file with one test of these steps."""
    return lambda steps, head="": read(tmp_path, f"{head}\ntests:\n  - name: one\n    steps: {steps}\n")


Read = Callable[..., TestFile]


def alternating(header: str = "x-app-version") -> Callable[[httpx.Request], httpx.Response]:
    """New visitors get 1 and 2 in turn, and a cookie that keeps them there."""
    turn = count()

    def answer(request: httpx.Request) -> httpx.Response:
        kept = request.headers.get("cookie", "").partition("v=")[2]
        version = kept or str(next(turn) % 2 + 1)
        return httpx.Response(200, headers={header: version, "set-cookie": f"v={version}; Secure; Path=/"})

    return answer


async def test_a_named_visitor_keeps_cookies_and_others_are_new(one: Read) -> None:
    file = one(
        "[{request: /, visitor: a, expect: {version: stable}}, {request: /, expect: {version: canary}},"
        " {request: {path: /, repeat: 3}, visitor: a, expect: {version: stable}},"
        " {request: /, visitor: b, draw: canary}, {request: /, visitor: b, expect: {version: same}}]"
    )
    result = await run(file, alternating())
    assert (result.outcome, result.seen) == ("passed", ["stable", "canary", "stable 3", "canary", "canary"])
    assert result.judged == 1 + 1 + 2 * 6 - 1


async def test_new_visitors_are_counted_once_each_however_often_they_ask(one: Read) -> None:
    file = one(
        "[{request: {path: /, repeat: 2}, visitors: 40, expect: {version: same, share: {percent: 50}}},"
        " {request: /, visitors: 40, expect: {share: {percent: 5}}}]"
    )
    result = await run(file, alternating())
    assert result.seen == ["canary 40, stable 40", "canary 20, stable 20"]
    [failure] = result.failures
    assert failure.text == (
        "share: expected 0 to 7 of 40 visitors on canary (5 %, exact binomial test at 99.9 %), found 20 (GET /)"
    )
    assert failure.place.endswith("file.yaml:4: tests[0].steps[1]")


async def test_a_failure_has_its_place_the_request_the_log_and_what_the_edge_says_and_ends_the_test(one: Read) -> None:
    place = FakePlace()
    line = decision(requestId="Q==", origin="stable", reason="cookie")
    place.logs, place.edge = {"Q==": (line,)}, ["502 POST /a"]
    file = one("[{request: 'POST /a', visitor: x, expect: {origin: canary, reason: cookie}}, {wait: 5s}]")
    headers = {"x-amz-cf-id": "Q==", "x-cache": "Miss from cloudfront"}
    result = await run(file, lambda _: httpx.Response(200, headers=headers), place)
    [failure] = result.failures
    assert failure.text == "origin: expected canary, found stable (POST /a, visitor x)"
    assert (failure.log, result.edge, result.outcome) == ((line,), ["502 POST /a"], "failed")
    assert place.done == ["begin", "end"]


async def test_set_up_is_done_in_order_and_settings_add_up(one: Read) -> None:
    place = FakePlace()
    file = one(
        "[{set: {pin: stable}}, {session: {id: a}}, {origin: {name: canary, is: down}}, {request: /}, {advance: 10m},"
        " {wait: 1s}, {set: {canaryPercent: 5}}, {invalidate: /*}, {coldStart: true},"
        " {tenant: {tenant: a, domain: b}}]",
        "set: {strategy: sticky-session}",
    )
    assert (await run(file, alternating(), place)).outcome == "passed"
    assert place.done == [
        "begin strategy=sticky-session",
        "change strategy=sticky-session pin=stable",
        "session",
        "origin",
        "advance",
        "wait 1",
        "change strategy=sticky-session pin=stable canaryPercent=5",
        "invalidate",
        "coldStart",
        "tenant",
        "end",
    ]


async def test_what_cannot_be_set_up_ends_the_test_with_its_place(one: Read) -> None:
    result = await run(one("[{origin: {name: nowhere, is: down}}, {request: /}]"), alternating())
    [failure] = result.failures
    assert (failure.text, failure.expected) == ("set-up: origin.name is 'nowhere'", "")


async def test_a_failure_after_advance_says_whose_clock_it_moves(one: Read) -> None:
    steps = "[{request: /, expect: {status: 200}}, {advance: 1h}, {request: /, expect: {status: 404}}]"
    [failure] = (await run(one(steps), lambda _: httpx.Response(200))).failures
    assert failure.text == (
        "status: expected 404, found 200 (GET /; advance moves the cache's clock and that of CloudFront Functions, not"
        " Lambda's or DynamoDB's)"
    )


async def test_what_cannot_be_judged_is_named_and_fails_strictly(one: Read) -> None:
    file = one("[{request: /, expect: {reason: cookie, origin: canary}}]")
    place = FakePlace(has_log=False)
    result = await run(file, alternating(), place)
    assert (result.outcome, list(result.not_judged)) == ("passed", ["origin", "reason"])  # the status was judged
    strictly = await run(file, alternating(), place, is_strict=True)
    assert [failure.text for failure in strictly.failures] == [
        "origin: expected canary, found the response has no header that names the origin (originHeader) (GET /)",
        "reason: expected cookie, found the router's log cannot be read at an address (GET /)",
    ]


async def test_a_test_for_an_address_is_skipped_at_the_local_edge(tmp_path: Path) -> None:
    place = FakePlace()
    file = read(tmp_path, "tests: [{name: a, only: address, steps: [{request: /}]}]\n")
    result = await run(file, alternating(), place)
    assert (result.outcome, result.reason, place.done) == ("skipped", "only: address", [])


async def test_nobody_is_drawn_where_no_visitor_gets_the_version(one: Read) -> None:
    asked: list[str] = []

    def stable(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, headers={"x-app-version": "1"})

    [failure] = (await run(one("[{request: /, visitor: a, draw: canary}]"), stable)).failures
    assert (failure.text, len(asked)) == (
        "draw: expected a visitor of canary, found none of 200 new visitors (GET /)",
        200,
    )


async def test_a_request_without_a_response_fails_and_says_why(one: Read) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    [failure] = (await run(one("[{request: {path: /, timeout: 2s}}]"), refuse)).failures
    assert failure.text == "response: expected a response, found no response within 2 s (GET /)"


async def test_redirects_are_followed_within_the_site_and_only_where_asked(one: Read) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/b":
            return httpx.Response(200, text=f"{request.method} {request.content.decode()}|{request.headers['host']}")
        if request.url.path == "/away":
            return httpx.Response(302, headers={"location": "https://other.example.com/"})
        assert request.headers["host"] == "www.example.com"
        return httpx.Response(303, headers={"location": "https://www.example.com/b?c"})

    file = one(
        "[{request: {path: /a, body: x, follow: true}, expect: {url: '/b?c', body: {equals: 'GET |www.example.com'}}},"
        " {request: /a, expect: {status: 303, headers: {location: {matches: '/b[?]c$'}}}},"
        " {request: {path: /away, follow: true}, expect: {status: 302, url: /away}}]",
        "host: www.example.com",
    )
    assert (await run(file, answer)).failures == []


async def test_a_circle_of_redirects_ends(one: Read) -> None:
    [failure] = (
        await run(one("[{request: {path: /, follow: true}}]"), lambda _: httpx.Response(302, headers={"location": "/"}))
    ).failures
    assert failure.actual == "more than 10 redirects"


async def test_a_request_carries_what_the_file_says_of_it_and_of_the_visitor(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"set-cookie": "jar=new; Path=/"})

    file = read(
        tmp_path,
        "visitors: {anna: {headers: {X-A: one}, cookies: {jar: old, own: '1'}}}\n"
        "tests:\n  - name: a\n    steps:\n"
        "      - {request: {path: '/p/${number}', headers: {x-b: 'ö${B}'}, cookies: {c: d}, json: {n: '${number}'},"
        " region: eu-west-1}, visitor: anna}\n"
        "      - {request: {path: /, repeat: 2, cookies: {own: '2'}}, visitor: anna}\n",
        B="!",
    )
    assert (await run(file, answer)).outcome == "passed"
    first, second, _ = asked
    assert (first.method, first.url.path, first.content) == ("POST", "/p/1", b'{"n":"1"}')
    assert (first.headers["x-a"], first.headers.raw[-1][1] != b"") == ("one", True)
    assert dict(first.headers.raw)[b"x-b"] == "ö!".encode()
    assert first.headers["cookie"] == "jar=old; own=1; c=d"
    assert (first.headers["content-type"], first.headers["x-simulate-region"]) == ("application/json", "eu-west-1")
    assert second.headers["cookie"] == "jar=new; own=2"
