"""Whether visitors without a cookie are split as the percentage says."""

from __future__ import annotations

from typing import Any

from stats import binomial
from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.plan import CANARY, Plan
from validator.traffic.response import Answer
from validator.traffic.traffic import Traffic

NAME = "split"
METHOD = "exact binomial test, two-sided"


def check(plan: Plan, traffic: Traffic) -> Result:
    """An exact binomial test. Answers that told no version may be of any: the verdict must hold whichever they are."""
    if plan.percent is None:
        return Result(NAME, Verdict.SKIPPED, "no percentage is expected")
    if plan.pin != "none":
        return Result(NAME, Verdict.SKIPPED, f"all visitors are pinned to {plan.pin}")
    answers = [visitor.answers[0] for visitor in traffic.newcomers]
    canary = sum(answer.version == CANARY for answer in answers)
    unknown = [answer for answer in answers if not answer.version]
    figures = _figures(plan, canary, len(answers) - len(unknown), len(unknown))
    low, high = figures["believedCounts"]
    most = canary + len(unknown)
    if low <= canary and most <= high:
        return Result(NAME, Verdict.PASSED, _told(plan, figures), figures, some(_of(answers, CANARY)))
    if most < low or canary > high:
        shown = _of(answers, CANARY) if canary > high else [one for one in answers if one.version not in ("", CANARY)]
        return Result(NAME, Verdict.FAILED, _told(plan, figures), figures, some(shown or answers))
    text = f"{len(unknown)} of {count_of(len(answers), 'visitor')} were told no version: {_why(plan, unknown[0])}"
    return Result(NAME, Verdict.INCONCLUSIVE, text, figures, some(unknown))


def _figures(plan: Plan, canary: int, known: int, unknown: int) -> dict[str, Any]:
    assert plan.percent is not None
    share = plan.percent / 100
    low, high = binomial.interval(canary, known, plan.confidence / 100)
    return {
        "method": METHOD,
        "visitors": known + unknown,
        "canary": canary,
        "unknown": unknown,
        "expectedPercent": plan.percent,
        "pValue": binomial.p_value(canary, known, share) if known else None,
        "level": round(plan.level, 12),
        "believedCounts": list(binomial.accepted_counts(known + unknown, share, plan.level)),
        "intervalPercent": [round(low * 100, 2), round(high * 100, 2)],
    }


def _told(plan: Plan, figures: dict[str, Any]) -> str:
    low, high = figures["believedCounts"]
    believed = f"{low}" if low == high else f"{low} to {high}"
    first, last = figures["intervalPercent"]
    found = f"{figures['canary']} of {count_of(figures['visitors'], 'visitor')} on the canary"
    return (
        f"{found}; {plan.percent:g} % would be {believed}"
        f" (p = {figures['pValue']:.3g}, {METHOD}, {plan.confidence:.12g} %: {first:g} % to {last:g} %)"
    )


def _of(answers: list[Answer], version: str) -> list[Answer]:
    return [answer for answer in answers if answer.version == version]


def _why(plan: Plan, answer: Answer) -> str:
    if answer.problem:
        return answer.problem
    if answer.code:
        return f"the code {answer.code!r} is of none of {', '.join(plan.versions)}"
    return "nothing in the body has the pattern" if plan.version_pattern else f"no header {plan.version_header}"
