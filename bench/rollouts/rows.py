"""The kinds of rollouts that are simulated, what must become of each, and what became of them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from math import log
from statistics import median

from bench.rollouts.simulation import Ending, Traffic
from controller.analysis.plan import Plan

QUANTILES = {"p50": 20.0, "p95": 20.0, "p99": 10.0}
PLAN = Plan(on_inconclusive="wait", latency_quantiles=QUANTILES)
"""The default plan. At 50 requests a second 1 % are 300 in 10 minutes: waiting for 500 beats pausing here."""
AT_A_QUARTER = dataclasses.replace(PLAN, steps=(25, 50, 100))
NOTHING_ALLOWED = dataclasses.replace(
    PLAN, max_error_rate_increase=0, max_latency_increase=0, latency_quantiles=dict.fromkeys(QUANTILES, 0.0)
)
FROM_FIVE = dataclasses.replace(PLAN, steps=(5, 25, 50, 100))
SLOW_TAIL = 0.6 + log(1.5) / 2.3263
"""Spread at which p99 is 50 % higher and the median the same: 2.3263 standard deviations are p99 of a lognormal."""
MAX_LOOKS, MAX_FALSE_PERCENT, MIN_FOUND_PERCENT = 3, 5, 95
LONG_RUNS = 10_000


@dataclasses.dataclass(frozen=True)
class Row:
    """A kind of rollout, and what must become of it; `is_long` for those that `--long` runs 10,000 times."""

    name: str
    plan: Plan
    traffic: Traffic
    must_be: str
    holds: Callable[[Sequence[Ending]], bool]
    is_long: bool = False


@dataclasses.dataclass(frozen=True)
class Result:
    """The outcomes of all runs of a row. Looks and minutes are those of the runs that were rolled back."""

    name: str
    runs: int
    rolled_back: int
    succeeded: int
    must_be: str
    holds: bool
    looks: dict[int, int]
    steps: dict[float, int]
    median_minutes: float | None
    tests: dict[str, int]


def is_rolled_back(ending: Ending) -> bool:
    """Aborted by a test: there are no alarms here, and nobody's hand."""
    return ending.state == "rolled-back"


def are_stopped_at_once(endings: Sequence[Ending]) -> bool:
    """Every one within the first looks that had the minimum sample, at the first step."""
    return all(is_rolled_back(ending) and ending.since_first_judged <= MAX_LOOKS for ending in endings)


def are_rarely_stopped(endings: Sequence[Ending]) -> bool:
    """Return True where no more are rolled back than false alarms may be, and the others came to their end."""
    rolled_back, succeeded = sum(map(is_rolled_back, endings)), sum(ending.state == "succeeded" for ending in endings)
    return 100 * rolled_back <= MAX_FALSE_PERCENT * len(endings) and rolled_back + succeeded == len(endings)


def are_mostly_stopped(endings: Sequence[Ending]) -> bool:
    """Return True where as many are rolled back as have to be of bad versions."""
    return 100 * sum(map(is_rolled_back, endings)) >= MIN_FOUND_PERCENT * len(endings)


def are_found_at_first_step(endings: Sequence[Ending]) -> bool:
    """Return True where as many are rolled back at the first step as have to be of bad versions."""
    found = sum(is_rolled_back(ending) and ending.percent == FROM_FIVE.steps[0] for ending in endings)
    return 100 * found >= MIN_FOUND_PERCENT * len(endings)


NOISE = Traffic(slow_share=0.05, minute_spread=0.2, own_minute_spread=0.1)
FALSE, FOUND = f"at most {MAX_FALSE_PERCENT} %", f"at least {MIN_FOUND_PERCENT} %"
ROWS = (
    Row(
        "5 points more errors, from 25 % on",
        AT_A_QUARTER,
        Traffic(canary_error_rate=0.06),
        f"all within {MAX_LOOKS} judged reconciles",
        are_stopped_at_once,
    ),
    Row("healthy", PLAN, Traffic(), FALSE, are_rarely_stopped),
    Row("healthy, nothing allowed", NOTHING_ALLOWED, Traffic(), FALSE, are_rarely_stopped, is_long=True),
    Row(
        "healthy, 0.1 % errors, nothing allowed",
        NOTHING_ALLOWED,
        Traffic(error_rate=0.001, canary_error_rate=0.001),
        FALSE,
        are_rarely_stopped,
    ),
    Row("healthy, noisy latency", PLAN, NOISE, FALSE, are_rarely_stopped),
    Row("3 points more errors", PLAN, Traffic(canary_error_rate=0.04), FOUND, are_mostly_stopped),
    Row("latency +50 %", PLAN, Traffic(canary_latency_ms=180), FOUND, are_mostly_stopped),
    Row("latency +50 %, noisy", PLAN, dataclasses.replace(NOISE, canary_latency_ms=180), FOUND, are_mostly_stopped),
    Row(
        "p99 +50 %, same median, from 5 % on, 100 requests/s",
        FROM_FIVE,
        Traffic(requests_per_second=100, canary_log_spread=SLOW_TAIL),
        f"{FOUND} at the first step",
        are_found_at_first_step,
    ),
    Row("p99 +50 %, same median", PLAN, Traffic(canary_log_spread=SLOW_TAIL), FOUND, are_mostly_stopped),
    Row(
        "healthy, visits of 5 minutes, both fail for 2 minutes",
        FROM_FIVE,
        Traffic(visit_minutes=5, outage_minutes=2),
        FALSE,
        are_rarely_stopped,
    ),
    Row(
        "3 points more errors, visits of 5 minutes",
        PLAN,
        Traffic(canary_error_rate=0.04, visit_minutes=5),
        FOUND,
        are_mostly_stopped,
    ),
)


def summarize(row: Row, endings: Sequence[Ending]) -> Result:
    """Return the outcomes of these runs."""
    rolled_back = [ending for ending in endings if is_rolled_back(ending)]
    return Result(
        name=row.name,
        runs=len(endings),
        rolled_back=len(rolled_back),
        succeeded=sum(ending.state == "succeeded" for ending in endings),
        must_be=row.must_be,
        holds=row.holds(endings),
        looks=dict(sorted(Counter(ending.since_first_judged for ending in rolled_back).items())),
        steps=dict(sorted(Counter(ending.percent for ending in rolled_back).items())),
        median_minutes=median(ending.minutes for ending in rolled_back) if rolled_back else None,
        tests=dict(Counter(test for ending in rolled_back for test in ending.failed)),
    )
