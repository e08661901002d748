"""The Lambda@Edge function at the origin events: a published version in us-east-1, with its role and log groups."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.origin_access import INVOKE
from infra.data.control import Control
from infra.data.tables import Tables
from infra.iam.role import Role, TableAccess, allow, policy_document
from infra.inputs.deferrable import StackValues, apply
from infra.naming.edge_functions import (
    EDGE_REGION,
    HANDLER,
    KEEP_VERSIONS_TAG,
    ROLE_ID_TAG,
    STACK_TAG,
    log_group_name,
    router_function_name,
)
from infra.settings.private_origins import objects, signs
from infra.settings.stack import Stack

RUNTIME = "python3.13"


class RouterLogs(pulumi.ComponentResource):
    """Log groups in the Regions where the function runs; those that Lambda creates itself never expire."""

    group_name: str

    def __init__(self, name: str, stack: Stack, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Logs", name, None, opts)
        logs = stack.settings.logs
        self.group_name = log_group_name(stack.prefix)
        self.groups = [
            aws.cloudwatch.LogGroup(
                f"{name}-{region}",
                name=self.group_name,
                region=region,
                retention_in_days=logs.retention_days,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for region in logs.regions
        ]
        self.register_outputs({"groupName": self.group_name, "regions": list(logs.regions)})


class RouterFunction(pulumi.ComponentResource):
    """The Lambda function; `qualified_arn` names the version that was published last.

    It stays in the account when the stack or its strategy no longer uses it: Lambda rejects the deletion for hours
    after the last association ("Delete Lambda@Edge functions and replicas"), and a destroy would fail. Its name ends in
    what no two deployments share, the unique id of the role, which is deleted: so it blocks no later deployment.
    """

    name: pulumi.Output[str]
    qualified_arn: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        stack: Stack,
        package: pulumi.Input[Path],
        role: Role,
        log_group: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Function", name, None, opts)
        settings = stack.settings
        function = aws.lambda_.Function(
            name,
            name=role.unique_id.apply(lambda role_id: router_function_name(stack.prefix, role_id)),
            description=f"edge-router, stack {stack.name}: {settings.strategy}",
            region=EDGE_REGION,
            runtime=RUNTIME,
            architectures=["x86_64"],
            handler=HANDLER,
            code=apply(package, lambda path: pulumi.FileArchive(str(path))),
            role=role.arn,
            memory_size=settings.function.memory_mb,
            timeout=settings.function.timeout_seconds,
            publish=True,
            # The router writes JSON itself, one line per decision; in the format JSON Lambda would wrap each line.
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="Text", log_group=log_group),
            tags={
                STACK_TAG: stack.prefix,
                ROLE_ID_TAG: role.unique_id,
                KEEP_VERSIONS_TAG: str(settings.keep_versions),
            },
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        self.name, self.version = function.name, function.version
        self.qualified_arn = function.qualified_arn
        self.register_outputs(
            {"arn": function.arn, "name": self.name, "qualifiedArn": self.qualified_arn, "version": self.version}
        )


@dataclass(frozen=True)
class Router:
    """The three components."""

    logs: RouterLogs
    role: Role
    function: RouterFunction


def create_router(
    values: StackValues,
    package: pulumi.Input[Path],
    tables: Tables,
    control: Control | None,
    opts: pulumi.ResourceOptions,
) -> Router:
    """Create the function with the permissions that its strategy and its control need."""
    stack = values.stack
    logs = RouterLogs(stack.logical_name("logs"), stack, opts)
    accesses, origins = _table_accesses(stack, tables, control), None
    if any(signs(stack.settings, origin) for origin in stack.settings.origins.values()):
        origins = values.apply(lambda settled: json.dumps(policy_document(*_origins(settled))))
    role = Role(stack.logical_name("role"), stack, logs.group_name, accesses, origins, opts)
    return Router(
        logs, role, RouterFunction(stack.logical_name("function"), stack, package, role, logs.group_name, opts)
    )


def _origins(stack: Stack) -> list[dict[str, Any]]:
    """Return what the role may ask of the private origins whose requests the router signs."""
    statements: list[dict[str, Any]] = []
    for origin in stack.settings.origins.values():
        if signs(stack.settings, origin):
            one = (
                allow(["s3:GetObject"], objects(stack.settings, origin))
                if origin.bucket
                else allow(INVOKE, origin.function_arn)
            )
            statements += [] if one in statements else [one]
    return statements


def _table_accesses(stack: Stack, tables: Tables, control: Control | None) -> Sequence[TableAccess]:
    """Return the strategy's table and the control table, whose two items are read by one Query."""
    accesses: list[TableAccess] = []
    if spec := stack.table:
        regions = [spec.home_region, *spec.replicas]
        accesses.append(TableAccess(spec.purpose, tables.tables[spec.purpose].arn, regions))
    if control is not None and stack.settings.reads_control_table:
        settings = stack.settings.control
        regions = [settings.home_region, *settings.replicas]
        accesses.append(TableAccess("control", control.table_arn, regions, "dynamodb:Query"))
    return accesses
