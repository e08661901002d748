"""The test of latencies against scipy."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
from scipy import stats

from controller.analysis import latency
from controller.analysis.sample import Sample
from stats.student_t import upper_tail
from tests.controller.fakes import sample


def of_values(values: np.ndarray) -> Sample:
    count = len(values)
    return Sample(count, count, 0, count, float(values.sum()), float(np.square(values).sum()))


@pytest.mark.parametrize("margin", [0.0, log(1.2)])
@pytest.mark.parametrize(("canary", "stable"), [(5, 7), (40, 300), (500, 49_500)])
def test_it_is_welchs_test_of_the_logarithms(canary: int, stable: int, margin: float) -> None:
    random = np.random.default_rng([canary, stable])
    one, other = random.normal(5.2, 0.7, canary), random.normal(4.9, 0.4, stable)
    oracle = stats.ttest_ind_from_stats(
        one.mean() - margin,
        one.std(ddof=1),
        canary,
        other.mean(),
        other.std(ddof=1),
        stable,
        equal_var=False,
        alternative="greater",
    ).pvalue
    assert latency.p_value(of_values(one), of_values(other), margin) == pytest.approx(oracle, rel=1e-6)


def test_a_few_minutes_are_not_certain_however_many_requests_they_have() -> None:
    canary, stable = sample(1_000_000, latency_ms=130), sample(1_000_000, latency_ms=100)
    assert latency.p_value(canary, stable, log(1.2)) == 0
    assert latency.p_value(canary, stable, log(1.2), periods=3) > 0.01
    assert latency.p_value(canary, stable, log(1.2), periods=60) < 1e-10


def test_latencies_that_are_all_the_same_are_compared_as_they_are() -> None:
    slow, fast = sample(500, latency_ms=121, spread=0), sample(500, latency_ms=100, spread=0)
    assert latency.p_value(slow, fast, log(1.2)) == 0
    assert latency.p_value(fast, slow, log(1.2)) == 1
    assert 0 < latency.p_value(slow, fast, log(1.2), periods=5) < 0.5


@pytest.mark.parametrize("degrees", [1, 2.5, 7, 30, 499.3, 1e4, 3e6])
@pytest.mark.parametrize("t", [-40, -3.1, -0.2, 0, 0.01, 1, 3, 4.5, 12])
def test_the_tail_is_students(t: float, degrees: float) -> None:
    assert upper_tail(t, degrees) == pytest.approx(stats.t.sf(t, degrees), rel=1e-7, abs=1e-300)


def test_the_tail_without_an_end_of_degrees_is_the_normal_one() -> None:
    assert upper_tail(4.5, inf) == pytest.approx(stats.norm.sf(4.5), rel=1e-12)
