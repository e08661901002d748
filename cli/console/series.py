"""Requests, errors and latency of each version and Region over the last hour, from CloudWatch or the local edge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.console.stacks import Documents, Opened, describe_problems
from cli.output.errors import OperationError
from cli.stacks.aws_errors import describe_error
from controller.analysis.sample import CANARY, STABLE
from controller.sources.metric_data import incomplete_codes, results
from infra.package.baked_config import METRICS_NAMESPACE

POINTS = 60
PERIOD_SECONDS, LOCAL_PERIOD_SECONDS = 60, 5
STATISTICS = {
    "requests": ("Requests", "Sum"),
    "errors": ("Errors", "Sum"),
    "latencies": ("LogLatency", "SampleCount"),
    "logSum": ("LogLatency", "Sum"),
}
"""All can be added over Regions, as the controller does."""
Sums = dict[tuple[str, str], list[float]]
"""A value for each point of time, by version and statistic."""


class SeriesDocuments(Documents):
    """Makes the document of a stack's metrics; its `problem` also says which Regions are missing."""

    def _document(self, opened: Opened) -> dict[str, Any]:
        return read_series(opened, self._clock())


def read_series(opened: Opened, now: float) -> dict[str, Any]:
    """Return a series for each version and Region that has metrics."""
    if not opened.stack.settings.has_metrics:
        return {"problem": "this stack has no metrics: they come with `rollout` or `alarms`", "regions": {}}
    period = PERIOD_SECONDS if opened.here is None else LOCAL_PERIOD_SECONDS
    end = int(now) // period * period
    times = [end - period * number for number in range(POINTS, 0, -1)]
    regions = _regions(opened)
    with ThreadPoolExecutor(max_workers=8) as threads:
        found = list(threads.map(_try_region, repeat(opened), regions, repeat(times), repeat(period)))
    problems = {region: problem for region, (_, problem) in zip(regions, found, strict=True) if problem}
    sums = {region: one for region, (one, _) in zip(regions, found, strict=True) if one}
    return {
        "problem": describe_problems(problems),
        "periodSeconds": period,
        "times": times,
        "regions": {region: _as_json(one) for region, one in sums.items()},
    }


def _regions(opened: Opened) -> Sequence[str]:
    if opened.here is not None:
        return [str(region) for region in opened.here.status.get("metricRegions", [])]
    return opened.stack.settings.logs.regions


def _try_region(opened: Opened, region: str, times: Sequence[int], period: int) -> tuple[Sums, str]:
    """Read a Region: its values, and why they are missing or incomplete; "" where they are complete."""
    try:
        return _read_region(opened, region, times, period)
    except (BotoCoreError, ClientError) as error:
        return {}, describe_error(error, region)
    except OperationError as error:
        return {}, str(error)


def _read_region(opened: Opened, region: str, times: Sequence[int], period: int) -> tuple[Sums, str]:
    queries = [_query(opened, version, name, period) for version in (STABLE, CANARY) for name in STATISTICS]
    positions = {at: position for position, at in enumerate(times)}
    sums: Sums = {}
    found = _results(opened, region, queries, times[0], times[-1] + period)
    for result in found:
        version, _, name = str(result["Id"]).partition("_")
        for at, value in zip(result["Timestamps"], result["Values"], strict=True):
            second = int(at.timestamp() if isinstance(at, datetime) else at)
            if second in positions:
                sums.setdefault((version, name), [0.0] * len(times))[positions[second]] = value
    incomplete = incomplete_codes(found)
    return sums, f"the metrics are incomplete ({incomplete})" if incomplete else ""


def _results(
    opened: Opened, region: str, queries: Sequence[Mapping[str, Any]], start: int, end: int
) -> Sequence[Mapping[str, Any]]:
    if opened.here is not None:
        request = {"region": region, "queries": queries, "start": start, "end": end}
        return opened.here.metric_data(request)["MetricDataResults"]
    begin, finish = (datetime.fromtimestamp(at, UTC) for at in (start, end))
    return list(results(opened.client("cloudwatch", region), queries, begin, finish))


def _query(opened: Opened, version: str, name: str, period: int) -> dict[str, Any]:
    metric, statistic = STATISTICS[name]
    dimensions = [{"Name": "Stack", "Value": opened.stack.prefix}, {"Name": "Version", "Value": version}]
    found = {"Namespace": METRICS_NAMESPACE, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": f"{version}_{name}", "MetricStat": {"Metric": found, "Period": period, "Stat": statistic}}


def _as_json(sums: Sums) -> dict[str, dict[str, list[float]]]:
    """By version: requests and errors, and latencies as count and sum of logarithms, which the page can add."""
    versions = {version for version, _ in sums}
    return {
        version: {name: [_round(value) for value in sums.get((version, name), ())] for name in STATISTICS}
        for version in sorted(versions)
    }


def _round(value: float) -> float:
    return round(value, 3) if math.isfinite(value) and value != int(value) else int(value)
