"""The exact binomial test and interval, with nothing but the standard library."""

from __future__ import annotations

import math
from collections.abc import Callable

_SAME = 1 + 1e-7
"""Probabilities this close are equal but for rounding, as scipy.stats.binomtest has it."""
_BISECTIONS = 60


def p_value(count: int, size: int, share: float) -> float:
    """The probability of a result at least as unlikely as `count` of `size`, where each has the chance `share`.

    Two-sided by the method of small p-values, as scipy.stats.binomtest and R's binom.test. A share of 0 or 1 is exact:
    any other count has the p-value 0.
    """
    observed = _probability(count, size, share) * _SAME
    likelier = (_probability(other, size, share) for other in range(size + 1))
    return min(1.0, math.fsum(chance for chance in likelier if chance <= observed))


def believed_counts(size: int, share: float, level: float) -> tuple[int, int]:
    """The lowest and the highest count whose p-value is above `level`: those with which the share is believed.

    All between are believed too, for probabilities rise to the most likely count and fall from there on.
    """
    chances = sorted((_probability(count, size, share), count) for count in range(size + 1))
    total, first = 0.0, 0
    while first < len(chances):
        ties = first
        while ties < len(chances) and chances[ties][0] <= chances[first][0] * _SAME:
            total += chances[ties][0]
            ties += 1
        if total > level:
            break
        first = ties
    counts = [count for _, count in chances[first:]]
    return min(counts), max(counts)


def interval(count: int, size: int, confidence: float) -> tuple[float, float]:
    """The Clopper–Pearson interval of the true share, such as (0.08, 0.13); (0, 1) where nothing was counted."""
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _where(lambda share: _at_least(count, size, share) >= tail)
    high = 1.0 if count == size else _where(lambda share: 1 - _at_least(count + 1, size, share) <= tail)
    return low, high


def _where(has_risen: Callable[[float], bool]) -> float:
    """The share from which on a claim holds."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if has_risen(middle) else (middle, high)
    return high


def _at_least(count: int, size: int, share: float) -> float:
    return math.fsum(_probability(other, size, share) for other in range(count, size + 1))


def _probability(count: int, size: int, share: float) -> float:
    """Of exactly this count, by logarithms, so that neither factor overflows."""
    if share <= 0 or share >= 1:
        return float(count == (size if share >= 1 else 0))
    ways = math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    return math.exp(ways + count * math.log(share) + (size - count) * math.log1p(-share))
