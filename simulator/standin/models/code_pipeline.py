"""aws:codepipeline/pipeline:Pipeline and the aws:codebuild/project:Project of its stages."""

import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, in_region, words
from simulator.standin.model.rules import among, among_aws, between, child, children, matching, numbered_children
from simulator.standin.models.iam import check_assumable

_NEEDED = {
    "CodeStarSourceConnection": words("BranchName ConnectionArn FullRepositoryId"),
    "CodeBuild": words("ProjectName"),
    "Lambda": words("FunctionName"),
    "Manual": frozenset[str](),
}
"""By provider, the keys without which CreatePipeline refuses an action ("Action structure reference")."""
_MAX_VALUE = 1000
_VARIABLE = re.compile(r"#\{([A-Za-z0-9@_-]+)\.[A-Za-z0-9@_-]+\}")


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from check_assumable(inputs, "roleArn", "CodePipeline", scope)
    stages = children(inputs, "stages")
    if len(stages) < 2:
        yield Failure("stages", "must be two at least (InvalidStructureException)")
    names = [str(stage.get("name")) for stage in stages]
    if len(set(names)) < len(names):
        yield Failure("stages", "have one name twice (InvalidStructureException)")
    is_v2 = inputs.get("pipelineType") == "V2"
    yield from _triggers(inputs, is_v2=is_v2)
    handed_on: set[str] = set()
    namespaces = {"codepipeline", "variables"}
    for path, stage in numbered_children(inputs, "stages"):
        is_first = path == "stages[0]"
        if child(stage, "onFailure") and (is_first or not is_v2):
            yield Failure(f"{path}.onFailure", "is for stages of a V2 pipeline behind the source")
        for where, action in numbered_children(stage, "actions", path):
            if (action.get("category") == "Source") != is_first:
                yield Failure(f"{where}.category", "Source belongs to the first stage, and nothing else does")
            yield from _action(action, where, handed_on, namespaces, scope)
            handed_on |= _texts(action, "outputArtifacts")
            if isinstance(namespace := action.get("namespace"), str):
                namespaces.add(namespace)


def _triggers(inputs: Properties, *, is_v2: bool) -> Iterator[Failure]:
    """One for each source action by a connection (GitConfiguration, CodePipeline API reference)."""
    triggers = children(inputs, "triggers")
    actions = [action for stage in children(inputs, "stages") for action in children(stage, "actions")]
    sources = {str(one.get("name")) for one in actions if one.get("provider") == "CodeStarSourceConnection"}
    named = [child(trigger, "gitConfiguration").get("sourceActionName") for trigger in triggers]
    if triggers and not is_v2:
        yield Failure("triggers", "are for V2 pipelines (InvalidStructureException)")
    for index, name in enumerate(named):
        if name not in sources or name in named[:index]:
            where = f"triggers[{index}].gitConfiguration.sourceActionName"
            yield Failure(where, f"is {name!r}: must be a source action by a connection, each once")


def _action(
    action: dict[str, object], where: str, handed_on: set[str], namespaces: set[str], scope: Scope
) -> Iterator[Failure]:
    configuration = child(action, "configuration")
    for key in sorted(_NEEDED.get(str(action.get("provider")), frozenset()) - configuration.keys()):
        yield Failure(f"{where}.configuration.{key}", "is required")
    for key, value in configuration.items():
        if isinstance(value, str):
            yield from _value(value, f"{where}.configuration.{key}", namespaces)
    for name in sorted(_texts(action, "inputArtifacts") - handed_on):
        yield Failure(f"{where}.inputArtifacts", f"has {name!r}, which no action before hands on")
    project = configuration.get("ProjectName")
    if isinstance(project, str) and scope.find(PROJECT_TYPE, name=project) is None:
        yield Failure(f"{where}.configuration.ProjectName", f"is {project!r}: there is no such project here")


def _value(value: str, where: str, namespaces: set[str]) -> Iterator[Failure]:
    if not 0 < len(value) <= _MAX_VALUE:
        yield Failure(where, f"has {len(value)} characters: CodePipeline takes 1 to {_MAX_VALUE}")
    for namespace in _VARIABLE.findall(value):
        if namespace not in namespaces:
            yield Failure(where, f"refers to the namespace {namespace!r}, which no action before has")


def _texts(action: dict[str, object], key: str) -> set[str]:
    found = action.get(key)
    return {str(one) for one in found} if isinstance(found, list) else set()


_NAME = matching(r"[A-Za-z0-9.@_-]{1,100}", "1 to 100 letters, digits or any of .@_-")

PIPELINE = ResourceModel(
    type="aws:codepipeline/pipeline:Pipeline",
    modelled=words("artifactStores executionMode name pipelineType region roleArn stages tags triggers"),
    arn="codepipeline:{id}",
    replaces=words("name"),
    defaults={"executionMode": "SUPERSEDED", "pipelineType": "V1"},
    rules={
        "name": _NAME,
        "pipelineType": among_aws("codepipeline", "PipelineType"),
        "executionMode": among_aws("codepipeline", "ExecutionMode"),
        "artifactStores[*].type": among_aws("codepipeline", "ArtifactStoreType"),
        "triggers[*].providerType": among_aws("codepipeline", "PipelineTriggerProviderType"),
        "triggers[*].gitConfiguration.pushes[*].branches.includes[*]": matching(r"(?s).{1,255}", "a branch's name"),
        "stages[*].name": _NAME,
        "stages[*].onFailure.result": among_aws("codepipeline", "Result"),
        "stages[*].actions[*].name": _NAME,
        "stages[*].actions[*].namespace": matching(r"[A-Za-z0-9@_-]{1,100}", "1 to 100 letters, digits or any of @_-"),
        "stages[*].actions[*].category": among_aws("codepipeline", "ActionCategory"),
        "stages[*].actions[*].owner": among_aws("codepipeline", "ActionOwner"),
        "stages[*].actions[*].provider": among(*sorted(_NEEDED)),
        "stages[*].actions[*].runOrder": between(1, 999),
    },
    check=_check,
    named=100,
    unique=in_region("PipelineNameInUseException"),
)


PROJECT_TYPE = "aws:codebuild/project:Project"


def _check_project(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from check_assumable(inputs, "serviceRole", "CodeBuild", scope)
    kinds = {str(child(inputs, key).get("type")) for key in ("source", "artifacts")}
    if "CODEPIPELINE" in kinds and len(kinds) > 1:
        yield Failure("artifacts.type", "must be CODEPIPELINE where source.type is, and the other way round")
    names = [str(one.get("name")) for one in children(child(inputs, "environment"), "environmentVariables")]
    if len(set(names)) < len(names):
        yield Failure("environment.environmentVariables", "name one variable twice")


PROJECT = ResourceModel(
    type=PROJECT_TYPE,
    modelled=words(
        "artifacts buildTimeout concurrentBuildLimit description environment logsConfig name queuedTimeout"
        " region serviceRole source tags"
    ),
    identify=lambda creation: creation.scope.arn("codebuild", f"project/{creation.inputs['name']}", creation.region),
    arn="{id}",
    replaces=words("name"),
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
    check=_check_project,
    named=255,
    unique=in_region("ResourceAlreadyExistsException"),
)

MODELS = (PIPELINE, PROJECT)
