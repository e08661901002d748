"""What of edge-router's functions there is in an account, and which of them no stack has any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.stacks.aws import code_of
from infra.naming.edge_functions import HANDLER, KEEP_VERSIONS_TAG, ROLE_ID_TAG, STACK_TAG

WAITING_TAG = "edge-router:waiting-since"
"""When a sweep was first refused: put on a function that no stack has any more, so that the next one can tell."""
NOT_FOUND = ("NoSuchEntity", "NoSuchEntityException", "ResourceNotFoundException")
DEFAULT_KEEP_VERSIONS = 3


@dataclass(frozen=True)
class Version:
    """A published version: when it was (ISO 8601), and the distributions that use it."""

    number: int
    arn: str
    published: str
    distributions: tuple[str, ...]


@dataclass(frozen=True)
class EdgeFunction:
    """A function that some stack has made; `is_left` where that deployment of the stack is gone, its role with it.

    `changed` and `waiting_since` are ISO 8601, the latter "" where no sweep has been refused yet.
    """

    name: str
    arn: str
    stack: str
    is_left: bool
    keep_versions: int
    changed: str
    waiting_since: str
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Clients:
    """boto3's, for the Region of Lambda@Edge."""

    functions: Any
    roles: Any
    distributions: Any


def find_functions(clients: Clients, stack: str = "") -> list[EdgeFunction]:
    """All of them, or those of one stack (`edge-router-prod`). Errors: what boto3 raises."""
    used_by = associations(clients.distributions)
    pages = clients.functions.get_paginator("list_functions").paginate()
    candidates = [one for page in pages for one in page["Functions"] if one.get("Handler") == HANDLER]
    found = [_function(clients, one, stack, used_by) for one in candidates]
    return sorted((one for one in found if one is not None), key=lambda one: (one.stack, one.name))


def associations(cloudfront: Any) -> dict[str, tuple[str, ...]]:
    """The ids of distributions by the ARN of the version that one of their behaviors names."""
    used_by: dict[str, tuple[str, ...]] = {}
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for distribution in page["DistributionList"].get("Items", []):
            for arn in dict.fromkeys(_associated(distribution)):
                used_by[arn] = (*used_by.get(arn, ()), distribution["Id"])
    return used_by


def _associated(distribution: Mapping[str, Any]) -> Iterator[str]:
    for behavior in (distribution["DefaultCacheBehavior"], *distribution.get("CacheBehaviors", {}).get("Items", [])):
        for association in behavior.get("LambdaFunctionAssociations", {}).get("Items", []):
            yield association["LambdaFunctionARN"]


def _function(
    clients: Clients, listed: Mapping[str, Any], stack: str, used_by: Mapping[str, Sequence[str]]
) -> EdgeFunction | None:
    """None where it is another stack's, none of ours, or gone since it was listed: another sweep may be at work."""
    arn = listed["FunctionArn"]
    try:
        tags = clients.functions.list_tags(Resource=arn).get("Tags", {})
        if ROLE_ID_TAG not in tags or STACK_TAG not in tags or (stack and tags[STACK_TAG] != stack):
            return None
        versions = _versions(clients.functions, listed["FunctionName"], used_by)
    except clients.functions.exceptions.ResourceNotFoundException:
        return None
    keep = tags.get(KEEP_VERSIONS_TAG, "")
    return EdgeFunction(
        name=listed["FunctionName"],
        arn=arn,
        stack=tags[STACK_TAG],
        is_left=not _has_role(clients.roles, listed["Role"], tags[ROLE_ID_TAG]),
        keep_versions=int(keep) if keep.isascii() and keep.isdecimal() else DEFAULT_KEEP_VERSIONS,
        changed=_iso(listed["LastModified"]),
        waiting_since=tags.get(WAITING_TAG, ""),
        versions=versions,
    )


def _versions(functions: Any, name: str, used_by: Mapping[str, Sequence[str]]) -> tuple[Version, ...]:
    """The published ones, oldest first; $LATEST is none."""
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    listed = [one for page in pages for one in page["Versions"] if one["Version"].isdecimal()]
    versions = [
        Version(
            int(one["Version"]),
            one["FunctionArn"],
            _iso(one["LastModified"]),
            tuple(used_by.get(one["FunctionArn"], ())),
        )
        for one in listed
    ]
    return tuple(sorted(versions, key=lambda one: one.number))


def _has_role(roles: Any, role_arn: str, role_id: str) -> bool:
    """Whether the very role is there that the function was made with: one made anew has another id."""
    try:
        return roles.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]["RoleId"] == role_id
    except roles.exceptions.ClientError as error:
        if code_of(error) in NOT_FOUND:
            return False
        raise


def _iso(last_modified: str) -> str:
    """Lambda's 2026-11-21T12:00:00.000+0000, to the second."""
    return f"{last_modified[:19]}Z"
