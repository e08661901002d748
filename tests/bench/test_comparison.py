"""Intervals, verdicts and the rounds that are measured until there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import comb

import pytest

from bench.comparison import CONFIDENCE, Pair, Ratio, Schedule, Verdict, compare, median_ratio, skipped_at_each_end
from bench.finding import exit_status, find_maximum, find_median, find_ratio, find_size


@dataclass(frozen=True)
class Named:
    name: str
    bound: float | None = None
    group: str = "a group"


def ratio(low: float, value: float, high: float) -> Ratio:
    return Ratio(value, low, high, rounds=15, own=value, baseline=1)


@pytest.mark.parametrize("count", [6, 9, 15, 31, 45, 124])
def test_the_interval_is_the_narrowest_that_holds_the_median_often_enough(count: int) -> None:
    def coverage(skipped: int) -> float:
        return 1 - 2 * sum(comb(count, below) for below in range(skipped + 1)) / 2**count

    skipped = skipped_at_each_end(count)
    assert coverage(skipped) >= CONFIDENCE > coverage(skipped + 1)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_of_few_rounds_the_interval_is_the_whole_range(count: int) -> None:
    assert skipped_at_each_end(count) == 0


def test_ratios_are_taken_round_by_round() -> None:
    """A machine that becomes ten times as slow in the middle changes nothing."""
    found = median_ratio([(2, 1), (3, 1), (20, 10), (30, 10), (25, 10), (250, 100)])
    assert (found.value, found.low, found.high, found.rounds) == (2.5, 2, 3, 6)


def test_an_outlier_is_not_in_the_interval() -> None:
    assert median_ratio([*[(1, 1)] * 14, (50, 1)]).high == 1


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (ratio(0.8, 0.9, 1.0), Verdict.HOLDS),
        (ratio(1.01, 1.1, 1.2), Verdict.BROKEN),
        (ratio(0.9, 0.95, 1.01), Verdict.UNDECIDED),
        (ratio(1.0, 1.1, 1.2), Verdict.UNDECIDED),
    ],
)
def test_a_bound_is_decided_only_by_a_whole_interval(found: Ratio, verdict: Verdict) -> None:
    assert found.judge(1.0) is verdict
    assert found.judge(None) is Verdict.UNBOUNDED


def test_what_is_undecided_is_measured_again_and_nothing_else() -> None:
    noise: Iterator[float] = cycle([0.5, 1.5])
    asked: list[list[str]] = []

    def measure(left: Sequence[Named]) -> Mapping[str, Pair]:
        asked.append([figure.name for figure in left])
        return {figure.name: (next(noise) if figure.name == "noisy" else 0.5, 1.0) for figure in left}

    figures = [Named("steady", 1.0), Named("noisy", 1.0), Named("unbounded")]
    found = compare(figures, Schedule(rounds=7, looks=3), measure)
    assert [found[name].rounds for name in ("steady", "noisy", "unbounded")] == [7, 21, 7]
    assert asked == [["steady", "noisy", "unbounded"]] * 7 + [["noisy"]] * 14


def test_a_broken_bound_ends_in_1_and_one_that_noise_hides_in_2() -> None:
    held, broken, hidden = (
        find_ratio(Named("a figure", 1.0), ratio(value - 0.1, value, value + 0.1), "something else", "ms")
        for value in (0.5, 2.0, 1.0)
    )
    assert exit_status([held]) == 0
    assert exit_status([held, hidden]) == 2
    assert exit_status([held, hidden, broken]) == 1


def test_a_size_may_be_its_bound_and_no_more() -> None:
    assert find_size("package", 1024, 1024, "sizes").verdict is Verdict.HOLDS
    assert find_size("package", 1025, 1024, "sizes").verdict is Verdict.BROKEN


def test_one_fallback_breaks_a_bound_of_none() -> None:
    verdicts = [find_maximum("fallbacks", most, 0, "", 40, "", "cold").verdict for most in (0, 1)]
    assert verdicts == [Verdict.HOLDS, Verdict.BROKEN]


def test_a_median_has_its_interval_beside_it() -> None:
    found = find_median("init", [*range(1, 16), 1_000_000], "ms", "", "cold")
    assert (found.value, found.low, found.high, found.rounds) == (8.5, 4, 13, 16)
