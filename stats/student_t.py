"""The upper tail of Student's t distribution, for the standard library has none."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, log1p, sqrt

_AS_GOOD_AS_NORMAL = 1e8
_SMALLEST = 1e-300
_CLOSE = 1e-15
_MAX_TERMS = 10_000


def upper_tail(t: float, degrees_of_freedom: float) -> float:
    """P(T >= t): half the incomplete beta function at df / (df + t^2) (Abramowitz and Stegun 26.7.1)."""
    if t == 0 or degrees_of_freedom > _AS_GOOD_AS_NORMAL:
        return erfc(t / sqrt(2)) / 2
    square = t * t
    x, y = degrees_of_freedom / (degrees_of_freedom + square), square / (degrees_of_freedom + square)
    tail = _incomplete_beta(degrees_of_freedom / 2, 0.5, x, y) / 2
    return tail if t > 0 else 1 - tail


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """I_x(a, b), regularized, with y = 1 - x; the continued fraction DLMF 8.17.22 on the side where it is fast."""
    if x <= 0 or y <= 0:
        return 0.0 if x <= 0 else 1.0
    log_x, log_y = (log1p(-y), log(y)) if y < 0.5 else (log(x), log1p(-x))
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log_x + b * log_y)
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, y) / b


def _fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + ...))) by Lentz's method."""
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
