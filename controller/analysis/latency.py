"""The tests of latency: the geometric mean by Welch's test, and quantiles by counts below thresholds.

Latencies are close to lognormal, and a ratio is a difference of logarithms. Requests are not independent of each other:
a slow minute (a garbage collection, a cold cache, a busy neighbor) is slow for all of its requests, of which thousands
would look like certainty. So the variance has a part that only more minutes reduce. See docs/rollouts.md.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log, log1p, sqrt
from statistics import NormalDist

from controller.analysis.plan import Plan
from controller.analysis.result import Level, TestResult, percent
from controller.analysis.sample import THRESHOLDS_MS, Sample
from stats.always_valid import critical_value
from stats.quantile import difference_limit, histogram, quantile
from stats.student_t import Moments, critical_t, welch

PERIOD_SPREAD = 0.05
"""Standard deviation of the log mean of one version's minute around its own mean, beyond what its requests explain."""
_NORMAL = NormalDist()
_EDGES = [log(edge) for edge in (0.5, *THRESHOLDS_MS)]
_MOST, _BISECTIONS = 16.0, 16
"""Standard errors, and how finely a p-value is found."""


def test_mean(canary: Sample, reference: Sample, plan: Plan, level: Level, periods: float) -> TestResult:
    """Test the geometric mean."""
    increase = plan.max_latency_increase / 100
    extra = 2 * PERIOD_SPREAD**2 / periods
    found = welch(_log_moments(canary), _log_moments(reference), extra)
    information = 1 / found.variance if found.variance else inf
    alpha = max(level.spent, _NORMAL.cdf(-critical_value(information, level.mixed)))
    width = critical_t(alpha, found.degrees_of_freedom) * sqrt(found.variance)
    return TestResult(
        canary.latency_ms,
        reference.latency_ms,
        reference.latency_ms * (1 + increase),
        found.p_value(log1p(increase)),
        alpha,
        percent(found.difference),
        percent(found.difference - width),
        percent(found.difference + width),
        plan.max_latency_increase,
    )


def test_quantile(
    canary: Sample, reference: Sample, share: float, increase: float, level: Level, periods: float
) -> TestResult:
    """Test the quantile below which this share of the latencies lies; `increase` is allowed, in percent."""
    mine, other = (histogram(_EDGES, sample.histogram) for sample in (canary, reference))
    extra = 2 * PERIOD_SPREAD**2 / periods

    def low(z: float) -> float:
        return difference_limit(mine, other, share, z, extra)

    def high(z: float) -> float:
        return -difference_limit(other, mine, share, z, extra)

    values = quantile(mine, share), quantile(other, share)
    difference = values[0] - values[1] if max(map(abs, values)) < inf else 0.0
    spread = difference - low(1.0)
    z = min(-_NORMAL.inv_cdf(level.spent), critical_value(1 / spread**2 if spread > 0 else 0.0, level.mixed))
    margin = log1p(increase / 100)
    canary_ms, reference_ms = (exp(min(value, _EDGES[-1])) for value in values)
    return TestResult(
        canary_ms,
        reference_ms,
        reference_ms * (1 + increase / 100),
        _p_value(low, high, difference, margin),
        _NORMAL.cdf(-z),
        percent(difference),
        percent(low(z)),
        percent(high(z)),
        increase,
    )


def _p_value(low: Callable[[float], float], high: Callable[[float], float], difference: float, margin: float) -> float:
    """Return the normal tail beyond the standard errors at which the nearer limit is the margin."""
    is_above = difference > margin
    near, far = 0.0, _MOST
    for _ in range(_BISECTIONS):
        z = (near + far) / 2
        is_within = low(z) >= margin if is_above else high(z) <= margin
        near, far = (z, far) if is_within else (near, z)
    return _NORMAL.cdf(-near if is_above else near)


def _log_moments(sample: Sample) -> Moments:
    return Moments(sample.latencies, sample.log_mean, sample.log_variance)
