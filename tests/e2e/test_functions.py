"""The functions before the cache through the whole of it: tiers, and a canary that is cached."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.anyio
VERSIONED = ("strategy=cookie-version", "cookieVersion.caching=versioned")
SECRET = "local-demo-override-secret"


def reasons(stack: Stack) -> set[str]:
    """Of the functions' lines, before which CloudFront puts the request's id, and of the router's."""
    entries = [json.loads(line[line.index("{") :]) for line in stack.lines if "{" in line]
    return {str(entry["reason"]) for entry in entries if "reason" in entry}


class Origins:
    """Servers that say which domain was asked for, may be cached for a minute, and count their requests."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.urls: dict[str, str] = {}

    def answering(self, domain: str):
        async def answer(request: Request) -> Response:
            self.asked[domain] += 1
            headers = [("x-app-version", domain), ("cache-control", "max-age=60"), ("set-cookie", f"app={domain}")]
            return Response(200, headers=headers)

        return answer


@asynccontextmanager
async def serving(*domains: str) -> AsyncGenerator[Origins]:
    origins = Origins()
    servers = [LoopbackServer(origins.answering(domain)) for domain in domains]
    for server in servers:
        await server.listen()
    try:
        origins.urls = {domain: f"http://{server.address}" for domain, server in zip(domains, servers, strict=True)}
        yield origins
    finally:
        for server in servers:
            await server.close()


async def test_every_tier_is_answered_by_its_own_back_end_also_out_of_the_cache(stack: Stack) -> None:
    domains = ("v1.example.com", "standard.example.com", "premium.example.com")
    async with serving(*domains) as origins:
        await stack.deploy("strategy=tier", origins=origins.urls)
        for _ in range(3):
            assert await stack.version("/t") == "v1.example.com"
            assert await stack.version("/t?CTIER=basic") == "v1.example.com"
            assert await stack.version("/t?CTIER=STANDARD") == "standard.example.com"
            assert await stack.version("/t?CTIER=premium") == "premium.example.com"
            assert await stack.version("/t?CTIER=gold") == "v1.example.com"
        assert origins.asked == {"v1.example.com": 3, "standard.example.com": 1, "premium.example.com": 1}
        assert reasons(stack) == {"no-tier", "default-tier", "tier", "unknown-tier"}


@pytest.mark.long
async def test_a_tier_moves_by_its_key_alone(stack: Stack) -> None:
    async with serving("v1.example.com", "premium.example.com", "moved.example.com") as origins:
        await stack.deploy("strategy=tier", origins=origins.urls)
        assert await stack.version("/m?CTIER=premium") == "premium.example.com"
        await stack.deploy("strategy=tier", "tier.tiers.premium.domainName=moved.example.com", origins=origins.urls)
        assert await stack.version("/moved?CTIER=premium") == "moved.example.com"
        assert (
            await stack.version("/m?CTIER=premium") == "premium.example.com"
        )  # from the cache, until it is invalidated


async def test_a_cached_canary_answers_every_visitor_with_his_own_version(stack: Stack) -> None:
    async with serving("v1.example.com", "v2.example.com") as origins:
        await stack.deploy(*VERSIONED, "canaryPercent=50", origins=origins.urls)
        cookies: dict[str, str] = {}
        for _ in range(40):
            answer = await stack.get("/c")
            [line] = answer.headers.get_list("set-cookie")
            version = {"stable": "v1.example.com", "canary": "v2.example.com"}[line.partition("=")[2].split(".")[0]]
            assert answer.headers["x-app-version"] == version
            cookies[version] = line.partition(";")[0]
        assert set(cookies) == {"v1.example.com", "v2.example.com"}
        assert origins.asked == {"v1.example.com": 1, "v2.example.com": 1}
        for version, cookie in cookies.items():
            for _ in range(5):
                answer = await stack.get("/c", cookie=cookie)
                assert (answer.headers["x-app-version"], answer.headers.get_list("set-cookie")) == (version, [])
        assert origins.asked == {"v1.example.com": 1, "v2.example.com": 1}
        assert reasons(stack) == {"no-cookie", "cookie", "assigned-version"}


@pytest.mark.long
async def test_another_percentage_moves_new_visitors_and_takes_nothing_out_of_the_cache(stack: Stack) -> None:
    async with serving("v1.example.com", "v2.example.com") as origins:
        await stack.deploy(*VERSIONED, "canaryPercent=0", origins=origins.urls)
        first = await stack.get("/k")
        await stack.deploy(*VERSIONED, "canaryPercent=100", origins=origins.urls)
        assert await stack.version("/k") == "v2.example.com"
        assert await stack.version("/k", cookie=first.headers["set-cookie"].partition(";")[0]) == "v1.example.com"
        assert origins.asked == {"v1.example.com": 1, "v2.example.com": 1}


@pytest.mark.long
async def test_neither_a_forged_header_nor_a_wrong_secret_reaches_the_canary(stack: Stack) -> None:
    async with serving("v1.example.com", "v2.example.com") as origins:
        await stack.deploy(*VERSIONED, "canaryPercent=0", origins=origins.urls)
        assert await stack.version("/f", x_router_version="canary") == "v1.example.com"
        assert await stack.version("/f", x_qa_origin="canary:wrong") == "v1.example.com"
        assert await stack.version("/f", x_qa_origin=f"canary:{SECRET}") == "v2.example.com"
        assert await stack.version("/f") == "v1.example.com"


@pytest.mark.long
async def test_the_pin_is_live_for_visitors_of_the_canary_and_for_what_is_cached(stack: Stack) -> None:
    async with serving("v1.example.com", "v2.example.com") as origins:
        await stack.deploy(*VERSIONED, "canaryPercent=100", origins=origins.urls)
        answer = await stack.get("/p")
        cookie = answer.headers["set-cookie"].partition(";")[0]
        assert answer.headers["x-app-version"] == "v2.example.com"
        await stack.deploy(*VERSIONED, "canaryPercent=100", "pin=stable", origins=origins.urls)
        pinned = await stack.get("/p", cookie=cookie)
        assert (pinned.headers["x-app-version"], pinned.headers.get_list("set-cookie")) == ("v1.example.com", [])


@pytest.mark.long
async def test_a_session_without_a_hint_stays_where_the_table_says(stack: Stack) -> None:
    settings = (
        "strategy=sticky-session",
        "stickySession.caching=versioned",
        "stickySession.versionCookie=app-version",
    )
    async with serving("v1.example.com", "v2.example.com") as origins:
        await stack.deploy(*settings, "canaryPercent=0", origins=origins.urls)
        session = await stack.put_session("hint-less", "2")
        for _ in range(3):
            assert await stack.version("/s", cookie=session) == "v2.example.com"
        assert origins.asked["v2.example.com"] == 3
        assert await stack.version("/s", cookie=f"{session}; app-version=stable") == "v1.example.com"
        assert reasons(stack) == {"asks-table", "session", "cookie", "assigned-version"}
