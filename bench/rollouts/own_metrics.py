"""`make own-metrics`: how often a metric of one's own stops a healthy step, and how often it finds a bad one."""

from __future__ import annotations

import argparse
import dataclasses
import platform
from collections.abc import Sequence
from math import log

import numpy as np
from rich.table import Table

from bench.finding import publish
from bench.processes import PROJECT
from controller.analysis.own_metric import AVERAGE, HIGHER, LOWER, PER_REQUEST, SHARE, OwnMetric, Series, judge
from controller.analysis.plan import Plan
from stats.alpha_spending import ALPHA

REPORT = PROJECT / ".edge-router" / "own-metrics.json"
RUNS, SEED = 1_000, 2026
LOOKS = (10, 30)
"""Minutes of a step after which it is asked whether the metric has failed at any look."""
METHOD = (
    "controller.analysis.own_metric.judge itself, by the minute. Healthy is the worst case of it: a canary exactly as"
    " good as stable, with nothing allowed. Requests by Poisson, events by binomials, durations lognormal (deviation"
    " 1); noise is 20 % in each minute for both versions, and 10 % for each. numpy's default_rng, seeded with (seed,"
    " row)"
)


@dataclasses.dataclass(frozen=True)
class Row:
    """A metric and its traffic: requests a minute of canary and stable, and the value of each version."""

    name: str
    compare: str
    direction: str
    canary_requests: float
    stable_requests: float
    value: float
    canary_value: float
    noise: tuple[float, float] = (0.0, 0.0)
    correlation: float = 0.0


ROWS = (
    Row("healthy: 4 % of requests order", PER_REQUEST, HIGHER, 150, 2_850, 0.04, 0.04),
    Row("healthy: 1 % order, 30 requests a minute", PER_REQUEST, HIGHER, 30, 2_970, 0.01, 0.01),
    Row("healthy: 1 % as a share, 30 a minute", SHARE, HIGHER, 30, 2_970, 0.01, 0.01),
    Row("healthy: 1 % as an average, 30 a minute", AVERAGE, HIGHER, 30, 2_970, 0.01, 0.01),
    Row("healthy: duration", AVERAGE, LOWER, 150, 850, 100, 100),
    Row("healthy: duration, noisy", AVERAGE, LOWER, 150, 850, 100, 100, (0.2, 0.1)),
    Row("healthy: noisy, minutes correlate by 0.5", AVERAGE, LOWER, 150, 850, 100, 100, (0.2, 0.1), 0.5),
    Row("20 % fewer orders, 150 a minute", PER_REQUEST, HIGHER, 150, 2_850, 0.04, 0.032),
    Row("20 % fewer orders, 750 a minute", PER_REQUEST, HIGHER, 750, 2_250, 0.04, 0.032),
    Row("half of the orders, 150 a minute", PER_REQUEST, HIGHER, 150, 2_850, 0.04, 0.02),
    Row("duration + 20 %", AVERAGE, LOWER, 150, 850, 100, 120),
    Row("duration + 50 %, noisy", AVERAGE, LOWER, 150, 850, 100, 150, (0.2, 0.1)),
)


@dataclasses.dataclass(frozen=True)
class Result:
    """The share of runs that failed, by the minutes of the step."""

    name: str
    failed: dict[int, float]


def simulate(row: Row, runs: int, seed: Sequence[int]) -> Result:
    """Draw steps of the default plan."""
    random = np.random.default_rng(list(seed))
    metric = OwnMetric("Shop", "Metric", (), compare=row.compare, direction=row.direction, minimum=1)
    alpha, minutes = ALPHA / len(Plan().steps), max(LOOKS)
    failed = dict.fromkeys(LOOKS, 0)
    for _ in range(runs):
        common = random.normal(0, row.noise[0], minutes)
        canary = _series(random, row, row.canary_requests, row.canary_value, common)
        stable = _series(random, row, row.stable_requests, row.value, common)
        for look in LOOKS:
            _, found = judge(metric, _first(canary, look), _first(stable, look))
            failed[look] += found is not None and found.p_value <= alpha
    return Result(row.name, {look: count / runs for look, count in failed.items()})


def _series(random: np.random.Generator, row: Row, requests: float, value: float, common: np.ndarray) -> Series:
    sizes = random.poisson(requests, len(common))
    values = value * np.exp(common + _draw_correlated(random, row, len(common)))
    if row.direction == LOWER:
        pairs = zip(map(float, values), map(int, sizes), strict=True)
        sums = [float(np.sum(random.lognormal(log(one), 1, size))) for one, size in pairs]
        return Series(_by_minute(sums), _by_minute(sizes), _by_minute(sizes))
    events = _by_minute(random.binomial(sizes, np.minimum(values, 1)))
    return Series(events, events if row.compare == PER_REQUEST else _by_minute(sizes), _by_minute(sizes))


def _draw_correlated(random: np.random.Generator, row: Row, count: int) -> np.ndarray:
    own = random.normal(0, row.noise[1], count)
    for minute in range(1, count):
        own[minute] = row.correlation * own[minute - 1] + (1 - row.correlation**2) ** 0.5 * own[minute]
    return own


def _by_minute(values: Sequence[float] | np.ndarray) -> dict[int, float]:
    return {minute: float(value) for minute, value in enumerate(values)}


def _first(series: Series, minutes: int) -> Series:
    sums, events, sizes = ({at: value for at, value in part.items() if at < minutes} for part in series)
    return Series(sums, events, sizes)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: what must be is a matter of the traffic, and is read off the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.rollouts.own_metrics", description="Metrics of one's own.")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each row, {RUNS:,} by default")
    parser.add_argument("--seed", type=int, default=SEED, help=f"{SEED} by default")
    parser.add_argument("--json", action="store_true", help="print JSON in the place of the table")
    options = parser.parse_args(arguments)
    results = [simulate(row, options.runs, (options.seed, number)) for number, row in enumerate(ROWS)]
    shown = {"python": platform.python_version(), "method": METHOD, "seed": options.seed, "runs": options.runs}
    document = shown | {"rows": [dataclasses.asdict(result) for result in results]}
    publish(REPORT, document, _table(results, options.runs), is_json=options.json)
    return 0


def _table(results: Sequence[Result], runs: int) -> Table:
    title = f"{runs:,} steps a row, alpha {100 * ALPHA / len(Plan().steps):g} %"
    table = Table("metric", *(f"failed within {look} minutes" for look in LOOKS), title=title)
    for result in results:
        table.add_row(result.name, *(f"{100 * share:.1f} %" for share in result.failed.values()))
    return table


if __name__ == "__main__":
    raise SystemExit(main())
