"""One line of the benchmark's table: what was found, and what that says of the bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.comparison import Figure, Ratio, Verdict


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
    )


def find_size(name: str, size_bytes: int, bound_bytes: int) -> Finding:
    """A size is the same every time, so it is known after one look."""
    size, bound = size_bytes / 1024, bound_bytes / 1024
    verdict = Verdict.HOLDS if size <= bound else Verdict.BROKEN
    return Finding(name, size, size, size, "KB", bound, verdict, rounds=1, against="")


def exit_status(findings: Sequence[Finding]) -> int:
    """0 when all bounds hold, 1 when one is broken, 2 when none is but noise left one undecided."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.BROKEN in verdicts:
        return 1
    return 2 if Verdict.UNDECIDED in verdicts else 0
