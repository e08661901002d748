"""Rollouts through the whole of it: the real controller, by what the router's lines of the log measured."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace

import pytest

from controller.analysis.own_metric import OwnMetric
from controller.analysis.plan import WAIT, Plan
from controller.rollout import transitions
from controller.rollout.state import Rollout
from controller.rollout.store import ControlTable, Items
from controller.sources.key_values import KEY
from simulator.dynamodb.sdk import local_client
from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import CONTROL, HOME, NEAR, Stack

pytestmark = [pytest.mark.anyio, pytest.mark.long]
SETTINGS = ("strategy=cookie-version", "control.refreshSeconds=1", "canaryPercent=0")
PLAN = Plan(steps=(50, 100), interval_seconds=1, minimum_requests=20, on_inconclusive=WAIT, max_latency_increase=1_000)
ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:too-much"
OVER_SECONDS = 180


@dataclass
class Rolling:
    """A stack with a rollout: what a person and the controller do to it, and visitors meanwhile."""

    stack: Stack
    table: ControlTable
    reasons: list[str] = field(default_factory=list[str])

    async def read(self) -> Items:
        return await asyncio.to_thread(self.table.read)

    async def change(self, change: Callable[[Items, float], Rollout]) -> None:
        items = await self.read()
        await asyncio.to_thread(self.table.write, change(items, time.time()), items)

    async def start(self, plan: Plan = PLAN) -> None:
        await self.change(lambda items, now: transitions.start(plan, items, now))

    async def look(self) -> Rollout:
        """One reconcile; what it left behind."""
        outcome = await self.stack.local.rollouts.reconcile()
        assert outcome is not None
        assert outcome.failures == ()
        assert outcome.rollout is not None
        self.reasons.append(outcome.reason)
        return outcome.rollout

    async def watch_until(self, is_expected: Callable[[Rollout], bool]) -> Rollout:
        """Visitors in two Regions, and a look after every ten of each, until it is as expected."""
        async with asyncio.timeout(OVER_SECONDS):
            while True:
                for _ in range(5):
                    await asyncio.gather(*(self.stack.get("/any", region=region) for region in (HOME, NEAR) * 2))
                if is_expected(rollout := await self.look()):
                    return rollout


@contextlib.asynccontextmanager
async def versions(is_broken: bool = False) -> AsyncGenerator[dict[str, str]]:
    """Both versions by domain; of a broken second one every other answer is a 500."""
    answered = 0

    async def stable(_: Request) -> Response:
        return Response(200, b"1", [("x-app-version", "1")])

    async def canary(_: Request) -> Response:
        nonlocal answered
        answered += 1
        return Response(500 if is_broken and answered % 2 else 200, b"2", [("x-app-version", "2")])

    servers = {"v1.example.com": LoopbackServer(stable), "v2.example.com": LoopbackServer(canary)}
    for server in servers.values():
        await server.listen()
    try:
        yield {domain: f"http://{server.address}" for domain, server in servers.items()}
    finally:
        for server in servers.values():
            await server.close()


@contextlib.asynccontextmanager
async def rolling(stack: Stack, release: str, *more: str, is_broken: bool = False) -> AsyncGenerator[Rolling]:
    """Each test has a release of its own, so that no rollout before it counts."""
    url = stack.local.dynamodb.endpoint_url
    with contextlib.closing(local_client(url, HOME)) as client:
        async with versions(is_broken) as origins:
            await stack.deploy(*SETTINGS, f"release={release}", *more, origins=origins)
            yield Rolling(stack, ControlTable(client, CONTROL))


def metric_line(version: str, name: str, value: float, *, namespace: str = "Shop", stack: str = "") -> str:
    """A line of a log with a metric (embedded metric format)."""
    names = ["Stack", "Version"] if stack else ["Version"]
    directive = {"Namespace": namespace, "Dimensions": [names], "Metrics": [{"Name": name}]}
    metadata = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "Stack": stack, "Version": version, name: value})


async def test_a_metric_of_the_applications_own_takes_a_version_back(stack: Stack) -> None:
    orders = OwnMetric("Shop", "Orders", (HOME,), compare="per-request", direction="higher-is-better", minimum=100)
    async with rolling(stack, "orders") as one:
        await one.start(replace(PLAN, steps=(50, 100), interval_seconds=OVER_SECONDS, metrics={"orders": orders}))

        async def order() -> None:
            """Every request is an order, and of the canary's only every fourth."""
            seen = 0
            while True:
                await asyncio.sleep(0.05)
                lines, seen = stack.lines[seen:], len(stack.lines)
                for number, line in enumerate(lines):
                    for version in ("stable", "canary"):
                        is_ordered = version == "stable" or number % 4 == 0
                        if is_ordered and f'"origin":"{version}"' in line:
                            stack.local.cloudwatch.collect(HOME, metric_line(version, "Orders", 1))

        ordering = asyncio.create_task(order())
        try:
            rollout = await one.watch_until(lambda found: not found.is_active)
        finally:
            ordering.cancel()
        assert (rollout.state, rollout.tests["metric:orders"].has_failed) == ("rolled-back", True)
        assert rollout.reason.startswith("metric orders: canary 0.")
        assert any("metric orders: there are " in reason for reason in one.reasons)


