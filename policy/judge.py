"""Judges every distribution of a stack by itself, so that one that cannot be read hides no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cache_check import analyze_state
from cache_check.model.findings import NotChecked
from cache_check.unread import unread_distribution
from policy.preview import Seen
from policy.references import MARK, Known, as_resource, make_state
from pulumi_state.resources import DISTRIBUTION
from pulumi_state.values import NOT_KNOWN, StateError, expect_shape

NOT_JUDGED = "not-judged"


@dataclass(frozen=True)
class Violation:
    """One finding, or what could not be judged; `rule` is then NOT_JUDGED."""

    rule: str
    severity: str
    distribution: str
    urn: str
    message: str


def judge(resources: Sequence[Seen]) -> list[Violation]:
    """All violations in the resources of a stack, in the order of its distributions."""
    known = Known.of(resources)
    return [violation for one in resources for violation in _judge_resource(one, known)]


def _judge_resource(one: Seen, known: Known) -> Iterator[Violation]:
    try:
        with expect_shape(f"the resource {one.name}", StateError):
            yield from _judge_distribution(one, known) if one.type == DISTRIBUTION else _name_others(one)
    except StateError as error:
        yield _not_judged(one, NotChecked(one.name, re.sub(rf"^(\w+ )?{re.escape(one.name)}: ", "", str(error))))
    except RecursionError:
        yield _not_judged(one, NotChecked(one.name, "it is nested too deeply"))


def _judge_distribution(one: Seen, known: Known) -> list[Violation]:
    analysis = analyze_state(make_state(one, known))
    findings = [finding for finding in analysis.findings if MARK not in finding.explanation]
    return [
        *(Violation(finding.name, finding.severity, one.name, one.urn, str(finding)) for finding in findings),
        *(_not_judged(one, unread) for unread in analysis.not_checked),
    ]


def _name_others(one: Seen) -> list[Violation]:
    """A distribution of another type, or a resource that may make one."""
    unread = unread_distribution(as_resource(one)) if one.is_custom else None
    return [_not_judged(one, unread)] if unread is not None else []


def _not_judged(one: Seen, found: NotChecked) -> Violation:
    why = found.why.replace(NOT_KNOWN, "is known after the update only")
    if MARK in why:
        why = why.partition(MARK)[2].partition(MARK)[0]
    where = f"{found.distribution}, path pattern {found.pattern}" if found.pattern else found.distribution
    fix = f" Fix: {found.fix}." if found.fix else ""
    return Violation(NOT_JUDGED, "warning", one.name, one.urn, f"not judged: {where}: {why}.{fix}")
