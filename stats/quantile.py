"""Limits of quantiles, from counts below thresholds.

The number of values up to the true quantile is binomial, whatever their distribution, so a quantile's limits are
quantiles too: those at the shares that this count can have. The binomial's tail is bounded by the signed root of its
likelihood ratio (Zubkov and Serov, Theory of Probability and its Applications 57, 2013), at one count further out. This
is the confidence interval of Howard and Ramdas (Bernoulli 28, 2022) for one quantile, with the caller's critical value.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import inf, log, log1p, sqrt
from typing import NamedTuple

_STEPS = 40
_LEAST = 1e-9
_CLOSE = 1e-9


class Histogram(NamedTuple):
    """Counts of values up to each of the rising `edges` (and above the one before), and above the last one.

    Values lie evenly between two edges; `edges[0]` is the lower end of the first of them, so that there are as many
    edges as counts.
    """

    edges: Sequence[float]
    cumulative: Sequence[float]

    @property
    def size(self) -> float:
        return self.cumulative[-1]

    def value_at(self, count: float) -> float:
        """Return the value that so many do not exceed; infinities outside of the edges."""
        if count <= 0:
            return -inf
        place = bisect_left(self.cumulative, count)
        if place + 1 >= len(self.edges):
            return inf
        before = self.cumulative[place - 1] if place else 0.0
        part = (count - before) / (self.cumulative[place] - before)
        return self.edges[place] + part * (self.edges[place + 1] - self.edges[place])


def histogram(edges: Sequence[float], counts: Sequence[float]) -> Histogram:
    return Histogram(edges, list(accumulate(counts)))


def quantile(values: Histogram, share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    return values.value_at(share * values.size)


def low_limit(values: Histogram, share: float, z: float) -> float:
    """Return a value that exceeds the true quantile with a probability of at most the normal tail beyond `z`."""
    return values.value_at(values.size * _share_at(values.size, share, z, 0.0) - 1)


def high_limit(values: Histogram, share: float, z: float) -> float:
    """Return a value that the true quantile exceeds with a probability of at most the normal tail beyond `z`."""
    return values.value_at(values.size * _share_at(values.size, share, z, 1.0) + 1)


def difference_limit(
    sample: Histogram, reference: Histogram, share: float, z: float, extra_variance: float = 0.0
) -> float:
    """Return the lower limit of the quantiles' difference, from the limits of both and a known further variance.

    Each quantile's deviation counts by its own distance to its limit, and these add up as variances do: Zou and Donner
    (Statistics in Medicine 27, 2008). The upper limit is the lower one of the exchanged difference, with its sign.
    """
    mine, other = quantile(sample, share), quantile(reference, share)
    below, above = mine - low_limit(sample, share, z), high_limit(reference, share, z) - other
    if not (abs(mine) < inf and abs(other) < inf):
        return -inf
    return mine - other - sqrt(below**2 + above**2 + z**2 * extra_variance)


def _share_at(size: float, share: float, z: float, end: float) -> float:
    """Return the share, towards `end` (0 or 1), whose likelihood ratio has the signed root `z`; by Newton's method.

    The divergence is convex, so that every step after the first comes from beyond the root.
    """
    if end:
        return 1 - _share_at(size, 1 - share, z, 0.0)
    target = z * z / (2 * size)
    if target >= -log1p(-share):
        return 0.0
    found = share - sqrt(2 * target * share * (1 - share))
    for _ in range(_STEPS):
        found = max(found, share * _LEAST)
        slope = log(found * (1 - share) / ((1 - found) * share))
        if slope == 0:
            break
        step = (found * log(found / share) + (1 - found) * log((1 - found) / (1 - share)) - target) / slope
        found -= step
        if abs(step) <= _CLOSE * share:
            break
    return max(0.0, found)
