"""Samples out of CloudWatch: what the router's log lines carry as metrics, in every Region where it runs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.sample import CANARY, STABLE, Sample
from controller.sources import UnreadableError

PERIOD_SECONDS = 60
VERSIONS = (STABLE, CANARY)
FIGURES = {
    "requests": ("Requests", "Sum"),
    "responses": ("Errors", "SampleCount"),
    "server_errors": ("Errors", "Sum"),
    "latencies": ("LogLatency", "SampleCount"),
    "log_sum": ("LogLatency", "Sum"),
    "log_squares": ("LogLatencySquared", "Sum"),
}
"""Fields of a Sample, and the metric and statistic that they are. Each answer has one value for Errors: 1 or 0."""
MAX_PAGES = 1_000


class CloudWatchMetrics:
    """Asks every Region at the same time: `clients` are boto3's for CloudWatch, by Region."""

    def __init__(self, clients: Mapping[str, Any], namespace: str, stack: str) -> None:
        self._clients, self._namespace, self._stack = clients, namespace, stack

    def samples(self, start: int, end: int) -> Mapping[str, Sample]:
        """The sums of all Regions; UnreadableError names each Region that did not answer, or not fully."""
        with ThreadPoolExecutor(max_workers=8) as threads:
            answers = {
                region: threads.submit(self._sums, client, start, end) for region, client in self._clients.items()
            }
        problems: list[str] = []
        totals: dict[str, float] = {}
        for region, answer in answers.items():
            try:
                for name, value in answer.result().items():
                    totals[name] = totals.get(name, 0.0) + value
            except (BotoCoreError, ClientError, UnreadableError) as error:
                problems.append(f"{region} ({error})")
        if problems:
            raise UnreadableError(f"the metrics cannot be read in {', '.join(problems)}")
        return {version: _sample(totals, version) for version in VERSIONS}

    def _sums(self, client: Any, start: int, end: int) -> dict[str, float]:
        """{query's id: sum over the window}; a metric that was never seen has no values."""
        parameters = {
            "MetricDataQueries": [self._query(version, field) for version in VERSIONS for field in FIGURES],
            "StartTime": datetime.fromtimestamp(start, UTC),
            "EndTime": datetime.fromtimestamp(end, UTC),
        }
        sums: dict[str, float] = {}
        codes: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            page = client.get_metric_data(**parameters)
            for result in page["MetricDataResults"]:
                sums[result["Id"]] = sums.get(result["Id"], 0.0) + sum(result["Values"])
                codes[result["Id"]] = result.get("StatusCode", "Complete")
            if not page.get("NextToken"):
                break
            parameters["NextToken"] = page["NextToken"]
        if wrong := sorted({code for code in codes.values() if code != "Complete"}):
            raise UnreadableError(", ".join(wrong))
        return sums

    def _query(self, version: str, field: str) -> dict[str, Any]:
        name, statistic = FIGURES[field]
        dimensions = [{"Name": "Stack", "Value": self._stack}, {"Name": "Version", "Value": version}]
        metric = {"Namespace": self._namespace, "MetricName": name, "Dimensions": dimensions}
        stat = {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": statistic}
        return {"Id": f"{version}_{field}", "MetricStat": stat, "ReturnData": True}


def _sample(totals: Mapping[str, float], version: str) -> Sample:
    values = {field: totals.get(f"{version}_{field}", 0.0) for field in FIGURES}
    return Sample(
        requests=round(values["requests"]),
        responses=round(values["responses"]),
        server_errors=round(values["server_errors"]),
        latencies=round(values["latencies"]),
        log_sum=values["log_sum"],
        log_squares=values["log_squares"],
    )
