"""The Lambda function at the origin triggers, with its role and its logs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.compute.edge_function import Function, FunctionArgs
from infra.compute.log_group import Logs, LogsArgs
from infra.data.control import Control
from infra.data.tables import Tables
from infra.iam.role import Role, RoleArgs, TableAccess
from infra.settings.stack import Stack


@dataclass(frozen=True)
class OriginRouter:
    """The three components."""

    logs: Logs
    role: Role
    function: Function


def origin_router(
    stack: Stack,
    package: Path,
    tables: Tables,
    control: Control | None,
    opts: pulumi.ResourceOptions,
) -> OriginRouter:
    """The function with the right to read what its strategy and its control need."""
    kept = stack.settings.logs
    logs = Logs("logs", LogsArgs(stack.prefix, kept.regions, kept.retention_days), opts)
    accesses = [*_table_access(stack, tables), *_control_access(stack, control)]
    role = Role("role", RoleArgs(stack.prefix, logs.group_name, accesses), opts)
    return OriginRouter(logs, role, Function("function", _function_args(stack, package, role, logs), opts))


def _table_access(stack: Stack, tables: Tables) -> list[TableAccess]:
    spec = stack.table
    if spec is None:
        return []
    return [TableAccess(spec.purpose, tables.tables[spec.purpose].arn, [spec.home_region, *spec.replicas])]


def _control_access(stack: Stack, control: Control | None) -> list[TableAccess]:
    """Both items at once are one Query."""
    settings = stack.settings.control
    if control is None or not stack.settings.reads_control_table:
        return []
    regions = [settings.home_region, *settings.replicas]
    return [TableAccess("control", control.table_arn, regions, "dynamodb:Query")]


def _function_args(stack: Stack, package: Path, role: Role, logs: Logs) -> FunctionArgs:
    settings = stack.settings
    return FunctionArgs(
        prefix=stack.prefix,
        package=package,
        role=role,
        log_group=logs.group_name,
        keep_versions=settings.keep_versions,
        memory_mb=settings.function.memory_mb,
        timeout_seconds=settings.function.timeout_seconds,
        description=f"edge-router, stack {stack.name}: {settings.strategy}",
    )
