"""The tests that compare canary and reference: is the canary's error rate or latency higher than the plan allows?"""

from __future__ import annotations

from math import exp

from controller.analysis.latency import test_mean, test_quantile
from controller.analysis.plan import QUANTILES, Plan
from controller.analysis.result import METRIC, Level, TestResult, TestResults, describe_difference, describe_p_value
from controller.analysis.sample import CANARY, STABLE, Sample, Samples, find_sample
from stats import score_test
from stats.alpha_spending import mixture_alpha, spent_alpha
from stats.always_valid import difference_limits, log_evidence

MIN_LATENCY_PERIODS = 3


def analyze(samples: Samples, plan: Plan, analysis: int, periods: float, beginning: int = 0) -> TestResults:
    """Run the tests of a step's interim analysis number `analysis`, of a window of `periods` minutes.

    `beginning` is that of the step, from 1, with which the window begins; 0 for a window that begins later, so that
    evidence from the step's begin on is none of this window's. Latencies are left out in the first two periods, and
    with fewer than `minimumRequests` latencies of a version.
    """
    canary, reference = find_sample(samples, CANARY), find_sample(samples, plan.reference)
    level = Level(spent_alpha(analysis, len(plan.steps)), mixture_alpha(beginning, len(plan.steps)))
    results = {"errorRate": _test_error_rate(canary, reference, plan, level)}
    measured = min(canary.latencies, reference.latencies)
    if periods < MIN_LATENCY_PERIODS or measured < max(2, plan.minimum_requests):
        return results
    results["latency"] = test_mean(canary, reference, plan, level, periods)
    if min(sum(canary.histogram), sum(reference.histogram)) >= plan.minimum_requests:
        for name, increase in plan.latency_quantiles.items():
            results[f"latency{name.upper()}"] = test_quantile(
                canary, reference, QUANTILES[name], increase, level, periods
            )
    return results


def missing_requests(samples: Samples, plan: Plan) -> str:
    """Describe which versions have less than the minimum; "" where both have it."""
    counts = {version: find_sample(samples, version).trials for version in (CANARY, plan.reference)}
    short = [f"{version} has {count:,}" for version, count in counts.items() if count < plan.minimum_requests]
    return f"{' and '.join(short)} of at least {plan.minimum_requests:,} requests" if short else ""


def describe(results: TestResults, samples: Samples) -> str:
    """Return the statistics of these tests in one line."""
    return "; ".join(_describe(name, result, samples) for name, result in results.items())


def _test_error_rate(canary: Sample, reference: Sample, plan: Plan, level: Level) -> TestResult:
    """Judge by the score test at the alpha of this analysis, or by the evidence since the step's beginning."""
    increase = plan.max_error_rate_increase
    counts = canary.errors, canary.trials, reference.errors, reference.trials
    p_value, alpha = score_test.p_value(*counts, increase / 100), level.spent
    low = score_test.low_limit(*counts, alpha)
    evident, high = difference_limits(*counts, level.mixed or alpha)
    if level.mixed:
        low = max(low, evident)
        evidence = exp(-max(0.0, log_evidence(*counts, increase / 100)))
        if evidence * alpha < p_value * level.mixed:
            p_value, alpha = evidence, level.mixed
    percent = 100 * reference.error_rate
    return TestResult(
        100 * canary.error_rate,
        percent,
        percent + increase,
        p_value,
        alpha,
        100 * canary.error_rate - percent,
        100 * low,
        100 * high,
        increase,
    )


def _describe(name: str, result: TestResult, samples: Samples) -> str:
    reference = next((version for version in samples if version != CANARY), STABLE)
    if name.startswith(METRIC):
        figures = f"canary {result.canary:.4g}, stable {result.stable:.4g}, limit {result.limit:.4g}"
        return f"metric {name.removeprefix(METRIC)}: {figures}, {describe_p_value(result.p_value, result.alpha)}"
    return _describe_error_rate(result, samples) if name == "errorRate" else _describe_latency(name, result, reference)


def _describe_error_rate(result: TestResult, samples: Samples) -> str:
    rates = (
        _describe_rate(version, sample, result.canary if version == CANARY else result.stable)
        for version, sample in sorted(samples.items(), key=lambda entry: entry[0] != CANARY)
    )
    return f"errors: {', '.join(rates)}, {describe_difference(result, 'points', 2)}"


def _describe_rate(version: str, sample: Sample, compared: float) -> str:
    """`stable 1.00 % (50 of 5,000)`, or `stable 2.10 % by the canary's minutes (1.00 %, 50 of 5,000)`."""
    seen, counts = f"{100 * sample.error_rate:.2f} %", f"{sample.errors:,} of {sample.trials:,}"
    if f"{compared:.2f} %" == seen:
        return f"{version} {seen} ({counts})"
    return f"{version} {compared:.2f} % by the canary's minutes ({seen}, {counts})"


def _describe_latency(name: str, result: TestResult, reference: str) -> str:
    label = f"latency {name.removeprefix('latency').lower()}".rstrip()
    times = f"canary {result.canary:.1f} ms, {reference} {result.stable:.1f} ms"
    return f"{label}: {times}, {describe_difference(result, '%', 1)}"
