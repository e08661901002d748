"""The chapter about rollouts: one that succeeds and one that is rolled back, under the same traffic."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence

from cli.rollout.change import read_plan
from cli.stacks.control_table import Place, control_table
from cli.stacks.running import choose_stack
from cli.stacks.workspace import Target, Workspace
from controller.analysis.plan import Timing, settle_seconds
from controller.rollout import transitions
from controller.rollout.state import Rollout
from demo.figures import Visit, agree, describe_figures
from demo.guide import REFRESH_SECONDS, Guide, includes, summary, versions, visit
from simulator.deployment.rollouts import LAG_SECONDS, PERIOD_SECONDS

PLAN = (
    "strategy=sticky-session",
    "canaryPercent=0",
    "rollout.interval=6s",
    "rollout.minimumRequests=40",
    "rollout.onInconclusive=wait",
    "rollout.maxLatencyIncrease=200",
)
STEPS = (50, 100)
FAIL_PERCENT = 50
VIEWERS = 4
REGIONS = ("us-east-1", "eu-west-1")
OVER_SECONDS = 120
POLL_SECONDS = 0.2
TIMING = Timing(PERIOD_SECONDS, LAG_SECONDS, settle_seconds(REFRESH_SECONDS))


async def rollouts(guide: Guide) -> None:
    """Up by itself, and back by itself."""
    checks = guide.checks
    checks.chapter("a rollout: the percentage rises by itself, and goes back by itself")
    await guide.deploy(*PLAN)
    rollout, visits = await _run_rollout(guide, PLAN)
    checks.expect(rollout.state == "succeeded", f"a good version 2: {rollout.state} at {rollout.canary_percent:g} %")
    answers = count_statuses(visits)
    checks.expect(len(answers) == 1, f"its visitors met {format_statuses(answers)}")
    _compare(guide, rollout, visits)

    bad = (*PLAN, "release=2026-12")
    await guide.deploy(*bad, fail_percent=FAIL_PERCENT)
    async with guide.viewer() as viewer:
        rollout, visits = await _run_rollout(guide, bad)
        checks.expect(rollout.state == "rolled-back", f"version 2 fails at {FAIL_PERCENT} %: {rollout.state}")
        answers = count_statuses(visits)
        checks.expect(answers[500], f"its visitors met {format_statuses(answers)}")
        _compare(guide, rollout, visits)
        await guide.wait_until(lambda revision: includes(revision, rollout), "that the canary is withdrawn")
        session = {"sessiontoken": "sample-canary"}
        withdrawn = await versions(viewer, 5, session)
        checks.expect(withdrawn == {"1": 5}, f"who was on version 2 is sent back: {summary(withdrawn)}")


def _compare(guide: Guide, rollout: Rollout, visits: Sequence[Visit]) -> None:
    """Expect that the controller's figures are those of the visitors."""
    is_right = agree(rollout, visits, guide.decisions.counted, TIMING, VIEWERS)
    text = f"its last figures: {describe_figures(rollout)}, as its visitors met them"
    guide.checks.expect(is_right, text if is_right else f"{text.removesuffix(' met them')} did not meet them")


async def _run_rollout(guide: Guide, settings: tuple[str, ...]) -> tuple[Rollout, list[Visit]]:
    """Run a rollout to its end; return it with the visits meanwhile."""
    stack = Workspace().open_stack(guide.stack, settings)
    plan = dataclasses.replace(read_plan(stack), steps=STEPS)
    # In a thread, because it sends a request to this very process.
    running = await asyncio.to_thread(choose_stack, Target(Workspace(), guide.stack, is_local=True), "")
    place = control_table(stack, running)
    with contextlib.closing(place):
        items = await asyncio.to_thread(place.read)
        await asyncio.to_thread(place.write, transitions.start(plan, items, time.time()), items)
        async with _traffic(guide) as visits:
            rollout = await wait_for_end(place)
    return rollout, visits


async def wait_for_end(place: Place) -> Rollout:
    """Return the rollout when it is over; as it is where that takes too long, which no expectation then holds for."""
    until = time.monotonic() + OVER_SECONDS
    while True:
        rollout = (await asyncio.to_thread(place.read)).rollout
        if rollout is not None and (not rollout.is_active or time.monotonic() > until):
            return rollout
        await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def _traffic(guide: Guide) -> AsyncGenerator[list[Visit]]:
    """Send requests of new visitors in two Regions; those in progress at the end are waited for."""
    visits: list[Visit] = []
    is_over = asyncio.Event()
    tasks = [asyncio.create_task(_visit_on(guide, REGIONS[number % 2], visits, is_over)) for number in range(VIEWERS)]
    try:
        yield visits
    finally:
        is_over.set()
        await asyncio.gather(*tasks)


async def _visit_on(guide: Guide, region: str, visits: list[Visit], is_over: asyncio.Event) -> None:
    async with guide.viewer() as viewer:
        while not is_over.is_set():
            viewer.cookies.clear()
            answer = await visit(viewer, region=region)
            visits.append(Visit(answer.headers["x-amz-cf-id"], answer.status_code))


def count_statuses(visits: Sequence[Visit]) -> Counter[int]:
    """Count the visits by status code."""
    return Counter(one.status for one in visits)


def format_statuses(answers: Counter[int]) -> str:
    """Return `200: 312, 500: 41`."""
    return ", ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
