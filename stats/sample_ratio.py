"""A sequential test that a share is the expected one: of all visitors, how many were assigned to a group?

Two tests in one p-value, by Bonferroni's inequality. The first is valid at every look, however many there are: the
Bayes factor of a beta prior around the expected share (Lindon and Malek, "Anytime-valid inference for multinomial count
data", NeurIPS 2022) exceeds 1/alpha with a probability of at most alpha (Ville's inequality). That freedom costs half
of the power to find one point too many among 20,000 visitors at 50 %. So most of the alpha goes to a second test, which
looks once, at the first look with PLANNED visitors: the exact binomial one.

Both take visitors for independent of each other. One who is counted several times is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, lgamma, log, log1p

PLANNED = 20_000
"""Visitors of the one planned look."""
PLANNED_PART = 0.8
"""Of the alpha, for the planned look; the rest for the test at every look."""
CONCENTRATION = 1_000
"""Of the prior: the sum of its two parameters. Chosen by simulation: 100 to 10,000 find a point less often."""
_NEGLIGIBLE = 1e-17


def p_value(looks: Iterable[tuple[int, int]], share: float) -> float:
    """Return the p-value of H0: each visitor is in the group with probability `share`, strictly between 0 and 1.

    `looks` are the cumulative counts (group, all) at each look, in order. The p-value never rises with another look.
    """
    evidence, at_planned = -inf, 1.0
    is_planned = True
    for count, size in looks:
        evidence = max(evidence, log_bayes_factor(count, size, share))
        if is_planned and size >= PLANNED:
            is_planned, at_planned = False, binomial_p_value(count, size, share)
    always = exp(min(0.0, -evidence)) / (1 - PLANNED_PART)
    return min(1.0, always, at_planned / PLANNED_PART)


def log_bayes_factor(count: int, size: int, share: float) -> float:
    """Return the logarithm of the Bayes factor of another share against this one."""
    inside, outside = CONCENTRATION * share, CONCENTRATION * (1 - share)
    mixture = lgamma(CONCENTRATION) - lgamma(CONCENTRATION + size)
    mixture += lgamma(inside + count) - lgamma(inside) + lgamma(outside + size - count) - lgamma(outside)
    return mixture - count * log(share) - (size - count) * log1p(-share)


def binomial_p_value(count: int, size: int, share: float) -> float:
    """Return twice the smaller exact tail. Its terms fall from `count` outwards, so few of millions are summed."""
    if count < size * share:
        count, share = size - count, 1 - share
    ways = lgamma(size + 1) - lgamma(count + 1) - lgamma(size - count + 1)
    term = exp(ways + count * log(share) + (size - count) * log1p(-share))
    odds, tail = share / (1 - share), 0.0
    while count <= size and term > _NEGLIGIBLE * tail:
        tail += term
        term *= odds * (size - count) / (count + 1)
        count += 1
    return min(1.0, 2 * tail)
