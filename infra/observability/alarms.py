"""Alarms on fallbacks, the function's errors, the split and CloudFront's errors: in each Region that has figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import pulumi
import pulumi_aws as aws

from infra.naming.function_identity import EDGE_REGION
from infra.observability.log_metrics import DECISIONS, FALLBACKS, Split, namespace_of
from infra.settings.alarms import AlarmSettings

PERIOD_SECONDS = 300
SPLIT_PERIOD_SECONDS = 900
STANDARD_ERRORS = 4
"""By chance one window in 16,000 is that far off; two in a row make an alarm."""
WIDEST_STANDARD_ERROR_POINTS = 50
"""Of one visitor, at 50 %: the square root of p × (100 − p)."""


@dataclass(frozen=True)
class AlarmsArgs:
    """`function_name` is the Lambda function's, `viewer_function` that of the one before the cache, or ""."""

    prefix: str
    thresholds: AlarmSettings
    regions: Sequence[str]
    distribution_id: pulumi.Input[str]
    function_name: pulumi.Output[str] | None
    viewer_function: str
    split: Split | None


class Alarms(pulumi.ComponentResource):
    """The alarms; infra.observability.alarm_notices tells people, since alarms reach nobody outside of their Region."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.cloudwatch.MetricAlarm("error-rate", _error_rate(args), child)
        if args.viewer_function:
            aws.cloudwatch.MetricAlarm("viewer-function-errors", _viewer_function_errors(args), child)
        if args.function_name is not None:
            for region in args.regions:
                aws.cloudwatch.MetricAlarm(f"fallbacks-{region}", _fallbacks(args, region), child)
                aws.cloudwatch.MetricAlarm(
                    f"function-errors-{region}", _function_errors(args, args.function_name, region), child
                )
                if args.split is not None:
                    aws.cloudwatch.MetricAlarm(f"split-{region}", _split(args, args.split, region), child)
        self.register_outputs({})


def alarm_prefix(prefix: str) -> str:
    """What the names of a stack's alarms begin with, and no other's: a stack's name has no slash."""
    return f"{prefix}/"


def least_assigned(split_points: float) -> int:
    """So many have to be assigned in a window before its split says something."""
    return ceil((STANDARD_ERRORS * WIDEST_STANDARD_ERROR_POINTS / split_points) ** 2)


def _error_rate(args: AlarmsArgs) -> aws.cloudwatch.MetricAlarmArgs:
    """ "View CloudFront and edge function metrics": CloudFront's are in us-east-1, their Region is Global."""
    return aws.cloudwatch.MetricAlarmArgs(
        name=f"{alarm_prefix(args.prefix)}5xx",
        alarm_description="Viewers get errors (5xx), from CloudFront or from an origin",
        namespace="AWS/CloudFront",
        metric_name="5xxErrorRate",
        dimensions={"DistributionId": args.distribution_id, "Region": "Global"},
        statistic="Average",
        period=PERIOD_SECONDS,
        evaluation_periods=2,
        threshold=args.thresholds.error_rate_percent,
        comparison_operator="GreaterThanThreshold",
        treat_missing_data="notBreaching",
        region=EDGE_REGION,
    )


def _viewer_function_errors(args: AlarmsArgs) -> aws.cloudwatch.MetricAlarmArgs:
    dimensions: dict[str, pulumi.Input[str]] = {"FunctionName": args.viewer_function, "Region": "Global"}
    return aws.cloudwatch.MetricAlarmArgs(
        name=f"{alarm_prefix(args.prefix)}viewer-function",
        alarm_description="The function before the cache fails: viewers get a 503",
        namespace="AWS/CloudFront",
        metric_name="FunctionExecutionErrors",
        dimensions=dimensions,
        statistic="Sum",
        period=PERIOD_SECONDS,
        evaluation_periods=1,
        threshold=args.thresholds.function_errors,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        region=EDGE_REGION,
    )


def _function_errors(args: AlarmsArgs, function: pulumi.Output[str], region: str) -> aws.cloudwatch.MetricAlarmArgs:
    """In the Region where a replica runs the function's name begins with its home Region, as its log group's does."""
    return aws.cloudwatch.MetricAlarmArgs(
        name=f"{alarm_prefix(args.prefix)}function/{region}",
        alarm_description="The router's function fails: viewers get a 503",
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions={"FunctionName": function.apply(replica_name)},
        statistic="Sum",
        period=PERIOD_SECONDS,
        evaluation_periods=1,
        threshold=args.thresholds.function_errors,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        region=region,
    )


def replica_name(function_name: str) -> str:
    """What the function is called in metrics and logs of the Regions where it runs."""
    return f"{EDGE_REGION}.{function_name}"


def _fallbacks(args: AlarmsArgs, region: str) -> aws.cloudwatch.MetricAlarmArgs:
    share = "IF(FILL(total, 0) > 0, 100 * FILL(fallbacks, 0) / FILL(total, 0), 0)"
    return aws.cloudwatch.MetricAlarmArgs(
        name=f"{alarm_prefix(args.prefix)}fallbacks/{region}",
        alarm_description="Something fails that decisions depend on, and stable answers: fallback-reasons says what",
        metric_queries=[
            _query("share", share, "Fallbacks (%)"),
            *_sums(args.prefix, PERIOD_SECONDS, fallbacks=FALLBACKS, total=DECISIONS),
        ],
        evaluation_periods=2,
        threshold=args.thresholds.fallback_rate_percent,
        comparison_operator="GreaterThanThreshold",
        treat_missing_data="notBreaching",
        region=region,
    )


def _split(args: AlarmsArgs, split: Split, region: str) -> aws.cloudwatch.MetricAlarmArgs:
    least, target = least_assigned(args.thresholds.split_points), split.target_percent
    off = f"IF(FILL(total, 0) >= {least}, ABS(100 * FILL(canary, 0) / FILL(total, 0) - {target:g}), 0)"
    return aws.cloudwatch.MetricAlarmArgs(
        name=f"{alarm_prefix(args.prefix)}split/{region}",
        alarm_description=f"New visitors are not split as canaryPercent says ({target:g})",
        metric_queries=[
            _query("off", off, "Off target (points)"),
            *_sums(args.prefix, SPLIT_PERIOD_SECONDS, canary=split.to_canary, total=split.assigned),
        ],
        evaluation_periods=2,
        threshold=args.thresholds.split_points,
        comparison_operator="GreaterThanThreshold",
        treat_missing_data="notBreaching",
        region=region,
    )


def _query(name: str, expression: str, label: str) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(id=name, expression=expression, label=label, return_data=True)


def _sums(prefix: str, period_seconds: int, **metrics: str) -> Iterator[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    for name, metric in metrics.items():
        counted = aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=namespace_of(prefix), metric_name=metric, stat="Sum", period=period_seconds
        )
        yield aws.cloudwatch.MetricAlarmMetricQueryArgs(id=name, metric=counted, return_data=False)
