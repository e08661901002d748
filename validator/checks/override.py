"""Whether the QA override reaches every version."""

from __future__ import annotations

from collections import Counter

from validator.checks.result import Result, Verdict, some
from validator.plan.plan import OVERRIDES_EACH, Plan
from validator.traffic.traffic import Traffic

NAME = "override"


def check(plan: Plan, traffic: Traffic) -> Result:
    """Every request with the override is answered by the version that it asks for, whatever percentage and pin say."""
    override = plan.override
    if override is None:
        return Result(NAME, Verdict.SKIPPED, "no QA override is given")
    if not plan.keeps_secrets:
        return Result(NAME, Verdict.INCONCLUSIVE, "the secret is not sent over plain HTTP: use https://")
    place = f"{override.place} {override.name}"
    figures = {
        "place": place,
        "answers": {
            version: dict(Counter(one.version or "unknown" for one in answers))
            for version, answers in traffic.overrides.items()
        },
    }
    asked = [(version, answer) for version, answers in traffic.overrides.items() for answer in answers]
    wrong = [(version, answer) for version, answer in asked if answer.version and answer.version != version]
    if wrong:
        version, answer = wrong[0]
        text = f"{place} asked for {version} and got {answer.version}: another secret or place, or no override there"
        return Result(NAME, Verdict.FAILED, text, figures, some(answer for _, answer in wrong))
    unknown = [answer for _, answer in asked if not answer.version]
    if unknown:
        text = f"{len(unknown)} of {len(asked)} answers told no version"
        why = f": {unknown[0].problem}" if unknown[0].problem else ""
        return Result(NAME, Verdict.INCONCLUSIVE, text + why, figures, some(unknown))
    text = f"{place} reached {' and '.join(plan.versions)}, {OVERRIDES_EACH} times each"
    return Result(NAME, Verdict.PASSED, text, figures, some(answers[0] for answers in traffic.overrides.values()))
