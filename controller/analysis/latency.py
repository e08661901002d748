"""Whether the canary is slower than the stable version, by more than is allowed.

H0: mean log latency of the canary - that of the stable version <= log(1 + allowed increase). Welch's test, one-sided:
latencies are close to lognormal, and a ratio of geometric means is a difference of logarithms' means.

Welch's test takes requests for independent. They are not: a slow minute (a garbage collection, a cold cache, a busy
neighbor) is slow for all of its requests, and thousands of them would make it look certain. So the variance has a part
that only more minutes make smaller.
"""

from __future__ import annotations

from math import inf, sqrt

from controller.analysis.sample import Sample
from stats.student_t import upper_tail

LEAST_PERIODS = 3
PERIOD_SPREAD = 0.05
"""Standard deviation of the log mean of one version's minute around its own mean, beyond what its requests explain."""


def p_value(canary: Sample, stable: Sample, margin: float, periods: float = inf) -> float:
    """`margin` is a difference of natural logarithms, `periods` the minutes that the samples are of.

    Needs two latencies of each version. Without an end of periods it is Welch's test as the books have it.
    """
    canary_part, stable_part = canary.log_variance / canary.latencies, stable.log_variance / stable.latencies
    variance = canary_part + stable_part + 2 * PERIOD_SPREAD**2 / periods
    distance = canary.log_mean - stable.log_mean - margin
    if variance == 0:
        return 0.0 if distance > 0 else 1.0
    # Welch and Satterthwaite's degrees of freedom; the periods' part is a constant, and has none.
    spread = canary_part**2 / (canary.latencies - 1) + stable_part**2 / (stable.latencies - 1)
    return upper_tail(distance / sqrt(variance), variance**2 / spread if spread else inf)
