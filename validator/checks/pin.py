"""Whether a pin holds for everybody."""

from __future__ import annotations

from collections import Counter

from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.plan import Plan
from validator.traffic.traffic import Traffic

NAME = "pin"


def check(plan: Plan, traffic: Traffic) -> Result:
    """Where a pin is expected, every visitor gets that version at every request."""
    if plan.pin == "none":
        return Result(NAME, Verdict.SKIPPED, "no pin is expected")
    answers = [answer for visitor in traffic.visitors for answer in visitor.answers]
    figures = {"pin": plan.pin, "versions": dict(Counter(answer.version or "unknown" for answer in answers))}
    wrong = [answer for answer in answers if answer.version not in ("", plan.pin)]
    if wrong:
        text = f"{len(wrong)} of {count_of(len(answers), 'answer')} are not of {plan.pin}, to which everybody is pinned"
        return Result(NAME, Verdict.FAILED, text, figures, some(wrong))
    unknown = [answer for answer in answers if not answer.version]
    if unknown:
        why = f": {unknown[0].problem}" if unknown[0].problem else ""
        text = f"{len(unknown)} of {count_of(len(answers), 'answer')} told no version{why}"
        return Result(NAME, Verdict.INCONCLUSIVE, text, figures, some(unknown))
    text = f"{count_of(len(traffic.visitors), 'visitor')}, all on {plan.pin}"
    return Result(NAME, Verdict.PASSED, text, figures, some(answers))
