"""What stands around the behaviors, through the whole of it: headers for browsers, and the origin's secret."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.anyio, pytest.mark.long]
SECRET = "0123456789abcdef0123456789abcdef"
STRATEGIES = ("sticky-session", "cookie-version", "jwt-iat", "fastest-origin", "tier")
BROWSER_HEADERS = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
}


@asynccontextmanager
async def remembering(*domains: str) -> AsyncGenerator[tuple[dict[str, str], list[str | None]]]:
    """URLs of the origins, and what each request said in x-origin-verify."""
    said: list[str | None] = []

    async def answer(request: Request) -> Response:
        said.append(request.headers.get("x-origin-verify"))
        return Response(200, headers=[("x-frame-options", "DENY")])

    servers = [LoopbackServer(answer) for _ in domains]
    for server in servers:
        await server.listen()
    try:
        yield {domain: f"http://{server.address}" for domain, server in zip(domains, servers, strict=True)}, said
    finally:
        for server in servers:
            await server.close()


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_the_sample_application_answers_as_before_with_headers_for_browsers(stack: Stack, strategy: str) -> None:
    await stack.deploy(f"strategy={strategy}")
    answer = await stack.get("/")
    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in BROWSER_HEADERS} == BROWSER_HEADERS
    assert "sessiontoken=" in answer.headers["set-cookie"]


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_every_origin_is_told_the_secret_whatever_a_viewer_says(stack: Stack, strategy: str) -> None:
    async with remembering("v1.example.com", "v2.example.com") as (urls, said):
        for pin in ("stable", "canary"):
            await stack.deploy(f"strategy={strategy}", f"pin={pin}", f"security.originSecret={SECRET}", origins=urls)
            answer = await stack.get("/", x_origin_verify="guessed")
            assert answer.status_code == 200
    assert set(said) == {SECRET}


async def test_what_an_origin_says_stands(stack: Stack) -> None:
    async with remembering("v1.example.com", "v2.example.com") as (urls, _):
        await stack.deploy("strategy=cookie-version", origins=urls)
        assert (await stack.get("/")).headers.get_list("x-frame-options") == ["DENY"]
