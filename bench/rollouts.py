"""`make rollouts`: simulated rollouts, good ones and bad ones; a table, and the same as .edge-router/rollouts.json."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.simulated_rollout import Ending, Traffic, simulate
from controller.analysis.plan import Plan

REPORT = Path(__file__).parents[1] / ".edge-router" / "rollouts.json"
RUNS, SEED = 200, 2026
PLAN = Plan(on_inconclusive="wait")
"""The default plan. At 50 requests a second 1 % are 300 in 10 minutes: waiting for 500 beats pausing here."""
AT_A_QUARTER = dataclasses.replace(PLAN, steps=(25, 50, 100))
NOTHING_ALLOWED = dataclasses.replace(PLAN, max_error_rate_increase=0, max_latency_increase=0)
METHOD = (
    "controller.reconcile.Controller itself, once a simulated minute, over a store in memory with the table's"
    " conditions. Each minute: requests by Poisson, the canary's share and the errors by binomials, log latencies by a"
    " normal distribution. numpy's default_rng, seeded with (seed, row, run)"
)
MAX_LOOKS, MAX_FALSE_PERCENT, MIN_FOUND_PERCENT = 3, 5, 95


@dataclasses.dataclass(frozen=True)
class Row:
    """A kind of rollout, and what must become of it."""

    name: str
    plan: Plan
    traffic: Traffic
    must_be: str
    holds: Callable[[Sequence[Ending]], bool]


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of all runs of a row. Looks and minutes are those of the runs that were rolled back."""

    name: str
    runs: int
    rolled_back: int
    succeeded: int
    must_be: str
    holds: bool
    looks: dict[int, int]
    steps: dict[float, int]
    median_minutes: float | None


def is_rolled_back(ending: Ending) -> bool:
    """Aborted by a test: there are no alarms here, and nobody's hand."""
    return ending.state == "rolled-back"


def at_once(endings: Sequence[Ending]) -> bool:
    """Every one within the first looks that had the minimum sample, at the first step."""
    return all(is_rolled_back(ending) and ending.since_first_judged <= MAX_LOOKS for ending in endings)


def rarely(endings: Sequence[Ending]) -> bool:
    """As often as false alarms may be, and the others came to their end."""
    rolled_back, succeeded = sum(map(is_rolled_back, endings)), sum(ending.state == "succeeded" for ending in endings)
    return 100 * rolled_back <= MAX_FALSE_PERCENT * len(endings) and rolled_back + succeeded == len(endings)


def mostly(endings: Sequence[Ending]) -> bool:
    """As often as bad ones must be found."""
    return 100 * sum(map(is_rolled_back, endings)) >= MIN_FOUND_PERCENT * len(endings)


NOISE = Traffic(slow_share=0.05, minute_spread=0.2, own_minute_spread=0.1)
FALSE, FOUND = f"at most {MAX_FALSE_PERCENT} %", f"at least {MIN_FOUND_PERCENT} %"
ROWS = (
    Row(
        "5 points more errors, from 25 % on",
        AT_A_QUARTER,
        Traffic(canary_error_rate=0.06),
        f"all within {MAX_LOOKS} judged reconciles",
        at_once,
    ),
    Row("healthy", PLAN, Traffic(), FALSE, rarely),
    Row("healthy, nothing allowed", NOTHING_ALLOWED, Traffic(), FALSE, rarely),
    Row(
        "healthy, 0.1 % errors, nothing allowed",
        NOTHING_ALLOWED,
        Traffic(error_rate=0.001, canary_error_rate=0.001),
        FALSE,
        rarely,
    ),
    Row("healthy, noisy latency", PLAN, NOISE, FALSE, rarely),
    Row("3 points more errors", PLAN, Traffic(canary_error_rate=0.04), FOUND, mostly),
    Row("latency +50 %", PLAN, Traffic(canary_latency_ms=180), FOUND, mostly),
    Row("latency +50 %, noisy", PLAN, dataclasses.replace(NOISE, canary_latency_ms=180), FOUND, mostly),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every row is what it must be."""
    options = _options(arguments)
    console = Console(stderr=options.json)
    results: list[Result] = []
    for number, row in enumerate(ROWS):
        console.print(f"[dim]{row.name} …[/]")
        results.append(
            result_of(
                row, [simulate(row.plan, row.traffic, (options.seed, number, run)) for run in range(options.runs)]
            )
        )
    document = json.dumps(_document(results, options), indent=2, ensure_ascii=False)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(document + "\n", encoding="utf-8")
    if options.json:
        sys.stdout.write(document + "\n")
    else:
        console.print(_table(results, options))
        console.print(f"{METHOD}.\nThe same as JSON: .edge-router/{REPORT.name}")
    return 0 if all(result.holds for result in results) else 1


def result_of(row: Row, endings: Sequence[Ending]) -> Result:
    """What became of these runs."""
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
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.rollouts", description="Simulated rollouts.")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each row, {RUNS} by default")
    parser.add_argument("--seed", type=int, default=SEED, help=f"{SEED} by default")
    parser.add_argument("--json", action="store_true", help="print JSON in the place of the table")
    return parser.parse_args(arguments)


def _table(results: Sequence[Result], options: argparse.Namespace) -> Table:
    traffic, steps = Traffic(), ", ".join(f"{step:g}" for step in PLAN.steps)
    title = (
        f"{options.runs} rollouts a row, {traffic.requests_per_second:g} requests/s, {100 * traffic.error_rate:g} %"
        f" errors, {traffic.latency_ms:g} ms, steps {steps}, {PLAN.interval_seconds // 60} minutes each,"
        f" seed {options.seed}"
    )
    table = Table("rollouts", "rolled back", "judged reconciles", "at step", "minutes", "must be", title=title)
    for result in results:
        mark = "[green]✓[/]" if result.holds else "[bold red]✗[/]"
        table.add_row(
            result.name,
            f"{result.rolled_back} of {result.runs} ({100 * result.rolled_back / result.runs:.1f} %) {mark}",
            _counts(result.looks),
            _counts(result.steps, " %"),
            "–" if result.median_minutes is None else f"{result.median_minutes:g}",
            result.must_be,
        )
    return table


def _counts(counts: dict[int, int] | dict[float, int], unit: str = "") -> str:
    """`1: 180, 2: 20`, the most frequent ones."""
    most = sorted(counts.items(), key=lambda entry: -entry[1])[:4]
    rest = sum(counts.values()) - sum(count for _, count in most)
    shown = ", ".join(f"{value:g}{unit}: {count}" for value, count in sorted(most))
    return f"{shown}, others: {rest}" if rest else shown or "–"


def _document(results: Sequence[Result], options: argparse.Namespace) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "method": METHOD,
        "seed": options.seed,
        "runs": options.runs,
        "rows": [
            {**dataclasses.asdict(result), "traffic": dataclasses.asdict(row.traffic), "plan": row.plan.to_json()}
            for row, result in zip(ROWS, results, strict=True)
        ],
    }


if __name__ == "__main__":
    raise SystemExit(main())
