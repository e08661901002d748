"""The section `alarms`: from when on somebody is told, and whom; it also brings the dashboard and the queries."""

from __future__ import annotations

from typing import Annotated

from infra.config.endpoints import AlarmEndpoints
from infra.config.errors import rule
from infra.config.section import Number, Section, Whole
from router.model import names

_percent = rule(lambda value: names.within(value, 0.01, 100, "percent"))


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
    function_errors: Annotated[Whole, rule(lambda value: names.within(value, 1, 1_000_000, "errors"))] = 1
    error_rate_percent: Annotated[Number, _percent] = 5.0
    split_points: Annotated[Number, rule(lambda value: names.within(value, 1, 100, "percentage points"))] = 10.0
    dashboard: bool = True
