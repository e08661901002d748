"""The Lambda@Edge function: a published version in us-east-1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.iam.role import Role
from infra.naming.function_identity import (
    EDGE_REGION,
    HANDLER,
    KEEP_VERSIONS_TAG,
    ROLE_ID_TAG,
    STACK_TAG,
    function_name,
)

RUNTIME = "python3.13"


@dataclass(frozen=True)
class FunctionArgs:
    """Whose it is, the package, the role, where it writes its log, and the limits. Names begin with `prefix`."""

    prefix: str
    package: Path
    role: Role
    log_group: str
    keep_versions: int
    memory_mb: int
    timeout_seconds: int
    description: str


class Function(pulumi.ComponentResource):
    """The router; `qualified_arn` names the version that was published last.

    It is left behind when the stack or its strategy has done with it: Lambda refuses to delete a function for hours
    after its last association ("Delete Lambda@Edge functions and replicas"), and a destroy would fail. So that the one
    left is in nobody's way, the name ends in what no two deployments share: the unique id of the role, which goes.
    """

    name: pulumi.Output[str]
    qualified_arn: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Function", name, None, opts)
        function = aws.lambda_.Function(
            name,
            name=args.role.unique_id.apply(lambda role_id: function_name(args.prefix, role_id)),
            description=args.description,
            region=EDGE_REGION,
            runtime=RUNTIME,
            architectures=["x86_64"],
            handler=HANDLER,
            code=pulumi.FileArchive(str(args.package)),
            role=args.role.arn,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            publish=True,
            # The router writes JSON itself, one line per decision; in the format JSON Lambda would wrap each line.
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="Text", log_group=args.log_group),
            tags={
                STACK_TAG: args.prefix,
                ROLE_ID_TAG: args.role.unique_id,
                KEEP_VERSIONS_TAG: str(args.keep_versions),
            },
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        self.arn, self.name = function.arn, function.name
        self.qualified_arn = function.qualified_arn
        self.version = function.version
        self.register_outputs(
            {"arn": self.arn, "name": self.name, "qualifiedArn": self.qualified_arn, "version": self.version}
        )
