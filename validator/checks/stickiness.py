"""Whether visitors with a cookie jar stay on the version that they were given first."""

from __future__ import annotations

from collections import Counter
from typing import Any

from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.plan import CANARY, Plan
from validator.traffic.response import Answer
from validator.traffic.traffic import Traffic, Visitor

NAME = "stickiness"


def check(plan: Plan, traffic: Traffic) -> Result:
    """Every answer that a regular visitor got is of the version of the first one."""
    if not traffic.regulars:
        return Result(NAME, Verdict.SKIPPED, "no visitors come more than once")
    flipped = [visitor for visitor in traffic.regulars if len(_versions(visitor)) > 1]
    figures = _figures(plan, traffic, len(flipped))
    each = f"{count_of(len(traffic.regulars), 'visitor')} × {plan.requests_per_visitor} requests"
    if flipped:
        text = f"{each}: {count_of(len(flipped), 'visitor')} did not stay on the first version"
        return Result(NAME, Verdict.FAILED, text, figures, some(_around_change(flipped[0])))
    unknown = [answer for visitor in traffic.regulars for answer in visitor.answers if not answer.version]
    if unknown:
        why = unknown[0].problem or f"status {unknown[0].status}"
        text = f"{each}: {count_of(len(unknown), 'answer')} told no version, the first one: {why}"
        return Result(NAME, Verdict.INCONCLUSIVE, text, figures, some(unknown))
    text = f"{each}: everybody stayed on the first version"
    return Result(NAME, Verdict.PASSED, text, figures, some(traffic.regulars[0].answers[:1]))


def _figures(plan: Plan, traffic: Traffic, flipped: int) -> dict[str, Any]:
    first = Counter(visitor.version or "unknown" for visitor in traffic.regulars)
    figures: dict[str, Any] = {
        "visitors": len(traffic.regulars),
        "requestsPerVisitor": plan.requests_per_visitor,
        "firstVersions": dict(sorted(first.items())),
        "withCookie": sum(any(answer.cookies for answer in visitor.answers) for visitor in traffic.regulars),
        "flipped": flipped,
    }
    if plan.percent is not None and plan.pin == "none" and CANARY in plan.versions:
        figures["chanceToMissForgetting"] = _chance_to_miss(plan, plan.percent / 100)
    return figures


def _chance_to_miss(plan: Plan, share: float) -> float:
    """The chance that a site which draws anew for every request looks as if it kept everybody."""
    same = share**plan.requests_per_visitor + (1 - share) ** plan.requests_per_visitor
    return float(f"{same**plan.sticky_visitors:.3g}")


def _versions(visitor: Visitor) -> set[str]:
    return {answer.version for answer in visitor.answers if answer.version}


def _around_change(visitor: Visitor) -> list[Answer]:
    """The last answer of the first version, and the first of another."""
    known = [answer for answer in visitor.answers if answer.version]
    changed = next(index for index, answer in enumerate(known) if answer.version != known[0].version)
    return known[changed - 1 : changed + 1]
