"""How the chance of a false alarm is spent."""

from __future__ import annotations

import pytest

from stats.alpha_spending import ALPHA, alpha_of


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_all_looks_of_all_steps_spend_one_percent_and_no_more(steps: int) -> None:
    spent = steps * sum(alpha_of(look, steps) for look in range(1, 100_001))
    assert 0.9999 * ALPHA < spent < ALPHA == 0.01


def test_the_first_look_of_five_steps_may_spend_the_most() -> None:
    assert alpha_of(1, 5) == pytest.approx(0.01 / 5 * 0.6079, rel=1e-4)
    assert alpha_of(2, 5) == alpha_of(1, 5) / 4
