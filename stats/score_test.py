"""A one-sided test that one proportion exceeds a reference by more than a margin, safe for few events.

H0: p - p_reference <= margin. The score test of Farrington and Manning (Statistics in Medicine 9, 1990); at a margin of
0 it is the pooled two-proportion z test. With few events its normal tail is up to a hundred times too thin, so the
likelihood ratio has to reject as well, with one event less: with that it is a bound for a single binomial (Zubkov and
Serov, Theory of Probability and its Applications 57, 2013). See docs/rollouts.md and docs/adr/0011.

Arguments are (events, size) of both samples, with sizes above 0; `margin` is a share (0.01 for one percentage point),
and may be negative.
"""

from __future__ import annotations

from math import inf, log, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_BISECTIONS = 100
_FIRST_STEP, _STEPS, _CLOSE, _HIGHEST = 0.002, 60, 1e-6, 100.0


def p_value(events: int, size: int, reference_events: int, reference_size: int, margin: float) -> float:
    """Return the larger p-value of both tests; 1 for a margin of 1, which nothing can exceed."""
    if margin >= 1:
        return 1.0
    return _NORMAL.cdf(-_statistic((events, size, reference_events, reference_size), margin))


def low_limit(events: int, size: int, reference_events: int, reference_size: int, alpha: float) -> float:
    """Return the largest margin that is rejected at `alpha`: the lower limit of the difference; -1 where none is."""
    z, counts = -_NORMAL.inv_cdf(alpha), (events, size, reference_events, reference_size)
    near, within = events / size - reference_events / reference_size, -z
    far, beyond, step = near, within, _FIRST_STEP
    while within < 0:
        if near <= -1:
            return -1.0
        far, beyond = near, within
        near, step = max(-1.0, near - step), 2 * step
        within = _statistic(counts, near) - z
    last = 0
    for _ in range(_STEPS):  # by the Illinois method: the statistic is almost a line
        margin = near + (far - near) * within / (within - beyond)
        found = _statistic(counts, margin) - z
        if abs(found) <= _CLOSE:
            return margin
        side = 1 if found > 0 else -1
        if side > 0:
            near, within, beyond = margin, found, beyond / 2 if last == side else beyond
        else:
            far, beyond, within = margin, found, within / 2 if last == side else within
        last = side
    return near


def _statistic(counts: tuple[int, int, int, int], margin: float) -> float:
    return min(score(*counts, margin), likelihood_root(*counts, margin)) if margin > -1 else _HIGHEST


def score(events: int, size: int, reference_events: int, reference_size: int, margin: float) -> float:
    """Return Farrington and Manning's z: the difference beyond the margin by its standard error under H0."""
    low = constrained_rate(events, size, reference_events, reference_size, margin)
    high = min(1.0, low + margin)
    variance = high * (1 - high) / size + low * (1 - low) / reference_size
    difference = events / size - reference_events / reference_size - margin
    return difference / sqrt(variance) if variance > 0 else 0.0


def likelihood_root(events: int, size: int, reference_events: int, reference_size: int, margin: float) -> float:
    """Return the signed root of the log likelihood ratio, with one event less than observed; 0 within H0."""
    fewer = max(0, events - 1)
    if fewer / size - reference_events / reference_size <= margin:
        return 0.0
    low = constrained_rate(fewer, size, reference_events, reference_size, margin)
    ratio = _log_ratio(fewer, size, low + margin) + _log_ratio(reference_events, reference_size, low)
    return sqrt(2 * max(0.0, ratio))


def constrained_rate(events: int, size: int, reference_events: int, reference_size: int, margin: float) -> float:
    """Return the most likely reference rate, given that the other rate is exactly `margin` above it.

    The log likelihood is concave, so bisection finds the one zero of its slope.
    """
    lower, upper = max(0.0, -margin), min(1.0, 1.0 - margin)
    for _ in range(_BISECTIONS):
        rate = (lower + upper) / 2
        if _slope(events, size, rate + margin) + _slope(reference_events, reference_size, rate) > 0:
            lower = rate
        else:
            upper = rate
        if upper - lower <= 1e-14 * upper:
            break
    return (lower + upper) / 2


def _slope(events: int, size: int, rate: float) -> float:
    """Return the derivative of a binomial's log likelihood."""
    rising = events / rate if events else 0.0
    falling = (size - events) / (1 - rate) if rate < 1 else (inf if size > events else 0.0)
    return rising - falling


def _log_ratio(events: int, size: int, rate: float) -> float:
    """Return the log likelihood at the observed rate less that at `rate`."""
    observed, others = events / size, size - events
    part = events * log(observed / rate) if events else 0.0
    return part + (others * (log1p(-observed) - log1p(-rate)) if others else 0.0)
