"""A second attempt at another origin, end to end: the real package behind an origin group, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import ON_LAMBDA, Stack

pytestmark = pytest.mark.anyio

FAILOVER = (
    "failover.paths[0]=/page*",
    "failover.statusCodes[0]=503",
    "failover.to.canary=stable",
    "failover.to.stable=standby",
    "origins.standby.domainName=v3.example.com",
)


class Site:
    """v1 to v3, each an origin that responds with its name, or with the status that it is given."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.statuses: dict[str, int] = {}

    async def answer(self, request: Request) -> Response:
        host = request.headers["host"]
        version = host.partition(".")[0]
        if "via" in request.headers:  # the probes of fastest-origin are not visitors
            self.asked.append(version)
        kept = [("X-App-Version", version), ("Cache-Control", "max-age=60")]
        return Response(self.statuses.get(version, 200), version.encode(), kept)

    def fail(self, **statuses: int) -> None:
        self.asked.clear()
        self.statuses = statuses


@asynccontextmanager
async def serve(stack: Stack, *overrides: str, lost: str = "") -> AsyncGenerator[Site]:
    """Deploy in front of the three, of which one may be at a port where nothing listens."""
    site = Site()
    server = LoopbackServer(site.answer)
    await server.listen()
    try:
        urls = {f"v{number}.example.com": f"http://{server.address}" for number in (1, 2, 3)}
        urls |= {lost: "http://127.0.0.1:1"} if lost else {}
        await stack.deploy(*overrides, *FAILOVER, origins=urls)
        yield site
    finally:
        await server.close()


@pytest.mark.long
@pytest.mark.parametrize("name", ON_LAMBDA)
@pytest.mark.parametrize(("pin", "first", "second"), [("canary", "v2", "v1"), ("stable", "v1", "v3")])
async def test_a_version_that_fails_is_replaced_once_and_counted_once(
    stack: Stack, pin: str, first: str, second: str, name: str
) -> None:
    async with serve(stack, *ON_LAMBDA[name], f"pin={pin}") as site:
        site.fail(**{first: 503})
        stack.lines.clear()
        answer = await stack.get(f"/page-{pin}")
        assert (answer.status_code, answer.text, site.asked) == (200, second, [first, second])
        assert "set-cookie" not in answer.headers
        assert [one["reason"] for one in stack.decisions][1:] == ["failover"]
        assert [("Requests" in one) for one in stack.decisions][1:] == [False]

        # Nothing of it is kept: as soon as the version has recovered it responds itself.
        site.fail()
        assert (await stack.get(f"/page-{pin}")).text == first

        # Both fail: the second one's response, and no third attempt. Other codes, methods and paths fail over nowhere.
        site.fail(**{first: 503, second: 503})
        assert (await stack.get(f"/page-{pin}?both")).status_code == 503
        assert site.asked == [first, second]
        for method, path, status in (("GET", f"/page-{pin}?other", 500), ("GET", "/else", 503), ("POST", "/else", 503)):
            site.fail(**{first: status})
            assert (await stack.viewer.request(method, path)).status_code == status
            assert site.asked == [first]
        assert (await stack.viewer.post("/page")).status_code == 403


@pytest.mark.long
async def test_a_canary_that_cannot_be_connected_to_is_replaced_too(stack: Stack) -> None:
    async with serve(stack, *ON_LAMBDA["cookie-version"], "pin=canary", lost="v2.example.com"):
        assert (await stack.get("/page")).text == "v1"
        assert stack.console
        stack.console.clear()
