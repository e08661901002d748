"""The Lambda@Edge function: a published version in us-east-1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

EDGE_REGION = "us-east-1"
"""Lambda@Edge takes functions from there only ("Restrictions on Lambda@Edge"), whatever the stack's Region."""
RUNTIME = "python3.13"
HANDLER = "router.handler.handler"
DELETE_TIMEOUT = "20m"
"""Replicas go hours after the last association does; a destroy that runs into it is repeated later."""


@dataclass(frozen=True)
class FunctionArgs:
    """The package, the role and the limits."""

    function_name: str
    package: Path
    role_arn: pulumi.Input[str]
    memory_mb: int
    timeout_seconds: int
    description: str


class Function(pulumi.ComponentResource):
    """The router; `qualified_arn` names the version that was published last."""

    qualified_arn: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Function", name, None, opts)
        function = aws.lambda_.Function(
            name,
            name=args.function_name,
            description=args.description,
            region=EDGE_REGION,
            runtime=RUNTIME,
            architectures=["x86_64"],
            handler=HANDLER,
            code=pulumi.FileArchive(str(args.package)),
            role=args.role_arn,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            publish=True,
            # The router writes JSON itself, one line per decision; in the format JSON Lambda would wrap each line.
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="Text"),
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_TIMEOUT)),
        )
        self.arn = function.arn
        self.qualified_arn = function.qualified_arn
        self.version = function.version
        self.register_outputs({"arn": self.arn, "qualifiedArn": self.qualified_arn, "version": self.version})
