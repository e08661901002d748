"""The chapter about rollouts: one that succeeds and one that is rolled back, under the same traffic."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections import Counter
from collections.abc import AsyncGenerator

from controller import transitions
from controller.rollout import Rollout
from demo.guide import Guide, shown, versions, visit
from operations.control_table import Place, control_table
from operations.rollout import plan_of
from operations.stack import open_stack

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


async def rollouts(guide: Guide) -> None:
    """Up by itself, and back by itself."""
    checks = guide.checks
    checks.chapter("a rollout: the percentage rises by itself, and goes back by itself")
    await guide.deploy(*PLAN)
    rollout, answers = await _rolled_out(guide, PLAN)
    checks.expect(rollout.state == "succeeded", f"a good version 2: {rollout.state} at {rollout.canary_percent:g} %")
    checks.expect(len(answers) == 1, f"its visitors met {shown_statuses(answers)}")

    bad = (*PLAN, "release=2026-12")
    await guide.deploy(*bad, fail_percent=FAIL_PERCENT)
    async with guide.viewer() as viewer:
        rollout, answers = await _rolled_out(guide, bad)
        checks.expect(rollout.state == "rolled-back", f"version 2 fails at {FAIL_PERCENT} %: {rollout.state}")
        checks.expect(answers[500], f"its visitors met {shown_statuses(answers)}")
        await guide.in_force(f"rollout:{rollout.revision}")
        session = {"sessiontoken": "sample-canary"}
        withdrawn = await versions(viewer, 5, session)
        checks.expect(withdrawn == {"1": 5}, f"who was on version 2 is sent back: {shown(withdrawn)}")


async def _rolled_out(guide: Guide, settings: tuple[str, ...]) -> tuple[Rollout, Counter[int]]:
    """A rollout from its start to its end, and the statuses that visitors got meanwhile."""
    stack = open_stack(guide.stack, settings)
    plan = dataclasses.replace(plan_of(stack), steps=STEPS)
    place = await asyncio.to_thread(control_table, stack, is_aws=False)  # it asks this very process
    with contextlib.closing(place):
        items = await asyncio.to_thread(place.read)
        await asyncio.to_thread(place.write, transitions.start(plan, items, time.time()), items)
        async with _traffic(guide) as answers, asyncio.timeout(OVER_SECONDS):
            return await _end_of(place), answers


async def _end_of(place: Place) -> Rollout:
    while True:
        rollout = (await asyncio.to_thread(place.read)).rollout
        if rollout is not None and not rollout.is_standing:
            return rollout
        await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def _traffic(guide: Guide) -> AsyncGenerator[Counter[int]]:
    """New visitors, one after the other, in two Regions."""
    answers: Counter[int] = Counter()
    tasks = [asyncio.create_task(_visitors(guide, REGIONS[number % 2], answers)) for number in range(VIEWERS)]
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _visitors(guide: Guide, region: str, answers: Counter[int]) -> None:
    async with guide.viewer() as viewer:
        while True:
            viewer.cookies.clear()
            answers[(await visit(viewer, region=region)).status_code] += 1


def shown_statuses(answers: Counter[int]) -> str:
    """`200: 312, 500: 41`."""
    return ", ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
