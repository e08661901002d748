"""What the section `alarms` brings: metrics out of the log, alarms, whom they reach, the dashboard, and queries."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution import Distribution
from infra.compute.origin_router import OriginRouter
from infra.naming.function_identity import EDGE_REGION
from infra.observability.alarm_notices import AlarmNotices, AlarmNoticesArgs
from infra.observability.alarms import Alarms, AlarmsArgs
from infra.observability.dashboard import View, body
from infra.observability.log_metrics import LogMetrics, LogMetricsArgs, split_of
from infra.observability.queries import Queries
from infra.settings.alarms import AlarmSettings
from infra.settings.stack import Stack


class Observability(pulumi.ComponentResource):
    """Without a Lambda function there are CloudFront's own metrics only, all of them in us-east-1."""

    topic_arn: pulumi.Output[str]
    dashboard_name: str

    def __init__(
        self,
        name: str,
        stack: Stack,
        settings: AlarmSettings,
        distribution: Distribution,
        router: OriginRouter | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Observability", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        groups = _groups(stack, router)
        if groups:
            metrics = LogMetricsArgs(stack.prefix, groups, stack.table is not None, split_of(stack))
            LogMetrics("log-metrics", metrics, child)
            Queries("queries", stack.prefix, groups, child)
        Alarms("alarms", _alarms_args(stack, settings, distribution, router), child)
        notices = AlarmNotices("alarm-notices", AlarmNoticesArgs(stack.prefix, settings.notify, tuple(groups)), child)
        self.topic_arn, self.dashboard_name = notices.topic_arn, stack.prefix
        if settings.dashboard:
            aws.cloudwatch.Dashboard(
                "dashboard",
                dashboard_name=stack.prefix,
                dashboard_body=_dashboard_body(stack, distribution, router),
                region=EDGE_REGION,
                opts=child,
            )
        self.register_outputs({"topicArn": self.topic_arn})


def _groups(stack: Stack, router: OriginRouter | None) -> Mapping[str, aws.cloudwatch.LogGroup]:
    return dict(zip(stack.settings.logs.regions, router.logs.groups, strict=True)) if router is not None else {}


def _viewer_function(stack: Stack) -> str:
    """Its physical name (infra.cdn.viewer_functions), "" where there is none."""
    name = stack.settings.needs.viewer_function
    return f"{stack.prefix}-{name}" if name else ""


def _alarms_args(
    stack: Stack, settings: AlarmSettings, distribution: Distribution, router: OriginRouter | None
) -> AlarmsArgs:
    return AlarmsArgs(
        prefix=stack.prefix,
        thresholds=settings,
        regions=stack.settings.logs.regions if router is not None else (),
        distribution_id=distribution.distribution_id,
        function_name=router.function.name if router is not None else None,
        viewer_function=_viewer_function(stack),
        split=split_of(stack),
    )


def _dashboard_body(stack: Stack, distribution: Distribution, router: OriginRouter | None) -> pulumi.Output[str]:
    settings = stack.settings

    def body_of(names: list[str]) -> str:
        view = View(
            prefix=stack.prefix,
            distribution_id=names[0],
            function_name=names[1],
            viewer_function=_viewer_function(stack),
            regions=settings.logs.regions if router is not None else (),
            versions=sorted(settings.origins, key=lambda name: (name != "stable", name)),
            has_table=stack.table is not None,
        )
        return json.dumps(body(view))

    return pulumi.Output.all(distribution.distribution_id, router.function.name if router else "").apply(body_of)
