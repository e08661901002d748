"""The policies of the pack: one for each rule of the check, and one that names what could not be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any, NamedTuple, cast

from cache_check.catalogue import RULES, Rule, plain
from policy.judge import NOT_JUDGED, Judge, Violation
from policy.preview import Seen, is_read, plain_properties

NAME = "edge-router-cache-leaks"
CERTAIN = ("min-ttl-overrides-no-store",)
"""Rules whose findings may be certain although nothing is known of the functions; others only warn."""
POSSIBLE = "-possible"
EXCLUDE = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Distributions that this policy passes over: URNs, or names of Pulumi; * stands for any characters.",
}


class Specification(NamedTuple):
    """What one policy is: its name, the sentence that Pulumi prints, its default level and the page of AWS."""

    name: str
    description: str
    is_mandatory: bool
    url: str = ""
    fix: str = ""


def specifications() -> list[Specification]:
    """All policies, by the rules that need no stack. A rule that may be certain has a second one for its warnings."""
    return [
        *(found for rule in RULES if not rule.of_stack for found in _of(rule)),
        Specification(NOT_JUDGED, "A distribution, or a behavior of it, could not be judged.", is_mandatory=False),
    ]


def _of(rule: Rule) -> Iterator[Specification]:
    what, fix = plain(rule.what), plain(rule.fix)
    if rule.name in CERTAIN:
        yield Specification(rule.name, what, is_mandatory=True, url=rule.url, fix=fix)
        yield Specification(f"{rule.name}{POSSIBLE}", what, is_mandatory=False, url=rule.url, fix=fix)
    else:
        yield Specification(rule.name, what, is_mandatory=False, url=rule.url, fix=fix)


def policy_of(violation: Violation) -> str:
    """The name of the policy that reports a violation."""
    is_possible = violation.rule in CERTAIN and violation.severity == "warning"
    return f"{violation.rule}{POSSIBLE}" if is_possible else violation.rule


def is_excluded(violation: Violation, exclude: object) -> bool:
    """Return whether a list of the config names the distribution, by its URN or its name."""
    listed = cast("list[object]", exclude) if isinstance(exclude, list) else []
    names = (violation.urn, violation.distribution)
    return any(fnmatchcase(name, str(pattern)) for pattern in listed for name in names)


def serve() -> None:
    """Serve the pack until the engine ends it."""
    sdk: Any = import_module("pulumi_policy")
    unknown: Any = import_module("pulumi_policy.proxy").UnknownValueError
    judge = Judge()
    sdk.PolicyPack(NAME, policies=[_policy(sdk, unknown, judge, one) for one in specifications()])


def _policy(sdk: Any, unknown: type[Exception], judge: Judge, one: Specification) -> Any:
    def validate(stack: Any, report: Callable[[str, str], None]) -> None:
        def read() -> list[Seen]:
            return [_seen(resource, unknown) for resource in stack.resources if is_read(resource.resource_type)]

        exclude = stack.get_config().get("exclude")
        for violation in judge.violations(one.name, read):
            if policy_of(violation) == one.name and not is_excluded(violation, exclude):
                report(violation.message, violation.urn)

    level = sdk.EnforcementLevel.MANDATORY if one.is_mandatory else sdk.EnforcementLevel.ADVISORY
    return sdk.StackValidationPolicy(
        name=one.name,
        description=one.description,
        validate=validate,
        enforcement_level=level,
        config_schema=sdk.PolicyConfigSchema(properties={"exclude": EXCLUDE}),
        remediation_steps=one.fix or None,
        url=one.url or None,
    )


def _seen(resource: Any, unknown: type[Exception]) -> Seen:
    needed = {name: tuple(one.urn for one in others) for name, others in resource.property_dependencies.items()}
    return Seen(
        urn=resource.urn,
        type=resource.resource_type,
        properties=plain_properties(resource.props, unknown),
        has_provider=resource.provider is not None,
        needs=needed,
    )
