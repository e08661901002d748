"""The function's log groups, one in each Region where it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.compute.log_lines import log_group_name


@dataclass(frozen=True)
class LogsArgs:
    """Whose log it is, where it is written and how long it is kept."""

    function_name: str
    regions: Sequence[str]
    retention_days: int


class Logs(pulumi.ComponentResource):
    """Log groups with an end: those that Lambda makes by itself in other Regions keep everything for ever."""

    group_name: str

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Logs", name, None, opts)
        self.group_name = log_group_name(args.function_name)
        self.groups = [
            aws.cloudwatch.LogGroup(
                f"{name}-{region}",
                name=self.group_name,
                region=region,
                retention_in_days=args.retention_days,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for region in args.regions
        ]
        self.register_outputs({"groupName": self.group_name, "regions": list(args.regions)})
