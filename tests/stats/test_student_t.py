"""Student's t and Welch's test against scipy."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
import scipy.stats

from stats.student_t import Moments, critical_t, upper_tail, welch


def moments(values: np.ndarray) -> Moments:
    return Moments(len(values), float(values.mean()), float(values.var(ddof=1)))


@pytest.mark.parametrize("margin", [0.0, log(1.2)])
@pytest.mark.parametrize(("canary", "stable"), [(5, 7), (40, 300), (500, 49_500)])
def test_the_p_value_is_that_of_welchs_test(canary: int, stable: int, margin: float) -> None:
    random = np.random.default_rng([canary, stable])
    one, other = random.normal(5.2, 0.7, canary), random.normal(4.9, 0.4, stable)
    oracle = scipy.stats.ttest_ind_from_stats(
        one.mean() - margin,
        one.std(ddof=1),
        canary,
        other.mean(),
        other.std(ddof=1),
        stable,
        equal_var=False,
        alternative="greater",
    ).pvalue
    assert welch(moments(one), moments(other)).p_value(margin) == pytest.approx(oracle, rel=1e-6)


def test_samples_without_variance_are_compared_by_their_means() -> None:
    slow, fast = Moments(500, 2.0, 0.0), Moments(500, 1.0, 0.0)
    assert welch(slow, fast).p_value(0.5) == 0
    assert welch(fast, slow).p_value(0.5) == 1


def test_a_known_extra_variance_is_that_of_the_normal_distribution() -> None:
    slow, fast = Moments(500, 2.0, 0.0), Moments(500, 1.0, 0.0)
    assert welch(slow, fast, extra_variance=0.04).p_value(0.5) == pytest.approx(
        scipy.stats.norm.sf(0.5 / 0.2), rel=1e-9
    )


@pytest.mark.parametrize("degrees", [1, 2.5, 7, 30, 499.3, 1e4, 3e6])
@pytest.mark.parametrize("t", [-40, -3.1, -0.2, 0, 0.01, 1, 3, 4.5, 12])
def test_the_upper_tail_is_that_of_scipy(t: float, degrees: float) -> None:
    assert upper_tail(t, degrees) == pytest.approx(scipy.stats.t.sf(t, degrees), rel=1e-7, abs=1e-300)


def test_with_infinite_degrees_of_freedom_the_tail_is_normal() -> None:
    assert upper_tail(4.5, inf) == pytest.approx(scipy.stats.norm.sf(4.5), rel=1e-12)


@pytest.mark.parametrize("degrees", [2.5, 30, 499.3, inf])
@pytest.mark.parametrize("alpha", [0.4, 0.0012, 1e-7])
def test_the_critical_value_is_scipys(alpha: float, degrees: float) -> None:
    assert critical_t(alpha, degrees) == pytest.approx(scipy.stats.t.isf(alpha, min(degrees, 1e12)), rel=1e-6)
