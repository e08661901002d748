"""Checks of a step besides errors and latency: the sample ratio, and the metrics of the plan's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from controller.analysis.own_metric import MetricSample, OwnMetric, Series, judge
from controller.analysis.plan import HOLD, ROLL_BACK, Plan, Timing, Window
from controller.analysis.result import METRIC, TestResult
from controller.analysis.sample import CANARY, STABLE
from controller.analysis.sample_ratio import MISMATCH, Minutes, SampleRatios, check_ratios, describe_mismatch, is_split
from controller.rollout.state import RUNNING, Rollout
from stats.alpha_spending import ALPHA

LARGEST = 1e120
"""DynamoDB has no number above 1e126 ("Data types")."""
DAY_SECONDS = 86_400
"""Every minute of a window is read in each run: the sample ratio of a longer step begins anew after each day, and
metrics have the last one to two days of it, so that what was enough remains so.
"""


class SeriesSource(Protocol):
    """Metrics by the minute; UnreadableError where a Region cannot be read."""

    def new_visitors(self, window: Window, plan: Plan, period_seconds: int) -> Mapping[str, Minutes]: ...

    def own_metric(self, metric: OwnMetric, window: Window, period_seconds: int) -> Mapping[str, Series]: ...


def measure_further(rollout: Rollout, source: SeriesSource, timing: Timing) -> Rollout:
    """Return the rollout with the sample ratio and its metrics up to its last minute.

    The ratio counts from the interval's start, which is later than the step's where a person has resumed it: what
    they have seen does not stop it again.
    """
    plan, tests, period = rollout.plan, dict(rollout.tests), timing.period_seconds
    if counted := _window(rollout.interval_started_at, rollout, timing, former_days=0):
        ratios: SampleRatios = {}
        if is_split(plan, rollout.step):
            visitors = source.new_visitors(counted, plan, period)
            ratios = check_ratios(visitors, plan, rollout.step, counted.start)
        rollout = replace(rollout, sample_ratio=ratios)
    samples: dict[str, MetricSample] = {}
    if window := _window(rollout.step_started_at, rollout, timing, former_days=1):
        for name, metric in plan.metrics.items():
            series = source.own_metric(metric, window, period)
            samples[name], found = judge(metric, series[CANARY], series[STABLE])
            if found is not None:
                canary, stable, limit = map(_clamp, (found.canary, found.stable, found.limit))
                result = TestResult(canary, stable, limit, found.p_value, ALPHA / len(plan.steps))
                tests[f"{METRIC}{name}"] = result
    return replace(rollout, metrics=samples, tests=tests)


def mismatch(rollout: Rollout) -> str:
    """Describe the sample ratio mismatch of the step; "" where there is none."""
    return describe_mismatch(rollout.sample_ratio)


def add_warning(rollout: Rollout, warning: str) -> Rollout:
    """Return the rollout with this warning in its reason, in place of that of an earlier run where a wait goes on."""
    return rollout.explain(f"{rollout.reason.partition(f'; {MISMATCH}')[0]}; {warning}") if warning else rollout


def act_on_mismatch(rollout: Rollout, now: int) -> Rollout:
    """Pause or roll back where the plan says so; return the rollout unchanged otherwise."""
    reason, action = mismatch(rollout), rollout.plan.on_sample_ratio_mismatch
    if reason and action == ROLL_BACK:
        return rollout.roll_back(reason, now)
    return rollout.pause(reason, now) if reason and action == HOLD and rollout.state == RUNNING else rollout


def missing_metrics(rollout: Rollout) -> str:
    """Describe which of the plan's metrics have too little data; "" where none has.

    At 100 % only the canary has new visitors, so its own samples do.
    """
    missing: dict[str, str] = {}
    for name, metric in rollout.plan.metrics.items():
        sample = rollout.metrics.get(name, MetricSample())
        if rollout.canary_percent < 100 or sample.canary < metric.minimum:
            missing[name] = sample.missing(metric)
    return "; ".join(f"metric {name}: {text}" for name, text in missing.items() if text)


def _window(started_at: int, rollout: Rollout, timing: Timing, former_days: int) -> Window | None:
    """Return whole periods up to the last one that was measured, of the day that has begun since this time and of so
    many before it; None where there is none.
    """
    period, end = timing.period_seconds, rollout.measured_until
    start = -(-(started_at + timing.settle_seconds) // period) * period
    if start >= end:
        return None
    return Window(start + max(0, (end - 1 - start) // DAY_SECONDS - former_days) * DAY_SECONDS, end)


def _clamp(value: float) -> float:
    """Return a value that the control table can keep."""
    return max(-LARGEST, min(LARGEST, value))
