"""Distributions of other resource types, which the check does not read: they are named, never passed over."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pulumi_state.parts import Resource

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"

_READ = tuple(
    f"aws:cloudfront/{kind}"
    for kind in (
        "distribution:Distribution",
        "cachePolicy:CachePolicy",
        "originRequestPolicy:OriginRequestPolicy",
        "function:Function",
    )
)
_NAMED = re.compile(r"cloudfront.*:\w*Distribution(Tenant)?$|^aws:lightsail/distribution:Distribution$")
_GENERIC = ("aws:cloudcontrol/resource:Resource", "aws-native:index:ExtensionResource")
_TEMPLATES = ("aws:cloudformation/stack:Stack", "aws-native:cloudformation:Stack")
_OF_CLOUDFORMATION = re.compile(r"AWS::(?:CloudFront::(?:Distribution|DistributionTenant)|Lightsail::Distribution)\b")


_BY_HAND = "hold its cache behaviors against the rules of docs/cache-leaks.md by hand"


@dataclass(frozen=True)
class NotJudged:
    """What of a state the check has nothing to say on, why, and what to do. `pattern` is a behavior's, or ""."""

    distribution: str
    why: str
    mend: str = ""
    pattern: str = ""

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.pattern}" if self.pattern else self.distribution
        return f"{where}: {self.why}"

    def as_json(self) -> dict[str, str]:
        pattern = {"pathPattern": self.pattern} if self.pattern else {}
        return {"distribution": self.distribution, **pattern, "why": self.why, "mend": self.mend}


def not_judged(resource: Resource, label: str) -> NotJudged | None:
    """Why a living resource that is, has or makes a distribution is not judged; None for anything else."""
    kind = resource.type
    if kind == DISTRIBUTION:
        return None
    what = kind if _NAMED.search(kind) else _inside(resource)
    is_plain = "ultitenant" not in what and "Tenant" not in what and "ightsail" not in what
    how = _import(label, resource.id) if is_plain else _BY_HAND
    return NotJudged(label, f"its type {what} is not read", how) if what else None


def unfinished(resource: Resource, label: str, what: str) -> NotJudged | None:
    """Why a resource is not judged whose update was cut off (`what` it was), if the check is about it."""
    if resource.type not in _READ and not _NAMED.search(resource.type):
        return None
    kind = resource.type.rpartition(":")[2]
    return NotJudged(
        label,
        f"an update was cut off while it was {what} this {kind}: what AWS has may be another than the state says",
        "`pulumi refresh` in the project of this state, and export it again",
    )


def _import(label: str, identifier: str) -> str:
    return (
        f"`pulumi import --protect=false {DISTRIBUTION} {label} {identifier or 'ID'}` in an empty project, and check"
        " the export of that (docs/bring-your-own-distribution.md)"
    )


def _inside(resource: Resource) -> str:
    """The CloudFormation type in a resource that can be or make anything."""
    properties = resource.outputs or resource.inputs
    if resource.type in _GENERIC:
        named = _OF_CLOUDFORMATION.fullmatch(str(properties.get("typeName") or properties.get("type") or ""))
        return f"{resource.type} ({named[0]})" if named else ""
    if resource.type in _TEMPLATES:
        found = _OF_CLOUDFORMATION.search(_text(properties.get("templateBody") or properties.get("templateUrl")))
        return f"{resource.type} (with {found[0]})" if found else ""
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
