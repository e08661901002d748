"""Evidence that may be looked at at any time: exact expectations, and false alarms over all looks."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy import stats

from stats.always_valid import LOG_EFFECTS, critical_value, difference_limits, log_evidence

ALPHA = 0.05


@pytest.mark.long_if(r"^12-")
@pytest.mark.parametrize("margin", [0.0, 0.05])
@pytest.mark.parametrize("rate", [0.01, 0.2, 0.6])
@pytest.mark.parametrize(("size", "reference_size"), [(6, 20), (12, 12)])
def test_the_expected_evidence_of_a_canary_as_bad_as_allowed_is_at_most_1(
    size: int, reference_size: int, rate: float, margin: float
) -> None:
    """By enumeration of all counts, few errors included."""
    expected = sum(
        stats.binom.pmf(events, size, rate + margin)
        * stats.binom.pmf(others, reference_size, rate)
        * exp(log_evidence(events, size, others, reference_size, margin))
        for events in range(size + 1)
        for others in range(reference_size + 1)
    )
    assert 0 < expected <= 1 + 1e-9


def counts_over_time(runs: int, looks: int, rates: tuple[float, float]) -> np.ndarray:
    """Cumulative (events, others) of 40 and 160 requests a look, by run and look."""
    random = np.random.default_rng([2026, runs, looks])
    drawn = [
        random.binomial(size, rate, (runs, looks)).cumsum(axis=1) for size, rate in zip((40, 160), rates, strict=True)
    ]
    return np.stack(drawn, axis=-1)


def ever_alarmed(runs: int, looks: int, rates: tuple[float, float], margin: float) -> float:
    counts = counts_over_time(runs, looks, rates)
    return float(
        np.mean(
            [
                any(
                    log_evidence(events, 40 * look, others, 160 * look, margin) >= -log(ALPHA)
                    for look, (events, others) in enumerate(run.tolist(), 1)
                )
                for run in counts
            ]
        )
    )


def test_evidence_rarely_ever_reaches_1_by_alpha_and_does_where_the_canary_is_bad() -> None:
    assert ever_alarmed(150, 40, (0.02, 0.02), 0.0) <= ALPHA
    assert ever_alarmed(30, 40, (0.12, 0.02), 0.02) == 1


@pytest.mark.long
@pytest.mark.parametrize(("rate", "margin"), [(0.001, 0.0), (0.02, 0.0), (0.02, 0.02)])
def test_over_200_looks_false_alarms_are_at_most_alpha(rate: float, margin: float) -> None:
    assert ever_alarmed(2_000, 200, (rate + margin, rate), margin) <= ALPHA


@pytest.mark.parametrize("counts", [(20, 500, 300, 30_000), (0, 500, 0, 30_000), (60, 1_000, 55, 1_000)])
def test_the_limits_are_the_margins_at_which_the_evidence_is_1_by_alpha(counts: tuple[int, int, int, int]) -> None:
    low, high = difference_limits(*counts, ALPHA)
    found = counts[0] / counts[1] - counts[2] / counts[3]
    assert -1 <= low < found < high <= 1
    assert log_evidence(*counts, low) == pytest.approx(-log(ALPHA), abs=1e-3)
    assert difference_limits(*counts, ALPHA / 10)[0] < low
    assert difference_limits(*counts, ALPHA / 10)[1] > high


def test_intervals_of_all_looks_together_miss_the_true_difference_at_most_twice_alpha() -> None:
    missed = 0
    for run in counts_over_time(60, 30, (0.07, 0.02)).tolist():
        limits = (difference_limits(*_sizes(look, *run[look - 1]), ALPHA) for look in range(1, 31, 3))
        missed += any(not low <= 0.05 <= high for low, high in limits)
    assert missed <= 60 * 2 * ALPHA


def _sizes(look: int, events: int, others: int) -> tuple[int, int, int, int]:
    return events, 40 * look, others, 160 * look


@pytest.mark.parametrize("information", [5.0, 100.0, 10_000.0])
def test_the_critical_value_is_where_the_mixture_of_normal_likelihood_ratios_is_1_by_alpha(information: float) -> None:
    z = critical_value(information, ALPHA)
    ratios = [stats.norm.pdf(z, effect * information**0.5) / stats.norm.pdf(z) for effect in LOG_EFFECTS]
    assert np.mean(ratios) == pytest.approx(1 / ALPHA, rel=1e-6)
    assert z > stats.norm.isf(ALPHA)


def test_without_alpha_nothing_is_critical() -> None:
    assert critical_value(100, 0) == critical_value(0, ALPHA) == float("inf")
