"""The CodeBuild project that runs Pulumi for one stack, with the permissions that deploying the stack needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam.role import allow, policy_document
from infra.naming.edge_functions import EDGE_REGION
from pipeline.artifact_bucket import ArtifactBucket
from pipeline.deployer_rights import rights
from pipeline.settings import PipelineSettings, TargetSettings

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
BUILDSPEC = ".ci/buildspec.yml"
TIMEOUT_MINUTES = 90
"""A distribution takes up to 15 minutes, and a table with replicas as long."""
ARTIFACT_ACTIONS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")


@dataclass(frozen=True)
class DeployProjectArgs:
    """`pipeline_arn` is the pipeline that it belongs to: a build asks whether it is part of a rollback."""

    prefix: str
    account_id: pulumi.Output[str]
    settings: PipelineSettings
    target: TargetSettings
    artifacts: ArtifactBucket
    pipeline_arn: pulumi.Output[str]


class DeployProject(pulumi.ComponentResource):
    """A project whose role deploys one stack; CodeBuild may assume it for this account only."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: DeployProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:DeployProject", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        physical = f"{args.prefix}-{args.target.stack}"
        group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/codebuild/{physical}",
            region=EDGE_REGION,
            retention_in_days=args.settings.retention_days,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=physical,
            description=f"CodeBuild: deploys {args.settings.project}, stack {args.target.stack}",
            assume_role_policy=args.account_id.apply(lambda account: json.dumps(trust("codebuild", account))),
            managed_policy_arns=list(args.target.policies) or None,
            opts=child,
        )
        policies = [
            aws.iam.RolePolicy(f"{name}-{purpose}", name=purpose, role=role.name, policy=document, opts=child)
            for purpose, document in _policies(args, group.arn).items()
        ]
        own = pulumi.ResourceOptions(parent=self, depends_on=[group, *policies])
        project = aws.codebuild.Project(name, _project(args, physical, role.arn, group.name), own)
        self.arn, self.name = project.arn, project.name
        self.register_outputs({"arn": self.arn, "name": self.name})


def trust(service: str, account_id: str) -> dict[str, Any]:
    """Return a trust policy for a service acting for this account ("The confused deputy problem", IAM User Guide)."""
    return policy_document(
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def _project(
    args: DeployProjectArgs, name: str, role_arn: pulumi.Input[str], group: pulumi.Input[str]
) -> aws.codebuild.ProjectArgs:
    settings = args.settings
    return aws.codebuild.ProjectArgs(
        name=name,
        description=f"Deploys {settings.project}, stack {args.target.stack}",
        service_role=role_arn,
        build_timeout=TIMEOUT_MINUTES,
        # One at a time: Pulumi locks the state, and a second update would fail.
        concurrent_build_limit=1,
        artifacts=aws.codebuild.ProjectArtifactsArgs(type="CODEPIPELINE"),
        source=aws.codebuild.ProjectSourceArgs(type="CODEPIPELINE", buildspec=BUILDSPEC),
        environment=aws.codebuild.ProjectEnvironmentArgs(
            type="LINUX_CONTAINER",
            compute_type="BUILD_GENERAL1_SMALL",
            image=IMAGE,
            image_pull_credentials_type="CODEBUILD",
            privileged_mode=False,
            environment_variables=[
                _variable("STACK", args.target.stack),
                _variable("PIPELINE", args.prefix),
                _variable("ROLLS_BACK", "yes" if args.target == settings.prod else "no"),
                _variable("PULUMI_VERSION", settings.pulumi_version),
                _variable("PULUMI_BACKEND_URL", f"{settings.backend}?region={EDGE_REGION}"),
                _variable("PULUMI_CONFIG_PASSPHRASE", settings.passphrase_secret, "SECRETS_MANAGER"),
            ],
        ),
        logs_config=aws.codebuild.ProjectLogsConfigArgs(
            cloudwatch_logs=aws.codebuild.ProjectLogsConfigCloudwatchLogsArgs(status="ENABLED", group_name=group)
        ),
        region=EDGE_REGION,
    )


def _variable(
    name: str, value: str, kind: str = "PLAINTEXT"
) -> aws.codebuild.ProjectEnvironmentEnvironmentVariableArgs:
    return aws.codebuild.ProjectEnvironmentEnvironmentVariableArgs(name=name, value=value, type=kind)


def _policies(args: DeployProjectArgs, group_arn: pulumi.Output[str]) -> Mapping[str, pulumi.Input[str]]:
    """The policies of CodeBuild itself, and of the parts of the deployment."""
    settings, target = args.settings, args.target
    prefix = f"{settings.project}-{target.stack}"
    own = pulumi.Output.all(args.artifacts.arn, group_arn, args.pipeline_arn).apply(
        lambda arns: json.dumps(_build_policy(settings, arns[0], arns[1], arns[2]))
    )
    parts = ("core", *target.parts)
    deploying = {
        part: args.account_id.apply(
            lambda account, part=part: json.dumps(policy_document(*rights(prefix, account, target.parts)[part]))
        )
        for part in dict.fromkeys(parts)
    }
    return {"build": own, **{f"deploy-{part}": document for part, document in deploying.items()}}


def _build_policy(settings: PipelineSettings, artifacts: str, group: str, pipeline: str) -> dict[str, Any]:
    backend = f"arn:aws:s3:::{settings.backend_bucket}"
    return policy_document(
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{group}:*"),
        allow(ARTIFACT_ACTIONS, f"{artifacts}/*"),
        allow(["secretsmanager:GetSecretValue"], settings.passphrase_secret),
        # Pulumi's states, history and locks.
        allow(["s3:ListBucket", "s3:GetBucketLocation"], backend),
        allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"{backend}/{settings.backend_folder}*"),
        allow(["codepipeline:ListPipelineExecutions"], pipeline),
    )
