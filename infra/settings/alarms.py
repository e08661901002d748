"""The section `alarms`: thresholds and subscribers; it also turns on the dashboard and the saved queries."""

from __future__ import annotations

from typing import Annotated

from infra.config.base_model import Number, Section, Whole
from infra.config.rules import AlarmEndpoints, between

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
