"""Which minutes are looked at."""

from __future__ import annotations

import pytest

from controller.analysis.plan import Timing, Window, windows
from tests.controller.fakes import BEGIN


def windows_after(seconds: float, interval: int = 600, timing: Timing | None = None) -> list[tuple[int, int]]:
    found = windows(BEGIN, interval, BEGIN + seconds, timing or Timing())
    return [(window.start - BEGIN, window.end - BEGIN) for window in found]


@pytest.mark.parametrize("seconds", [0, 60, 179])
def test_nothing_before_the_first_whole_minute_that_cloudwatch_has(seconds: float) -> None:
    assert windows_after(seconds) == []


def test_the_minute_in_which_the_percentage_changed_is_left_out() -> None:
    assert windows_after(180) == [(60, 120)]
    assert windows_after(239.9) == [(60, 120)]
    assert windows_after(240) == [(60, 180)]


def test_the_whole_step_is_analyzed_until_it_is_longer_than_its_interval() -> None:
    assert windows_after(720) == [(60, 660)]
    assert windows_after(780) == [(120, 720), (60, 720)]


def test_good_hours_do_not_hide_the_last_one() -> None:
    assert windows_after(86_400, interval=86_400) == [(82_740, 86_340), (60, 86_340)]


def test_windows_are_no_longer_than_the_retention_of_cloudwatch() -> None:
    assert windows_after(30 * 86_400)[1] == (16 * 86_400 - 60, 30 * 86_400 - 60)


def test_a_slower_refresh_leaves_out_more() -> None:
    assert windows_after(300, timing=Timing(settle_seconds=62)) == [(120, 240)]


def test_an_interval_below_a_period_is_analyzed_by_the_period() -> None:
    assert windows_after(300, interval=30) == [(180, 240), (60, 240)]
    assert list(windows(BEGIN, 20, BEGIN + 9, Timing(1, 1, 2))) == [Window(BEGIN + 2, BEGIN + 8)]
