"""Resources that are, have or make a distribution, and that the check does not read: they are named, never ignored."""

from __future__ import annotations

import json
import re
from typing import Any

from cache_check.model.findings import NotChecked
from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, FUNCTION, ORIGIN_REQUEST_POLICY, Resource

_READ = (DISTRIBUTION, CACHE_POLICY, ORIGIN_REQUEST_POLICY, FUNCTION)
_DISTRIBUTION_TYPE = re.compile(r"cloudfront.*:\w*Distribution(Tenant)?$|^aws:lightsail/distribution:Distribution$")
_GENERIC = ("aws:cloudcontrol/resource:Resource", "aws-native:index:ExtensionResource")
_TEMPLATES = ("aws:cloudformation/stack:Stack", "aws-native:cloudformation:Stack")
_CLOUDFORMATION = re.compile(r"AWS::(?:CloudFront::(?:Distribution|DistributionTenant)|Lightsail::Distribution)\b")


def may_be_distribution(kind: str) -> bool:
    """Return whether a resource of a type may be, have or make a distribution."""
    return _DISTRIBUTION_TYPE.search(kind) is not None or kind in (*_GENERIC, *_TEMPLATES)


def unread_distribution(resource: Resource) -> NotChecked | None:
    """The note on a living resource that is, has or makes a distribution of another type; None for all others."""
    kind = resource.type
    if kind == DISTRIBUTION:
        return None
    what = kind if _DISTRIBUTION_TYPE.search(kind) else _template_type(resource)
    if not what:
        return None
    can_be_imported = not any(word in what for word in ("ultitenant", "Tenant", "ightsail"))
    fix = (
        f"`pulumi import --protect=false {DISTRIBUTION} {resource.name} {resource.id or 'ID'}` in an empty project, and"
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
    """The CloudFormation type in a resource that can be or make anything."""
    if resource.type not in (*_GENERIC, *_TEMPLATES):
        return ""
    properties = resource.properties
    if resource.type in _GENERIC:
        named = _CLOUDFORMATION.fullmatch(str(properties.get("typeName") or properties.get("type") or ""))
        return f"{resource.type} ({named[0]})" if named else ""
    found = _CLOUDFORMATION.search(_text(properties.get("templateBody") or properties.get("templateUrl")))
    return f"{resource.type} (with {found[0]})" if found else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
