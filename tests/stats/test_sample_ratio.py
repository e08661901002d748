"""The test of the sample ratio, against scipy and by its bounds."""

from __future__ import annotations

from math import log

import pytest
from scipy import special, stats

from stats.sample_ratio import CONCENTRATION, PLANNED, PLANNED_PART, binomial_p_value, log_bayes_factor, p_value


@pytest.mark.parametrize(
    ("count", "size", "share"), [(0, 100, 0.01), (1_200, 20_000, 0.05), (480_000, 1_000_000, 0.5), (7, 7, 0.5)]
)
def test_both_parts_are_what_scipy_computes(count: int, size: int, share: float) -> None:
    law = stats.binom(size, share)
    assert binomial_p_value(count, size, share) == pytest.approx(
        min(1, 2 * min(law.cdf(count), law.sf(count - 1))), rel=1e-6
    )
    prior = stats.betabinom(size, CONCENTRATION * share, CONCENTRATION * (1 - share))
    assert log_bayes_factor(count, size, share) == pytest.approx(prior.logpmf(count) - law.logpmf(count), abs=1e-5)


def test_the_bayes_factor_is_fair_under_the_expected_share() -> None:
    """Its mean is 1, which by Ville's inequality bounds the false alarms of all looks."""
    size, share = 300, 0.05
    ways = [special.comb(size, count) * share**count * (1 - share) ** (size - count) for count in range(size + 1)]
    mean = sum(way * 2.718281828459045 ** log_bayes_factor(count, size, share) for count, way in enumerate(ways))
    assert mean == pytest.approx(1)


def test_the_planned_look_happens_once_and_no_later_look_takes_anything_back() -> None:
    looks = [(5_100, 10_000), (10_300, PLANNED), (50_300, 100_000), (100_000, 200_000)]
    values = [p_value(looks[:number], 0.5) for number in range(len(looks) + 1)]
    assert values == sorted(values, reverse=True)
    assert values[2] == values[4] == pytest.approx(binomial_p_value(10_300, PLANNED, 0.5) / PLANNED_PART)


def test_nobody_is_no_evidence() -> None:
    assert p_value([], 0.5) == p_value([(0, 0)], 0.5) == 1
    assert log_bayes_factor(0, 0, 0.3) == pytest.approx(log(1))
