"""The sections `alarms`, which also turns on the dashboard and the saved queries, and `logs`; the key `accessLogs`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.config.aws_regions import EDGE_REGIONS, region_error
from infra.config.base_model import Number, Section, Text, Whole
from infra.config.rules import AlarmEndpoints, between, no_duplicates, one_of, rule

# PutRetentionPolicy, CloudWatch Logs API reference.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

AccessLogs = Annotated[Text, one_of("none", "s3", "v2")]

_percent = between(0.01, 100, "percent")


class AlarmSettings(Section):
    """Thresholds and subscribers of the alarms.

    Attributes:
        notify: Email addresses and https URLs, each of which has to confirm its subscription. Anything else subscribes
            to the topic in the output `alarmTopic`.
        fallback_rate_percent: Share of the decisions in one Region that fell back, in 5 minutes.
        function_errors: Errors of the function in one Region and 5 minutes.
        error_rate_percent: Share of 5xx in all responses of the distribution, in 5 minutes.
        split_points: Deviation of the split of new visitors from `canaryPercent`, in percentage points over 15
            minutes.
        dashboard: Creates the dashboard.
    """

    notify: AlarmEndpoints = ()
    fallback_rate_percent: Annotated[Number, _percent] = 1.0
    function_errors: Annotated[Whole, between(1, 1_000_000, "errors")] = 1
    error_rate_percent: Annotated[Number, _percent] = 5.0
    split_points: Annotated[Number, between(1, 100, "percentage points")] = 10.0
    dashboard: bool = True


def retention_error(days: int) -> str:
    """Return the error of a retention that CloudWatch Logs does not offer, "" otherwise."""
    allowed = ", ".join(map(str, RETENTION_DAYS))
    return "" if days in RETENTION_DAYS else f"is {days}: CloudWatch Logs keeps for {allowed} days"


class LogSettings(Section):
    """The log groups: Lambda@Edge writes to the Region where it runs, into a group that never expires by itself.

    Attributes:
        retention_days: Days until a log event expires.
        regions: Regions with a log group, each once.
    """

    retention_days: Annotated[Whole, rule(retention_error)] = 30
    regions: Annotated[
        tuple[Annotated[Text, rule(lambda region: region_error(region, "logs"))], ...],
        no_duplicates("every Region once"),
    ] = Field(default=EDGE_REGIONS)
