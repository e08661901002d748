"""A whole validation: the visits of a plan, and what the checks say of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from validator.checks import CHECKS
from validator.plan.plan import Plan
from validator.report import Report
from validator.traffic.client import Site, open_client
from validator.traffic.pace import Pace
from validator.traffic.traffic import Visits


def _ignore() -> None:
    """Nobody watches."""


async def validate(
    plan: Plan,
    on_answer: Callable[[], None] = _ignore,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Ask and judge. Whatever the site does, there is a report; PlanError where `caFile` cannot be read.

    `on_answer` is called after every page view, of which there are at most `plan.planned_requests`.
    """
    started_at = now()
    async with open_client(plan) as client:
        pace = Pace(plan.rate, plan.max_requests, plan.deadline_seconds, clock, sleep)
        traffic = await Visits(plan, Site(plan, client, pace), on_answer).made()
    return Report(
        plan=plan,
        started_at=started_at,
        elapsed_seconds=pace.elapsed_seconds,
        requests=pace.requests,
        results=tuple(check(plan, traffic) for check in CHECKS),
    )
