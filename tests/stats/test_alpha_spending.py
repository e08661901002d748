"""The alpha of each interim analysis."""

from __future__ import annotations

import pytest

from stats.alpha_spending import ALPHA, mixture_alpha, spent_alpha


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_all_analyses_of_all_steps_spend_one_percent_and_no_more(steps: int) -> None:
    divided = sum(spent_alpha(analysis, steps) for analysis in range(1, 100_001))
    spent = steps * (divided + sum(mixture_alpha(beginning, steps) for beginning in range(1, 100)))
    assert 0.9999 * ALPHA < spent < ALPHA == 0.01


def test_the_first_analysis_of_a_step_spends_the_most() -> None:
    assert spent_alpha(1, 5) == pytest.approx(0.01 / 5 * 0.6079, rel=1e-4)
    assert spent_alpha(2, 5) == spent_alpha(1, 5) / 4


def test_from_the_tenth_analysis_on_half_is_left_to_the_mixture() -> None:
    assert spent_alpha(10, 5) == pytest.approx(spent_alpha(1, 5) / 100 / 2)
    assert mixture_alpha(1, 5) > spent_alpha(10, 5)


def test_a_window_that_begins_later_than_the_step_has_no_mixture() -> None:
    assert mixture_alpha(0, 5) == 0
    assert mixture_alpha(2, 5) == pytest.approx(mixture_alpha(1, 5) / 20)
