"""Questions to the decision lines, saved for CloudWatch Logs Insights in every Region."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

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
"""By name; docs/logs.md says what each is for."""


class Queries(pulumi.ComponentResource):
    """A slash in a name makes a folder in the console: the stack's."""

    def __init__(
        self,
        name: str,
        prefix: str,
        groups: Mapping[str, aws.cloudwatch.LogGroup],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Queries", name, None, opts)
        for region, group in groups.items():
            for question, text in QUERIES.items():
                aws.cloudwatch.QueryDefinition(
                    f"{question}-query-{region}",
                    name=f"{prefix}/{question}",
                    query_string=text,
                    log_group_names=[group.name],
                    region=region,
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})
