"""The exact binomial test and its interval against scipy."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from stats import binomial

CASES = [
    (size, share, count)
    for size in (1, 17, 400, 900)
    for share in (0.0005, 0.1, 0.3, 0.973)
    for count in sorted({0, 1, size // 10, size * 3 // 10, size})
]


@pytest.mark.long_if(r"-(1|90|270)$|^(1|17|400)-")
@pytest.mark.parametrize(("size", "share", "count"), CASES)
def test_p_value_and_interval_are_those_of_scipy(size: int, share: float, count: int):
    wanted = binomtest(count, size, share)
    interval = wanted.proportion_ci(0.999, method="exact")
    # Below 1e-290 logarithms differ by rounding alone.
    assert binomial.p_value(count, size, share) == pytest.approx(wanted.pvalue, rel=1e-7, abs=1e-290)
    assert binomial.interval(count, size, 0.999) == pytest.approx((interval.low, interval.high), abs=1e-9)


@pytest.mark.long_if(r"-0\.001$|^400-(?!0\.5-0\.001)")
@pytest.mark.parametrize("level", [0.07, 0.001, 1e-9])
@pytest.mark.parametrize("share", [0.0005, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("size", [1, 20, 400])
def test_accepted_counts_are_those_with_a_p_value_above_the_level(size: int, share: float, level: float):
    accepted = [count for count in range(size + 1) if binomtest(count, size, share).pvalue > level]
    assert binomial.accepted_counts(size, share, level) == (accepted[0], accepted[-1])
    assert accepted == list(range(accepted[0], accepted[-1] + 1))


@pytest.mark.parametrize(("share", "only"), [(0.0, 0), (1.0, 50)])
def test_shares_of_0_and_1_are_exact(share: float, only: int):
    assert binomial.accepted_counts(50, share, 0.001) == (only, only)
    assert [count for count in range(51) if binomial.p_value(count, 50, share) > 0] == [only]


def test_an_empty_sample_is_compatible_with_any_share():
    assert binomial.interval(0, 0, 0.999) == (0.0, 1.0)
    assert binomial.accepted_counts(0, 0.3, 0.001) == (0, 0)
