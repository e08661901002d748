"""Metrics that CloudWatch Logs derives from the decision log, in each Region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.data.control_item import config_revision
from infra.naming.edge_functions import ANY_DECISION
from infra.package.baked_config import METRICS_NAMESPACE
from infra.settings.stack import Stack

DECISIONS, FALLBACKS, FALLBACK_REASONS, TABLE_MS = "Decisions", "Fallbacks", "FallbackReasons", "TableMs"
ANY_FALLBACK = "{ $.fallback IS TRUE }"


@dataclass(frozen=True)
class Split:
    """Two counts of the assignments by percentage, and the target share of the second in the first.

    Both names end in the revision of percentage, pin and release, so that assignments before a change do not count
    against the new percentage.
    """

    target_percent: float
    revision: str
    live: bool

    @property
    def assigned(self) -> str:
        """The metric of all assignments by percentage."""
        return f"Assigned-{self.revision}"

    @property
    def to_canary(self) -> str:
        """The metric of those to the canary."""
        return f"AssignedToCanary-{self.revision}"

    @property
    def pattern(self) -> str:
        """The filter pattern of decisions by bucket under exactly this revision, without those of a rollout."""
        source = f'$.revision = "config:{self.revision}"' if self.live else '$.percentFrom = "baked"'
        return f"($.bucket >= 0) && ({source})"


def assigned_split(stack: Stack) -> Split | None:
    """Return the split; None without assignments by percentage, or with a CloudFront Function that makes them."""
    settings = stack.settings
    if not settings.needs.by_percentage or settings.needs.version_header or settings.pin != "none":
        return None
    return Split(settings.canary_percent, config_revision(settings), settings.reads_control_table)


def metrics_namespace(prefix: str) -> str:
    """Return a stack's own namespace: a filter can set a dimension only to a value in the log line."""
    return f"{METRICS_NAMESPACE}/{prefix}"


class LogMetrics(pulumi.ComponentResource):
    """The same filters on the log group of every Region, into the stack's own namespace there."""

    def __init__(
        self,
        name: str,
        stack: Stack,
        groups: Mapping[str, aws.cloudwatch.LogGroup],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:LogMetrics", name, None, opts)
        filters = _filters(stack)
        for region, group in groups.items():
            for purpose, (pattern, transformation) in filters.items():
                aws.cloudwatch.LogMetricFilter(
                    stack.logical_name(f"{purpose}-{region}"),
                    name=purpose,
                    log_group_name=group.name,
                    pattern=pattern,
                    metric_transformation=transformation,
                    region=region,
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})


def _filters(stack: Stack) -> dict[str, tuple[str, _Metric]]:
    """Return pattern and metric by the filter's name ("Filter pattern syntax for metric filters")."""
    namespace = metrics_namespace(stack.prefix)
    counts = {"decisions": (ANY_DECISION, DECISIONS), "fallbacks": (ANY_FALLBACK, FALLBACKS)}
    if split := assigned_split(stack):
        counts["assigned"] = (f"{{ {split.pattern} }}", split.assigned)
        counts["to-canary"] = (f'{{ {split.pattern} && ($.origin = "canary") }}', split.to_canary)
    filters = {
        purpose: (pattern, _Metric(name=metric, namespace=namespace, value="1", default_value="0", unit="Count"))
        for purpose, (pattern, metric) in counts.items()
    }
    # A metric with dimensions can have no default.
    reasons = _Metric(
        name=FALLBACK_REASONS, namespace=namespace, value="1", unit="Count", dimensions={"Reason": "$.reason"}
    )
    filters["fallback-reasons"] = (ANY_FALLBACK, reasons)
    if stack.table is not None:
        table = _Metric(name=TABLE_MS, namespace=namespace, value="$.tableMs", unit="Milliseconds")
        filters["table-ms"] = ("{ $.tableMs >= 0 }", table)
    return filters


_Metric = aws.cloudwatch.LogMetricFilterMetricTransformationArgs
