"""The metrics that a sample is made of: queries for GetMetricData, their pages, and the sample of the sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from controller.analysis.plan import Plan
from controller.analysis.sample import CANARY, THRESHOLDS_MS, Sample

T = TypeVar("T")
Values = Mapping[str, Mapping[datetime, float]]
"""By the ID of a query and by minute."""


class UnreadableError(Exception):
    """Metrics or alarms that cannot be read now; the text has the Regions and the reasons."""


PERIOD_SECONDS = 60
STATISTICS = {
    "requests": ("Requests", "Sum"),
    "responses": ("Errors", "SampleCount"),
    "server_errors": ("Errors", "Sum"),
    "latencies": ("LogLatency", "SampleCount"),
    "log_sum": ("LogLatency", "Sum"),
    "log_squares": ("LogLatencySquared", "Sum"),
}
"""The metric and statistic of each field of a Sample. Every response has one value of Errors: 1 or 0."""
LATENCY_METRIC = "LatencyMs"
RANKS = {f"upto_{threshold}": f"PR(:{threshold})" for threshold in THRESHOLDS_MS}
"""Percentile ranks, percent of the values up to a threshold ("CloudWatch statistics definitions"). With the number of
values they are counts, which can be added over minutes and Regions; percentiles cannot."""
RANKED, _LAST_RANK = "ranked", f"upto_{THRESHOLDS_MS[-1]}"
OVERDUE = "overdue:"
MAX_PAGES = 1_000
FREE_STATISTICS = 5


def query_statistics(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return the metric and statistic of each query of a version, with ranks where the plan judges quantiles."""
    return STATISTICS | {name: (LATENCY_METRIC, rank) for name, rank in RANKS.items() if plan.latency_quantiles}


def billed_metrics(plan: Plan) -> int:
    """Return the metrics that AWS bills for each version and request: up to five statistics of a metric are one.

    Each further statistic of the same metric counts as one more ("Amazon CloudWatch pricing").
    """
    ranks = len(query_statistics(plan)) - len(STATISTICS)
    return len({metric for metric, _ in STATISTICS.values()}) + (1 + max(0, ranks - FREE_STATISTICS) if ranks else 0)


def queries(plan: Plan, namespace: str, stack: str) -> list[dict[str, Any]]:
    """Return the queries of canary and reference: by group where there is a baseline, else by version."""
    dimension = "Group" if plan.baseline else "Version"
    found: list[dict[str, Any]] = []
    for value in (plan.reference, CANARY):
        dimensions = [{"Name": "Stack", "Value": stack}, {"Name": dimension, "Value": value}]
        for name, (metric, statistic) in query_statistics(plan).items():
            what = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
            stat = {"Metric": what, "Period": PERIOD_SECONDS, "Stat": statistic}
            found.append({"Id": f"{value}_{name}", "MetricStat": stat, "ReturnData": True})
    return found


def split_minutes(regions: Iterable[Values]) -> Iterator[list[Values]]:
    """Yield the values of each minute, in order, by Region."""
    regions = [*regions]
    for at in sorted({at for values in regions for by_minute in values.values() for at in by_minute}):
        yield [{name: {at: found[at]} for name, found in values.items() if at in found} for values in regions]


def add_sums(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the sums of Regions or minutes, together."""
    totals: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            totals[name] = totals.get(name, 0.0) + value
    return totals


def sums(values: Values, overdue_before: datetime | None) -> dict[str, float]:
    """Return {query ID: sum}, and by OVERDUE + ID that of the minutes before this time, or of all. Ranks become counts,
    of the latencies by group + RANKED. A metric without data has no values.
    """
    found: dict[str, float] = {}
    for name, by_minute in values.items():
        group, _, field = name.partition("_")
        latencies = values.get(f"{group}_latencies", {})
        if field == _LAST_RANK:
            found[f"{group}_{RANKED}"] = sum(latencies.get(at, 0.0) for at in by_minute)
        for at, value in by_minute.items():
            added = value / 100 * latencies.get(at, 0.0) if field in RANKS else value
            found[name] = found.get(name, 0.0) + added
            if overdue_before is None or at < overdue_before:
                found[OVERDUE + name] = found.get(OVERDUE + name, 0.0) + added
    return found


def results(
    client: Any, queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime
) -> Iterator[Mapping[str, Any]]:
    """Yield the results of GetMetricData, of all pages."""
    parameters = {"MetricDataQueries": queries, "StartTime": start, "EndTime": end}
    for _ in range(MAX_PAGES):
        page = client.get_metric_data(**parameters)
        yield from page["MetricDataResults"]
        if not page.get("NextToken"):
            return
        parameters["NextToken"] = page["NextToken"]


def read(
    client: Any, queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime
) -> dict[str, dict[datetime, float]]:
    """Return the values by query ID and minute, of all pages."""
    values: dict[str, dict[datetime, float]] = {}
    found = [*results(client, queries, start, end)]
    for result in found:
        values.setdefault(result["Id"], {}).update(zip(result["Timestamps"], result["Values"], strict=True))
    if problem := incomplete_codes(found):
        raise UnreadableError(problem)
    return values


def incomplete_codes(found: Iterable[Mapping[str, Any]]) -> str:
    """Return the status codes of queries that are incomplete on the last page that has them; "" without any."""
    codes = {result["Id"]: result.get("StatusCode", "Complete") for result in found}
    return ", ".join(sorted(set(codes.values()) - {"Complete"}))


def read_regions(regions: Iterable[str], read_one: Callable[[str], T]) -> dict[str, T]:
    """Return what `read_one` returns for each Region, all read at the same time.

    UnreadableError names each Region with no or partial data.
    """
    with ThreadPoolExecutor(max_workers=8) as threads:
        futures = {region: threads.submit(read_one, region) for region in regions}
    found: dict[str, T] = {}
    errors: list[str] = []
    for region, future in futures.items():
        try:
            found[region] = future.result()
        except (BotoCoreError, ClientError, UnreadableError) as error:
            errors.append(f"{region} ({error})")
    if errors:
        raise UnreadableError(f"the metrics cannot be read in {', '.join(errors)}")
    return found


def make_sample(totals: Mapping[str, float], group: str) -> Sample:
    """Make the sample of requests that have a response and of those that can get none any more."""
    values = {field: totals.get(f"{group}_{field}", 0.0) for field in STATISTICS}
    requests, responses = (totals.get(f"{OVERDUE}{group}_{field}", 0.0) for field in ("requests", "responses"))
    return Sample(
        requests=round(values["responses"] + max(0.0, requests - responses)),
        responses=round(values["responses"]),
        server_errors=round(values["server_errors"]),
        latencies=round(values["latencies"]),
        log_sum=values["log_sum"],
        log_squares=values["log_squares"],
        histogram=_histogram(totals, group),
    )


def _histogram(totals: Mapping[str, float], group: str) -> tuple[int, ...]:
    """Return the latencies between the thresholds, of minutes and Regions with ranks; none where no ranks were read.

    A minute without ranks would else be one of latencies above the last threshold.
    """
    if not any(f"{group}_{name}" in totals for name in RANKS):
        return ()
    ranked = round(totals.get(f"{group}_{RANKED}", 0.0))
    upto = [round(totals.get(f"{group}_{name}", 0.0)) for name in RANKS]
    return tuple(max(0, above - below) for below, above in pairwise((0, *upto, max(ranked, upto[-1]))))
