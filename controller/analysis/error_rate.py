"""Whether the canary fails more often than the stable version, by more than is allowed.

H0: p_canary - p_stable <= margin. The score test of Farrington and Manning (Statistics in Medicine 9, 1990), which at a
margin of 0 is the pooled two-proportion z test. Its normal tail is too thin where errors are few: up to a hundred times
at 500 requests. So the likelihood ratio must agree, with one error less, by which it is a bound for a single binomial
(Zubkov and Serov, Theory of Probability and its Applications 57, 2013). See docs/rollouts.md and docs/adr/0011.
"""

from __future__ import annotations

from math import inf, log, log1p, sqrt
from statistics import NormalDist

from controller.analysis.sample import Sample

_NORMAL = NormalDist()
_HALVINGS = 100


def p_value(canary: Sample, stable: Sample, margin: float) -> float:
    """The larger one of both tests'; `margin` is a share (0.01 for one percentage point)."""
    if margin >= 1:
        return 1.0  # nothing can be that much worse
    return _upper_tail(min(score(canary, stable, margin), likelihood_root(canary, stable, margin)))


def score(canary: Sample, stable: Sample, margin: float) -> float:
    """z of Farrington and Manning: the difference above the margin by its standard error under H0."""
    low = constrained(canary.errors, canary.trials, stable.errors, stable.trials, margin)
    high = min(1.0, low + margin)
    variance = high * (1 - high) / canary.trials + low * (1 - low) / stable.trials
    distance = canary.error_rate - stable.error_rate - margin
    return distance / sqrt(variance) if variance > 0 else 0.0


def likelihood_root(canary: Sample, stable: Sample, margin: float) -> float:
    """The signed root of the log likelihood ratio, with one error of the canary less than there was; 0 within H0."""
    errors = max(0, canary.errors - 1)
    if errors / canary.trials - stable.error_rate <= margin:
        return 0.0
    low = constrained(errors, canary.trials, stable.errors, stable.trials, margin)
    ratio = _log_ratio(errors, canary.trials, low + margin) + _log_ratio(stable.errors, stable.trials, low)
    return sqrt(2 * max(0.0, ratio))


def constrained(canary_errors: int, canary: int, stable_errors: int, stable: int, margin: float) -> float:
    """The most likely stable error rate, were the canary's exactly `margin` above it.

    The log likelihood is concave, so its slope has one zero, found by halving.
    """
    lower, upper = 0.0, 1.0 - margin
    for _ in range(_HALVINGS):
        rate = (lower + upper) / 2
        slope = _slope(canary_errors, canary, rate + margin) + _slope(stable_errors, stable, rate)
        if slope > 0:
            lower = rate
        else:
            upper = rate
        if upper - lower <= 1e-14 * upper:
            break
    return lower


def _slope(errors: int, trials: int, rate: float) -> float:
    """Of the log likelihood of a binomial."""
    rising = errors / rate if errors else 0.0
    falling = (trials - errors) / (1 - rate) if rate < 1 else (inf if trials > errors else 0.0)
    return rising - falling


def _log_ratio(errors: int, trials: int, rate: float) -> float:
    """The log likelihood at the rate that was seen, less that at `rate`."""
    seen, others = errors / trials, trials - errors
    above = errors * log(seen / rate) if errors else 0.0
    below = others * (log1p(-seen) - log1p(-rate)) if others else 0.0
    return above + below


def _upper_tail(z: float) -> float:
    return _NORMAL.cdf(-z)
