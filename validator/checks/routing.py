"""The checks `stickiness`, `override` and `pin`: visitors get the version that they have to get."""

from __future__ import annotations

from collections import Counter
from typing import Any

from validator.checks.report import Result, Verdict, quantity, samples
from validator.plan.model import CANARY, OVERRIDES_EACH, Plan
from validator.traffic.response import Response
from validator.traffic.visits import Traffic, Visitor


def check_stickiness(plan: Plan, traffic: Traffic) -> Result:
    """Check that visitors with a cookie jar stay on the version of their first response."""
    if not traffic.sticky:
        return Result(Verdict.SKIPPED, "no sticky visitors")
    flipped = [visitor for visitor in traffic.sticky if len(set(_versions(visitor)) - {""}) > 1]
    figures = _stickiness_figures(plan, traffic, len(flipped))
    each = f"{quantity(len(traffic.sticky), 'visitor')} × {plan.requests_per_visitor} requests"
    if flipped:
        text = f"{each}: {quantity(len(flipped), 'visitor')} did not stay on the first version"
        return Result(Verdict.FAILED, text, figures, samples(_around_change(flipped[0])))
    unknown = [response for visitor in traffic.sticky for response in visitor.responses if not response.version]
    if unknown:
        why = unknown[0].error or f"status {unknown[0].status}"
        text = f"{each}: {quantity(len(unknown), 'response')} without a known version, the first one: {why}"
        return Result(Verdict.INCONCLUSIVE, text, figures, samples(unknown))
    text = f"{each}: all visitors stayed on the first version"
    return Result(Verdict.PASSED, text, figures, samples(traffic.sticky[0].responses[:1]))


def check_override(plan: Plan, traffic: Traffic) -> Result:
    """Check that requests with the QA override get the requested version, whatever percentage and pin are."""
    override = plan.override
    if override is None:
        return Result(Verdict.SKIPPED, "no QA override is given")
    if not plan.keeps_secrets:
        return Result(Verdict.INCONCLUSIVE, "the secret is not sent over plain HTTP: use https://")
    place = f"{override.place} {override.name}"
    counts = {version: _count(responses) for version, responses in traffic.overrides.items()}
    figures = {"place": place, "answers": counts}
    requested = [(version, response) for version, responses in traffic.overrides.items() for response in responses]
    wrong = [(version, response) for version, response in requested if response.version not in ("", version)]
    if wrong:
        version, response = wrong[0]
        text = f"{place} requested {version} and got {response.version}: another secret or place, or no override there"
        return Result(Verdict.FAILED, text, figures, samples(response for _, response in wrong))
    if unknown := _judge_unknown([response for _, response in requested], figures):
        return unknown
    text = f"{place} reached {' and '.join(plan.versions)}, {OVERRIDES_EACH} times each"
    return Result(Verdict.PASSED, text, figures, samples(responses[0] for responses in traffic.overrides.values()))


def check_pin(plan: Plan, traffic: Traffic) -> Result:
    """Check that all visitors get the pinned version for every request."""
    if plan.pin == "none":
        return Result(Verdict.SKIPPED, "no pin is expected")
    responses = [response for visitor in traffic.visitors for response in visitor.responses]
    figures = {"pin": plan.pin, "versions": _count(responses)}
    wrong = [response for response in responses if response.version not in ("", plan.pin)]
    if wrong:
        total = quantity(len(responses), "response")
        text = f"{len(wrong)} of {total} are not of {plan.pin}, to which all visitors are pinned"
        return Result(Verdict.FAILED, text, figures, samples(wrong))
    if unknown := _judge_unknown(responses, figures):
        return unknown
    return Result(
        Verdict.PASSED, f"{quantity(len(traffic.visitors), 'visitor')}, all on {plan.pin}", figures, samples(responses)
    )


def _judge_unknown(responses: list[Response], figures: dict[str, Any]) -> Result | None:
    """Return the result where some responses have no known version."""
    unknown = [response for response in responses if not response.version]
    if not unknown:
        return None
    why = f": {unknown[0].error}" if unknown[0].error else ""
    text = f"{len(unknown)} of {quantity(len(responses), 'response')} without a known version{why}"
    return Result(Verdict.INCONCLUSIVE, text, figures, samples(unknown))


def _count(responses: list[Response]) -> dict[str, int]:
    return dict(Counter(response.version or "unknown" for response in responses))


def _versions(visitor: Visitor) -> list[str]:
    return [response.version for response in visitor.responses]


def _stickiness_figures(plan: Plan, traffic: Traffic, flipped: int) -> dict[str, Any]:
    first = Counter(visitor.version or "unknown" for visitor in traffic.sticky)
    figures: dict[str, Any] = {
        "visitors": len(traffic.sticky),
        "requestsPerVisitor": plan.requests_per_visitor,
        "firstVersions": dict(sorted(first.items())),
        "withCookie": sum(any(response.cookies for response in visitor.responses) for visitor in traffic.sticky),
        "flipped": flipped,
    }
    if plan.percent is not None and plan.pin == "none" and CANARY in plan.versions:
        # The probability that a site which draws again for every request looks sticky.
        share, requests = plan.percent / 100, plan.requests_per_visitor
        same = share**requests + (1 - share) ** requests
        figures["chanceToMissForgetting"] = float(f"{same**plan.sticky_visitors:.3g}")
    return figures


def _around_change(visitor: Visitor) -> list[Response]:
    """Return the last response of the first version and the first of another."""
    known = [response for response in visitor.responses if response.version]
    changed = next(index for index, response in enumerate(known) if response.version != known[0].version)
    return known[changed - 1 : changed + 1]
