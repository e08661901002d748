"""Leads through the stack that is up: changes it, and visits it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import httpx

from cli.stacks.workspace import Workspace
from cli.up.deploying import deploy
from cli.up.request import UpRequest
from demo.checks import Checks
from demo.decisions import Decisions
from infra.data.control import config_item
from simulator.deployment.deployment import LocalDeployment

REFRESH_SECONDS = 1
IN_FORCE_SECONDS = 30
POLL_SECONDS = 0.05


@dataclass
class Guide:
    """The stack that is up, and how to change it."""

    stack: str
    port: int
    deployment: LocalDeployment
    checks: Checks
    decisions: Decisions

    async def deploy(self, *overrides: str, fail_percent: float = 0) -> None:
        """Run the program again with these settings, as `pulumi config set` and `pulumi up` would.

        What it says is in force at the end. `fail_percent` of what version 2 answers is a 500.
        """
        request = self.request(*overrides, fail_percent=fail_percent)
        await deploy(request, self.deployment)
        stack = Workspace().open_stack(self.stack, request.overrides)
        if stack.settings.reads_control_table:
            await self.in_force(f"config:{config_item(stack.settings)['revision']['S']}")

    def request(self, *overrides: str, fail_percent: float = 0) -> UpRequest:
        """The stack with these settings, and a control that is read often."""
        settings = (f"control.refreshSeconds={REFRESH_SECONDS}", *overrides)
        return UpRequest(self.stack, self.port, settings, is_brief=True, fail_percent=fail_percent)

    async def in_force(self, revision: str) -> None:
        """Wait until the router goes by it: an instance that runs already remembers what was in force, for a second."""
        async with asyncio.timeout(IN_FORCE_SECONDS), self.viewer() as viewer:
            while self.decisions.last.get("revision") != revision:
                await visit(viewer, path="/health")
                await asyncio.sleep(POLL_SECONDS)

    def viewer(self) -> httpx.AsyncClient:
        """A viewer with a cookie jar. The edge counts local HTTP as HTTPS, so Secure cookies are kept by hand."""
        return httpx.AsyncClient(base_url=self.deployment.url, trust_env=False, timeout=30)


async def visit(
    viewer: httpx.AsyncClient, cookies: dict[str, str] | None = None, region: str = "us-east-1", path: str = "/"
) -> httpx.Response:
    """One GET, from a Region."""
    headers = {"x-simulate-region": region}
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return await viewer.get(path, headers=headers)


async def versions(viewer: httpx.AsyncClient, count: int, cookies: dict[str, str] | None = None) -> Counter[str]:
    """Which versions answered how often."""
    return Counter([(await visit(viewer, cookies)).headers.get("x-app-version", "none") for _ in range(count)])


def cookie_of(response: httpx.Response, name: str) -> dict[str, str]:
    """The cookie a response set, as the viewer would send it back."""
    for line in response.headers.get_list("set-cookie"):
        found, _, rest = line.partition("=")
        if found == name:
            return {name: rest.partition(";")[0]}
    return {}


def shown(counts: Counter[str]) -> str:
    """`version 1: 12, version 2: 8`."""
    return ", ".join(f"version {version}: {count}" for version, count in sorted(counts.items()))


async def visitor_of(viewer: httpx.AsyncClient, version: str, cookie: str, path: str = "/") -> dict[str, str]:
    """A new visitor who was assigned to this version, by his cookie."""
    for _ in range(200):
        response = await visit(viewer, path=path)
        if response.headers.get("x-app-version") == version:
            return cookie_of(response, cookie)
    return {}
