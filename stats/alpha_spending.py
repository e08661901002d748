"""Alpha spending: the accepted false-positive rate, divided among the interim analyses of a rollout.

A step's analyses spend its part by the series 6 / (pi^2 k^2), which sums to 1 over k = 1, 2, … (Euler; DLMF 25.6.1).
Unlike the bounds of Pocock and of O'Brien and Fleming it does not need the number of analyses beforehand. From the
tenth on they spend half of it, and a mixture (stats.always_valid), which needs no division by analyses, has the other
half: a step of the default length has nine. See docs/adr/0011 and docs/adr/0021.
"""

from __future__ import annotations

from math import pi

ALPHA = 0.01
"""The highest probability with which each test rolls back a healthy rollout, over all of its analyses."""
UNDIVIDED = 9
DIVIDED = 1 - sum(6 / (pi * analysis) ** 2 for analysis in range(1, UNDIVIDED + 1))
AGAIN = 1 / 20


def spent_alpha(analysis: int, steps: int) -> float:
    """Return the alpha of a step's interim analysis number `analysis` (from 1) in a rollout of `steps` steps.

    Each step has an equal part of ALPHA. By Bonferroni's inequality the sum bounds the false-positive rate, although
    the analyses of a step share requests.
    """
    return ALPHA / steps * 6 / (pi * analysis) ** 2 * (1 if analysis <= UNDIVIDED else 1 / 2)


def mixture_alpha(beginning: int, steps: int) -> float:
    """Return the alpha that the mixture may spend on all analyses since a step's beginning number `beginning`.

    Where the step begins again there is the twentieth part of what the last beginning had; 0 for number 0.
    """
    return ALPHA / steps * DIVIDED / 2 * (1 - AGAIN) * AGAIN ** (beginning - 1) if beginning else 0.0
