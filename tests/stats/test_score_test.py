"""The score test against scipy, against published formulas, and against its own bound."""

from __future__ import annotations

from math import acos, cos, pi, sqrt

import numpy as np
import pytest
import scipy.stats
from scipy import optimize

from stats import score_test

CASES = [(46, 750, 22, 2_250), (5, 500, 3, 5_000), (30, 500, 40, 500), (2, 500, 0, 5_000), (990, 1_000, 950, 1_000)]
MARGINS = (0.0, 0.001, 0.01, 0.05)


Counts = tuple[int, int, int, int]


@pytest.mark.parametrize("case", CASES)
def test_without_a_margin_the_score_is_the_pooled_z_statistic(case: Counts) -> None:
    table = [[events, size - events] for events, size in (case[:2], case[2:])]
    sign = 1 if case[0] / case[1] > case[2] / case[3] else -1
    oracle = sqrt(scipy.stats.chi2_contingency(table, correction=False).statistic)
    assert score_test.score(*case, 0) == pytest.approx(sign * oracle, rel=1e-9)


@pytest.mark.long_if(r"-0\.0[15]$")
@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("case", CASES)
def test_the_constrained_rate_is_the_most_likely_one(case: Counts, margin: float) -> None:
    def unlikelihood(rate: float) -> float:
        canary, stable = scipy.stats.binom(case[1], min(1, rate + margin)), scipy.stats.binom(case[3], rate)
        return -float(canary.logpmf(case[0]) + stable.logpmf(case[2]))

    found = optimize.minimize_scalar(unlikelihood, bounds=(0, 1 - margin), method="bounded", options={"xatol": 1e-12})
    rate = score_test.constrained_rate(*case, margin)
    assert rate == pytest.approx(found.x, abs=1e-5)
    assert unlikelihood(rate) <= found.fun + 1e-9


@pytest.mark.parametrize("margin", MARGINS[1:])
@pytest.mark.parametrize("case", CASES)
def test_the_constrained_rate_is_that_of_the_formula_in_the_paper(case: Counts, margin: float) -> None:
    """Farrington and Manning 1990, appendix: the root of a cubic in closed form."""
    theta = case[3] / case[1]
    canary, stable = case[0] / case[1], case[2] / case[3]
    a, b = 1 + theta, -(1 + theta + canary + theta * stable + margin * (theta + 2))
    c = margin**2 + margin * (2 * canary + theta + 1) + canary + theta * stable
    d = -canary * margin * (1 + margin)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = (1 if v > 0 else -1) * sqrt(b**2 / (3 * a) ** 2 - c / (3 * a))
    w = (pi + acos(v / u**3)) / 3
    assert score_test.constrained_rate(*case, margin) + margin == pytest.approx(2 * u * cos(w) - b / (3 * a), abs=1e-7)


def test_no_errors_at_all_are_not_evidence_against_the_canary() -> None:
    assert score_test.p_value(0, 500, 0, 5_000, 0) == 0.5
    assert score_test.p_value(0, 500, 0, 5_000, 0.01) > 0.5


def test_a_canary_with_errors_only_is_rejected_with_certainty() -> None:
    assert score_test.p_value(500, 500, 0, 5_000, 0.01) < 1e-100
    assert score_test.p_value(500, 500, 500, 500, 0.0) == 0.5


def test_a_margin_of_one_rejects_nothing() -> None:
    assert score_test.p_value(500, 500, 0, 500, 1.0) == 1.0


def test_two_errors_in_500_against_none_in_5000_are_not_rejected() -> None:
    """The score alone would take them for one."""
    counts = (2, 500, 0, 5_000)
    assert scipy.stats.norm.sf(score_test.score(*counts, 0)) < 1e-5
    assert score_test.p_value(*counts, 0) > 0.001
    assert score_test.p_value(*counts, 0.01) > 0.5


def rejects(canary: int, requests: int, stable: int, stable_requests: int, margin: float, alpha: float) -> bool:
    return score_test.p_value(canary, requests, stable, stable_requests, margin) <= alpha


def size(requests: int, stable_requests: int, rate: float, margin: float, alpha: float) -> float:
    """The exact probability of a rejection where the canary is just as bad as allowed, summed over all outcomes.

    The more errors the canary has the smaller the p-value: for each count of stable's the least that is rejected is
    found by halving.
    """
    canary, stable = scipy.stats.binom(requests, rate + margin), scipy.stats.binom(stable_requests, rate)
    counts = np.arange(int(stable.ppf(1e-9)), int(stable.ppf(1 - 1e-9)) + 1)
    total = 0.0
    for count, weight in zip(counts, stable.pmf(counts), strict=True):
        low, high = 0, requests + 1
        while low < high:
            middle = (low + high) // 2
            if middle > requests or rejects(middle, requests, int(count), stable_requests, margin, alpha):
                high = middle
            else:
                low = middle + 1
        total += float(weight * canary.sf(low - 1))
    return total


@pytest.mark.long_if(r"0\.002|-0\.01-0\.0$|^500-500")
@pytest.mark.parametrize("margin", [0.0, 0.01])
@pytest.mark.parametrize("rate", [0.0005, 0.002, 0.01])
@pytest.mark.parametrize(("requests", "stable_requests"), [(500, 500), (500, 5_000), (750, 2_250)])
def test_the_false_positive_rate_is_at_most_alpha_even_with_few_errors(
    requests: int, stable_requests: int, rate: float, margin: float
) -> None:
    for alpha in (1.2e-3, 5e-5):
        assert size(requests, stable_requests, rate, margin, alpha) <= alpha


def test_five_points_more_errors_are_found_in_the_first_minute() -> None:
    """750 requests of the canary, 2,250 of stable: what 25 % of 50 requests a second are in a minute."""
    random = np.random.default_rng(2026)
    canary, stable = random.binomial(750, 0.06, 1_000), random.binomial(2_250, 0.01, 1_000)
    found = sum(rejects(int(c), 750, int(s), 2_250, 0.01, 0.0012) for c, s in zip(canary, stable, strict=True))
    assert found >= 970


@pytest.mark.parametrize("alpha", [0.05, 0.0012, 1e-6])
@pytest.mark.parametrize("case", CASES)
def test_the_lower_limit_is_the_margin_that_is_just_rejected(case: Counts, alpha: float) -> None:
    low = score_test.low_limit(*case, alpha)
    assert -1 < low < case[0] / case[1] - case[2] / case[3]
    assert score_test.p_value(*case, low) == pytest.approx(alpha, rel=1e-3)


def test_where_no_margin_is_rejected_the_lower_limit_is_minus_1() -> None:
    assert score_test.low_limit(0, 20, 30, 30, 0.03) == -1
