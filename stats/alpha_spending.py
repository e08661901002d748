"""Alpha spending: the accepted false-positive rate, divided among the interim analyses of a rollout.

A step's first analysis spends 6 / pi^2 of its part; of the rest one half goes to all later analyses by the series
6 / (pi^2 k^2), and the other half to a mixture (stats.always_valid), which needs no division by analyses. The series
sums to 1 over k = 1, 2, … (Euler; DLMF 25.6.1). Unlike the bounds of Pocock and of O'Brien and Fleming it does not need
the number of analyses beforehand. See docs/adr/0011 and docs/adr/0021.
"""

from __future__ import annotations

from math import pi

ALPHA = 0.01
"""The highest probability with which each test rolls back a healthy rollout, over all of its analyses."""
FIRST = 6 / pi**2
LATER = 1 / 2
AGAIN = 1 / 10


def spent_alpha(analysis: int, steps: int) -> float:
    """Return the alpha of a step's interim analysis number `analysis` (from 1) in a rollout of `steps` steps.

    Each step has an equal part of ALPHA. By Bonferroni's inequality the sum bounds the false-positive rate, although
    the analyses of a step share requests.
    """
    return ALPHA / steps * FIRST / analysis**2 * (1 if analysis == 1 else LATER)


def mixture_alpha(beginning: int, steps: int) -> float:
    """Return the alpha that the mixture may spend on all analyses since a step's beginning number `beginning`.

    Nine tenths at the first one, the tenth part of that where the step begins anew, and so on; 0 for number 0.
    """
    part = ALPHA / steps * (1 - FIRST) * (1 - LATER)
    return part * (1 - AGAIN) * AGAIN ** (beginning - 1) if beginning else 0.0
