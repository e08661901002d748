"""The validator as a Lambda function, for pipelines: it does what `edge-router validate` does."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi

from infra.compute.regional_function import RegionFunctionArgs
from infra.iam.role import policy_of
from infra.naming.function_identity import EDGE_REGION
from infra.settings.origins import OverrideSettings
from infra.settings.stack import Stack

HANDLER = "validator.handler.handler"
REPORTING = ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"]
"""For jobs there is no narrower resource (Service Authorization Reference)."""


def validator_args(stack: Stack, package: Path, domain: pulumi.Output[str]) -> RegionFunctionArgs:
    """It asks over the internet. In the account it may write its log, and tell CodePipeline how its job ended.

    The stack's address and where its override goes are the plan that it begins with; an event says the rest.
    """
    settings = stack.settings
    return RegionFunctionArgs(
        function_name=f"{stack.prefix}-validator",
        description="Counts what visitors get",
        handler=HANDLER,
        package=package,
        region=EDGE_REGION,
        memory_mb=settings.validator.memory_mb,
        timeout_seconds=settings.validator.timeout_seconds,
        retention_days=settings.logs.retention_days,
        environment=_environment(settings.override, domain),
        policies={
            "report-job": json.dumps(policy_of({"Effect": "Allow", "Action": REPORTING, "Resource": ["*"]})),
        },
    )


def _environment(override: OverrideSettings | None, domain: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    """As validator.handler reads it. The secret is one in Pulumi's state too."""
    if override is None:
        return {"VALIDATOR_PLAN": domain.apply(lambda name: json.dumps({"url": f"https://{name}/"}))}
    place = {name: value for name, value in override.model_dump(exclude={"secret"}).items() if value}
    return {
        "VALIDATOR_PLAN": domain.apply(lambda name: json.dumps({"url": f"https://{name}/", "override": place})),
        "EDGE_ROUTER_OVERRIDE_SECRET": pulumi.Output.secret(override.secret),
    }
