"""CloudWatch in every Region where the router runs: samples from its metrics, and the state of the plan's alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.analysis.sample import CANARY, STABLE, Sample

PERIOD_SECONDS = 60
VERSIONS = (STABLE, CANARY)
STATISTICS = {
    "requests": ("Requests", "Sum"),
    "responses": ("Errors", "SampleCount"),
    "server_errors": ("Errors", "Sum"),
    "latencies": ("LogLatency", "SampleCount"),
    "log_sum": ("LogLatency", "Sum"),
    "log_squares": ("LogLatencySquared", "Sum"),
}
"""The metric and statistic of each field of a Sample. Every response has one value of Errors: 1 or 0."""
OVERDUE = "overdue:"
MAX_PAGES = 1_000
MAX_ALARM_NAMES = 100
"""In one call (DescribeAlarms, CloudWatch API reference)."""
RESPONSE_SECONDS = 120
"""The longest time to a response: 3 attempts of 10 s to connect and 30 s to respond, CloudFront's defaults ("Quotas";
connection attempts, connection timeout and response timeout of an origin)."""


class UnreadableError(Exception):
    """Metrics or alarms that cannot be read now; the text has the Regions and the reasons."""


class CloudWatchMetrics:
    """Samples of all Regions, read at the same time: `clients` are boto3's for CloudWatch, by Region.

    Requests and responses count at the time of the request (router.metrics). Requests in a window's last
    `response_seconds` may still get a response: they count as soon as they have it.
    """

    def __init__(self, clients: Mapping[str, Any], namespace: str, stack: str, response_seconds: int = 0) -> None:
        self._clients, self._namespace, self._stack = clients, namespace, stack
        self._response_seconds = response_seconds

    def samples(self, start: int, end: int) -> Mapping[str, Sample]:
        """Return the sums of all Regions by version; UnreadableError names each Region with no or partial data."""
        with ThreadPoolExecutor(max_workers=8) as threads:
            futures = {
                region: threads.submit(self._sum, client, start, end) for region, client in self._clients.items()
            }
        errors: list[str] = []
        totals: dict[str, float] = {}
        for region, future in futures.items():
            try:
                for name, value in future.result().items():
                    totals[name] = totals.get(name, 0.0) + value
            except (BotoCoreError, ClientError, UnreadableError) as error:
                errors.append(f"{region} ({error})")
        if errors:
            raise UnreadableError(f"the metrics cannot be read in {', '.join(errors)}")
        return {version: _sample(totals, version) for version in VERSIONS}

    def _sum(self, client: Any, start: int, end: int) -> dict[str, float]:
        """Return {query ID: sum over the window}, and by OVERDUE + ID the part that can get no more responses.

        A metric without data has no values.
        """
        overdue_before = datetime.fromtimestamp(end - self._response_seconds, UTC)
        parameters = {
            "MetricDataQueries": [self._query(version, field) for version in VERSIONS for field in STATISTICS],
            "StartTime": datetime.fromtimestamp(start, UTC),
            "EndTime": datetime.fromtimestamp(end, UTC),
        }
        sums: dict[str, float] = {}
        codes: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            page = client.get_metric_data(**parameters)
            for result in page["MetricDataResults"]:
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    is_overdue = not self._response_seconds or at < overdue_before
                    for name in (result["Id"], *([OVERDUE + result["Id"]] if is_overdue else [])):
                        sums[name] = sums.get(name, 0.0) + value
                codes[result["Id"]] = result.get("StatusCode", "Complete")
            if not page.get("NextToken"):
                break
            parameters["NextToken"] = page["NextToken"]
        if incomplete := sorted(set(codes.values()) - {"Complete"}):
            raise UnreadableError(", ".join(incomplete))
        return sums

    def _query(self, version: str, field: str) -> dict[str, Any]:
        name, statistic = STATISTICS[field]
        dimensions = [{"Name": "Stack", "Value": self._stack}, {"Name": "Version", "Value": version}]
        metric = {"Namespace": self._namespace, "MetricName": name, "Dimensions": dimensions}
        stat = {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": statistic}
        return {"Id": f"{version}_{field}", "MetricStat": stat, "ReturnData": True}


def _sample(totals: Mapping[str, float], version: str) -> Sample:
    """Make the sample of requests that have a response and of those that can get none any more."""
    values = {field: totals.get(f"{version}_{field}", 0.0) for field in STATISTICS}
    requests, responses = (totals.get(f"{OVERDUE}{version}_{field}", 0.0) for field in ("requests", "responses"))
    return Sample(
        requests=round(values["responses"] + max(0.0, requests - responses)),
        responses=round(values["responses"]),
        server_errors=round(values["server_errors"]),
        latencies=round(values["latencies"]),
        log_sum=values["log_sum"],
        log_squares=values["log_squares"],
    )


class CloudWatchAlarms:
    """Metric and composite alarms of this account: `client_for` returns boto3's client for CloudWatch by Region."""

    def __init__(self, client_for: Callable[[str], Any]) -> None:
        self._client_for = client_for

    def in_alarm(self, arns: Sequence[str]) -> Sequence[str]:
        """Return those in state ALARM; UnreadableError where none is, and one cannot be read or does not exist."""
        states: dict[str, str] = {}
        errors: list[str] = []
        for region in dict.fromkeys(map(_region, arns)):
            names = [arn.split(":", 6)[6] for arn in arns if _region(arn) == region]
            for first in range(0, len(names), MAX_ALARM_NAMES):
                try:
                    states |= self._states(region, names[first : first + MAX_ALARM_NAMES])
                except (BotoCoreError, ClientError) as error:
                    errors.append(f"{region} ({error})")
        if in_alarm := [arn for arn in arns if states.get(arn) == "ALARM"]:
            return in_alarm
        if errors:
            raise UnreadableError(f"the alarms cannot be read in {', '.join(errors)}")
        if missing := [arn for arn in arns if arn not in states]:
            raise UnreadableError(f"there is no alarm {', '.join(missing)}")
        return []

    def _states(self, region: str, names: Sequence[str]) -> dict[str, str]:
        kinds = ["MetricAlarm", "CompositeAlarm"]
        page = self._client_for(region).describe_alarms(AlarmNames=names, AlarmTypes=kinds, MaxRecords=MAX_ALARM_NAMES)
        alarms = [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
        return {alarm["AlarmArn"]: alarm["StateValue"] for alarm in alarms}


def _region(arn: str) -> str:
    """Return the Region of arn:aws:cloudwatch:<Region>:<account>:alarm:<name>."""
    return arn.split(":")[3]
