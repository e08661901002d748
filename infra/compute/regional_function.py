"""Lambda functions in one Region, each with its log group and role: the validator here, the controller in rollout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.compute.router_function import RUNTIME
from infra.iam.role import allow, policy_document, trust_policy
from infra.inputs.deferrable import StackValues
from infra.naming.edge_functions import EDGE_REGION
from infra.package.bundle import REGIONAL_ARCHITECTURE
from infra.settings.stack import Stack

REPORT_JOB_ACTIONS = ("codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult")
"""For jobs there is no narrower resource (Service Authorization Reference)."""


@dataclass(frozen=True)
class RegionalFunctionArgs:
    """`policies` are its permissions besides writing its log: policy documents in JSON, by name."""

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


class RegionalFunction(pulumi.ComponentResource):
    """Function, role and log group; `arn` is that of the function, which publishes no versions."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: RegionalFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
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
            assume_role_policy=trust_policy("lambda.amazonaws.com"),
            opts=child,
        )
        # The group is there before the function, which therefore creates none.
        write = ["logs:CreateLogStream", "logs:PutLogEvents"]
        log_policy = group.arn.apply(lambda arn: json.dumps(policy_document(allow(write, f"{arn}:*"))))
        policies = [
            aws.iam.RolePolicy(f"{name}-{purpose}", name=purpose, role=role.name, policy=policy, opts=child)
            for purpose, policy in {"write-log": log_policy, **args.policies}.items()
        ]
        function = aws.lambda_.Function(
            name,
            name=args.function_name,
            description=args.description,
            region=args.region,
            runtime=RUNTIME,
            architectures=[REGIONAL_ARCHITECTURE],
            handler=args.handler,
            code=pulumi.FileArchive(str(args.package)),
            role=role.arn,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment) if args.environment else None,
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="Text"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[group, *policies]),
        )
        self.arn, self.name = function.arn, function.name
        self.register_outputs({"arn": self.arn, "name": self.name})


def validator_function(values: StackValues, package: Path, domain: pulumi.Output[str]) -> RegionalFunctionArgs:
    """Return the validator, which does what `edge-router validate` does, for pipelines.

    It requests the distribution over the internet. In the account it may write its log and report its job to
    CodePipeline. The stack's URL and the place of its override are its default plan; an event has the rest.
    """
    stack, settings = values.stack, values.stack.settings
    return RegionalFunctionArgs(
        function_name=f"{stack.prefix}-validator",
        description="Counts what visitors get",
        handler="validator.handler.handler",
        package=package,
        region=EDGE_REGION,
        memory_mb=settings.validator.memory_mb,
        timeout_seconds=settings.validator.timeout_seconds,
        retention_days=settings.logs.retention_days,
        environment=_validator_environment(values, domain),
        policies={"report-job": json.dumps(policy_document(allow(REPORT_JOB_ACTIONS, "*")))},
    )


def _validator_environment(values: StackValues, domain: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    """Return the variables that validator.handler reads. The secret is one in Pulumi's state too."""
    plan: dict[str, Any] = {}
    secret: dict[str, pulumi.Input[str]] = {}
    if (override := values.stack.settings.override) is not None:
        plan["override"] = {name: value for name, value in override.model_dump(exclude={"secret"}).items() if value}
        secret["EDGE_ROUTER_OVERRIDE_SECRET"] = pulumi.Output.secret(values.apply(_override_secret))
    return {"VALIDATOR_PLAN": domain.apply(lambda name: json.dumps({"url": f"https://{name}/", **plan})), **secret}


def _override_secret(stack: Stack) -> str:
    return stack.settings.override.secret if stack.settings.override else ""
