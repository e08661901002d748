"""Comparing in pairs: rounds that measure both sides, the median of their ratios, its interval, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb
from statistics import median
from typing import Protocol, TypeVar

CONFIDENCE = 0.95


class Verdict(StrEnum):
    """The verdict of a figure's interval on its bound."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    UNBOUNDED = "no bound"


class Figure(Protocol):
    """Something compared with something else; the ratio may be no more than `bound`, where it has one."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def bound(self) -> float | None: ...


F = TypeVar("F", bound=Figure)
Pair = tuple[float, float]
"""The measurements of one round: (the figure's own, its baseline's)."""


@dataclass(frozen=True)
class Schedule:
    """The number of rounds before each look at the figures, and of further looks at those undecided."""

    rounds: int
    looks: int


QUICK, FULL = Schedule(rounds=15, looks=2), Schedule(rounds=15, looks=4)


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, its interval (right in 95 of 100 cases), and the medians of both sides."""

    value: float
    low: float
    high: float
    rounds: int
    own: float
    baseline: float

    def judge(self, bound: float | None) -> Verdict:
        """Decided only where the whole interval is on one side of the bound."""
        if bound is None:
            return Verdict.UNBOUNDED
        if self.high <= bound:
            return Verdict.HOLDS
        return Verdict.BROKEN if self.low > bound else Verdict.UNDECIDED


def median_ratio(pairs: Sequence[Pair]) -> Ratio:
    """The interval is of order statistics, so nothing is assumed of how the noise is distributed."""
    ratios = sorted(own / baseline for own, baseline in pairs)
    skipped = skipped_at_each_end(len(ratios))
    own, baseline = zip(*pairs, strict=True)
    return Ratio(median(ratios), ratios[skipped], ratios[-1 - skipped], len(ratios), median(own), median(baseline))


def skipped_at_each_end(count: int) -> int:
    """Return the number of `count` sorted values outside the median's interval on either side.

    That at most k of them are below the median has the probability of a binomial's tail. Of five and fewer, the
    interval is their whole range.
    """
    skipped, tail = 0, 1 / 2**count
    while 2 * (tail := tail + comb(count, skipped + 1) / 2**count) <= 1 - CONFIDENCE:
        skipped += 1
    return skipped


def compare(
    figures: Sequence[F], schedule: Schedule, measure: Callable[[Sequence[F]], Mapping[str, Pair]]
) -> dict[str, Ratio]:
    """The ratio of each figure by name. After a look, only what is undecided is measured further."""
    pairs: dict[str, list[Pair]] = {figure.name: [] for figure in figures}
    left = list(figures)
    for _ in range(schedule.looks):
        for _ in range(schedule.rounds if left else 0):
            for name, pair in measure(left).items():
                pairs[name].append(pair)
        left = [one for one in left if median_ratio(pairs[one.name]).judge(one.bound) is Verdict.UNDECIDED]
    return {name: median_ratio(found) for name, found in pairs.items()}
