"""Minutes that are bad for both versions count against neither, however the canary's share has grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from controller.analysis.comparison import analyze, describe
from controller.analysis.plan import Plan
from controller.analysis.same_minutes import MIN_TRIALS, Measured
from controller.analysis.sample import THRESHOLDS_MS, Sample, Samples

PLAN = Plan()


def sample(requests: int, errors: int, log_ms: float = 5.0) -> Sample:
    histogram = (requests, *[0] * len(THRESHOLDS_MS))
    return Sample(requests, requests, errors, requests, requests * log_ms, requests * (log_ms**2 + 0.36), histogram)


def measure(minutes: Sequence[tuple[Sample, Sample]]) -> Measured:
    """A window of (stable, canary)."""
    found: list[Samples] = [{"stable": stable, "canary": canary} for stable, canary in minutes]
    stable, canary = (sum((one[side] for one in minutes), Sample()) for side in (0, 1))
    return Measured({"stable": stable, "canary": canary}, found)


def test_with_the_same_share_in_every_minute_the_reference_is_the_sum_as_it_is() -> None:
    measured = measure([(sample(900, 9), sample(100, 1)), (sample(1_800, 900), sample(200, 100))])
    found, whole = measured.match_reference("stable"), measured.samples["stable"]
    assert (found.trials, found.errors, found.latencies) == (whole.trials, whole.errors, whole.latencies)
    assert found.log_mean == pytest.approx(whole.log_mean)
    assert found.log_variance == pytest.approx(whole.log_variance)
    assert found.histogram == whole.histogram


def test_a_minute_in_which_both_fail_does_not_count_against_a_canary_whose_share_has_grown() -> None:
    quiet, outage = (sample(2_900, 29), sample(100, 1)), (sample(1_500, 1_500), sample(1_500, 1_500))
    measured = measure([quiet] * 5 + [outage])
    assert measured.samples["canary"].error_rate > measured.samples["stable"].error_rate + 0.5
    found = measured.match_reference("stable")
    assert found.error_rate == pytest.approx(measured.samples["canary"].error_rate, abs=0.001)
    results = analyze({**measured.samples, "stable": found}, PLAN, 1, 6, 1)
    assert not results["errorRate"].has_failed
    assert analyze(measured.samples, PLAN, 1, 6, 1)["errorRate"].has_failed
    assert describe({"errorRate": results["errorRate"]}, measured.samples).startswith(
        "errors: canary 75.25 % (1,505 of 2,000), stable 75.27 % by the canary's minutes (10.28 %, 1,645 of 16,000), "
    )


def test_a_canary_that_fails_alone_is_found_all_the_same() -> None:
    quiet, alone = (sample(2_900, 29), sample(100, 1)), (sample(1_500, 15), sample(1_500, 90))
    measured = measure([quiet] * 5 + [alone])
    results = analyze({**measured.samples, "stable": measured.match_reference("stable")}, PLAN, 1, 6, 1)
    assert results["errorRate"].has_failed


def test_a_slow_minute_of_both_is_weighed_as_the_canary_met_it() -> None:
    measured = measure([(sample(900, 0, 5.0), sample(100, 0, 5.0)), (sample(500, 0, 7.0), sample(500, 0, 7.0))])
    found = measured.match_reference("stable")
    assert found.log_mean == pytest.approx(measured.samples["canary"].log_mean, abs=0.001)
    assert found.latencies == found.trials < measured.samples["stable"].trials


@pytest.mark.parametrize("minutes", [[], [(sample(900, 9), sample(100, 1))], [(sample(40, 4), sample(9, 1))] * 5])
def test_in_one_stratum_there_is_nothing_to_weigh(minutes: list[tuple[Sample, Sample]]) -> None:
    measured = measure(minutes)
    assert measured.match_reference("stable") == measured.samples["stable"]


def test_minutes_with_few_requests_of_either_are_joined_and_the_last_go_with_those_before() -> None:
    few, many = (sample(300, 3), sample(MIN_TRIALS // 2, 0)), (sample(300, 30), sample(300, 30))
    joined = measure([(sample(600, 6), sample(MIN_TRIALS, 0)), (sample(600, 33), sample(300 + MIN_TRIALS // 2, 30))])
    assert measure([few, few, many, few]).match_reference("stable") == joined.match_reference("stable")


def test_without_histograms_there_is_none() -> None:
    minutes = [tuple(replace(one, histogram=()) for one in (sample(900, 9), sample(share, 1))) for share in (100, 500)]
    assert measure([(stable, canary) for stable, canary in minutes]).match_reference("stable").histogram == ()
