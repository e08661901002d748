"""The call of CloudWatch's API that the rollout controller makes, as boto3's client of one Region has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from simulator.cloudwatch.metrics import CloudWatch, Metric, Statistics

VALUES: Mapping[str, Callable[[Statistics], float]] = {
    "Sum": lambda found: found.total,
    "SampleCount": lambda found: float(found.count),
    "Average": lambda found: found.total / found.count,
    "Minimum": lambda found: found.least,
    "Maximum": lambda found: found.most,
}
"""By statistic."""


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
        return {"MetricDataResults": [self._result(query, StartTime, EndTime) for query in MetricDataQueries]}

    def _result(self, query: Mapping[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
        """One value for each period that has any."""
        stat = query["MetricStat"]
        times: list[datetime] = []
        values: list[float] = []
        while start < end:
            following = min(end, start + timedelta(seconds=stat["Period"]))
            if found := self._statistics(stat["Metric"], start, following):
                times.append(start)
                values.append(VALUES[stat["Stat"]](found))
            start = following
        return {"Id": query["Id"], "StatusCode": "Complete", "Timestamps": times, "Values": values}

    def _statistics(self, metric: Mapping[str, Any], start: datetime, end: datetime) -> Statistics | None:
        dimensions = tuple(sorted((one["Name"], one["Value"]) for one in metric["Dimensions"]))
        named: Metric = (metric["Namespace"], dimensions, metric["MetricName"])
        return self._cloudwatch.statistics(self._region, named, int(start.timestamp()), int(end.timestamp()))
