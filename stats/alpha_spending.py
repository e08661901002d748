"""How much chance of a false alarm each look may spend."""

from __future__ import annotations

from math import pi

ALPHA = 0.01
"""The most that each of the two tests may roll back a healthy rollout with, however often it is looked at."""


def alpha_of(look: int, steps: int) -> float:
    """What the `look`-th look (from 1) of a step may spend.

    Every step has an equal part of ALPHA, and its looks share that by 6 / (pi^2 k^2), whose sum over all k is 1. The
    sum bounds the whole (Bonferroni's inequality), though the looks of a step see the same requests again.
    """
    return ALPHA / steps * 6 / (pi * look) ** 2
