"""Resources that are, have or make a distribution, and that the check does not read: they are named, never ignored."""

from __future__ import annotations

import json
import re
from typing import Any

from cache_check.model.findings import NotChecked
from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, FUNCTION, ORIGIN_REQUEST_POLICY, Resource
from pulumi_state.values import Hidden

_READ = (DISTRIBUTION, CACHE_POLICY, ORIGIN_REQUEST_POLICY, FUNCTION)
_DISTRIBUTION_TYPE = re.compile(
    r"cloudfront.*:\w*Distribution(Tenant)?$|^aws:lightsail/distribution:Distribution$"
    r"|:tf:aws(cc)?_(cloudfront|lightsail)_\w*distribution(_tenant)?$"
)
"""The last are of Terraform modules, whose package has a name of its own (pulumi-terraform-module)."""
_OF_MODULES = re.compile(r"^[^:]+(?=:tf:)")
_GENERIC = (
    *("aws:cloudcontrol/resource:Resource", "aws-native:index:ExtensionResource"),
    "module:tf:aws_cloudcontrolapi_resource",
)
_TEMPLATES = (
    *("aws:cloudformation/stack:Stack", "aws:cloudformation/stackSet:StackSet"),
    *("aws-native:cloudformation:Stack", "aws-native:cloudformation:StackSet"),
    *("module:tf:aws_cloudformation_stack", "module:tf:aws_cloudformation_stack_set"),
)
_APPLICATIONS = (
    "aws:serverlessrepository/cloudFormationStack:CloudFormationStack",
    "module:tf:aws_serverlessapplicationrepository_cloudformation_stack",
)
"""Stacks whose template is in AWS's repository only."""
_CLOUDFORMATION = re.compile(r"AWS::(?:CloudFront::(?:Distribution|DistributionTenant)|Lightsail::Distribution)\b")


def may_be_distribution(kind: str) -> bool:
    """Return whether a resource of a type may be, have or make a distribution."""
    return _DISTRIBUTION_TYPE.search(kind) is not None or _general(kind) in (*_GENERIC, *_TEMPLATES, *_APPLICATIONS)


def _general(kind: str) -> str:
    """The type, with one name for the packages of all Terraform modules."""
    return _OF_MODULES.sub("module", kind)


def unread_distribution(resource: Resource) -> NotChecked | None:
    """The note on a living resource that is, has or makes a distribution of another type; None for all others."""
    kind = resource.type
    if kind == DISTRIBUTION:
        return None
    what = kind if _DISTRIBUTION_TYPE.search(kind) else _template_type(resource)
    if not what:
        return None
    can_be_imported = not any(word in what.lower() for word in ("tenant", "lightsail"))
    is_it = _DISTRIBUTION_TYPE.search(kind) is not None or _general(kind) in _GENERIC
    found_id = resource.id if is_it and resource.id else "ID"
    name = re.sub(r"[^\w.-]", "-", resource.name)  # one of a module has brackets, which a shell takes for a pattern
    fix = (
        f"`pulumi import --protect=false {DISTRIBUTION} {name} {found_id}` in an empty project, and"
        " check the export of that (docs/bring-your-own-distribution.md)"
        if can_be_imported
        else "compare its cache behaviors with the rules of docs/cache-leaks.md manually"
    )
    return NotChecked(resource.name, f"its type {what} is not read", fix)


def unfinished_update(resource: Resource, operation: str) -> NotChecked | None:
    """The note on a resource that the check reads and whose update was cut off; None for all others."""
    if resource.type not in _READ and not _DISTRIBUTION_TYPE.search(resource.type):
        return None
    kind = resource.type.rpartition(":")[2]
    return NotChecked(
        resource.name,
        f"an update was interrupted while it was {operation} this {kind}: AWS may have another than the state",
        "`pulumi refresh` in the project of this state, and export it again",
    )


def _template_type(resource: Resource) -> str:
    """The type of a resource that can be or make anything, with what it is or makes; "" without a distribution.

    A template that is not in the state may have one.
    """
    general = _general(resource.type)
    if general in _APPLICATIONS:
        return f"{resource.type} (with a template that is not in the state)"
    if general not in (*_GENERIC, *_TEMPLATES):
        return ""
    properties = {name.replace("_", "").lower(): value for name, value in resource.properties.unguard().items()}
    if general in _GENERIC:
        named = _CLOUDFORMATION.fullmatch(str(properties.get("typename") or properties.get("type") or ""))
        return f"{resource.type} ({named[0]})" if named else ""
    body = properties.get("templatebody")
    if isinstance(body, Hidden):
        return f"{resource.type} (with a template that {body.how})"
    found = _CLOUDFORMATION.search(_text(body or ""))
    if found:
        return f"{resource.type} (with {found[0]})"
    is_elsewhere = not body and bool(properties.get("templateurl"))
    return f"{resource.type} (with a template that is not in the state)" if is_elsewhere else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
