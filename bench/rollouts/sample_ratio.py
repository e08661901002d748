"""`make sample-ratio`: how often the check stops a healthy step, and how soon it finds a mismatch."""

from __future__ import annotations

import argparse
import dataclasses
import platform
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.finding import publish
from bench.processes import PROJECT
from controller.analysis.plan import Plan
from controller.analysis.sample_ratio import step_alpha
from stats.sample_ratio import PLANNED, p_value

REPORT = PROJECT / ".edge-router" / "sample-ratio.json"
RUNS, SEED = 10_000, 2026
VISITORS_PER_MINUTE = 1_000
LOOKS_WITHOUT_MISMATCH, LOOKS = 100, 400
PERCENTAGES = (1.0, 5.0, 10.0, 25.0, 50.0)
PLANS = {10.0: Plan(steps=(10, 50, 100))}
"""All others are steps of the default plan."""
POINT, BAR = 0.01, 0.95
NEARLY, TOLERANCE = 0.04, 1.5
"""Less than the best of any test; more than the alpha, for 10,000 rows have few false alarms."""
FINER = tuple(tenth / 1_000 for tenth in range(1, 51))
"""Mismatches, from the smallest on, until one is found as often as BAR says."""
FEWER = 10
"""The last two columns are of a tenth of the runs."""
METHOD = (
    f"stats.sample_ratio.p_value itself, a look a minute of {VISITORS_PER_MINUTE:,} new visitors, who are binomial;"
    f" healthy steps over {LOOKS_WITHOUT_MISMATCH} looks. The best of any test: the power of the most powerful one that"
    f" looks only once, at {PLANNED:,} visitors, with the same alpha. numpy's default_rng, seeded with (seed, row)"
)


@dataclasses.dataclass(frozen=True)
class Result:
    """One expected share and its mismatch of one point; shares of all runs."""

    expected_percent: float
    alpha: float
    false_alarms: float
    found: float
    best: float
    visitors_for_95: int | None
    points_found: float | None


@dataclasses.dataclass(frozen=True)
class Step:
    """A step of a plan, whose new visitors are drawn."""

    share: float
    alpha: float
    random: np.random.Generator

    def find_looks(self, true_share: float, runs: int, looks: int) -> list[int | None]:
        """Draw runs; return the look at which each is found, None where it is not."""
        counts = self.random.binomial(VISITORS_PER_MINUTE, true_share, (runs, looks)).cumsum(axis=1)
        sizes = [VISITORS_PER_MINUTE * look for look in range(1, looks + 1)]
        return [_first(list(zip(run, sizes, strict=True)), self.share, self.alpha) for run in counts.tolist()]

    def part_found(self, true_share: float, runs: int, looks: int) -> float:
        """Draw runs; return the share that is found."""
        return sum(look is not None for look in self.find_looks(true_share, runs, looks)) / runs


def simulate(percent: float, runs: int, seed: Sequence[int]) -> Result:
    """Draw healthy steps, and those with a mismatch."""
    plan = PLANS.get(percent, Plan())
    alpha, share = step_alpha(plan, plan.steps.index(percent)), percent / 100
    step = Step(share, alpha, np.random.default_rng(list(seed)))
    planned, fewer = PLANNED // VISITORS_PER_MINUTE, max(1, runs // FEWER)
    return Result(
        expected_percent=percent,
        alpha=alpha,
        false_alarms=step.part_found(share, runs, LOOKS_WITHOUT_MISMATCH),
        found=step.part_found(share + POINT, runs, planned),
        best=_best(share, share + POINT, alpha),
        visitors_for_95=_visitors(step.find_looks(share + POINT, fewer, LOOKS)),
        points_found=next(
            (100 * points for points in FINER if step.part_found(share + points, fewer, planned) >= BAR), None
        ),
    )


def _first(looks: list[tuple[int, int]], share: float, alpha: float) -> int | None:
    """The p-value never rises with another look, so the first one that rejects is found by halving."""
    if p_value(looks, share) > alpha:
        return None
    low, high = 0, len(looks)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if p_value(looks[:middle], share) <= alpha else (middle, high)
    return high


def _visitors(found: Sequence[int | None]) -> int | None:
    """Return the visitors after which 95 % of the runs are found; None where more are needed."""
    looks = sorted(LOOKS + 1 if look is None else look for look in found)
    needed = looks[int(np.ceil(BAR * len(looks))) - 1]
    return None if needed > LOOKS else needed * VISITORS_PER_MINUTE


def _best(share: float, true_share: float, alpha: float) -> float:
    """The power of the two-sided test of a fixed sample, by the normal approximation."""
    normal, size = NormalDist(), PLANNED
    deviation = (share * (1 - share) / size) ** 0.5
    critical = normal.inv_cdf(1 - alpha / 2) * deviation
    return 1 - normal.cdf((critical - (true_share - share)) / (true_share * (1 - true_share) / size) ** 0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where false alarms keep to the alpha, and a point is found as often as the best test would, nearly."""
    parser = argparse.ArgumentParser(prog="python -m bench.rollouts.sample_ratio", description="The sample ratio.")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each row, {RUNS:,} by default")
    parser.add_argument("--seed", type=int, default=SEED, help=f"{SEED} by default")
    parser.add_argument("--json", action="store_true", help="print JSON in the place of the table")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    results: list[Result] = []
    for row, percent in enumerate(PERCENTAGES):
        console.print(f"[dim]{percent:g} % …[/]")
        results.append(simulate(percent, options.runs, (options.seed, row)))
    rows = [dataclasses.asdict(result) | {"holds": holds(result)} for result in results]
    shown = {"python": platform.python_version(), "method": METHOD, "seed": options.seed, "runs": options.runs}
    publish(REPORT, shown | {"rows": rows}, _table(results, options.runs), is_json=options.json)
    return 0 if all(map(holds, results)) else 1


def holds(result: Result) -> bool:
    """False alarms within the alpha, and a point found in 95 %, or where no test can, nearly as often as the best."""
    return result.false_alarms <= result.alpha * TOLERANCE and result.found >= min(BAR, result.best - NEARLY)


def _table(results: Sequence[Result], runs: int) -> Table:
    title = f"{runs:,} steps a row; one point more than expected, within {PLANNED:,} visitors"
    headers = (
        "expected",
        "false alarms",
        "a point is found",
        "best of any test",
        "visitors for 95 %",
        "points for 95 %",
    )
    table = Table(*headers, title=title)
    for result in results:
        mark = "[green]✓[/]" if holds(result) else "[bold red]✗[/]"
        table.add_row(
            f"{result.expected_percent:g} %",
            f"{100 * result.false_alarms:.2f} % (alpha {100 * result.alpha:.2f} %)",
            f"{100 * result.found:.1f} % {mark}",
            f"{100 * result.best:.1f} %",
            "more" if result.visitors_for_95 is None else f"{result.visitors_for_95:,}",
            "more" if result.points_found is None else f"{result.points_found:.1f}",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
