"""Student's t distribution, Welch's test and a sequential t test, which the standard library does not have.

The tail by Abramowitz and Stegun 26.7.1 with the continued fraction of DLMF 8.17.22; the test of Welch (Biometrika 34,
1947) with the degrees of freedom of Satterthwaite (Biometrics Bulletin 2, 1946).

The sequential one is the Bayes factor of a normal prior on the mean in units of the deviation, with the deviation
integrated out: under a mean of 0 a test martingale of normal values, whatever their deviation (Wang and Ramdas,
"Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance", 2023, after Lai, 1976). So it
exceeds 1/alpha with a probability of at most alpha over all looks; a mean below 0 only makes the statistic smaller. Few
values that happen to be alike are certainty to it. So where the variance by chance alone is known, the same with that
variance (Robbins, Annals of Mathematical Statistics 41, 1970) has to reject as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import erfc, exp, inf, lgamma, log, log1p, sqrt
from typing import NamedTuple

_AS_GOOD_AS_NORMAL = 1e8
_SMALLEST = 1e-300
_CLOSE = 1e-15
_MAX_TERMS = 10_000
PRIOR_INFORMATION = 0.3
"""Of the sequential test's prior, in observations: by simulation the best after 10 to 30 of them."""
_EXACT = 1e-12
_BISECTIONS = 40


class Moments(NamedTuple):
    """Size, mean and variance (with n - 1) of a sample of at least two values."""

    size: int
    mean: float
    variance: float


class Difference(NamedTuple):
    """A difference of two means, with its variance and degrees of freedom."""

    difference: float
    variance: float
    degrees_of_freedom: float

    def p_value(self, margin: float) -> float:
        """Return the p-value of H0: the difference is at most `margin`."""
        beyond = self.difference - margin
        if self.variance == 0:
            return 0.0 if beyond > 0 else 1.0
        return upper_tail(beyond / sqrt(self.variance), self.degrees_of_freedom)


def welch(sample: Moments, reference: Moments, extra_variance: float = 0.0) -> Difference:
    """Return the difference of the means; variances may differ.

    `extra_variance` is a known part of the difference's variance that larger samples do not reduce; being known, it has
    no degrees of freedom.
    """
    part, reference_part = sample.variance / sample.size, reference.variance / reference.size
    variance = part + reference_part + extra_variance
    spread = part**2 / (sample.size - 1) + reference_part**2 / (reference.size - 1)
    return Difference(sample.mean - reference.mean, variance, variance**2 / spread if spread else inf)


def critical_t(alpha: float, degrees_of_freedom: float) -> float:
    """Return the t with P(T >= t) = alpha, for an alpha of at most 1/2."""
    low, high = 0.0, 1.0
    while upper_tail(high, degrees_of_freedom) > alpha:
        low, high = high, 2 * high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if upper_tail(middle, degrees_of_freedom) > alpha else (low, middle)
    return high


def sequential_p_value(observations: Iterable[tuple[float, float, float]]) -> float:
    """Return the p-value of H0: the mean is at most 0. It never rises with another observation.

    Each observation is (value, weight, chance): its variance is in proportion to 1 / weight, and at least
    chance / weight.
    """
    evidence, evidence_by_chance = -inf, -inf
    scale, count, weights, total, squares, chances = 0.0, 0, 0.0, 0.0, 0.0, 0.0
    for value, weight, chance in observations:
        scale = scale or weight
        part = weight / scale
        count, weights, chances = count + 1, weights + part, chances + chance / scale
        total, squares = total + part * value, squares + part * value * value
        if count < 2 or total <= 0 or _EXACT * squares == 0:
            continue
        explained = total * total / weights
        residual = max(squares - explained, _EXACT * squares)
        kept = PRIOR_INFORMATION / (weights + PRIOR_INFORMATION)
        evidence = max(evidence, log(kept) / 2 + count / 2 * _log_ratio(explained / residual, kept))
        by_chance = (1 - kept) * explained / (2 * chances / count) if chances else inf
        evidence_by_chance = max(evidence_by_chance, log(kept) / 2 + by_chance)
    return exp(min(0.0, -min(evidence, evidence_by_chance)))


def _log_ratio(ratio: float, kept: float) -> float:
    return log(1 + ratio) - log(1 + kept * ratio)


def upper_tail(t: float, degrees_of_freedom: float) -> float:
    """Return P(T >= t): half the incomplete beta function at df / (df + t^2)."""
    if t == 0 or degrees_of_freedom > _AS_GOOD_AS_NORMAL:
        return erfc(t / sqrt(2)) / 2
    square = t * t
    x, y = degrees_of_freedom / (degrees_of_freedom + square), square / (degrees_of_freedom + square)
    tail = _incomplete_beta(degrees_of_freedom / 2, 0.5, x, y) / 2
    return tail if t > 0 else 1 - tail


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """Return the regularized I_x(a, b), with y = 1 - x; by the continued fraction on the side where it is fast."""
    if x <= 0 or y <= 0:
        return 0.0 if x <= 0 else 1.0
    log_x, log_y = (log1p(-y), log(y)) if y < 0.5 else (log(x), log1p(-x))
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log_x + b * log_y)
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, y) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return 1 / (1 + d1 / (1 + d2 / (1 + ...))), by Lentz's method."""
    numerator, denominator = 1.0, 1.0 - (a + b) * x / (a + 1)
    denominator = 1 / (denominator or _SMALLEST)
    value = denominator
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1 / ((1 + term * denominator) or _SMALLEST)
            numerator = (1 + term / numerator) or _SMALLEST
            change = numerator * denominator
            value *= change
        if abs(change - 1) < _CLOSE:
            return value
    return value
