"""Limits of quantiles: exact by enumeration, and of differences by seeded simulation."""

from __future__ import annotations

from math import exp, inf

import numpy as np
import pytest
from scipy import stats

from stats.quantile import difference_limit, high_limit, histogram, low_limit, quantile

EDGES = np.linspace(0, 10, 101)


def histogram_of(values: np.ndarray) -> np.ndarray:
    return np.histogram(values, [*EDGES, np.inf])[0]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_quantile_between_two_edges_is_interpolated(share: float) -> None:
    values = np.random.default_rng(1).gamma(3, 1, 2_000)
    found = quantile(histogram(EDGES.tolist(), histogram_of(values).tolist()), share)
    assert found == pytest.approx(np.quantile(values, share), abs=0.1)


def test_outside_of_the_edges_a_quantile_is_infinite() -> None:
    values = histogram([0, 1, 2], [0, 3, 7])
    assert quantile(values, 0.3) == 2
    assert quantile(values, 0.31) == inf
    assert quantile(values, 0.0) == -inf


@pytest.mark.long_if(r"^500")
@pytest.mark.parametrize("z", [1.0, 2.5, 3.5])
@pytest.mark.parametrize(("size", "share"), [(30, 0.5), (500, 0.95), (500, 0.99), (40, 0.99)])
def test_a_limit_is_beyond_the_true_quantile_at_most_with_the_normal_tails_probability(
    size: int, share: float, z: float
) -> None:
    """By enumeration: the true quantile is the edge 1, and so many values are up to it."""
    too_high = too_low = 0.0
    for count in range(size + 1):
        values = histogram([0, 1, 2, 3], [count, size - count, 0, 0])
        probability = stats.binom.pmf(count, size, share)
        too_high += probability * (low_limit(values, share, z) > 1)
        too_low += probability * (high_limit(values, share, z) < 1)
    assert max(too_high, too_low) <= stats.norm.sf(z)


def logs(random: np.random.Generator, size: int, shift: float = 0.0) -> np.ndarray:
    return random.normal(5 + shift, 0.6, size)


@pytest.mark.long
@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_the_difference_of_equal_samples_rarely_exceeds_0(share: float) -> None:
    random, runs = np.random.default_rng([2026, round(100 * share)]), 400
    found = [
        difference_limit(
            histogram(EDGES.tolist(), histogram_of(logs(random, 600)).tolist()),
            histogram(EDGES.tolist(), histogram_of(logs(random, 1_800)).tolist()),
            share,
            1.6449,
        )
        > 0
        for _ in range(runs)
    ]
    assert sum(found) <= stats.binom.isf(1e-4, runs, 0.05)


def test_a_further_variance_and_a_smaller_alpha_widen_the_interval() -> None:
    random = np.random.default_rng(3)
    mine, other = (histogram(EDGES.tolist(), histogram_of(logs(random, 2_000, by)).tolist()) for by in (0.4, 0.0))
    narrow = difference_limit(mine, other, 0.95, 2.0)
    assert 1.2 < exp(narrow) < exp(0.4)
    assert difference_limit(mine, other, 0.95, 3.0) < narrow
    assert difference_limit(mine, other, 0.95, 2.0, 0.01) < narrow


def test_a_sample_that_is_too_small_for_a_quantile_has_no_lower_limit() -> None:
    few, many = histogram([0, 1, 2], [3, 2, 0]), histogram([0, 1, 2], [3_000, 2_000, 0])
    assert difference_limit(few, many, 0.5, 4.0) == -inf
