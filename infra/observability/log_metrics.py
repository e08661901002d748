"""Metrics that CloudWatch Logs counts out of the decision lines, in each Region: the router itself writes no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.compute.log_lines import ANY_DECISION
from infra.data.control import revision_of
from infra.package.baked_config import METRICS_NAMESPACE
from infra.settings.stack import Stack

DECISIONS, FALLBACKS, FALLBACK_REASONS, TABLE_MS = "Decisions", "Fallbacks", "FallbackReasons", "TableMs"


@dataclass(frozen=True)
class Split:
    """What the percentage alone decided: two counts, and how much the second should be of the first.

    Both names end in the revision of percentage, pin and release, so that what was assigned before a change is never
    held against the new percentage.
    """

    target_percent: float
    revision: str
    live: bool

    @property
    def assigned(self) -> str:
        """The metric of all whom the percentage assigned."""
        return f"Assigned-{self.revision}"

    @property
    def to_canary(self) -> str:
        """The metric of those who got the canary."""
        return f"AssignedToCanary-{self.revision}"

    @property
    def pattern(self) -> str:
        """A decision by bucket under exactly this revision: what a rollout decides is the controller's affair."""
        source = f'$.revision = "config:{self.revision}"' if self.live else '$.percentFrom = "baked"'
        return f"($.bucket >= 0) && ({source})"


def split_of(stack: Stack) -> Split | None:
    """None where nobody is assigned by the percentage, or where that happens before the cache, without such lines."""
    settings = stack.settings
    if not settings.needs.by_percentage or settings.needs.version_header or settings.pin != "none":
        return None
    return Split(settings.canary_percent, revision_of(settings), settings.reads_control_table)


def namespace_of(prefix: str) -> str:
    """Each stack's own, for a filter cannot set a dimension to a word that the line has not."""
    return f"{METRICS_NAMESPACE}/{prefix}"


@dataclass(frozen=True)
class LogMetricsArgs:
    """`groups` are the log groups by Region. `has_table`: the strategy looks visitors up."""

    prefix: str
    groups: Mapping[str, aws.cloudwatch.LogGroup]
    has_table: bool
    split: Split | None


class LogMetrics(pulumi.ComponentResource):
    """The same filters on the group of every Region, into the stack's own namespace there."""

    def __init__(self, name: str, args: LogMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:LogMetrics", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        wanted = transformations(args)
        for region, group in args.groups.items():
            for purpose, (pattern, transformation) in wanted.items():
                aws.cloudwatch.LogMetricFilter(
                    f"{purpose}-{region}",
                    name=purpose,
                    log_group_name=group.name,
                    pattern=pattern,
                    metric_transformation=transformation,
                    region=region,
                    opts=child,
                )
        self.register_outputs({})


def transformations(args: LogMetricsArgs) -> dict[str, tuple[str, _Metric]]:
    """Pattern and metric by the filter's name ("Filter pattern syntax for metric filters")."""
    namespace = namespace_of(args.prefix)
    counted = {"decisions": (ANY_DECISION, DECISIONS), "fallbacks": ("{ $.fallback IS TRUE }", FALLBACKS)}
    if args.split is not None:
        counted["assigned"] = (f"{{ {args.split.pattern} }}", args.split.assigned)
        counted["to-canary"] = (f'{{ {args.split.pattern} && ($.origin = "canary") }}', args.split.to_canary)
    found = {
        purpose: (
            pattern,
            _Metric(name=metric, namespace=namespace, value="1", default_value="0", unit="Count"),
        )
        for purpose, (pattern, metric) in counted.items()
    }
    # A metric with dimensions can have no default.
    reasons = _Metric(
        name=FALLBACK_REASONS, namespace=namespace, value="1", unit="Count", dimensions={"Reason": "$.reason"}
    )
    found["fallback-reasons"] = ("{ $.fallback IS TRUE }", reasons)
    if args.has_table:
        table = _Metric(name=TABLE_MS, namespace=namespace, value="$.tableMs", unit="Milliseconds")
        found["table-ms"] = ("{ $.tableMs >= 0 }", table)
    return found


_Metric = aws.cloudwatch.LogMetricFilterMetricTransformationArgs