async def test_new_visitors_are_counted_and_a_split_that_is_off_holds_the_rollout(stack: Stack) -> None:
    async with rolling(stack, "ratio") as one:
        await one.start(replace(PLAN, interval_seconds=OVER_SECONDS))
        ratio = (await one.watch_until(lambda found: bool(found.sample_ratio))).sample_ratio["canary"]
        assert (ratio.expected_percent, ratio.has_failed) == (50, False)
        rollout = await one.watch_until(lambda found: found.sample_ratio["canary"].visitors >= 50)
        assert 0 < rollout.sample_ratio["canary"].assigned < rollout.sample_ratio["canary"].visitors
        for _ in range(200):
            line = metric_line("canary", "NewVisitors", 1, namespace="EdgeRouter", stack="edge-router-local")
            stack.local.cloudwatch.collect(NEAR, line)
        rollout = await one.watch_until(lambda found: found.state == "paused")
        assert rollout.reason.startswith("sample ratio: ")
        assert rollout.canary_percent == 50


async def test_a_good_version_gets_everybody_step_by_step(stack: Stack) -> None:
    async with rolling(stack, "good") as one:
        await one.start()
        rollout = await one.watch_until(lambda found: not found.is_active)
        assert (rollout.state, rollout.canary_percent) == ("succeeded", 100)
        assert [(event.state, event.canary_percent) for event in rollout.history] == [
            ("running", 50),
            ("running", 100),
            ("succeeded", 100),
        ]
        assert one.reasons[0] == "waits for the first minute of metrics"
        await stack.until(lambda: stack.decisions[-1].get("revision") == f"rollout:{rollout.revision}")
        assert (stack.decisions[-1]["origin"], stack.decisions[-1]["percentFrom"]) == ("canary", "rollout")
        subjects = [subject for subject, _ in stack.local.clients.notices]
        assert subjects[-1] == "edge-router-local: rollout succeeded, step 2 of 2, 100 %"


async def test_a_bad_version_is_taken_back_and_so_is_who_was_on_it(stack: Stack) -> None:
    async with rolling(stack, "bad", is_broken=True) as one:
        await one.start()
        await stack.until(lambda: stack.decisions[-1]["origin"] == "canary")
        cookie = await stack.visitor("2", "app-version")
        rollout = await one.watch_until(lambda found: not found.is_active)
        assert (rollout.state, rollout.canary_percent, rollout.step) == ("rolled-back", 0, 0)
        assert rollout.tests["errorRate"].has_failed
        assert rollout.reason.startswith("errors: canary ")
        for region in (HOME, NEAR):
            await stack.until(lambda: stack.decisions[-1]["reason"] == "canary-withdrawn", region=region, cookie=cookie)
            assert (await stack.get("/any", region=region, cookie=cookie)).headers["x-app-version"] == "1"
        qa = await stack.get("/any", x_qa_origin="canary:local-demo-override-secret")
        assert qa.headers["x-app-version"] == "2"


