"""Metrics by Region, second by second, and the API call of boto3's client that reads them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from simulator.cloudwatch.embedded import Datum, Dimensions, read_line
from simulator.cloudwatch.statistics import Statistics

KEPT_SECONDS = 3 * 3_600
"""CloudWatch keeps metrics by the second as long as that ("CloudWatch concepts", metrics retention)."""
MAX_METRICS = 1_000
"""Different ones in a Region; a dimension that is another one in each line must not fill the memory."""

MAX_DIFFERENT = 500_000
"""Of all Regions, metrics and seconds; about 50 MB."""

Metric = tuple[str, Dimensions, str]
"""Namespace, dimensions, name."""


class CloudWatch:
    """Collects metrics while others read them; may be called from any thread.

    Of a metric the last three hours are kept, of a Region `MAX_METRICS` metrics; what is more is left out and counted
    in `left_out`. For percentiles the different values of each second are kept, up to a number in all. `unreadable` are
    Regions that cannot be read, for drills; it may be changed at any time.
    """

    def __init__(self, max_different: int = MAX_DIFFERENT) -> None:
        self._lock = threading.Lock()
        self._different, self._max_different = 0, max_different
        self._regions: dict[str, dict[Metric, dict[int, Statistics]]] = {}
        self.left_out = 0
        self.unreadable: set[str] = set()

    def collect(self, region: str, line: str) -> None:
        """Take what the line of a log in that Region measures, if it is one that does."""
        for datum in read_line(line):
            self._add(region, datum)

    def statistics(self, region: str, metric: Metric, start: int, end: int) -> Statistics | None:
        """Values from `start` until just before `end` (seconds since 1970) as statistics; None where there are none."""
        with self._lock:
            seconds = self._regions.get(region, {}).get(metric, {})
            found = [seconds[second] for second in range(start, end) if second in seconds]
            total = Statistics()
            for one in found:
                total.merge(one)
        return total if found else None

    @property
    def regions(self) -> list[str]:
        """The Regions that have metrics."""
        with self._lock:
            return sorted(self._regions)

    def _add(self, region: str, datum: Datum) -> None:
        metric, second = (datum.namespace, datum.dimensions, datum.name), datum.at_ms // 1000
        with self._lock:
            metrics = self._regions.setdefault(region, {})
            if metric not in metrics and len(metrics) >= MAX_METRICS:
                self.left_out += 1
                return
            seconds = metrics.setdefault(metric, {})
            if second not in seconds:
                for old in [old for old in seconds if old < second - KEPT_SECONDS]:
                    self._different -= seconds.pop(old).different
            found = seconds.setdefault(second, Statistics())
            self._different -= found.different
            found.add(datum.values)
            if self._different + found.different > self._max_different:
                found.values = None
            self._different += found.different


def metric_data(cloudwatch: CloudWatch, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return GetMetricData's results for a request in JSON, with its Region; times are in seconds since 1970.

    A Region that cannot be read is a document with `error`. KeyError, TypeError or ValueError for a malformed request.
    """
    begin, end = (datetime.fromtimestamp(request[name], UTC) for name in ("start", "end"))
    client = CloudWatchClient(cloudwatch, str(request["region"]))
    try:
        page = client.get_metric_data(MetricDataQueries=request["queries"], StartTime=begin, EndTime=end)
    except ClientError as error:
        return {"error": str(error)}
    for result in page["MetricDataResults"]:
        result["Timestamps"] = [at.timestamp() for at in result["Timestamps"]]
    return page


class CloudWatchClient:
    """Knows a second's metrics at once, and takes a window to the second: AWS has both by the minute, and later."""

    def __init__(self, cloudwatch: CloudWatch, region: str) -> None:
        self._cloudwatch, self._region = cloudwatch, region

    def get_metric_data(
        self,
        *,
        MetricDataQueries: Sequence[Mapping[str, Any]],  # noqa: N803  boto3's name, as the others
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803
    ) -> dict[str, Any]:
        """All of it in one page; ClientError where the Region cannot be read."""
        if self._region in self._cloudwatch.unreadable:
            error = {"Code": "InternalServiceFault", "Message": "unreadable, as a drill has it"}
            raise ClientError({"Error": error}, "GetMetricData")
        found: dict[tuple[Metric, datetime, datetime], Statistics | None] = {}
        return {"MetricDataResults": [self._result(query, StartTime, EndTime, found) for query in MetricDataQueries]}

    def _result(
        self,
        query: Mapping[str, Any],
        start: datetime,
        end: datetime,
        known: dict[tuple[Metric, datetime, datetime], Statistics | None],
    ) -> dict[str, Any]:
        """One value for each period that has any. `known` are those of other statistics of the same metric."""
        stat = query["MetricStat"]
        metric = _metric(stat["Metric"])
        times: list[datetime] = []
        values: list[float] = []
        while start < end:
            following = min(end, start + timedelta(seconds=stat["Period"]))
            span = metric, start, following
            if span not in known:
                seconds = int(start.timestamp()), int(following.timestamp())
                known[span] = self._cloudwatch.statistics(self._region, metric, *seconds)
            found = known[span]
            value = found.value(stat["Stat"]) if found else None
            if value is not None:
                times.append(start)
                values.append(value)
            start = following
        return {"Id": query["Id"], "StatusCode": "Complete", "Timestamps": times, "Values": values}


def _metric(given: Mapping[str, Any]) -> Metric:
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in given["Dimensions"]))
    return given["Namespace"], dimensions, given["MetricName"]
