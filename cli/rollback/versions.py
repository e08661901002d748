"""The step that takes minutes: the distribution back to an earlier version of the function."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.output.errors import OperationError
from cli.rollback.steps import Step
from cli.stacks.aws_errors import aws_errors, error_code
from infra.naming.edge_functions import EDGE_REGION

CHANGED_CODES = frozenset({"PreconditionFailed", "InvalidIfMatchVersion"})


@dataclass(frozen=True)
class Deployed:
    """The deployed function (its ARN ends in the version), the distribution, and boto3's clients."""

    qualified_arn: str
    distribution: str
    functions: Any
    cloudfront: Any

    @property
    def function_arn(self) -> str:
        return self.qualified_arn.rpartition(":")[0]

    @property
    def name(self) -> str:
        return self.function_arn.rpartition(":")[2]

    @property
    def version(self) -> int:
        return int(self.qualified_arn.rpartition(":")[2])


def version_step(deployed: Deployed, to: int | None = None) -> Step:
    """Plan to roll back to version `to`, or to the newest before the one in Pulumi's state; repeatable."""
    with aws_errors("cannot read the function", EDGE_REGION):
        published = _published_versions(deployed)
    with aws_errors("cannot read the distribution"):
        config = deployed.cloudfront.get_distribution_config(Id=deployed.distribution)["DistributionConfig"]
    older = [number for number in published if number < deployed.version]
    target = to if to is not None else max(older, default=0)
    running = sorted({int(arn.rpartition(":")[2]) for arn in _associated_versions(config, deployed)})
    if problem := _problem(deployed, published, running, target):
        return Step("version", problem, "refused")
    if running == [target]:
        return Step("version", f"{deployed.distribution} runs version {target} already", "nothing to do")
    described = ", ".join(map(str, running))
    detail = (
        f"version {described} -> {target} (published {published[target]['LastModified'][:10]}) on"
        f" {deployed.distribution}: everywhere within 15 minutes"
    )
    return Step("version", detail, do=lambda: _associate(deployed, target))


def _problem(deployed: Deployed, published: Mapping[int, Any], running: list[int], target: int) -> str:
    """The reason why the version cannot be used, or ""."""
    numbers = ", ".join(map(str, sorted(published)))
    if not running:
        return f"{deployed.distribution} does not run {deployed.function_arn}: `pulumi up` attaches it"
    if target == 0:
        return f"there is no version before {deployed.version}: check out an earlier commit and run `pulumi up`"
    if target not in published:
        return f"there is no version {target}: there are {numbers}"
    there, here = (published[number].get("Description", "") for number in (target, max(running)) if number in published)
    if there == here:
        return ""
    # Triggers, policies and permissions are those of the strategy that is deployed now.
    return (
        f"version {target} is {there!r}, but {here!r} is deployed, with its triggers and policies: check out that"
        " commit and run `pulumi up`"
    )


def _published_versions(deployed: Deployed) -> dict[int, Any]:
    pages = deployed.functions.get_paginator("list_versions_by_function").paginate(FunctionName=deployed.name)
    listed = (one for page in pages for one in page["Versions"])
    return {int(one["Version"]): one for one in listed if one["Version"].isdecimal()}


def _associate(deployed: Deployed, target: int) -> None:
    """Change the current config, so that no change since the plan is lost."""
    try:
        with aws_errors("cannot change the distribution"):
            found = deployed.cloudfront.get_distribution_config(Id=deployed.distribution)
            deployed.cloudfront.update_distribution(
                Id=deployed.distribution,
                IfMatch=found["ETag"],
                DistributionConfig=_with_version(found["DistributionConfig"], deployed, target),
            )
    except OperationError as error:
        if isinstance(error.__cause__, Exception) and error_code(error.__cause__) in CHANGED_CODES:
            raise OperationError(f"{deployed.distribution} was changed at the same time: run it again") from error
        raise


def _with_version(config: Mapping[str, Any], deployed: Deployed, target: int) -> dict[str, Any]:
    changed = copy.deepcopy(dict(config))
    for association in _associations(changed):
        if association["LambdaFunctionARN"].rpartition(":")[0] == deployed.function_arn:
            association["LambdaFunctionARN"] = f"{deployed.function_arn}:{target}"
    return changed


def _associated_versions(config: Mapping[str, Any], deployed: Deployed) -> Iterator[str]:
    for association in _associations(config):
        if association["LambdaFunctionARN"].rpartition(":")[0] == deployed.function_arn:
            yield association["LambdaFunctionARN"]


def _associations(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for behavior in (config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", [])):
        yield from behavior.get("LambdaFunctionAssociations", {}).get("Items", [])
