"""aws:codepipeline/pipeline:Pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, child, children, tags_all, words
from simulator.standin.model.rules import among, among_aws, between, matching
from simulator.standin.model.taken import in_region
from simulator.standin.models.code_build.project import PROJECT_TYPE
from simulator.standin.models.iam.roles import ROLE_TYPE, trusted_services

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
    yield from _role(inputs, scope)
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
    for index, stage in enumerate(stages):
        path = f"stages[{index}]"
        if child(stage, "onFailure") and (index == 0 or not is_v2):
            yield Failure(f"{path}.onFailure", "is for stages of a V2 pipeline behind the source")
        for number, action in enumerate(children(stage, "actions")):
            where = f"{path}.actions[{number}]"
            is_source = action.get("category") == "Source"
            if is_source != (index == 0):
                yield Failure(f"{where}.category", "Source belongs to the first stage, and nothing else does")
            yield from _action(action, where, handed_on, namespaces, scope)
            handed_on |= _texts(action, "outputArtifacts")
            namespaces |= {str(action["namespace"])} if isinstance(action.get("namespace"), str) else set()


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


def _role(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    arn = inputs.get("roleArn")
    role = scope.find(ROLE_TYPE, arn=arn) if isinstance(arn, str) else None
    if isinstance(arn, str) and (role is None or "codepipeline.amazonaws.com" not in trusted_services(role.outputs)):
        yield Failure("roleArn", f"is {arn!r}: there is no such role in this deployment that CodePipeline may assume")


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


def _compute(creation: Creation) -> dict[str, object]:
    return {
        "arn": creation.scope.arn("codepipeline", creation.id, creation.region),
        "region": creation.region,
        "tagsAll": tags_all(creation),
    }


_NAME = matching(r"[A-Za-z0-9.@_-]{1,100}", "1 to 100 letters, digits or any of .@_-")

PIPELINE = ResourceModel(
    type="aws:codepipeline/pipeline:Pipeline",
    args="codepipeline.PipelineArgs",
    modelled=words("artifactStores executionMode name pipelineType region roleArn stages tags triggers"),
    identify=lambda creation: str(creation.inputs["name"]),
    compute=_compute,
    replaces=frozenset({"name", "region"}),
    computed=words("arn region tagsAll"),
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
