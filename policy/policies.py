"""The policies of the pack: one for each rule of the check, and one that names what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, cast

from cache_check.catalogue import RULES, Rule, plain
from policy.judge import NOT_JUDGED, Violation

CERTAIN = ("min-ttl-overrides-no-store",)
"""Rules whose findings may be certain although nothing is known of the functions; others only warn."""
POSSIBLE = "-possible"
EXCLUDE = "exclude"
SCHEMA: dict[str, dict[str, Any]] = {
    EXCLUDE: {
        "type": "array",
        "items": {"type": "string"},
        "description": "Distributions that this policy passes over: URNs, or names in Pulumi; * stands for any text.",
    }
}
"""The config of every policy, as JSON Schema."""


class Policy(NamedTuple):
    """One policy: its name, the sentence that Pulumi prints, its level, the page of AWS, and how to fix it."""

    name: str
    description: str
    is_mandatory: bool
    url: str = ""
    fix: str = ""


def policies() -> list[Policy]:
    """All policies, by the rules that need no stack. A rule that may be certain has a second one for its warnings."""
    return [
        *(found for rule in RULES if not rule.of_stack for found in _make_policies(rule)),
        Policy(NOT_JUDGED, "A distribution, or a behavior of it, could not be judged.", is_mandatory=False),
    ]


def _make_policies(rule: Rule) -> Iterator[Policy]:
    what, fix = plain(rule.what), plain(rule.fix)
    yield Policy(rule.name, what, rule.name in CERTAIN, rule.url, fix)
    if rule.name in CERTAIN:
        yield Policy(f"{rule.name}{POSSIBLE}", what, is_mandatory=False, url=rule.url, fix=fix)


def policy_name(violation: Violation) -> str:
    """The name of the policy that reports a violation."""
    is_possible = violation.rule in CERTAIN and violation.severity == "warning"
    return f"{violation.rule}{POSSIBLE}" if is_possible else violation.rule


def is_excluded(violation: Violation, exclude: object) -> bool:
    """Return whether a list of the config names the distribution, by its URN or its name."""
    listed = cast("list[object]", exclude) if isinstance(exclude, list) else []
    names = (violation.urn, violation.distribution)
    return any(fnmatchcase(name, str(pattern)) for pattern in listed for name in names)
