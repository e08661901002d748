"""One rollout in simulated time: the real controller once a minute, and the figures drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np

from controller.analysis.plan import Plan, Timing
from controller.analysis.same_minutes import Measured
from controller.analysis.sample import CANARY, STABLE, THRESHOLDS_MS, Sample, find_sample
from controller.reconcile import Controller
from controller.rollout import transitions
from controller.rollout.state import Rollout
from controller.rollout.store import ConflictError, Items, parse_items

MINUTE = 60
BEGIN = 1_800_000_000
MAX_MINUTES = 240
OUTAGE_BEGINS = 40
LOG_EDGES = np.log([1e-9, *THRESHOLDS_MS, 1e99])


@dataclass(frozen=True)
class Traffic:
    """The visitors and versions. Rates as shares; latencies in milliseconds, `log_spread` of their logarithm.

    Noise: a share of requests that is slow, by a factor, and an effect of each minute on both versions alike and on
    each by itself (standard deviations of the logarithm).

    With `visit_minutes`, how long a visit is on average, the canary's share follows the percentage as visits end: who
    is assigned stays. Without, it follows at once. An outage of `outage_minutes` begins in one of the first
    OUTAGE_BEGINS minutes, in which every request to either version fails.
    """

    requests_per_second: float = 50
    error_rate: float = 0.01
    canary_error_rate: float = 0.01
    latency_ms: float = 120
    canary_latency_ms: float = 120
    log_spread: float = 0.6
    canary_log_spread: float = 0.6
    slow_share: float = 0.0
    slow_factor: float = 8.0
    minute_spread: float = 0.0
    own_minute_spread: float = 0.0
    visit_minutes: float = 0.0
    outage_minutes: int = 0


class MemoryStore:
    """The two items in memory, with the condition of the real table: only what was read can be replaced."""

    def __init__(self, *, release: str = "2026-11", percent: str = "0", pin: str = "none", revision: str = "1") -> None:
        self.config(release=release, percent=percent, pin=pin, revision=revision)
        self.rollout: Rollout | None = None

    def config(self, *, release: str = "2026-11", percent: str = "0", pin: str = "none", revision: str = "1") -> None:
        """The config item that `pulumi up` writes."""
        self.config_item = {
            "scope": {"S": "edge"},
            "item": {"S": "config"},
            "canaryPercent": {"N": percent},
            "pin": {"S": pin},
            "release": {"S": release},
            "revision": {"S": revision},
        }

    def read(self) -> Items:
        """Both items as they are now."""
        items = parse_items([self.config_item])
        return items if self.rollout is None else items.with_rollout(self.rollout)

    def write(self, rollout: Rollout, read: Items) -> Items:
        """ConflictError where one of the two is not the one that was read."""
        if self.rollout != read.rollout or self.config_item != read.config_item:
            raise ConflictError("another process wrote at the same time")
        self.rollout = read.next_revision(rollout)
        return read.with_rollout(self.rollout)


@dataclass
class DrawnMetrics:
    """Each minute is drawn once, with the percentage that was in force when it began."""

    traffic: Traffic
    random: np.random.Generator
    minutes: dict[int, dict[str, Sample]] = field(default_factory=dict)
    share: float = 0.0
    outage: range = range(0)

    def __post_init__(self) -> None:
        if self.traffic.outage_minutes:
            begin = int(self.random.integers(OUTAGE_BEGINS))
            self.outage = range(begin, begin + self.traffic.outage_minutes)

    def draw(self, minute: int, canary_percent: float) -> None:
        """The minute that begins at this time."""
        traffic = self.traffic
        followed = 1 - exp(-1 / traffic.visit_minutes) if traffic.visit_minutes else 1.0
        self.share += (canary_percent / 100 - self.share) * followed
        requests = self.random.poisson(traffic.requests_per_second * MINUTE)
        canary = self.random.binomial(requests, min(1.0, self.share))
        effect = self.random.normal(0, traffic.minute_spread)
        stable_latency = traffic.latency_ms, traffic.log_spread
        canary_latency = traffic.canary_latency_ms, traffic.canary_log_spread
        is_down = len(self.minutes) in self.outage
        error_rate, canary_error_rate = (1.0, 1.0) if is_down else (traffic.error_rate, traffic.canary_error_rate)
        self.minutes[minute] = {
            STABLE: self._sample(requests - canary, error_rate, stable_latency, effect),
            CANARY: self._sample(canary, canary_error_rate, canary_latency, effect),
        }

    def measure(self, start: int, end: int, plan: Plan) -> Measured:  # noqa: ARG002  it has them all
        """Return these minutes and their sums."""
        minutes = [self.minutes.get(minute, {}) for minute in range(start, end, MINUTE)]
        found = {
            version: sum((find_sample(minute, version) for minute in minutes), Sample()) for version in (STABLE, CANARY)
        }
        return Measured(found, minutes)

    def _sample(self, requests: int, error_rate: float, latency: tuple[float, float], effect: float) -> Sample:
        traffic, (latency_ms, spread) = self.traffic, latency
        errors = self.random.binomial(requests, error_rate)
        mean = np.log(latency_ms) + effect + self.random.normal(0, traffic.own_minute_spread)
        latencies = self.random.normal(mean, spread, requests)
        latencies += np.log(traffic.slow_factor) * (self.random.random(requests) < traffic.slow_share)
        sums = float(latencies.sum()), float(np.square(latencies).sum())
        counts, _ = np.histogram(latencies, LOG_EDGES)
        return Sample(requests, requests, errors, requests, *sums, tuple(map(int, counts)))


class Silence:
    """No alarms."""

    def in_alarm(self, arns: Sequence[str]) -> Sequence[str]:  # noqa: ARG002  it has none
        """None."""
        return ()


@dataclass(frozen=True)
class Ending:
    """The end of a rollout.

    `since_first_judged`: reconciles from the first with the minimum sample on; `failed` has the tests that failed.
    """

    state: str
    reason: str
    percent: float
    minutes: int
    since_first_judged: int
    failed: tuple[str, ...] = ()


def simulate(plan: Plan, traffic: Traffic, seeds: Sequence[int]) -> Ending:
    """From the start until it is over, or paused, or four hours have gone by."""
    random = np.random.default_rng(list(seeds))
    store, silence, metrics = MemoryStore(), Silence(), DrawnMetrics(traffic, random)
    now = BEGIN + int(random.integers(MINUTE))
    controller = Controller(store, metrics, silence, {}, clock=lambda: now, timing=Timing())
    items = store.write(transitions.start(plan, store.read(), now), store.read())
    judged = minutes = 0
    rollout = items.rollout
    while rollout is not None and rollout.state == "running" and minutes < MAX_MINUTES:
        metrics.draw(now // MINUTE * MINUTE, items.live.percent)
        now += MINUTE
        minutes += 1
        rollout = controller.reconcile().rollout
        items = store.read()
        judged += 1 if judged or (rollout and rollout.analyses) else 0
    assert rollout is not None
    failed = tuple(name for name, result in rollout.tests.items() if result.has_failed)
    return Ending(rollout.state, rollout.reason, rollout.plan.steps[rollout.step], minutes, judged, failed)
