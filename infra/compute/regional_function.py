"""A Lambda function that runs in one Region, with its log and a role of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam.role import policy_of
from infra.package.regional import ARCHITECTURE

RUNTIME = "python3.13"


@dataclass(frozen=True)
class RegionFunctionArgs:
    """`policies` are what it may do besides writing its log, by name: policy documents in JSON."""

    function_name: str
    description: str
    handler: str
    package: Path
    region: str
    memory_mb: int
    timeout_seconds: int
    retention_days: int
    environment: Mapping[str, pulumi.Input[str]]
    policies: Mapping[str, pulumi.Input[str]]


class RegionFunction(pulumi.ComponentResource):
    """Its logical names begin with its own; `arn` is that of the function, which publishes no versions."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: RegionFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:RegionFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/lambda/{args.function_name}",
            region=args.region,
            retention_in_days=args.retention_days,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=args.function_name,
            description=args.description,
            assume_role_policy=json.dumps(_trust_policy()),
            opts=child,
        )
        policies = {"write-log": group.arn.apply(lambda arn: json.dumps(_log_policy(arn))), **args.policies}
        rights = [
            aws.iam.RolePolicy(f"{name}-{purpose}", name=purpose, role=role.name, policy=policy, opts=child)
            for purpose, policy in policies.items()
        ]
        function = aws.lambda_.Function(
            name,
            name=args.function_name,
            description=args.description,
            region=args.region,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=args.handler,
            code=pulumi.FileArchive(str(args.package)),
            role=role.arn,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment) if args.environment else None,
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="Text"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[group, *rights]),
        )
        self.arn, self.name = function.arn, function.name
        self.register_outputs({"arn": self.arn, "name": self.name})


def _trust_policy() -> dict[str, Any]:
    principal = {"Service": "lambda.amazonaws.com"}
    return policy_of({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _log_policy(group_arn: str) -> dict[str, Any]:
    """The group is there before the function: it creates none."""
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return policy_of({"Effect": "Allow", "Action": actions, "Resource": [f"{group_arn}:*"]})
