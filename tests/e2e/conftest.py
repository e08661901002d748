"""The shipped local stack, deployed once: the real package in real workers, the real sample application, real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from cli.stacks.workspace import PROJECT, Workspace
from cli.test.local_edge import LogLines
from cli.up.local_backends import local_backends
from simulator.cloudfront import OriginMap
from simulator.deployment.applications import Application
from simulator.deployment.deployment import LocalDeployment, Site
from simulator.lambda_edge import functions_from_state
from simulator.standin.config.override import Override
from simulator.standin.program import run_program

SESSIONS, TENANTS = "edge-router-local-sessions", "edge-router-local-tenants"
CONTROL = "edge-router-local-control"
UNTIL_SECONDS = 30
NEVER_SECONDS = 86_400
"""The rollout controller looks when a test says so."""
ON_LAMBDA = {
    "cookie-version": ("strategy=cookie-version",),
    "versioned": ("strategy=cookie-version", "cookieVersion.caching=versioned"),
    "sticky-session": ("strategy=sticky-session",),
    "fastest-origin": ("strategy=fastest-origin",),
    "jwt-iat": ("strategy=jwt-iat",),
    "tenant-lookup": ("strategy=tenant-lookup",),
}
"""The settings of every strategy that decides on Lambda."""
HOME, NEAR, FAR = "us-east-1", "eu-west-1", "ap-southeast-1"


@dataclass
class Stack:
    """The stack as visitors see it, and what its function and edge said."""

    local: LocalDeployment
    viewer: httpx.AsyncClient
    lines: list[str] = field(default_factory=list[str])
    log: LogLines = field(default_factory=LogLines)
    console: list[str] = field(default_factory=list[str])
    state: dict[str, Any] | None = None
    overrides: tuple[Override, ...] | None = None
    applications: dict[str, Application] = field(default_factory=dict[str, Application])

    async def deploy(
        self,
        *overrides: Override,
        origins: Mapping[str, str] | None = None,
        is_forgotten: bool = True,
        behind: str = "",
    ) -> None:
        """`pulumi config set` and `pulumi up`, where the stack is not like that already.

        Nobody remembers what the control table said before, unless `is_forgotten` says so: a test can expect what it
        has deployed of the first request on. `origins` (domain to URL) are served by the test, and so is what is
        `behind` function URLs.
        """
        if overrides == self.overrides and not origins:
            return
        url = self.local.dynamodb.endpoint_url
        run = await asyncio.to_thread(
            run_program, "local", overrides=overrides, state=self.state, dynamodb_url=url
        )  # in a thread, for it may ask this very loop's DynamoDB
        # What a test serves ends with it: never take its deployment for one without.
        self.state, self.overrides = dict(run.state), None if origins else overrides
        opened = dict(run.state_with_secrets)
        site = local_backends(Workspace().open_stack("local", overrides), origins or {}, opened)
        if behind:
            private = [one if one.bucket else replace(one, url=behind) for one in site.private]
            site = replace(site, applications=[], private=private)
        await self.local.apply(opened, self._with_kept_applications(site), functions_from_state(self.state, PROJECT))
        await self.local.dynamodb.replication.settle()
        if is_forgotten:
            await self.local.forget()

    def _with_kept_applications(self, site: Site) -> Site:
        """The site, with the applications of earlier deployments: each takes a second to start. `origins` go before."""
        self.applications |= {one.name: one for one in site.applications}
        elsewhere, named = OriginMap(site.origins), dict(site.origins)
        for name in self.applications:
            domain, _, port = name.rpartition(":")
            if url := elsewhere.base_url(domain, int(port)):
                named[name] = url
        return replace(site, applications=list(self.applications.values()), origins=named)

    async def until(self, is_expected: Callable[[], bool], **request: str) -> None:
        """Send requests, one at a time, until what was logged of them is as expected."""
        async with asyncio.timeout(UNTIL_SECONDS):
            await self.get("/health", **request)
            while not is_expected():
                await self.get("/health", **request)

    async def get(self, path: str = "/", *, region: str = HOME, **headers: str) -> httpx.Response:
        """One GET; header names with _ for -. The viewer keeps no cookies."""
        self.viewer.cookies.clear()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.viewer.get(path, headers={"x-simulate-region": region, **named})

    async def version(self, path: str = "/", *, region: str = HOME, **headers: str) -> str:
        """The version that answered; the answer must be a good one."""
        response = await self.get(path, region=region, **headers)
        assert response.status_code == 200, response.text
        return response.headers["x-app-version"]

    async def versions(self, count: int, path: str = "/", **headers: str) -> Counter[str]:
        """Which versions answered how often."""
        return Counter([await self.version(path, **headers) for _ in range(count)])

    async def visitor(self, version: str, cookie: str) -> str:
        """A new visitor who got this version: his Cookie header."""
        for _ in range(200):
            response = await self.get()
            if response.headers["x-app-version"] == version:
                pairs = [line.partition(";")[0] for line in response.headers.get_list("set-cookie")]
                return next(pair for pair in pairs if pair.startswith(f"{cookie}="))
        raise AssertionError(f"no new visitor got version {version}")

    async def put_session(self, token: str, code: str, *regions: str, expires: int = 4_000_000_000) -> str:
        """A session that only these Regions know (all of them by default); its Cookie header."""
        item = {"token": {"S": token}, "version": {"S": code}, "expiration": {"N": str(expires)}}
        for region in regions or (HOME, NEAR, FAR):
            await self.local.dynamodb.call(region, "PutItem", {"TableName": SESSIONS, "Item": item})
        return f"sessiontoken={token}"

    def reads(self) -> dict[str, int]:
        """GetItem calls of the function by Region since the counters were reset; an update reads the control table."""
        requests = self.local.dynamodb.counters()["requests"]
        counts = {
            region: sum(calls.get("GetItem", 0) for table, calls in tables.items() if table != CONTROL)
            for region, tables in requests.items()
        }
        return {region: count for region, count in counts.items() if count}

    @property
    def decisions(self) -> list[Mapping[str, Any]]:
        """The lines of the decision log that say where a request goes."""
        entries = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [entry for entry in entries if "origin" in entry]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def deployed(anyio_backend: str) -> AsyncGenerator[Stack]:
    lines: list[str] = []
    console: list[str] = []
    log = LogLines()

    def on_log(region: str, function: str, line: str) -> None:
        lines.append(line)
        log(region, function, line)

    local = LocalDeployment(
        on_log=on_log,
        console=console.append,
        reconcile_seconds=NEVER_SECONDS,
    )
    async with local, httpx.AsyncClient(base_url=local.url, trust_env=False, timeout=30) as viewer:
        yield Stack(local, viewer, lines, log, console)


@pytest.fixture
async def stack(deployed: Stack) -> AsyncGenerator[Stack]:
    """The one deployment, well, with nothing counted or logged yet. At the end no rule of CloudFront's was broken."""
    deployed.lines.clear()
    deployed.console.clear()
    deployed.local.dynamodb.call_counters.reset()
    yield deployed
    deployed.local.dynamodb.faults.clear()
    deployed.local.dynamodb.replication.resume()
    await deployed.local.dynamodb.replication.settle()
    assert [line for line in deployed.console if "instead" not in line] == []
