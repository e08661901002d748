"""What was measured, by Region and metric, second by second."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.cloudwatch.embedded import Datum, Dimensions, read_line

KEPT_SECONDS = 3 * 3_600
"""CloudWatch keeps metrics by the second as long as that ("CloudWatch concepts", metrics retention)."""
MAX_METRICS = 1_000
"""Different ones in a Region; a dimension that is another one in each line must not fill the memory."""

Metric = tuple[str, Dimensions, str]
"""Namespace, dimensions, name."""


@dataclass(slots=True)
class Statistics:
    """Of the values of a time span."""

    count: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0

    def add(self, values: Iterable[float]) -> None:
        """These as well."""
        for value in values:
            self.least = min(self.least, value) if self.count else value
            self.most = max(self.most, value) if self.count else value
            self.count += 1
            self.total += value

    def merge(self, other: Statistics) -> None:
        """The values of another span as well."""
        if other.count:
            self.least = min(self.least, other.least) if self.count else other.least
            self.most = max(self.most, other.most) if self.count else other.most
            self.count += other.count
            self.total += other.total


class CloudWatch:
    """Collects metrics while others read them; may be called from any thread.

    Of a metric the last three hours are kept, of a Region `MAX_METRICS` metrics; what is more is left out and counted
    in `left_out`. `unreadable` are Regions that cannot be read, for drills; it may be changed at any time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._regions: dict[str, dict[Metric, dict[int, Statistics]]] = {}
        self.left_out = 0
        self.unreadable: set[str] = set()

    def collect(self, region: str, line: str) -> None:
        """Take what the line of a log in that Region measures, if it is one that does."""
        for datum in read_line(line):
            self._add(region, datum)

    def statistics(self, region: str, metric: Metric, start: int, end: int) -> Statistics | None:
        """Of the values from `start` until just before `end`, in seconds since 1970; None where there are none."""
        with self._lock:
            seconds = self._regions.get(region, {}).get(metric, {})
            found = [seconds[second] for second in range(start, end) if second in seconds]
            total = Statistics()
            for one in found:
                total.merge(one)
        return total if found else None

    def _add(self, region: str, datum: Datum) -> None:
        metric, second = (datum.namespace, datum.dimensions, datum.name), datum.at_ms // 1000
        with self._lock:
            metrics = self._regions.setdefault(region, {})
            if metric not in metrics and len(metrics) >= MAX_METRICS:
                self.left_out += 1
                return
            seconds = metrics.setdefault(metric, {})
            if second not in seconds:
                _forget(seconds, second - KEPT_SECONDS)
            seconds.setdefault(second, Statistics()).add(datum.values)


def _forget(seconds: dict[int, Statistics], before: int) -> None:
    """They come nearly in order, so that the oldest are first."""
    for second in [second for second in seconds if second < before]:
        del seconds[second]
