"""Visitors with cookies of their own, served by the simulated edge, with the real router (and function) at it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from cache_check import find_leaks
from infra.decision_inputs import decision_inputs
from infra.package.baked_config import baked_config, deciding_config
from router.baked import build_router
from simulator.cloudfront import Distribution, Edge, Headers, OriginMap, ViewerRequest, ViewerResponse
from tests.cache_check.leak_states import State
from tests.infra.configs import shipped_stack
from tests.simulator.cloudfront.fakes import Clock, FakeFunctions, FakeOrigin, Received, Reply

SETTINGS = ("strategy=cookie-version", "canaryPercent=30")
ORIGINS = {"v1.example.com": "http://stable", "v2.example.com": "http://canary"}
VISITORS, PATHS, VISITS = 120, 6, 4


def version_page(received: Received) -> Reply:
    """Every origin answers with its name and says nothing of caching."""
    return 200, [("Content-Type", "text/plain")], received.base_url.removeprefix("http://").encode()


def _config(settings: Sequence[str]) -> dict[str, object]:
    """The package's; what it would read in the control table is in it, for there is no table."""
    stack = shipped_stack("local", *settings)
    config = baked_config(stack)
    return {**deciding_config(stack), "metrics": config["metrics"]} if "control" in config else config


@dataclass
class Visitor:
    """A browser: it keeps the version cookie that it gets.

    `wrong` counts answers of another version than the cookie's, `failed` errors with the cookie of the stable one.
    """

    name: int
    cookie: str = ""
    answers: list[str] = field(default_factory=list)
    wrong: int = 0
    failed: int = 0

    @property
    def version(self) -> str:
        return self.cookie.partition(".")[0]

    def take(self, response: ViewerResponse) -> None:
        assert response.status in (200, 503)
        self.failed += response.status == 503 and self.version == "stable"
        if response.status == 200:
            self.answers.append(response.body.decode())
            self.wrong += self.version not in ("", self.answers[-1])
        for value in response.headers.all("set-cookie"):
            self.cookie = value.partition(";")[0].partition("=")[2]


@dataclass
class Traffic:
    """Visitors one after the other, path by path, against one state. `sent` are headers that all of them add."""

    state: State
    settings: Sequence[str] = SETTINGS
    origin: FakeOrigin = field(default_factory=lambda: FakeOrigin(version_page))
    sent: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    visitors: list[Visitor] = field(default_factory=lambda: [Visitor(number) for number in range(VISITORS)])

    def run(self) -> Traffic:
        numbers = count()
        router = build_router(_config(self.settings), "us-east-1")
        functions = FakeFunctions({"origin-request": router.handle, "origin-response": router.handle})
        edge = Edge(
            Distribution.from_state(self.state),
            functions,
            OriginMap(ORIGINS),
            self.clock,
            transport=self.origin,
            request_id=lambda: f"request-{next(numbers)}",
        )
        asyncio.run(self._visits(edge))
        return self

    async def _visits(self, edge: Edge) -> None:
        for visit in range(VISITS):
            for visitor in self.visitors:
                path = f"/page-{(visitor.name + visit) % PATHS}"
                cookies = {"Cookie": f"app-version={visitor.cookie}"} if visitor.cookie else {}
                headers = Headers.of(({"Host": "d1.cloudfront.net"} | cookies | self.sent).items())
                request = ViewerRequest("GET", path, headers=headers)
                visitor.take(await edge.serve(request, "us-east-1"))
                self.clock.now += 0.01

    @property
    def wrong(self) -> int:
        return sum(visitor.wrong for visitor in self.visitors)

    @property
    def identities(self) -> int:
        """How many visitor ids there are: as many as visitors, if nobody got somebody else's cookie."""
        return len({visitor.cookie.split(".")[2] for visitor in self.visitors if visitor.cookie})


def errors(state: State, settings: Sequence[str] = SETTINGS) -> list[str]:
    """What the check says of the state, given what this stack's router decides on."""
    findings = find_leaks(state, decision_inputs(shipped_stack("local", *settings)))
    return [finding.name for finding in findings if finding.severity == "error"]
