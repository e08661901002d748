"""The check `split`: the share of one-time visitors on the canary is the expected percentage."""

from __future__ import annotations

from typing import Any

from stats import binomial
from validator.checks.report import Result, Verdict, quantity, samples
from validator.plan.model import CANARY, Plan
from validator.traffic.response import Response
from validator.traffic.visits import Traffic

METHOD = "exact binomial test, two-sided"


def check_split(plan: Plan, traffic: Traffic) -> Result:
    """Run an exact binomial test. The verdict has to hold whatever the versions of responses without one are."""
    if plan.percent is None:
        return Result(Verdict.SKIPPED, "no percentage is expected")
    if plan.pin != "none":
        return Result(Verdict.SKIPPED, f"all visitors are pinned to {plan.pin}")
    responses = [visitor.responses[0] for visitor in traffic.one_time]
    on_canary = [response for response in responses if response.version == CANARY]
    unknown = [response for response in responses if not response.version]
    figures = _figures(plan, plan.percent / 100, len(on_canary), len(responses), len(unknown))
    low, high = figures["believedCounts"]
    least, most = len(on_canary), len(on_canary) + len(unknown)
    if low <= least and most <= high and len(unknown) < len(responses):
        return Result(Verdict.PASSED, _summary(plan, figures), figures, samples(on_canary))
    if most < low or least > high:
        elsewhere = [one for one in responses if one.version not in ("", CANARY)]
        shown = on_canary if least > high else elsewhere
        return Result(Verdict.FAILED, _summary(plan, figures), figures, samples(shown or responses))
    error = _version_error(plan, unknown[0])
    text = f"{len(unknown)} of {quantity(len(responses), 'visitor')} got no known version: {error}"
    return Result(Verdict.INCONCLUSIVE, text, figures, samples(unknown))


def _figures(plan: Plan, share: float, canary: int, visitors: int, unknown: int) -> dict[str, Any]:
    known = visitors - unknown
    low, high = binomial.interval(canary, known, plan.confidence / 100)
    return {
        "method": METHOD,
        "visitors": visitors,
        "canary": canary,
        "unknown": unknown,
        "expectedPercent": plan.percent,
        "pValue": binomial.p_value(canary, known, share) if known else None,
        "level": round(plan.level, 12),
        "believedCounts": list(binomial.accepted_counts(visitors, share, plan.level)),
        "intervalPercent": [round(low * 100, 2), round(high * 100, 2)],
    }


def _summary(plan: Plan, figures: dict[str, Any]) -> str:
    low, high = figures["believedCounts"]
    accepted = f"{low}" if low == high else f"{low} to {high}"
    first, last = figures["intervalPercent"]
    return (
        f"{figures['canary']} of {quantity(figures['visitors'], 'visitor')} on the canary;"
        f" {plan.percent:g} % would be {accepted}"
        f" (p = {figures['pValue']:.3g}, {METHOD}, {plan.confidence:.12g} %: {first:g} % to {last:g} %)"
    )


def _version_error(plan: Plan, response: Response) -> str:
    """Explain why the version is unknown."""
    if response.error:
        return response.error
    if response.code:
        return f"the code {response.code!r} belongs to none of {', '.join(plan.versions)}"
    return "the body does not match the pattern" if plan.version_pattern else f"no header {plan.version_header}"
