"""A validation: the visits of a plan, and the checks of their responses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from validator.checks.caching import check_cached_cookies, check_cached_versions, check_varied_headers
from validator.checks.report import Report, Result
from validator.checks.responses import check_origin_hosts, check_responses
from validator.checks.routing import check_override, check_pin, check_stickiness
from validator.checks.split import check_split
from validator.plan.model import Plan
from validator.traffic.client import Site, open_client
from validator.traffic.limits import Limits
from validator.traffic.visits import Traffic, Visits

CHECKS: Mapping[str, Callable[[Plan, Traffic], Result]] = {
    "answers": check_responses,
    "split": check_split,
    "stickiness": check_stickiness,
    "override": check_override,
    "pin": check_pin,
    "cached-cookies": check_cached_cookies,
    "cached-versions": check_cached_versions,
    "varied-headers": check_varied_headers,
    "origin-hosts": check_origin_hosts,
}
"""In the order of a report."""


async def validate(
    plan: Plan,
    on_response: Callable[[], None] = lambda: None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Make the visits and run the checks. There is always a report; PlanError only for an unreadable `caFile`.

    `on_response` is called after every page view, of which there are at most `plan.planned_requests`.
    """
    started_at = now()
    async with open_client(plan) as client:
        limits = Limits(plan.rate, plan.max_requests, plan.deadline_seconds, clock, sleep)
        traffic = await Visits(plan, Site(plan, client, limits), on_response).run()
    return Report(
        plan=plan,
        started_at=started_at,
        elapsed_seconds=limits.elapsed_seconds,
        requests=limits.requests,
        results=tuple(replace(check(plan, traffic), check=name) for name, check in CHECKS.items()),
    )
