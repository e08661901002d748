"""What the controller asks and tells, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log

from bench.rollouts.simulation import MemoryStore
from controller.analysis.own_metric import OwnMetric, Series
from controller.analysis.plan import Plan, Window
from controller.analysis.same_minutes import Measured
from controller.analysis.sample import Sample
from controller.reconcile import Controller, Outcome
from controller.rollout import transitions
from controller.rollout.events import Announcement, Event
from controller.rollout.state import Rollout
from controller.rollout.store import Items, Store
from controller.sources.cloudwatch import UnreadableError
from router.control.live import Live

BEGIN = 1_800_000_000
PLAN = Plan(steps=(5, 25, 100), interval_seconds=600)


def sample(requests: int = 10_000, errors: int = 100, latency_ms: float = 100, spread: float = 0.5) -> Sample:
    """All of them answered, with latencies that have exactly this mean and spread of their logarithm."""
    mean = log(latency_ms)
    squares = spread**2 * (requests - 1) + requests * mean**2
    return Sample(requests, requests, errors, requests, requests * mean, squares)


HEALTHY = {"stable": sample(), "canary": sample()}
FAILING = {"stable": sample(), "canary": sample(errors=1_000)}
FEW = {"stable": sample(), "canary": sample(499, 5)}
ALONE = {"canary": sample()}


@dataclass
class Sources:
    """Metrics, alarms, people and key values at once. `meanwhile` runs while the metrics are asked."""

    found: Mapping[str, Sample] = field(default_factory=lambda: HEALTHY)
    unreadable: str = ""
    alarms: Mapping[str, str] = field(default_factory=dict[str, str])
    alarms_unreadable: str = ""
    notified: list[Event] = field(default_factory=list[Event])
    news: list[Announcement] = field(default_factory=list[Announcement])
    notification_error: str = ""
    synced: list[Live] = field(default_factory=list[Live])
    sync_error: str = ""
    windows: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    found_by_minute: Sequence[Mapping[str, Sample]] = ()
    meanwhile: Callable[[], object] = lambda: None
    visitors: Mapping[str, int] = field(default_factory=dict[str, int])
    own: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    own_unreadable: str = ""

    def measure(self, start: int, end: int, plan: Plan) -> Measured:
        self.windows.append((start, end))
        self.meanwhile()
        if self.unreadable:
            raise UnreadableError(self.unreadable)
        return Measured(self.found, self.found_by_minute)

    def new_visitors(self, window: Window, plan: Plan, period_seconds: int) -> Mapping[str, Mapping[int, float]]:
        """As many of each group in every minute; the baseline only where the plan has one."""
        minutes = range(window.start, window.end, period_seconds)
        groups = {group: count for group, count in self.visitors.items() if plan.baseline or group != "baseline"}
        return {group: dict.fromkeys(minutes, float(count)) for group, count in groups.items()}

    def own_metric(self, metric: OwnMetric, window: Window, period_seconds: int) -> Mapping[str, Series]:
        """The same mean, one apart in every other minute, and as many samples in every minute of a version."""
        if self.own_unreadable:
            raise UnreadableError(self.own_unreadable)
        assert metric.namespace == "Shop"
        found: dict[str, Series] = {}
        for version in ("stable", "canary"):
            mean, samples = self.own.get(version, (0, 0))
            minutes = range(window.start, window.end, period_seconds) if samples else ()
            sums = {at: samples * (mean + at // period_seconds % 2) for at in minutes}
            sizes = dict.fromkeys(minutes, samples)
            found[version] = Series(sums, sizes, sizes)
        return found

    def in_alarm(self, arns: Sequence[str]) -> Sequence[str]:
        if self.alarms_unreadable:
            raise UnreadableError(self.alarms_unreadable)
        return [arn for arn in arns if self.alarms.get(arn) == "ALARM"]

    def send(self, news: Announcement, rollout: Rollout) -> None:
        if self.notification_error:
            raise RuntimeError(self.notification_error)
        self.notified.append(news.event)
        self.news.append(news)

    def sync(self, read_live: Callable[[], Live]) -> bool:
        if self.sync_error:
            raise RuntimeError(self.sync_error)
        live = read_live()
        is_new = not self.synced or self.synced[-1] != live
        if is_new:
            self.synced.append(live)
        return is_new


class World:
    """A rollout that has just begun, of which everybody has been told, and the time."""

    def __init__(self, plan: Plan = PLAN, store: Store | None = None) -> None:
        self.memory = MemoryStore()
        self.store: Store = store or self.memory
        self.sources = Sources()
        self.now = float(BEGIN)
        self.controller = Controller(
            self.store,
            self.sources,
            self.sources,
            {"notification": self.sources},
            lambda: self.now,
            key_values=self.sources,
            series=self.sources,
        )
        self.ask(lambda items, now: replace(transitions.start(plan, items, now), pending=()))

    @property
    def rollout(self) -> Rollout:
        rollout = self.store.read().rollout
        assert rollout is not None
        return rollout

    def ask(self, transition: Callable[[Items, float], Rollout]) -> Rollout:
        """What a person does by a command."""
        items = self.store.read()
        self.store.write(transition(items, self.now), items)
        return self.rollout

    def reconcile(self, minutes: float = 0, found: Mapping[str, Sample] | None = None) -> Outcome:
        """Reconcile that many minutes later."""
        self.now += 60 * minutes
        if found is not None:
            self.sources.found = found
        return self.controller.reconcile()
