"""The user's CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.sources.sources import UnreadableError

MAX_NAMES = 100
"""In one call (DescribeAlarms, CloudWatch API reference)."""


class CloudWatchAlarms:
    """Metric and composite alarms of this account, in any Region: `clients` makes boto3's for CloudWatch by Region."""

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients

    def ringing(self, arns: Sequence[str]) -> Sequence[str]:
        """Those in state ALARM; UnreadableError where one cannot be read or is not there."""
        states: dict[str, str] = {}
        problems: list[str] = []
        for region, found in _by_region(arns).items():
            for first in range(0, len(found), MAX_NAMES):
                try:
                    states |= self._states(region, found[first : first + MAX_NAMES])
                except (BotoCoreError, ClientError) as error:
                    problems.append(f"{region} ({error})")
        ringing = [arn for arn in arns if states.get(arn) == "ALARM"]
        if ringing:
            return ringing
        if problems:
            raise UnreadableError(f"the alarms cannot be read in {', '.join(problems)}")
        if missing := [arn for arn in arns if arn not in states]:
            raise UnreadableError(f"there is no alarm {', '.join(missing)}")
        return []

    def _states(self, region: str, arns: Sequence[str]) -> dict[str, str]:
        names = [arn.split(":", 6)[6] for arn in arns]
        kinds = ["MetricAlarm", "CompositeAlarm"]
        answer = self._clients[region].describe_alarms(AlarmNames=names, AlarmTypes=kinds, MaxRecords=MAX_NAMES)
        alarms = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        return {alarm["AlarmArn"]: alarm["StateValue"] for alarm in alarms}


def _by_region(arns: Sequence[str]) -> dict[str, list[str]]:
    """arn:aws:cloudwatch:<Region>:<account>:alarm:<name>"""
    regions: dict[str, list[str]] = {}
    for arn in arns:
        regions.setdefault(arn.split(":")[3], []).append(arn)
    return regions
