"""The alpha of each interim analysis."""

from __future__ import annotations

import pytest

from stats.alpha_spending import ALPHA, spent_alpha


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_all_analyses_of_all_steps_spend_one_percent_and_no_more(steps: int) -> None:
    spent = steps * sum(spent_alpha(analysis, steps) for analysis in range(1, 100_001))
    assert 0.9999 * ALPHA < spent < ALPHA == 0.01


def test_the_first_analysis_of_a_step_spends_the_most() -> None:
    assert spent_alpha(1, 5) == pytest.approx(0.01 / 5 * 0.6079, rel=1e-4)
    assert spent_alpha(2, 5) == spent_alpha(1, 5) / 4
