"""The tests of latency and of errors, their levels and their intervals."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from controller.analysis.comparison import analyze, describe
from controller.analysis.latency import test_mean as judge_mean
from controller.analysis.plan import Plan
from controller.analysis.result import Level, TestResult
from controller.analysis.sample import THRESHOLDS_MS, Sample
from tests.controller.fakes import sample

ALONE = Level(0.001)
PLAN = Plan(latency_quantiles={"p50": 20, "p99": 10})


def make_sample(requests: int, errors: int = 0, median_ms: float = 100, spread: float = 0.6) -> Sample:
    """Latencies of a lognormal distribution, as its quantiles have them."""
    from scipy import stats

    logs = log(median_ms) + spread * stats.norm.ppf((np.arange(requests) + 0.5) / requests)
    counts = np.histogram(logs, np.log([1e-9, *THRESHOLDS_MS, 1e99]))[0]
    sums = float(logs.sum()), float(np.square(logs).sum())
    return Sample(requests, requests, errors, requests, *sums, tuple(map(int, counts)))


def test_a_few_minutes_are_not_certain_however_many_requests_they_have() -> None:
    canary, stable = sample(1_000_000, latency_ms=130), sample(1_000_000, latency_ms=100)
    assert judge_mean(canary, stable, Plan(), ALONE, periods=3).p_value > 0.01
    assert judge_mean(canary, stable, Plan(), ALONE, periods=60).p_value < 1e-10


def test_latencies_without_variance_are_compared_by_their_means() -> None:
    slow, fast = sample(500, latency_ms=121, spread=0), sample(500, latency_ms=100, spread=0)
    assert 0 < judge_mean(slow, fast, Plan(), ALONE, periods=5).p_value < 0.5 < 1
    assert judge_mean(fast, slow, Plan(), ALONE, periods=5).p_value > 0.999


@pytest.mark.parametrize("beginning", [0, 1])
@pytest.mark.parametrize("analysis", [1, 30])
@pytest.mark.parametrize("canary", [make_sample(2_000, 20), make_sample(2_000, 90), make_sample(2_000, 30, 140, 0.8)])
def test_a_test_fails_where_the_interval_is_above_what_is_allowed(
    canary: Sample, analysis: int, beginning: int
) -> None:
    results = analyze({"canary": canary, "stable": make_sample(38_000, 380)}, PLAN, analysis, 9, beginning)
    assert list(results) == ["errorRate", "latency", "latencyP50", "latencyP99"]
    for result in results.values():
        assert result.low < result.difference < result.high
        assert result.has_failed == (result.low >= result.allowed)


def test_a_slow_tail_is_found_by_its_quantile_alone() -> None:
    samples = {"canary": make_sample(3_000, spread=0.8), "stable": make_sample(57_000)}
    failed = {name: result for name, result in analyze(samples, PLAN, 3, 9, 1).items() if result.has_failed}
    assert list(failed) == ["latencyP99"]
    assert describe(failed, samples) == (
        "latency p99: canary 649.8 ms, stable 409.2 ms, +58.8 % (+30.0 to +111.6; allowed 10.0), p < 1e-12 <= 0.00014"
    )


@pytest.mark.long
def test_a_quantile_of_latencies_of_equal_minutes_has_their_noise() -> None:
    """5 % from minute to minute is all that a million requests do not reduce."""
    samples = {"canary": make_sample(1_000_000, median_ms=112), "stable": make_sample(1_000_000)}
    plan = replace(PLAN, latency_quantiles={"p50": 0})
    few, many = (analyze(samples, plan, 1, minutes)["latencyP50"] for minutes in (3, 300))
    assert few.low < 0 < many.low < 12 < many.high
    assert many.high - many.low == pytest.approx((few.high - few.low) / 10, rel=0.1)


def test_evidence_of_the_whole_step_finds_what_a_late_analysis_alone_would_not() -> None:
    samples = {"canary": make_sample(3_000, 84), "stable": make_sample(57_000, 570)}
    plan = replace(PLAN, max_error_rate_increase=0.5, latency_quantiles={})
    assert not analyze(samples, plan, 1_000, 60, 0)["errorRate"].has_failed
    assert analyze(samples, plan, 1_000, 60, 1)["errorRate"].has_failed


def test_versions_without_histograms_have_no_quantiles() -> None:
    assert list(analyze({"canary": sample(), "stable": sample()}, PLAN, 1, 9)) == ["errorRate", "latency"]


def test_with_a_baseline_the_canary_is_compared_with_it() -> None:
    samples = {"canary": sample(errors=500), "baseline": sample(errors=480), "stable": sample(errors=10)}
    results = analyze(samples, replace(PLAN, baseline=True), 1, 9)
    assert (results["errorRate"].stable, results["errorRate"].has_failed) == (4.8, False)
    assert describe({"latency": results["latency"]}, samples).startswith(
        "latency: canary 100.0 ms, baseline 100.0 ms, "
    )


def test_every_test_names_the_baseline_where_it_is_the_reference() -> None:
    plan = replace(PLAN, baseline=True)
    samples = {"canary": make_sample(3_000), "baseline": make_sample(3_000)}
    described = describe(analyze(samples, plan, 1, 9), samples).split("; latency")
    assert len(described) == 4
    assert all(", baseline " in one and "stable" not in one for one in described)


def test_results_of_an_earlier_version_have_no_interval() -> None:
    before = {"canary": 1.0, "stable": 1.0, "limit": 2.0, "pValue": 0.5, "alpha": 0.001}
    assert not TestResult.from_json(before).has_interval
    results = {"latency": TestResult.from_json(before)}
    assert describe(results, {}) == "latency: canary 1.0 ms, stable 1.0 ms, p = 0.5 > 0.001"
