"""One line of the benchmark's table: what was found, and what that says of the bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.comparison import Figure, Ratio, Verdict, skipped_at_each_end


@dataclass(frozen=True)
class Finding:
    """A value between `low` and `high`; `against` names what it was measured against, with both sides' medians."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    bound: float | None
    verdict: Verdict
    rounds: int
    against: str
    group: str


def find_ratio(figure: Figure, ratio: Ratio, baseline: str, unit: str, scale: float = 1) -> Finding:
    """Both sides are said in this unit, of which the measured one is 1 / `scale`."""
    return Finding(
        name=figure.name,
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        unit="×",
        bound=figure.bound,
        verdict=ratio.judge(figure.bound),
        rounds=ratio.rounds,
        against=f"{ratio.own * scale:.4g} / {ratio.baseline * scale:.4g} {unit}, {baseline}",
        group=figure.group,
    )


def find_median(name: str, values: Sequence[float], unit: str, about: str, group: str) -> Finding:
    """The median of values and its interval, for which nothing is promised."""
    ordered, skipped = sorted(values), skipped_at_each_end(len(values))
    low, high = ordered[skipped], ordered[-1 - skipped]
    return Finding(name, median(ordered), low, high, unit, None, Verdict.UNBOUNDED, len(values), about, group)


def find_size(name: str, size_bytes: int, bound_bytes: int, group: str) -> Finding:
    """A size is the same every time, so it is known after one look."""
    return find_maximum(name, size_bytes / 1024, bound_bytes / 1024, "KB", 1, "", group)


def find_maximum(name: str, most: float, bound: float, unit: str, looks: int, about: str, group: str) -> Finding:
    """The most of so many looks, which each must be within the bound."""
    verdict = Verdict.HOLDS if most <= bound else Verdict.BROKEN
    return Finding(name, most, most, most, unit, bound, verdict, looks, about, group)


def exit_status(findings: Sequence[Finding]) -> int:
    """0 when all bounds hold, 1 when one is broken, 2 when none is but noise left one undecided."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.BROKEN in verdicts:
        return 1
    return 2 if Verdict.UNDECIDED in verdicts else 0
