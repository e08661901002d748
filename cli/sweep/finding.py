"""The project's functions in an account, and which of them are orphaned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.stacks.aws_errors import error_code
from infra.naming.edge_functions import HANDLER, KEEP_VERSIONS_TAG, ROLE_ID_TAG, STACK_TAG

WAITING_TAG = "edge-router:waiting-since"
"""Tag of an orphaned function with the time when its deletion was first rejected."""
NOT_FOUND = ("NoSuchEntity", "NoSuchEntityException", "ResourceNotFoundException")
DEFAULT_KEEP_VERSIONS = 3


@dataclass(frozen=True)
class Version:
    """A published version, its time (ISO 8601), and the distributions that use it."""

    number: int
    arn: str
    published: str
    distributions: tuple[str, ...]


@dataclass(frozen=True)
class EdgeFunction:
    """A function of a stack; it is orphaned if that deployment is gone, and its role too.

    `changed` and `waiting_since` are ISO 8601, the latter "" if no deletion has been rejected yet.
    """

    name: str
    arn: str
    stack: str
    is_orphaned: bool
    keep_versions: int
    changed: str
    waiting_since: str
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Clients:
    """boto3's clients in the Region of Lambda@Edge."""

    functions: Any
    roles: Any
    distributions: Any


def find_functions(clients: Clients, stack: str = "") -> list[EdgeFunction]:
    """Return all functions, or those of one stack (`edge-router-prod`). Raises boto3's errors."""
    used_by = map_associations(clients.distributions)
    pages = clients.functions.get_paginator("list_functions").paginate()
    candidates = [one for page in pages for one in page["Functions"] if one.get("Handler") == HANDLER]
    found = [_function(clients, one, stack, used_by) for one in candidates]
    return sorted((one for one in found if one is not None), key=lambda one: (one.stack, one.name))


def map_associations(cloudfront: Any) -> dict[str, tuple[str, ...]]:
    """Return the distribution IDs by the ARN of the version that their behaviors use."""
    used_by: dict[str, tuple[str, ...]] = {}
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for distribution in page["DistributionList"].get("Items", []):
            for arn in dict.fromkeys(_associated_functions(distribution)):
                used_by[arn] = (*used_by.get(arn, ()), distribution["Id"])
    return used_by


def _associated_functions(distribution: Mapping[str, Any]) -> Iterator[str]:
    for behavior in (distribution["DefaultCacheBehavior"], *distribution.get("CacheBehaviors", {}).get("Items", [])):
        for association in behavior.get("LambdaFunctionAssociations", {}).get("Items", []):
            yield association["LambdaFunctionARN"]


def _function(
    clients: Clients, listed: Mapping[str, Any], stack: str, used_by: Mapping[str, Sequence[str]]
) -> EdgeFunction | None:
    """None for another stack's or project's function, or one that has been deleted since it was listed."""
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
        is_orphaned=not _has_role(clients.roles, listed["Role"], tags[ROLE_ID_TAG]),
        keep_versions=int(keep) if keep.isascii() and keep.isdecimal() else DEFAULT_KEEP_VERSIONS,
        changed=_iso(listed["LastModified"]),
        waiting_since=tags.get(WAITING_TAG, ""),
        versions=versions,
    )


def _versions(functions: Any, name: str, used_by: Mapping[str, Sequence[str]]) -> tuple[Version, ...]:
    """The published versions, oldest first."""
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
    """True if the function's own role exists; a recreated role has another ID."""
    try:
        return roles.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]["RoleId"] == role_id
    except roles.exceptions.ClientError as error:
        if error_code(error) in NOT_FOUND:
            return False
        raise


def _iso(last_modified: str) -> str:
    """Lambda's 2026-11-21T12:00:00.000+0000 to the second."""
    return f"{last_modified[:19]}Z"
