"""The tests that compare canary and stable: is the canary's error rate or latency higher than the plan allows?

Latencies are close to lognormal, and a ratio of geometric means is a difference of the logarithms' means: Welch's test.
It takes requests for independent, and they are not: a slow minute (a garbage collection, a cold cache, a busy neighbor)
is slow for all of its requests, of which thousands would look like certainty. So the variance has a part that only more
minutes reduce. See docs/rollouts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log1p
from typing import Any, ClassVar

from controller.analysis.document import Document, number
from controller.analysis.plan import Plan
from controller.analysis.sample import CANARY, STABLE, Sample, Samples, sample_of
from stats import score_test
from stats.alpha_spending import spent_alpha
from stats.student_t import Moments, welch_p_value

MIN_LATENCY_PERIODS = 3
PERIOD_SPREAD = 0.05
"""Standard deviation of the log mean of one version's minute around its own mean, beyond what its requests explain."""
SMALLEST_PRINTED = 1e-12


@dataclass(frozen=True)
class TestResult(Document):
    """Statistics of one test: percent for the error rate, milliseconds for the latency, and a metric's own unit.

    `limit` is the worst value allowed for the canary, given that of stable.
    """

    __test__ = False  # not one of pytest's

    canary: float
    stable: float
    limit: float
    p_value: float
    alpha: float

    READERS: ClassVar = {
        **dict.fromkeys(("canary", "stable", "limit"), number(-1e300, 1e300)),
        **dict.fromkeys(("p_value", "alpha"), number(0, 1)),
    }

    @property
    def has_failed(self) -> bool:
        """True where the canary is worse than allowed, and chance hardly explains it."""
        return self.p_value <= self.alpha

    def to_json(self) -> dict[str, Any]:
        """Return the document with its conclusion."""
        return super().to_json() | {"hasFailed": self.has_failed}


TestResults = Mapping[str, TestResult]
"""By name: `errorRate`, `latency`, and METRIC before the name of each of the plan's metrics."""
METRIC = "metric:"


def analyze(samples: Samples, plan: Plan, analysis: int, periods: float) -> TestResults:
    """Run the tests of a step's interim analysis number `analysis`, of a window of `periods` minutes.

    The latency is left out in the first two periods, and with fewer than `minimumRequests` latencies of a version.
    """
    canary, stable = sample_of(samples, CANARY), sample_of(samples, STABLE)
    alpha = spent_alpha(analysis, len(plan.steps))
    results = {"errorRate": _test_error_rate(canary, stable, plan, alpha)}
    measured = min(canary.latencies, stable.latencies)
    if periods >= MIN_LATENCY_PERIODS and measured >= max(2, plan.minimum_requests):
        results["latency"] = _test_latency(canary, stable, plan, alpha, periods)
    return results


def missing_requests(samples: Samples, plan: Plan) -> str:
    """Describe which versions have less than the minimum; "" where both have it."""
    counts = {version: sample_of(samples, version).trials for version in (CANARY, STABLE)}
    short = [f"{version} has {count:,}" for version, count in counts.items() if count < plan.minimum_requests]
    return f"{' and '.join(short)} of at least {plan.minimum_requests:,} requests" if short else ""


def describe(results: TestResults, samples: Samples) -> str:
    """Return the statistics of these tests in one line."""
    return "; ".join(
        _describe_metric(name.removeprefix(METRIC), result)
        if name.startswith(METRIC)
        else _DESCRIPTIONS[name](result, samples)
        for name, result in results.items()
    )


def latency_p_value(canary: Sample, stable: Sample, margin: float, periods: float = inf) -> float:
    """Return the p-value of H0: mean log latency of the canary <= that of stable + `margin` (a natural logarithm).

    Each version needs two latencies. With infinitely many `periods` it is Welch's test.
    """
    return welch_p_value(_log_moments(canary), _log_moments(stable), margin, 2 * PERIOD_SPREAD**2 / periods)


def _log_moments(sample: Sample) -> Moments:
    return Moments(sample.latencies, sample.log_mean, sample.log_variance)


def _test_error_rate(canary: Sample, stable: Sample, plan: Plan, alpha: float) -> TestResult:
    increase = plan.max_error_rate_increase
    p_value = score_test.p_value(canary.errors, canary.trials, stable.errors, stable.trials, increase / 100)
    percent = 100 * stable.error_rate
    return TestResult(100 * canary.error_rate, percent, percent + increase, p_value, alpha)


def _test_latency(canary: Sample, stable: Sample, plan: Plan, alpha: float, periods: float) -> TestResult:
    increase = plan.max_latency_increase / 100
    p_value = latency_p_value(canary, stable, log1p(increase), periods)
    return TestResult(canary.latency_ms, stable.latency_ms, stable.latency_ms * (1 + increase), p_value, alpha)


def _describe_error_rate(result: TestResult, samples: Samples) -> str:
    canary, stable = sample_of(samples, CANARY), sample_of(samples, STABLE)
    return (
        f"errors: canary {result.canary:.2f} % ({canary.errors:,} of {canary.trials:,}), stable {result.stable:.2f} %"
        f" ({stable.errors:,} of {stable.trials:,}), limit {result.limit:.2f} %, {_describe_p_value(result)}"
    )


def _describe_latency(result: TestResult, _: Samples) -> str:
    return (
        f"latency: canary {result.canary:.1f} ms, stable {result.stable:.1f} ms, limit {result.limit:.1f} ms,"
        f" {_describe_p_value(result)}"
    )


def _describe_metric(name: str, result: TestResult) -> str:
    figures = f"canary {result.canary:.4g}, stable {result.stable:.4g}, limit {result.limit:.4g}"
    return f"metric {name}: {figures}, {_describe_p_value(result)}"


def _describe_p_value(result: TestResult) -> str:
    value = f"p = {result.p_value:.2g}" if result.p_value > SMALLEST_PRINTED else f"p < {SMALLEST_PRINTED:g}"
    return f"{value} {'<=' if result.has_failed else '>'} {result.alpha:.2g}"


_DESCRIPTIONS = {"errorRate": _describe_error_rate, "latency": _describe_latency}
