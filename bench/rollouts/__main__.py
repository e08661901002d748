"""`make rollouts`: simulated rollouts, good ones and bad ones; a table, and the same as .edge-router/rollouts.json."""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from rich.console import Console
from rich.table import Table

from bench.finding import publish
from bench.processes import PROJECT
from bench.rollouts.rows import LONG_RUNS, PLAN, ROWS, Result, Row, summarize
from bench.rollouts.simulation import Ending, Traffic, simulate

REPORT = PROJECT / ".edge-router" / "rollouts.json"
RUNS, SEED = 200, 2026
METHOD = (
    "controller.reconcile.Controller itself, once a simulated minute, over a store in memory with the table's"
    " conditions. Each minute: requests by Poisson, the canary's share and the errors by binomials, log latencies by a"
    " normal distribution. numpy's default_rng, seeded with (seed, row, run)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every row is what it must be."""
    options = _options(arguments)
    console = Console(stderr=options.json)
    results: list[Result] = []
    with ProcessPoolExecutor(options.processes) as pool:
        for number, row in _rows(options):
            console.print(f"[dim]{row.name} …[/]")
            runs = partial(_run, number, options.seed)
            numbers = range(options.runs)
            endings = pool.map(runs, numbers, chunksize=10) if options.processes > 1 else map(runs, numbers)
            results.append(summarize(row, list(endings)))
    publish(REPORT, _document(results, options), _table(results, options), is_json=options.json)
    return 0 if all(result.holds for result in results) else 1


def _run(number: int, seed: int, run: int) -> Ending:
    row = ROWS[number]
    return simulate(row.plan, row.traffic, (seed, number, run))


def _rows(options: argparse.Namespace) -> list[tuple[int, Row]]:
    """Return the rows with their numbers, which their seeds have."""
    return [(number, row) for number, row in enumerate(ROWS) if row.is_long or not options.long]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.rollouts", description="Simulated rollouts.")
    parser.add_argument("--runs", type=int, help=f"of each row, {RUNS} by default, {LONG_RUNS:,} with --long")
    parser.add_argument("--long", action="store_true", help="healthy rollouts only, with nothing allowed")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="as many as there are cores by default")
    parser.add_argument("--seed", type=int, default=SEED, help=f"{SEED} by default")
    parser.add_argument("--json", action="store_true", help="print JSON in the place of the table")
    options = parser.parse_args(arguments)
    options.runs = options.runs or (LONG_RUNS if options.long else RUNS)
    return options


def _table(results: Sequence[Result], options: argparse.Namespace) -> Table:
    traffic, steps = Traffic(), ", ".join(f"{step:g}" for step in PLAN.steps)
    title = (
        f"{options.runs} rollouts a row, {traffic.requests_per_second:g} requests/s, {100 * traffic.error_rate:g} %"
        f" errors, {traffic.latency_ms:g} ms, steps {steps}, {PLAN.interval_seconds // 60} minutes each,"
        f" seed {options.seed}"
    )
    table = Table("rollouts", "rolled back", "by", "judged reconciles", "at step", "minutes", "must be", title=title)
    for result in results:
        mark = "[green]✓[/]" if result.holds else "[bold red]✗[/]"
        table.add_row(
            result.name,
            f"{result.rolled_back} of {result.runs} ({100 * result.rolled_back / result.runs:.1f} %) {mark}",
            ", ".join(f"{test}: {count}" for test, count in result.tests.items()) or "–",
            _count(result.looks),
            _count(result.steps, " %"),
            "–" if result.median_minutes is None else f"{result.median_minutes:g}",
            result.must_be,
        )
    return table


def _count(counts: dict[int, int] | dict[float, int], unit: str = "") -> str:
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
            for (_, row), result in zip(_rows(options), results, strict=True)
        ],
    }


if __name__ == "__main__":
    raise SystemExit(main())
