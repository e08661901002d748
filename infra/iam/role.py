"""IAM policy documents, and the role of the Lambda@Edge function."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.settings.stack import Stack

EDGE_SERVICES = ("edgelambda.amazonaws.com", "lambda.amazonaws.com")
"""Both have to be trusted ("Set up IAM permissions and roles for Lambda@Edge")."""


def policy_document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Sequence[str], *resources: str) -> dict[str, Any]:
    """Return a statement that allows these actions on these resources."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def trust_policy(services: str | Sequence[str]) -> str:
    """Return the trust policy, as JSON, of a role that these services assume."""
    principal = {"Service": services if isinstance(services, str) else list(services)}
    return json.dumps(policy_document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))


@dataclass(frozen=True)
class TableAccess:
    """A table that the function reads: its purpose, its ARN in the home Region, all its Regions, and the action."""

    purpose: str
    arn: pulumi.Output[str]
    regions: Sequence[str]
    action: str = "dynamodb:GetItem"


class Role(pulumi.ComponentResource):
    """The role of Lambda and Lambda@Edge; a replaced role has another `unique_id`.

    The permission to read a table is a separate policy. Pulumi deletes last, so that a switch of strategies removes it
    only when the distribution runs the new version. `origins` is the policy by which it asks private origins.
    """

    arn: pulumi.Output[str]
    unique_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        stack: Stack,
        log_group: str,
        tables: Sequence[TableAccess],
        origins: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Role", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=stack.prefix,
            description="Lambda@Edge: reads the router's tables, writes its log",
            assume_role_policy=trust_policy(EDGE_SERVICES),
            opts=child,
        )
        account_id = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        policies = {"write-log": account_id.apply(lambda account: _log_policy(account, log_group))}
        for table in tables:
            policies[f"read-{table.purpose}"] = table.arn.apply(lambda arn, table=table: _table_policy(arn, table))
        if origins is not None:
            policies["ask-origins"] = pulumi.Output.from_input(origins)
        self.policies = [
            aws.iam.RolePolicy(stack.logical_name(purpose), name=purpose, role=role.name, policy=policy, opts=child)
            for purpose, policy in policies.items()
        ]
        self.arn, self.unique_id = role.arn, role.unique_id
        self.register_outputs({"arn": self.arn, "uniqueId": self.unique_id})


def _log_policy(account_id: str, log_group: str) -> str:
    """Allow the function's own log group in every Region, because it may run in any of them.

    A group is named with `:*` at the end in most policies, but the "Service Authorization Reference" names it without;
    streams are below it (CloudWatch Logs, "Resources": "Log group" and "Log stream").
    """
    group = f"arn:aws:logs:*:{account_id}:log-group:{log_group}"
    streams = f"{group}:*"
    return json.dumps(
        policy_document(
            allow(["logs:CreateLogGroup", "logs:CreateLogStream"], group, streams),
            allow(["logs:PutLogEvents"], streams),
        )
    )


def _table_policy(arn: str, table: TableAccess) -> str:
    """Allow the one action that the router calls, in all Regions of the table.

    A replica has the ARN of its table except for the Region (arn:partition:service:region:account:resource).
    """
    before, after = arn.split(":")[:3], arn.split(":")[4:]
    arns = [":".join([*before, region, *after]) for region in table.regions]
    return json.dumps(policy_document(allow([table.action], *arns)))
