"""Alpha spending: the accepted false-positive rate, divided among the interim analyses of a rollout.

The series 6 / (pi^2 k^2) sums to 1 over k = 1, 2, … (Euler; DLMF 25.6.1). Unlike the bounds of Pocock and of O'Brien
and Fleming it does not need the number of analyses beforehand. See docs/adr/0011.
"""

from __future__ import annotations

from math import pi

ALPHA = 0.01
"""The highest probability with which each test rolls back a healthy rollout, over all of its analyses."""


def spent_alpha(analysis: int, steps: int) -> float:
    """Return the alpha of a step's interim analysis number `analysis` (from 1) in a rollout of `steps` steps.

    Each step has an equal part of ALPHA. By Bonferroni's inequality the sum bounds the false-positive rate, although
    the analyses of a step share requests.
    """
    return ALPHA / steps * 6 / (pi * analysis) ** 2
