"""The section `alarms`: thresholds and subscribers; it also turns on the dashboard and the saved queries."""

from __future__ import annotations

from typing import Annotated

from infra.config.base_model import Number, Section, Whole
from infra.config.rules import AlarmEndpoints, between

_percent = between(0.01, 100, "percent")


class AlarmSettings(Section):
    """Each figure is that of five minutes in one Region, but for the split, which is judged by the quarter of an hour,
    and the error rate, which CloudFront has for the whole distribution.
    """

    notify: AlarmEndpoints = ()
    fallback_rate_percent: Annotated[Number, _percent] = 1.0
    function_errors: Annotated[Whole, between(1, 1_000_000, "errors")] = 1
    error_rate_percent: Annotated[Number, _percent] = 5.0
    split_points: Annotated[Number, between(1, 100, "percentage points")] = 10.0
    dashboard: bool = True
