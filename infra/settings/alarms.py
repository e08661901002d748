"""The section `alarms`: from when on somebody is told, and whom; it also brings the dashboard and the queries."""

from __future__ import annotations

from typing import Annotated

from infra.config.endpoints import AlarmEndpoints
from infra.config.errors import rule
from infra.config.section import Number, Section, Whole
from router.model import names

_percent = rule(lambda value: names.within(value, 0.01, 100, "percent"))


class AlarmSettings(Section):
    """Each figure is that of five minutes in one Region, but for the split, which is judged by the quarter of an hour,
    and the error rate, which CloudFront has for the whole distribution.
    """

    notify: AlarmEndpoints = ()
    fallback_rate_percent: Annotated[Number, _percent] = 1.0
    function_errors: Annotated[Whole, rule(lambda value: names.within(value, 1, 1_000_000, "errors"))] = 1
    error_rate_percent: Annotated[Number, _percent] = 5.0
    split_points: Annotated[Number, rule(lambda value: names.within(value, 1, 100, "percentage points"))] = 10.0
    dashboard: bool = True
