"""Alarms on fallbacks, the functions' errors, the split and CloudFront's errors, in each Region with such metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming.edge_functions import EDGE_REGION, REWRITING, replica_name, viewer_function_name
from infra.observability.log_metrics import DECISIONS, FALLBACKS, Split, assigned_split, metrics_namespace
from infra.settings.observability import AlarmSettings
from infra.settings.stack import Stack

PERIOD_SECONDS = 300
SPLIT_PERIOD_SECONDS = 900
STANDARD_ERRORS = 4
"""By chance one window in 16,000 is that far off; two in a row fire the alarm."""
WIDEST_STANDARD_ERROR_POINTS = 50
"""Of one visitor, at 50 %: the square root of p × (100 − p)."""


class Alarms(pulumi.ComponentResource):
    """The alarms; infra.observability.notifications carries their changes out of their Regions.

    `function_name` is the Lambda function's, None where there is none; so is `distribution_id`.
    """

    def __init__(
        self,
        name: str,
        stack: Stack,
        thresholds: AlarmSettings,
        distribution_id: pulumi.Input[str] | None,
        function_name: pulumi.Output[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Alarms", name, None, opts)
        prefix, split = stack.prefix, assigned_split(stack)
        alarms: dict[str, aws.cloudwatch.MetricAlarmArgs] = {}
        if distribution_id is not None:
            alarms["error-rate"] = _error_rate(prefix, thresholds, distribution_id)
        if viewer_function := stack.settings.needs.viewer_function:
            alarms["viewer-function-errors"] = _viewer_function_errors(prefix, thresholds, viewer_function)
        if stack.settings.rewrites_at_viewer:
            alarms["site-function-errors"] = _viewer_function_errors(prefix, thresholds, REWRITING)
        for region in stack.settings.logs.regions:
            if function_name is None:
                break
            alarms[f"fallbacks-{region}"] = _fallbacks(prefix, thresholds, region)
            alarms[f"function-errors-{region}"] = _function_errors(prefix, thresholds, function_name, region)
            if split is not None:
                alarms[f"split-{region}"] = _split(prefix, thresholds, split, region)
        for logical_name, args in alarms.items():
            aws.cloudwatch.MetricAlarm(stack.logical_name(logical_name), args, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def alarm_prefix(prefix: str) -> str:
    """Return the beginning of the names of a stack's alarms, and of no other's: a stack's name has no slash."""
    return f"{prefix}/"


def least_assigned(split_points: float) -> int:
    """Return how many visitors have to be assigned in a window before its split is significant."""
    return ceil((STANDARD_ERRORS * WIDEST_STANDARD_ERROR_POINTS / split_points) ** 2)


def _alarm(name: str, description: str, threshold: float, region: str, **metric: Any) -> aws.cloudwatch.MetricAlarmArgs:
    """Return an alarm on two periods in a row above the threshold, unless `metric` says otherwise."""
    defaults: dict[str, Any] = {"evaluation_periods": 2, "comparison_operator": "GreaterThanThreshold"}
    return aws.cloudwatch.MetricAlarmArgs(
        name=name,
        alarm_description=description,
        threshold=threshold,
        treat_missing_data="notBreaching",
        region=region,
        **{**defaults, **metric},
    )


def _metric(
    namespace: str, metric: str, dimensions: Mapping[str, pulumi.Input[str]], statistic: str = "Sum"
) -> dict[str, Any]:
    period = {"statistic": statistic, "period": PERIOD_SECONDS}
    return {"namespace": namespace, "metric_name": metric, "dimensions": dimensions, **period}


_AT_ONCE: dict[str, Any] = {"evaluation_periods": 1, "comparison_operator": "GreaterThanOrEqualToThreshold"}


def _error_rate(
    prefix: str, thresholds: AlarmSettings, distribution_id: pulumi.Input[str]
) -> aws.cloudwatch.MetricAlarmArgs:
    """ "View CloudFront and edge function metrics": CloudFront's are in us-east-1, their Region is Global."""
    dimensions = {"DistributionId": distribution_id, "Region": "Global"}
    description = "Viewers get errors (5xx), from CloudFront or from an origin"
    metric = _metric("AWS/CloudFront", "5xxErrorRate", dimensions, "Average")
    return _alarm(f"{alarm_prefix(prefix)}5xx", description, thresholds.error_rate_percent, EDGE_REGION, **metric)


def _viewer_function_errors(prefix: str, thresholds: AlarmSettings, file_name: str) -> aws.cloudwatch.MetricAlarmArgs:
    dimensions = {"FunctionName": viewer_function_name(prefix, file_name), "Region": "Global"}
    is_rewriting = file_name == REWRITING
    which = "that names the site in responses" if is_rewriting else "before the cache"
    description = f"The function {which} fails: viewers get a 503"
    metric = _metric("AWS/CloudFront", "FunctionExecutionErrors", dimensions) | _AT_ONCE
    name = f"{alarm_prefix(prefix)}{'site' if is_rewriting else 'viewer'}-function"
    return _alarm(name, description, thresholds.function_errors, EDGE_REGION, **metric)


def _function_errors(
    prefix: str, thresholds: AlarmSettings, function_name: pulumi.Output[str], region: str
) -> aws.cloudwatch.MetricAlarmArgs:
    """In a replica's Region the function's name begins with its home Region, as its log group's does."""
    description = "The router's function fails: viewers get a 503"
    metric = _metric("AWS/Lambda", "Errors", {"FunctionName": function_name.apply(replica_name)}) | _AT_ONCE
    return _alarm(f"{alarm_prefix(prefix)}function/{region}", description, thresholds.function_errors, region, **metric)


def _fallbacks(prefix: str, thresholds: AlarmSettings, region: str) -> aws.cloudwatch.MetricAlarmArgs:
    share = "IF(FILL(total, 0) > 0, 100 * FILL(fallbacks, 0) / FILL(total, 0), 0)"
    return _alarm(
        f"{alarm_prefix(prefix)}fallbacks/{region}",
        "Something fails that decisions depend on, and stable answers: fallback-reasons says what",
        thresholds.fallback_rate_percent,
        region,
        metric_queries=[
            _query("share", share, "Fallbacks (%)"),
            *_sums(prefix, PERIOD_SECONDS, fallbacks=FALLBACKS, total=DECISIONS),
        ],
    )


def _split(prefix: str, thresholds: AlarmSettings, split: Split, region: str) -> aws.cloudwatch.MetricAlarmArgs:
    least, target = least_assigned(thresholds.split_points), split.target_percent
    off = f"IF(FILL(total, 0) >= {least}, ABS(100 * FILL(canary, 0) / FILL(total, 0) - {target:g}), 0)"
    return _alarm(
        f"{alarm_prefix(prefix)}split/{region}",
        f"New visitors are not split as canaryPercent says ({target:g})",
        thresholds.split_points,
        region,
        metric_queries=[
            _query("off", off, "Off target (points)"),
            *_sums(prefix, SPLIT_PERIOD_SECONDS, canary=split.to_canary, total=split.assigned),
        ],
    )


def _query(name: str, expression: str, label: str) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(id=name, expression=expression, label=label, return_data=True)


def _sums(prefix: str, period_seconds: int, **metrics: str) -> Iterator[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    for name, metric in metrics.items():
        counted = aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=metrics_namespace(prefix), metric_name=metric, stat="Sum", period=period_seconds
        )
        yield aws.cloudwatch.MetricAlarmMetricQueryArgs(id=name, metric=counted, return_data=False)
