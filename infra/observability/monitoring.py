"""The section `alarms`: log metrics, alarms with their notifications, the dashboard, and saved queries."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.compute.router_function import Router
from infra.naming.edge_functions import EDGE_REGION, viewer_function_name
from infra.observability.alarms import Alarms
from infra.observability.dashboard import View, dashboard
from infra.observability.log_metrics import LogMetrics
from infra.observability.notifications import AlarmNotices
from infra.settings.observability import AlarmSettings
from infra.settings.stack import Stack

QUERIES = {
    "split": """filter ispresent(bucket)
| stats count(*) as assigned, sum(strcontains(origin, "canary")) * 100 / count(*) as canaryPercent by bin(5m)""",
    "percentages": """filter ispresent(percentFrom)
| stats min(@timestamp) as first, max(@timestamp) as last, count(*) as decisions by percentFrom, revision, controlReason
| sort first asc""",
    "decisions": """filter ispresent(reason)
| stats count(*) as decisions, count_distinct(visitor) as visitors by origin, reason
| sort decisions desc""",
    "fallbacks": """filter ispresent(fallback)
| stats count(*) as requests, min(@timestamp) as first, max(@timestamp) as last by reason
| sort requests desc""",
    "latency": """filter ispresent(elapsedUs)
| stats pct(elapsedUs, 50) as p50Us, pct(elapsedUs, 99) as p99Us, pct(tableMs, 99) as p99TableMs by tableSource""",
}
"""Queries of CloudWatch Logs Insights by name, explained in docs/logs.md."""


class Observability(pulumi.ComponentResource):
    """The section's components. Without a Lambda function there are CloudFront's own metrics only, in us-east-1;
    without a distribution's ID, which a caller may not know, there are none of the distribution.
    """

    topic_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        stack: Stack,
        settings: AlarmSettings,
        distribution_id: pulumi.Input[str] | None,
        router: Router | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Observability", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        groups = dict(zip(stack.settings.logs.regions, router.logs.groups, strict=True)) if router is not None else {}
        if groups:
            LogMetrics(stack.logical_name("log-metrics"), stack, groups, child)
            Queries(stack.logical_name("queries"), stack, groups, child)
        function_name = router.function.name if router is not None else None
        Alarms(stack.logical_name("alarms"), stack, settings, distribution_id, function_name, child)
        notices = AlarmNotices(stack.logical_name("alarm-notices"), stack, settings.notify, tuple(groups), child)
        self.topic_arn = notices.topic_arn
        if settings.dashboard:
            names = pulumi.Output.all(distribution_id or "", "" if function_name is None else function_name)
            aws.cloudwatch.Dashboard(
                stack.logical_name("dashboard"),
                dashboard_name=stack.prefix,
                dashboard_body=names.apply(lambda known: json.dumps(dashboard(_view(stack, known[0], known[1])))),
                region=EDGE_REGION,
                opts=child,
            )
        self.register_outputs({"topicArn": self.topic_arn})


def _view(stack: Stack, distribution_id: str, function_name: str) -> View:
    settings, viewer_function = stack.settings, stack.settings.needs.viewer_function
    return View(
        prefix=stack.prefix,
        distribution_id=distribution_id,
        function_name=function_name,
        viewer_function=viewer_function and viewer_function_name(stack.prefix, viewer_function),
        regions=settings.logs.regions if function_name else (),
        versions=sorted(settings.origins, key=lambda name: (name != "stable", name)),
        has_table=stack.table is not None,
    )


class Queries(pulumi.ComponentResource):
    """Saved queries in every Region. A slash in a name creates a folder in the console."""

    def __init__(
        self,
        name: str,
        stack: Stack,
        groups: Mapping[str, aws.cloudwatch.LogGroup],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Queries", name, None, opts)
        for region, group in groups.items():
            for query, text in QUERIES.items():
                aws.cloudwatch.QueryDefinition(
                    stack.logical_name(f"{query}-query-{region}"),
                    name=f"{stack.prefix}/{query}",
                    query_string=text,
                    log_group_names=[group.name],
                    region=region,
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})
