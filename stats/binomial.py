"""The exact binomial test and its interval.

The two-sided p-value is that of the method of small p-values, as in R's binom.test and scipy.stats.binomtest; the
interval is that of Clopper and Pearson (Biometrika 26, 1934).
"""

from __future__ import annotations

import math
from collections.abc import Callable

_ROUNDING = 1 + 1e-7
"""Probabilities this close count as equal, as in scipy.stats.binomtest."""
_BISECTIONS = 60


def p_value(count: int, size: int, share: float) -> float:
    """Return the probability of a result at least as unlikely as `count` of `size`, each with probability `share`.

    A share of 0 or 1 is exact: any other count has the p-value 0.
    """
    observed = _probability(count, size, share) * _ROUNDING
    probabilities = (_probability(other, size, share) for other in range(size + 1))
    return min(1.0, math.fsum(probability for probability in probabilities if probability <= observed))


def accepted_counts(size: int, share: float, level: float) -> tuple[int, int]:
    """Return the lowest and the highest count whose p-value is above `level`.

    All counts between are accepted too: probabilities rise up to the most likely count and fall from there on.
    """
    probabilities = sorted((_probability(count, size, share), count) for count in range(size + 1))
    total, first = 0.0, 0
    while first < len(probabilities):
        ties = first
        while ties < len(probabilities) and probabilities[ties][0] <= probabilities[first][0] * _ROUNDING:
            total += probabilities[ties][0]
            ties += 1
        if total > level:
            break
        first = ties
    counts = [count for _, count in probabilities[first:]]
    return min(counts), max(counts)


def interval(count: int, size: int, confidence: float) -> tuple[float, float]:
    """Return the Clopper–Pearson interval of the true share, such as (0.08, 0.13); (0, 1) for a size of 0."""
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _bisect(lambda share: _at_least(count, size, share) >= tail)
    high = 1.0 if count == size else _bisect(lambda share: 1 - _at_least(count + 1, size, share) <= tail)
    return low, high


def _bisect(holds: Callable[[float], bool]) -> float:
    """Return the share from which on a claim holds."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _at_least(count: int, size: int, share: float) -> float:
    return math.fsum(_probability(other, size, share) for other in range(count, size + 1))


def _probability(count: int, size: int, share: float) -> float:
    """Return the probability of exactly this count; by logarithms, so that neither factor overflows."""
    if share <= 0 or share >= 1:
        return float(count == (size if share >= 1 else 0))
    ways = math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    return math.exp(ways + count * math.log(share) + (size - count) * math.log1p(-share))
