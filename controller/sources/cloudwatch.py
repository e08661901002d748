"""CloudWatch in every Region where the router runs: samples from its metrics, and the state of the plan's alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.analysis.plan import Plan
from controller.analysis.same_minutes import Measured
from controller.analysis.sample import CANARY, Samples
from controller.sources.metric_data import (
    UnreadableError,
    add_sums,
    make_sample,
    queries,
    read,
    read_regions,
    split_minutes,
    sums,
)

MAX_ALARM_NAMES = 100
"""In one call (DescribeAlarms, CloudWatch API reference)."""
RESPONSE_SECONDS = 120
"""The longest time to a response: 3 attempts of 10 s to connect and 30 s to respond, CloudFront's defaults ("Quotas";
connection attempts, connection timeout and response timeout of an origin)."""


class CloudWatchMetrics:
    """Samples of all Regions, read at the same time: `clients` are boto3's for CloudWatch, by Region.

    Requests and responses count at the time of the request (router.metrics). Requests in a window's last
    `response_seconds` may still get a response: they count as soon as they have it.
    """

    def __init__(self, clients: Mapping[str, Any], namespace: str, stack: str, response_seconds: int = 0) -> None:
        self._clients, self._namespace, self._stack = clients, namespace, stack
        self._response_seconds = response_seconds

    def measure(self, start: int, end: int, plan: Plan | None = None) -> Measured:
        """Return the sums of all Regions by version; UnreadableError names each Region with no or partial data.

        With the plan's `baseline` they are by group, and have histograms where it has `latency_quantiles`.
        """
        plan = plan or Plan()
        asked = queries(plan, self._namespace, self._stack)
        begin, finish = (datetime.fromtimestamp(at, UTC) for at in (start, end))
        overdue_before = finish - timedelta(seconds=self._response_seconds) if self._response_seconds else None
        regions = read_regions(self._clients, lambda region: read(self._clients[region], asked, begin, finish)).values()
        minutes = [add_sums(sums(one, overdue_before) for one in values) for values in split_minutes(regions)]
        return Measured(_make_samples(add_sums(minutes), plan), [_make_samples(totals, plan) for totals in minutes])


def _make_samples(totals: Mapping[str, float], plan: Plan) -> Samples:
    return {group: make_sample(totals, group) for group in (plan.reference, CANARY)}


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
