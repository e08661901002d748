"""Samples out of CloudWatch: what the router's log lines carry as metrics, in every Region where it runs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.analysis.sample import CANARY, STABLE, Sample
from controller.sources.sources import UnreadableError

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
OVERDUE = "overdue:"
MAX_PAGES = 1_000
ANSWER_SECONDS = 120
"""The longest that a request may go without an answer: 3 attempts of 10 s to connect and 30 s to answer, CloudFront's
defaults ("Quotas"; connection attempts, connection timeout and response timeout of an origin)."""


class CloudWatchMetrics:
    """Asks every Region at the same time: `clients` are boto3's for CloudWatch, by Region.

    Requests and answers are joined by the time of the request (router.metrics). Requests of a window's last
    `answer_seconds` may still get their answer: without one they are not counted yet.
    """

    def __init__(self, clients: Mapping[str, Any], namespace: str, stack: str, answer_seconds: int = 0) -> None:
        self._clients, self._namespace, self._stack = clients, namespace, stack
        self._answer_seconds = answer_seconds

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
        """{query's id: sum over the window}, and under OVERDUE and the id the part of it that has had its time.

        A metric that was never seen has no values.
        """
        begin_open = datetime.fromtimestamp(end - self._answer_seconds, UTC)
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
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    is_overdue = not self._answer_seconds or at < begin_open
                    for name in (result["Id"], *([OVERDUE + result["Id"]] if is_overdue else [])):
                        sums[name] = sums.get(name, 0.0) + value
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
    """Its requests are those that were answered and those that nobody answers any more."""
    values = {field: totals.get(f"{version}_{field}", 0.0) for field in FIGURES}
    requests, responses = (totals.get(f"{OVERDUE}{version}_{field}", 0.0) for field in ("requests", "responses"))
    return Sample(
        requests=round(values["responses"] + max(0.0, requests - responses)),
        responses=round(values["responses"]),
        server_errors=round(values["server_errors"]),
        latencies=round(values["latencies"]),
        log_sum=values["log_sum"],
        log_squares=values["log_squares"],
    )
