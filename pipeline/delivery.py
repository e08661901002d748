"""The pipeline: source, staging, validation, approval, prod, validation; and an automatic rollback where prod fails."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam.role import allow, policy_document
from infra.naming.edge_functions import EDGE_REGION
from infra.observability.notifications import subscribe
from pipeline.artifact_bucket import ArtifactBucket
from pipeline.deploy_project import ARTIFACT_ACTIONS, DeployProject, DeployProjectArgs, trust
from pipeline.settings import PipelineSettings, TargetSettings

SOURCE, SOURCE_ACTION = "source", "Source"
CONNECTION = "CodeStarSourceConnection"
"""The provider's name in CodePipeline, after the former name of CodeConnections."""
PLAN_VARIABLE = "VALIDATOR_PLAN"
"""The variable with which .ci/buildspec.yml exports the behavior that the validator is to expect."""

Action = aws.codepipeline.PipelineStageActionArgs


class Pipeline(pulumi.ComponentResource):
    """A pipeline in us-east-1, where the validators are. Its resources' names begin with `prefix`."""

    name: pulumi.Output[str]

    def __init__(
        self, name: str, prefix: str, settings: PipelineSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("edge-router:infra:Pipeline", name, None, opts)
        self._prefix, self._settings = prefix, settings
        child = pulumi.ResourceOptions(parent=self)
        invoke = pulumi.InvokeOutputOptions(parent=self)
        self._account_id = aws.get_caller_identity_output(opts=invoke).account_id
        self._artifacts = ArtifactBucket("artifacts", self._account_id.apply(lambda it: f"{prefix}-{it}"), child)
        staging, prod = (self._project(kind, child) for kind in ("staging", "prod"))
        topic = self._topic(child) if settings.notify else None
        role = aws.iam.Role(
            f"{name}-role",
            name=prefix,
            description="CodePipeline: starts builds and validators",
            assume_role_policy=self._account_id.apply(lambda account: json.dumps(trust("codepipeline", account))),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy", name="run", role=role.name, policy=self._policy(staging, prod, topic), opts=child
        )
        pipeline = aws.codepipeline.Pipeline(
            name,
            name=prefix,
            pipeline_type="V2",
            # An older commit that waits for its approval gives way to a newer one.
            execution_mode="SUPERSEDED",
            role_arn=role.arn,
            artifact_stores=[_Store(location=self._artifacts.name, type="S3")],
            triggers=[_push_trigger(settings.branch)],
            stages=[
                _Stage(name="Source", actions=[_source(settings)]),
                _Stage(name="Staging", actions=self._deploy_actions(staging, settings.staging, "staging")),
                _Stage(name="Approve", actions=[_approval(settings, topic)]),
                _Stage(
                    name="Prod",
                    actions=self._deploy_actions(prod, settings.prod, "prod"),
                    # To the last execution that got through this stage: its source is deployed and validated anew.
                    on_failure=aws.codepipeline.PipelineStageOnFailureArgs(result="ROLLBACK"),
                ),
            ],
            region=EDGE_REGION,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.name = pipeline.name
        self.outputs: dict[str, pulumi.Input[object]] = {
            "pipeline": pipeline.name,
            "pipelineUrl": pipeline.name.apply(_url),
            "artifactBucket": self._artifacts.name,
            "deployRoles": {kind: f"{prefix}-{target.stack}" for kind, target in self._targets().items()},
        }
        self.register_outputs(self.outputs)

    def _targets(self) -> dict[str, TargetSettings]:
        return {"staging": self._settings.staging, "prod": self._settings.prod}

    def _project(self, kind: str, opts: pulumi.ResourceOptions) -> DeployProject:
        arn = self._account_id.apply(lambda account: f"arn:aws:codepipeline:{EDGE_REGION}:{account}:{self._prefix}")
        args = DeployProjectArgs(
            self._prefix, self._account_id, self._settings, self._targets()[kind], self._artifacts, arn
        )
        return DeployProject(f"deploy-{kind}", args, opts)

    def _topic(self, opts: pulumi.ResourceOptions) -> aws.sns.Topic:
        topic = aws.sns.Topic("approvals", name=f"{self._prefix}-approvals", region=EDGE_REGION, opts=opts)
        subscribe("approvals", topic, self._settings.notify, EDGE_REGION, opts)
        return topic

    def _deploy_actions(self, project: DeployProject, target: TargetSettings, namespace: str) -> Sequence[Action]:
        """Deploy, then invoke the stack's own validator with the plan of this deployment."""
        builds = {"run_order": 1, "namespace": namespace, "input_artifacts": [SOURCE]}
        return [
            _action("Deploy", "Build", "CodeBuild", {"ProjectName": project.name}, **builds),
            _action(
                "Validate",
                "Invoke",
                "Lambda",
                {
                    "FunctionName": _validator_name(self._settings, target),
                    "UserParameters": f"#{{{namespace}.{PLAN_VARIABLE}}}",
                },
                run_order=2,
            ),
        ]

    def _policy(self, staging: DeployProject, prod: DeployProject, topic: aws.sns.Topic | None) -> pulumi.Output[str]:
        known = pulumi.Output.all(
            self._account_id, self._artifacts.arn, staging.arn, prod.arn, topic.arn if topic else ""
        )
        return known.apply(lambda it: json.dumps(run_policy(self._settings, it[0], it[1], it[2:4], it[4])))


def run_policy(
    settings: PipelineSettings, account_id: str, artifacts: str, projects: Sequence[str], topic: str
) -> dict[str, Any]:
    """Return the policy of the pipeline's role ("Manage the CodePipeline service role")."""
    functions = [
        f"arn:aws:lambda:{EDGE_REGION}:{account_id}:function:{_validator_name(settings, target)}"
        for target in (settings.staging, settings.prod)
    ]
    connection_service = settings.connection_arn.split(":")[2]
    return policy_document(
        allow(ARTIFACT_ACTIONS, f"{artifacts}/*"),
        allow(["s3:GetBucketLocation", "s3:GetBucketVersioning"], artifacts),
        allow([f"{connection_service}:UseConnection"], settings.connection_arn),
        allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"], *projects),
        allow(["lambda:InvokeFunction"], *functions),
        # It has no resource type.
        allow(["lambda:ListFunctions"], "*"),
        *([allow(["sns:Publish"], topic)] if topic else []),
    )


def _validator_name(settings: PipelineSettings, target: TargetSettings) -> str:
    """Return the name of the function that `validator.function: true` creates in the stack."""
    return f"{settings.project}-{target.stack}-validator"


def _push_trigger(branch: str) -> aws.codepipeline.PipelineTriggerArgs:
    """Return the trigger for pushes to the branch, and nothing else.

    Without one, the source action's own default starts the pipeline (PipelineTriggerDeclaration, CodePipeline API
    reference).
    """
    branches = aws.codepipeline.PipelineTriggerGitConfigurationPushBranchesArgs(includes=[branch])
    return aws.codepipeline.PipelineTriggerArgs(
        provider_type=CONNECTION,
        git_configuration=aws.codepipeline.PipelineTriggerGitConfigurationArgs(
            source_action_name=SOURCE_ACTION,
            pushes=[aws.codepipeline.PipelineTriggerGitConfigurationPushArgs(branches=branches)],
        ),
    )


def _source(settings: PipelineSettings) -> Action:
    configuration = {
        "ConnectionArn": settings.connection_arn,
        "FullRepositoryId": settings.repository,
        "BranchName": settings.branch,
        "OutputArtifactFormat": "CODE_ZIP",
    }
    return _action(SOURCE_ACTION, "Source", CONNECTION, configuration, output_artifacts=[SOURCE])


def _approval(settings: PipelineSettings, topic: aws.sns.Topic | None) -> Action:
    text = f"{settings.staging.stack} is deployed and validated: deploy the same commit to {settings.prod.stack}?"
    notification = {"NotificationArn": topic.arn} if topic is not None else {}
    return _action("Approve", "Approval", "Manual", {"CustomData": text, **notification})


def _action(
    name: str, category: str, provider: str, configuration: Mapping[str, pulumi.Input[str]], **more: Any
) -> Action:
    return Action(
        name=name, category=category, owner="AWS", provider=provider, version="1", configuration=configuration, **more
    )


def _url(name: str) -> str:
    return f"https://{EDGE_REGION}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{name}/view"


_Stage = aws.codepipeline.PipelineStageArgs
_Store = aws.codepipeline.PipelineArtifactStoreArgs
