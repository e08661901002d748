"""CloudWatch metrics by the minute: new visitors by group, and the metrics of the plan's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controller.analysis.own_metric import PER_REQUEST, OwnMetric, Series
from controller.analysis.plan import Plan, Window
from controller.analysis.sample import BASELINE, CANARY, STABLE
from controller.analysis.sample_ratio import Minutes
from controller.sources.metric_data import read, read_regions

NEW_VISITORS = "NewVisitors"
MAX_QUERIES = 500
"""In one call (GetMetricData, CloudWatch API reference)."""


@dataclass(frozen=True)
class Wanted:
    """A statistic of one metric in one Region."""

    region: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Sum"

    def query(self, number: int, period_seconds: int) -> dict[str, Any]:
        """Return the query with this number, as GetMetricData takes it."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        metric = {"Namespace": self.namespace, "MetricName": self.metric, "Dimensions": dimensions}
        stat = {"Metric": metric, "Period": period_seconds, "Stat": self.statistic}
        return {"Id": f"q{number}", "MetricStat": stat, "ReturnData": True}


class CloudWatchSeries:
    """Reads sums by the period, a minute in AWS. `client_for` returns boto3's client for CloudWatch by Region.

    `regions` are those of the router's metrics, which have this `namespace` and the dimension `stack`.
    """

    def __init__(
        self,
        client_for: Callable[[str], Any],
        regions: Sequence[str],
        namespace: str,
        stack: str,
    ) -> None:
        self._client_for, self._regions = client_for, regions
        self._namespace, self._stack = namespace, stack

    def new_visitors(self, window: Window, plan: Plan, period_seconds: int) -> Mapping[str, Minutes]:
        """Return the new visitors of all Regions by group. UnreadableError."""
        groups = {version: ("Version", version) for version in (STABLE, CANARY)}
        if plan.baseline:
            groups[BASELINE] = ("Group", BASELINE)
        wanted = {group: self._of_router(NEW_VISITORS, dimension) for group, dimension in groups.items()}
        found = self._read([one for parts in wanted.values() for one in parts], window, period_seconds)
        return {group: _sum(found, parts) for group, parts in wanted.items()}

    def own_metric(self, metric: OwnMetric, window: Window, period_seconds: int) -> Mapping[str, Series]:
        """Return a metric's series by version, over its Regions. UnreadableError."""
        wanted: dict[str, tuple[list[Wanted], list[Wanted], list[Wanted]]] = {}
        for version, value in ((STABLE, metric.stable), (CANARY, metric.canary)):
            dimensions = tuple(sorted({**metric.dimensions, metric.version_dimension: value}.items()))
            sums, counts = (
                [Wanted(region, metric.namespace, metric.metric, dimensions, statistic) for region in metric.regions]
                for statistic in ("Sum", "SampleCount")
            )
            is_per_request = metric.compare == PER_REQUEST
            requests = self._of_router("Requests", ("Version", version)) if is_per_request else []
            wanted[version] = sums, counts, requests
        found = self._read([one for parts in wanted.values() for part in parts for one in part], window, period_seconds)
        return {
            version: Series(_sum(found, sums), _sum(found, counts), _sum(found, requests or counts))
            for version, (sums, counts, requests) in wanted.items()
        }

    def _of_router(self, metric: str, dimension: tuple[str, str]) -> list[Wanted]:
        dimensions = (("Stack", self._stack), dimension)
        return [Wanted(region, self._namespace, metric, dimensions) for region in self._regions]

    def _read(self, wanted: Sequence[Wanted], window: Window, period_seconds: int) -> dict[Wanted, dict[int, float]]:
        """Read all Regions at the same time; UnreadableError names each one with no or partial data."""
        by_region: dict[str, list[Wanted]] = {}
        for one in wanted:
            by_region.setdefault(one.region, []).append(one)
        found: dict[Wanted, dict[int, float]] = {}
        for of_region in read_regions(
            by_region, lambda region: self._read_region(by_region[region], window, period_seconds)
        ).values():
            found |= of_region
        return found

    def _read_region(
        self, wanted: Sequence[Wanted], window: Window, period_seconds: int
    ) -> dict[Wanted, dict[int, float]]:
        queries = [one.query(number, period_seconds) for number, one in enumerate(wanted)]
        start, end = (datetime.fromtimestamp(at, UTC) for at in (window.start, window.end))
        found: dict[Wanted, dict[int, float]] = {}
        for first in range(0, len(queries), MAX_QUERIES):
            values = read(self._client_for(wanted[0].region), queries[first : first + MAX_QUERIES], start, end)
            for name, by_time in values.items():
                found[wanted[int(name[1:])]] = {int(at.timestamp()): value for at, value in by_time.items()}
        return found


def _sum(found: Mapping[Wanted, Mapping[int, float]], wanted: Sequence[Wanted]) -> dict[int, float]:
    """Add the Regions, minute by minute."""
    total: dict[int, float] = {}
    for one in wanted:
        for minute, value in found.get(one, {}).items():
            total[minute] = total.get(minute, 0.0) + value
    return total
