"""The tour waits for what it has changed, and says where that does not come."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from rich.console import Console

from cli.stacks.control_table import Place
from controller.analysis.plan import Plan
from controller.rollout.state import Rollout
from controller.rollout.store import Items
from demo import guide as guide_module
from demo import rollouts
from demo.guide import Checks, Decisions, Guide, includes
from router.control.live import Live
from simulator.deployment.deployment import LocalDeployment

pytestmark = pytest.mark.anyio


class GuideWithoutEdge(Guide):
    """Its edge makes each decision by the next of these revisions, and the last one from then on."""

    def __init__(self, revisions: Iterable[str]) -> None:
        checks = Checks(Console(file=io.StringIO(), width=200))
        super().__init__("local", 0, cast("LocalDeployment", None), checks, Decisions())
        self._left = list(revisions)

    def viewer(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://edge", transport=httpx.MockTransport(self._decide))

    def _decide(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/health"
        revision = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        line: dict[str, Any] = {"strategy": "sticky-session", "origin": "stable", "revision": revision}
        self.decisions.line("us-east-1", "router", json.dumps(line, separators=(",", ":")))
        return httpx.Response(200)


def rollout(revision: int) -> Rollout:
    return Rollout(Plan(), "2026-12", "rolled-back", 0, 0, 1, 1, 2, "errors", revision=revision)


async def test_a_rollout_that_is_announced_between_two_reads_of_the_router_has_ended_all_the_same() -> None:
    guide = GuideWithoutEdge(["rollout:6", "rollout:6", "rollout:8"])
    await guide.wait_until(lambda revision: includes(revision, rollout(7)), "that the canary is withdrawn")
    assert (guide.decisions.revision, guide.checks.failed) == ("rollout:8", [])


async def test_what_the_router_does_not_read_in_time_is_an_expectation_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guide_module, "IN_FORCE_SECONDS", 0.2)
    guide = GuideWithoutEdge(["config:1"])
    await guide.wait_until(lambda revision: includes(revision, rollout(7)), "that the canary is withdrawn")
    assert guide.checks.failed == [
        "the router reads that the canary is withdrawn within 0.2 seconds: it reads config:1",
    ]


@pytest.mark.parametrize("revision", ["", "config:9", "rollout:6"])
async def test_control_from_before_the_end_does_not_include_it(revision: str) -> None:
    assert not includes(revision, rollout(7))


class PlaceOf:
    """A control table whose rollout goes on."""

    def read(self) -> Items:
        running = replace(rollout(7), state="running", canary_percent=50)
        return Items({}, Live(0, "none", "2026-12"), running)


async def test_a_rollout_that_does_not_end_is_returned_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "OVER_SECONDS", 0)
    found = await rollouts.wait_for_end(cast("Place", PlaceOf()))
    assert (found.state, found.canary_percent) == ("running", 50)
