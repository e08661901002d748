"""How long the names may get that begin with the project's and the stack's: told before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from infra.config.errors import shown
from infra.naming.function_identity import function_name

if TYPE_CHECKING:
    from infra.settings.stack import Stack

LONGEST = {
    "bucket": ("S3", 63),
    "CloudFront function": ("CloudFront", 64),
    "function": ("Lambda", 64),
    "key-value store": ("CloudFront", 64),
    "role": ("IAM", 64),
    "rule": ("EventBridge", 64),
}
"""By kind, who says so and how many characters ("IAM and AWS STS quotas", "General purpose bucket naming rules", and
the constraints of CreateFunction, CreateKeyValueStore and PutRule in the API references). Everything else that is named
after a stack may be twice as long."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UNIQUE_ID = "A" * 21


class Name(NamedTuple):
    """The name that a resource of a kind would have."""

    kind: str
    name: str


def project_problem(project: str) -> str:
    """What is wrong with a project's name; Pulumi takes a period too, and Lambda does not."""
    if _PLAIN.fullmatch(project):
        return ""
    return (
        f"the project's name is {shown(project)}: resources are named after it, so it has 1 to 100 letters, digits, -"
        " and _"
    )


def length_problems(names: Iterable[Name]) -> list[str]:
    """One line for every name that is too long for its kind."""
    return [
        f"the {kind} would be called {name!r}, which has {len(name)} characters: {LONGEST[kind][0]} takes"
        f" {LONGEST[kind][1]}. Shorten the name of the project or of the stack"
        for kind, name in names
        if len(name) > LONGEST[kind][1]
    ]


def short_names(stack: Stack) -> Iterator[Name]:
    """All of a stack's names that LONGEST is about."""
    prefix, settings = stack.prefix, stack.settings
    if settings.needs.origin_request:
        yield Name("role", prefix)
        yield Name("function", function_name(prefix, _UNIQUE_ID))
    if viewer_function := settings.needs.viewer_function:
        yield Name("CloudFront function", f"{prefix}-{viewer_function}")
        yield Name("key-value store", f"{prefix}-{viewer_function}")
    for purpose in _of_one_region(stack):
        yield Name("role", f"{prefix}-{purpose}")
        yield Name("function", f"{prefix}-{purpose}")
    if settings.has_rollout:
        yield Name("rule", f"{prefix}-rollout")
    if settings.alarms is not None:
        if settings.needs.origin_request:
            yield Name("role", f"{prefix}-alarms")
        yield Name("rule", f"{prefix}-alarms")


def _of_one_region(stack: Stack) -> list[str]:
    """What the functions beside the router are for."""
    there = {"controller": stack.settings.has_rollout, "validator": stack.settings.validator.function}
    return [purpose for purpose, is_there in there.items() if is_there]
