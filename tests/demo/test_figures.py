"""The tour's own check: a rollout's figures are what its visitors met, and a figure that nobody met is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.analysis.plan import Plan, Timing
from controller.analysis.sample import Sample
from controller.rollout.state import Rollout
from demo.figures import Counted, Visit, agree, describe_figures

BEGIN, END = 1_800_000_000, 1_800_000_010
TIMING = Timing(period_seconds=1, lag_seconds=1, settle_seconds=3)
OPEN = 1
COUNTED = {
    f"r{number}": Counted("canary" if number % 2 else "stable", (BEGIN + 3 + number) * 1000) for number in range(7)
}
VISITS = [Visit("r0", 200), Visit("r1", 500), Visit("r2", 200), Visit("r3", 200), Visit("r4", 200), Visit("r5", 500)]


def rollout(stable: Sample, canary: Sample) -> Rollout:
    return Rollout(
        *(Plan(interval_seconds=60), "2026-11", "running", 50, 0, BEGIN, BEGIN, BEGIN, "started"),
        measured_until=END,
        samples={"stable": stable, "canary": canary},
    )


RIGHT = rollout(Sample(3, 3, 0), Sample(3, 3, 2))


def test_the_figures_of_the_window_are_what_visitors_met() -> None:
    assert agree(RIGHT, VISITS, COUNTED, TIMING, OPEN)
    assert describe_figures(RIGHT) == "stable 3 requests, 0 errors; canary 3 requests, 2 errors"


@pytest.mark.parametrize(
    ("stable", "canary"),
    [
        (Sample(3, 2, 0), Sample(3, 3, 2)),
        (Sample(4, 4, 0), Sample(3, 3, 2)),
        (Sample(3, 3, 0), Sample(3, 3, 3)),
        (Sample(3, 3, 0), Sample(3, 3, 0)),
        (Sample(1, 1, 0), Sample(3, 3, 2)),
    ],
    ids=["phantom error", "phantom request", "error too many", "errors not counted", "requests not counted"],
)
def test_figures_that_nobody_met_or_that_are_missing_are_found(stable: Sample, canary: Sample) -> None:
    assert not agree(rollout(stable, canary), VISITS, COUNTED, TIMING, OPEN)


def test_what_was_under_way_at_the_last_look_may_be_missing() -> None:
    assert agree(rollout(Sample(2, 2, 0), Sample(2, 2, 1)), VISITS, COUNTED, TIMING, OPEN)


def test_visits_outside_of_the_window_do_not_count() -> None:
    assert not agree(replace(RIGHT, measured_until=BEGIN + 6), VISITS, COUNTED, TIMING, OPEN)
