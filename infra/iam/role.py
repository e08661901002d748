"""The function's role: what it may read and where it may write its log, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

TRUSTED_SERVICES = ("edgelambda.amazonaws.com", "lambda.amazonaws.com")
"""Both have to be trusted ("Set up IAM permissions and roles for Lambda@Edge")."""


@dataclass(frozen=True)
class TableAccess:
    """A table that the function reads: what it is for, its ARN at home, the Regions of all its copies, and how."""

    purpose: str
    arn: pulumi.Input[str]
    regions: Sequence[str]
    action: str = "dynamodb:GetItem"


@dataclass(frozen=True)
class RoleArgs:
    """Whose role it is, where it writes its log, and the tables it reads."""

    function_name: str
    log_group: str
    tables: Sequence[TableAccess]


class Role(pulumi.ComponentResource):
    """A role that Lambda and Lambda@Edge may take on; `unique_id` is another one when it is made anew.

    The right to read a table is a policy of its own. Pulumi deletes last, so that a switch of strategies takes it away
    only when the distribution has gone on to the new version.
    """

    arn: pulumi.Output[str]
    unique_id: pulumi.Output[str]

    def __init__(self, name: str, args: RoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Role", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=args.function_name,
            description="Lambda@Edge: reads the router's tables, writes its log",
            assume_role_policy=json.dumps(trust_policy()),
            opts=child,
        )
        account_id = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        log_policy = account_id.apply(lambda account: json.dumps(log_writing_policy(account, args.log_group)))
        self.policies = [
            aws.iam.RolePolicy("write-log", name="write-log", role=role.name, policy=log_policy, opts=child)
        ]
        self.policies += [_table_policy(role, table, child) for table in args.tables]
        self.arn, self.unique_id = role.arn, role.unique_id
        self.register_outputs({"arn": self.arn, "uniqueId": self.unique_id})


def _table_policy(role: aws.iam.Role, table: TableAccess, opts: pulumi.ResourceOptions) -> aws.iam.RolePolicy:
    name = f"read-{table.purpose}"
    policy = pulumi.Output.from_input(table.arn).apply(
        lambda arn: json.dumps(table_reading_policy(arn, table.regions, table.action))
    )
    return aws.iam.RolePolicy(name, name=name, role=role.name, policy=policy, opts=opts)


def trust_policy() -> dict[str, Any]:
    """Who may take on the role."""
    principal = {"Service": list(TRUSTED_SERVICES)}
    return policy_of({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def log_writing_policy(account_id: str, log_group: str) -> dict[str, Any]:
    """Its own log group in every Region, for there is no telling where the function will run.

    A group is named with `:*` at the end in most policies, but the "Service Authorization Reference" names it without;
    streams are below it (CloudWatch Logs, "Resources": "Log group" and "Log stream").
    """
    group = f"arn:aws:logs:*:{account_id}:log-group:{log_group}"
    streams = f"{group}:*"
    return policy_of(
        {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream"], "Resource": [group, streams]},
        {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [streams]},
    )


def table_reading_policy(table_arn: str, regions: Sequence[str], action: str) -> dict[str, Any]:
    """The one action that the router calls, on every copy of the one table."""
    copies = [_in_region(table_arn, region) for region in regions]
    return policy_of({"Effect": "Allow", "Action": [action], "Resource": copies})


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _in_region(arn: str, region: str) -> str:
    """A replica has the ARN of its table, but for the Region (arn:partition:service:region:account:resource)."""
    parts = arn.split(":")
    return ":".join([*parts[:3], region, *parts[4:]])
