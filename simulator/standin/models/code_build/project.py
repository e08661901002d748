"""aws:codebuild/project:Project."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, child, children, tags_all, words
from simulator.standin.model.rules import among, among_aws, between, matching
from simulator.standin.model.taken import in_region
from simulator.standin.models.iam.roles import ROLE_TYPE, trusted_services

PROJECT_TYPE = "aws:codebuild/project:Project"


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    arn = inputs.get("serviceRole")
    role = scope.find(ROLE_TYPE, arn=arn) if isinstance(arn, str) else None
    if isinstance(arn, str) and (role is None or "codebuild.amazonaws.com" not in trusted_services(role.outputs)):
        yield Failure("serviceRole", f"is {arn!r}: there is no such role in this deployment that CodeBuild may assume")
    kinds = {str(child(inputs, key).get("type")) for key in ("source", "artifacts")}
    if "CODEPIPELINE" in kinds and len(kinds) > 1:
        yield Failure("artifacts.type", "must be CODEPIPELINE where source.type is, and the other way round")
    names = [str(one.get("name")) for one in children(child(inputs, "environment"), "environmentVariables")]
    if len(set(names)) < len(names):
        yield Failure("environment.environmentVariables", "name one variable twice")


def _compute(creation: Creation) -> dict[str, object]:
    return {
        "arn": creation.scope.arn("codebuild", f"project/{creation.inputs['name']}", creation.region),
        "region": creation.region,
        "tagsAll": tags_all(creation),
    }


PROJECT = ResourceModel(
    type=PROJECT_TYPE,
    args="codebuild.ProjectArgs",
    modelled=words(
        "artifacts buildTimeout concurrentBuildLimit description environment logsConfig name queuedTimeout region"
        " serviceRole source tags"
    ),
    identify=lambda creation: creation.scope.arn("codebuild", f"project/{creation.inputs['name']}", creation.region),
    compute=_compute,
    replaces=frozenset({"name", "region"}),
    computed=words("arn region tagsAll"),
    defaults={"badgeEnabled": False, "buildTimeout": 60, "projectVisibility": "PRIVATE", "queuedTimeout": 480},
    rules={
        "name": matching(r"[A-Za-z0-9][\w-]{1,254}", "2 to 255 letters, digits, '-' or '_'"),
        "description": matching(r"(?s).{0,255}", "at most 255 characters"),
        "buildTimeout": between(5, 2160),
        "queuedTimeout": between(5, 480),
        "artifacts.type": among_aws("codebuild", "ArtifactsType"),
        "source.type": among("CODEPIPELINE"),
        "environment.type": among_aws("codebuild", "EnvironmentType"),
        "environment.computeType": among_aws("codebuild", "ComputeType"),
        "environment.imagePullCredentialsType": among_aws("codebuild", "ImagePullCredentialsType"),
        "environment.environmentVariables[*].type": among_aws("codebuild", "EnvironmentVariableType"),
        "environment.environmentVariables[*].name": matching(r"[A-Za-z_]\w*", "a variable's name"),
        "logsConfig.cloudwatchLogs.status": among_aws("codebuild", "LogsConfigStatusType"),
    },
    check=_check,
    named=255,
    unique=in_region("ResourceAlreadyExistsException"),
)
