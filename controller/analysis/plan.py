"""The plan of a rollout, and the windows of time in which its steps are analyzed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from controller.analysis.document import Document, count, flag, number, one_of, read_list, read_map, text
from controller.analysis.own_metric import OwnMetric
from controller.analysis.sample import BASELINE, STABLE

HOLD, WARN = "hold", "warn"
"""Actions for a sample ratio mismatch (`onSampleRatioMismatch`), beside ROLL_BACK."""
PAUSE, WAIT, ROLL_BACK = "pause", "wait", "roll-back"
"""Actions for an inconclusive step (`onInconclusive`)."""
QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
"""The share of the latencies that is below, by name."""
MIRROR_SECONDS = 70
"""Until every edge location has a percentage from a key-value store: the controller's next run, and 10 s to propagate,
for which AWS gives no figure."""
_REPLICATION_SECONDS = 2
LONGEST_RECENT_SECONDS = 3_600
LONGEST_SECONDS = 14 * 86_400
"""CloudWatch keeps metrics by the minute for 15 days ("CloudWatch concepts")."""


def _steps(value: object) -> tuple[float, ...]:
    steps = read_list(number(0, 100))(value)
    if not steps or list(steps) != sorted(set(steps)):
        raise ValueError
    return steps


def _quantiles(value: object) -> dict[str, float]:
    increases = read_map(number(0, 1_000_000))(value)
    if not increases.keys() <= QUANTILES.keys():
        raise ValueError
    return increases


@dataclass(frozen=True)
class Plan(Document):
    """The section `rollout` of the stack's config at the start of the rollout; later changes do not apply to it.

    `steps` are rising percentages. `max_error_rate_increase` is in percentage points, `max_latency_increase` in
    percent of the geometric mean. `minimum_requests` applies to each version. With `baseline` the canary is compared
    with the group of stable's new visitors that is of the same age. `metrics` are further ones, by name;
    `latency_quantiles` has the accepted increase in percent, by name.
    """

    steps: tuple[float, ...] = (1, 5, 25, 50, 100)
    interval_seconds: int = 600
    max_error_rate_increase: float = 1
    max_latency_increase: float = 20
    minimum_requests: int = 500
    on_inconclusive: str = PAUSE
    alarms: tuple[str, ...] = ()
    baseline: bool = False
    on_sample_ratio_mismatch: str = HOLD
    metrics: Mapping[str, OwnMetric] = field(default_factory=dict[str, OwnMetric])
    latency_quantiles: Mapping[str, float] = field(default_factory=dict[str, float])

    READERS: ClassVar = {
        "steps": _steps,
        "interval_seconds": count(least=1),
        "max_error_rate_increase": number(0, 100),
        "max_latency_increase": number(0, 1_000_000),
        "minimum_requests": count(least=1),
        "on_inconclusive": one_of((PAUSE, WAIT, ROLL_BACK)),
        "alarms": read_list(text),
        "baseline": flag,
        "on_sample_ratio_mismatch": one_of((HOLD, ROLL_BACK, WARN)),
        "metrics": read_map(OwnMetric.from_json),
        "latency_quantiles": _quantiles,
    }
    ADDED: ClassVar = ("baseline", "on_sample_ratio_mismatch", "metrics", "latency_quantiles")

    @property
    def reference(self) -> str:
        """The version or group that the canary is compared with."""
        return BASELINE if self.baseline else STABLE


@dataclass(frozen=True)
class Timing:
    """Timing of metrics: whole periods, known `lag_seconds` late. A step's first `settle_seconds` do not count."""

    period_seconds: int = 60
    lag_seconds: int = 60
    settle_seconds: int = 12


def settle_seconds(refresh_seconds: int, mirror_seconds: int = 0) -> int:
    """Return the time until a new percentage is effective everywhere.

    Every instance of the router reads it within `refresh_seconds` (`control.refreshSeconds`) and 2 s of replication
    lag, every edge location after `mirror_seconds`; 0 without a key-value store.
    """
    return max(refresh_seconds + _REPLICATION_SECONDS, mirror_seconds)


@dataclass(frozen=True)
class Window:
    """The time from `start` until just before `end`, in seconds since 1970; both begin a period."""

    start: int
    end: int


def windows(step_started_at: int, interval_seconds: int, now: float, timing: Timing) -> Iterator[Window]:
    """Yield the window to analyze, and a longer one in case it has too few requests; none before there are metrics.

    The first is the last interval, an hour at most: hours of good metrics must not hide a bad one. The second is the
    whole step.
    """
    period = timing.period_seconds
    end = (int(now) - timing.lag_seconds) // period * period
    begin = -(-(step_started_at + timing.settle_seconds) // period) * period
    begin = max(begin, end - LONGEST_SECONDS)
    recent = end - max(period, min(interval_seconds, LONGEST_RECENT_SECONDS) // period * period)
    if begin < recent:
        yield Window(recent, end)
    if begin < end:
        yield Window(begin, end)
