"""The result of one test: what was found, the interval of the difference, and whether it fails the canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any, ClassVar, NamedTuple

from controller.analysis.document import Document, number

SMALLEST_PRINTED = 1e-12
MOST_PERCENT = 1e6
"""Written in the place of an increase that has no upper limit yet."""


class Level(NamedTuple):
    """The alpha of one analysis, and that of all analyses since the step's beginning; see stats.alpha_spending."""

    spent: float
    mixed: float = 0.0


@dataclass(frozen=True)
class TestResult(Document):
    """Statistics of one test: percent for the error rate, milliseconds for latencies.

    `limit` is the highest value allowed for the canary, given that of the reference. `difference`, the canary's less
    the reference's, with its always-valid interval from `low` to `high` and the highest one `allowed`, is in percentage
    points for the error rate and in percent of the reference for latencies. It fails where `low` reaches `allowed`.
    """

    __test__ = False  # not one of pytest's

    canary: float
    stable: float
    limit: float
    p_value: float
    alpha: float
    difference: float = 0.0
    low: float = 0.0
    high: float = 0.0
    allowed: float = 0.0

    READERS: ClassVar = {
        **dict.fromkeys(("canary", "stable", "limit"), number(-1e300, 1e300)),
        **dict.fromkeys(("p_value", "alpha"), number(0, 1)),
        **dict.fromkeys(("difference", "low", "high", "allowed"), number(-1e300, 1e300)),
    }
    ADDED: ClassVar = ("difference", "low", "high", "allowed")

    @property
    def has_failed(self) -> bool:
        """True where the canary is worse than allowed, and chance hardly explains it."""
        return self.p_value <= self.alpha

    @property
    def has_interval(self) -> bool:
        """False for a result of a version that had none."""
        return self.low < self.high

    def interval(self, decimals: int) -> str:
        """Return `+2.30 to +9.01`; an increase without an upper limit is `any`."""
        high = f"{self.high:+.{decimals}f}" if self.high < MOST_PERCENT else "any"
        return f"{self.low:+.{decimals}f} to {high}"

    def to_json(self) -> dict[str, Any]:
        """Return the document with its conclusion."""
        return super().to_json() | {"hasFailed": self.has_failed}


TestResults = Mapping[str, TestResult]
"""By name: `errorRate`, `latency`, `latencyP99` and other quantiles, METRIC before the name of a plan's own metric."""
METRIC = "metric:"


def percent(log_ratio: float) -> float:
    """Return the increase that a difference of logarithms is, in percent."""
    return min(MOST_PERCENT, 100 * (exp(min(log_ratio, 100.0)) - 1))


def describe_difference(result: TestResult, unit: str, decimals: int) -> str:
    """Return `+5.12 points (+2.30 to +9.01; allowed 1.00)`, and the p-value."""
    if not result.has_interval:
        return describe_p_value(result.p_value, result.alpha)
    interval = f"{result.interval(decimals)}; allowed {result.allowed:.{decimals}f}"
    return f"{result.difference:+.{decimals}f} {unit} ({interval}), {describe_p_value(result.p_value, result.alpha)}"


def describe_p_value(p_value: float, alpha: float) -> str:
    value = f"p = {p_value:.2g}" if p_value > SMALLEST_PRINTED else f"p < {SMALLEST_PRINTED:g}"
    return f"{value} {'<=' if p_value <= alpha else '>'} {alpha:.2g}"
