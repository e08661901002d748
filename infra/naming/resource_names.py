"""Physical names that begin with the project's and the stack's: their limits, and those of the tables.

DynamoDB changes neither the keys nor the Region of a table, and a name is unique in each Region: Pulumi creates another
table and deletes the old one. With the same name that would fail, or come after the data is gone. So a table that has
to be another one has another name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from infra.config.errors import format_value

LIMITS = {
    "bucket": ("S3", 63),
    "CloudFront function": ("CloudFront", 64),
    "function": ("Lambda", 64),
    "key-value store": ("CloudFront", 64),
    "role": ("IAM", 64),
    "rule": ("EventBridge", 64),
}
"""By kind, the service and its limit in characters ("IAM and AWS STS quotas", "General purpose bucket naming rules",
and the constraints of CreateFunction, CreateKeyValueStore and PutRule in the API references). All other names may be
twice as long."""
FIRST_HOME_REGION = "us-east-1"
FIRST_KEYS = {
    "control": ("scope", "item"),
    "sessions": ("token", ""),
    "tenants": ("tenantId", "accountId"),
}
"""Partition and sort key of the table without a suffix in its name, by purpose.

Written out because a name is an interface: it must not change with a default in the code. Tables of other purposes have
no suffix.
"""

OWN_COMPONENT = "edge-router"
"""The name of the program's component. The names of its resources are older than other components, and frozen."""

_PROJECT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_STACK = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Name(NamedTuple):
    """A physical name and the kind of resource, one of LIMITS."""

    kind: str
    name: str


def project_error(project: str) -> str:
    """Return the error in a project's name; Pulumi accepts a period too, and Lambda does not."""
    return _name_error("project", project, _PROJECT, 100)


def component_error(name: str) -> str:
    """Return the error in a component's name."""
    return _name_error("component", name, _STACK, 32)


def prefix_error(prefix: str) -> str:
    """Return the error in the beginning of physical names, where somebody chooses it."""
    return "" if _PROJECT.fullmatch(prefix) else f"is {format_value(prefix)}: 1 to 100 letters, digits, - and _"


def stack_error(stack: str) -> str:
    """Return the error in a stack's name."""
    return _name_error("stack", stack, _STACK, 32)


def _name_error(what: str, name: str, pattern: re.Pattern[str], longest: int) -> str:
    if pattern.fullmatch(name):
        return ""
    return (
        f"the {what}'s name is {format_value(name)}: resources are named after it, so it has 1 to {longest} letters,"
        " digits, - and _"
    )


def length_errors(names: Iterable[Name], advice: str = "Shorten the name of the project or of the stack") -> list[str]:
    """Return one line for every name that is too long for its kind; it ends with the advice."""
    return [
        f"the {kind} would be called {name!r}, which has {len(name)} characters: {LIMITS[kind][0]} takes"
        f" {LIMITS[kind][1]}. {advice}"
        for kind, name in names
        if len(name) > LIMITS[kind][1]
    ]


def has_suffix(purpose: str) -> bool:
    """Return whether a table's name depends on its keys and its home Region."""
    return purpose in FIRST_KEYS


def table_name(prefix: str, purpose: str, keys: tuple[str, str], home_region: str) -> str:
    """Return `edge-router-prod-sessions`, with a suffix for other keys or another home Region."""
    name = f"{prefix}-{purpose}"
    if not has_suffix(purpose):
        return name
    if keys != FIRST_KEYS[purpose]:
        name += f"-{sha256(json.dumps(keys).encode()).hexdigest()[:8]}"
    return name if home_region == FIRST_HOME_REGION else f"{name}-{home_region}"