async def test_a_region_whose_metrics_cannot_be_read_pauses_and_is_named(stack: Stack) -> None:
    async with rolling(stack, "unreadable") as one:
        await one.start(replace(PLAN, on_inconclusive="pause", interval_seconds=10))
        stack.local.cloudwatch.unreadable.add("sa-east-1")
        try:
            rollout = await one.watch_until(lambda found: found.state == "paused")
        finally:
            stack.local.cloudwatch.unreadable.clear()
        assert rollout.reason.startswith("inconclusive: the metrics cannot be read in sa-east-1 (")
        await one.change(transitions.resume)
        assert (await one.watch_until(lambda found: bool(found.samples))).state in ("running", "succeeded")


async def test_an_alarm_takes_it_back_though_every_figure_is_good(stack: Stack) -> None:
    async with rolling(stack, "alarm") as one:
        await one.start(replace(PLAN, alarms=(ALARM,)))
        assert (await one.look()).state == "running"
        stack.local.clients.ringing.add(ALARM)
        try:
            assert (await one.look()).reason == f"in ALARM: {ALARM}"
        finally:
            stack.local.clients.ringing.clear()
        assert (await one.read()).live.is_withdrawn


async def test_an_update_of_the_stack_meanwhile_leaves_the_rollout_as_it_is(stack: Stack) -> None:
    async with rolling(stack, "meanwhile") as one:
        await one.start()
        revision = (await one.read()).live.revision
        await stack.until(lambda: stack.decisions[-1]["revision"] == revision)
        await stack.deploy(*SETTINGS[:-1], "canaryPercent=100", "release=meanwhile")
        await stack.get("/health")
        assert (stack.decisions[-1]["percentFrom"], stack.decisions[-1]["revision"]) == ("rollout", revision)
        await one.change(transitions.abort)
        assert (await one.read()).live.is_withdrawn


async def test_a_request_without_an_answer_yet_is_no_error_and_neither_is_one_whose_viewer_left(stack: Stack) -> None:
    answering = asyncio.Event()

    async def slow(_: Request) -> Response:
        await answering.wait()
        return Response(200, b"1", [("x-app-version", "1")])

    server = LoopbackServer(slow)
    await server.listen()
    try:
        async with rolling(stack, "slow") as one:
            await stack.deploy(*SETTINGS, "release=slow", origins={"v1.example.com": f"http://{server.address}"})
            await one.start(replace(PLAN, steps=(1, 100)))
            await asyncio.sleep(4)  # refreshSeconds and what else is not of the step
            waiting = [asyncio.create_task(stack.get("/any", x_visit=str(number))) for number in range(3)]
            async with asyncio.timeout(OVER_SECONDS):
                while len(stack.decisions) < 3:
                    await asyncio.sleep(0.05)
            waiting.pop().cancel()
            await asyncio.sleep(2.5)
            assert all(sample.trials == 0 for sample in (await one.look()).samples.values())
            answering.set()
            await asyncio.gather(*waiting)
            await asyncio.sleep(1.1)  # a second that was looked at is not looked at again
            rollout = await one.look()
            assert {sample.errors for sample in rollout.samples.values()} == {0}
            assert sum(sample.trials for sample in rollout.samples.values()) == 3
    finally:
        answering.set()
        await server.close()


async def test_a_function_before_the_cache_follows_with_the_next_look(stack: Stack) -> None:
    async with rolling(stack, "versioned", "cookieVersion.caching=versioned") as one:
        [store] = stack.local._current.edge.key_value_stores.values()
        await one.start(replace(PLAN, steps=(100,)))
        assert (await stack.get("/any")).headers["x-app-version"] == "1"
        await one.look()
        cookie = await stack.visitor("2", "app-version")
        await one.change(transitions.abort)
        await one.look()
        assert '"withdrawn":true' in store.pairs[KEY]
        assert (await stack.get("/any", cookie=cookie)).headers["x-app-version"] == "1"
        assert (await stack.get("/any")).headers["x-app-version"] == "1"
        await stack.deploy(*SETTINGS, "release=versioned", "cookieVersion.caching=versioned", "canaryPercent=0")
        assert '"withdrawn":true' in store.pairs[KEY]  # an update that changes nothing leaves it as it is
