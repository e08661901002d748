"""The checks `answers` and `origin-hosts`: the site responds, each version as expected, and names no origin."""

from __future__ import annotations

from collections import Counter
from typing import Any

from validator.checks.report import Result, Verdict, quantity, samples
from validator.plan.model import Expectation, Plan
from validator.traffic.response import Response
from validator.traffic.visits import Traffic

MAX_LINKS = 20
"""In the figures."""


def check_responses(plan: Plan, traffic: Traffic) -> Result:
    """Check that every request gets a response below 500, or as `expect` says, with the expected texts.

    Expectations apply to the page; of other objects only the status is checked.
    """
    sent = [response for response in traffic.responses if response.was_sent]
    arrived = [response for response in sent if response.has_arrived]
    figures = _figures(plan, sent)
    lost = [response for response in sent if not response.has_arrived]
    if lost:
        text = f"{len(lost)} of {quantity(len(sent), 'request')} got no response: {lost[0].error}"
        return Result(Verdict.FAILED, text, figures, samples(lost))
    for error, wrong in (_wrong_status(plan, arrived), *(_missing_text(plan, one, arrived) for one in plan.expect)):
        if wrong:
            return Result(Verdict.FAILED, error, figures, samples(wrong))
    unsent = [response for response in traffic.responses if not response.was_sent]
    if unsent:
        text = f"{quantity(len(unsent), 'planned request')} never sent: {unsent[0].error}"
        return Result(Verdict.INCONCLUSIVE, text, figures, samples(arrived))
    unseen = [one.version for one in plan.expect if not _of_page(plan, one.version, arrived)]
    if unseen:
        text = f"no response of {unseen[0]}, so its expectation was not checked; a QA override would reach it"
        return Result(Verdict.INCONCLUSIVE, text, figures, samples(arrived))
    one_each = {response.version: response for response in arrived}.values()
    text = f"{quantity(len(arrived), 'request')}, all with the expected response"
    return Result(Verdict.PASSED, text, figures, samples(one_each))


def check_origin_hosts(plan: Plan, traffic: Traffic) -> Result:
    """Check that no redirect, and no absolute link in the first page of a version, leaves for an origin's host."""
    if not plan.origin_hosts:
        return Result(Verdict.SKIPPED, "no hosts of origins are given")
    arrived = [response for response in traffic.responses if response.has_arrived]
    leaving = [response for response in arrived if response.links]
    links = list(dict.fromkeys(str(link) for response in leaving for link in response.links))
    figures: dict[str, Any] = {"hosts": sorted(plan.foreign_hosts), "links": len(links), "found": links[:MAX_LINKS]}
    if links:
        text = f"{quantity(len(links), 'reference')} to the host of an origin: {links[0]}"
        return Result(Verdict.FAILED, text, figures, samples(leaving))
    if not arrived:
        return Result(Verdict.INCONCLUSIVE, "there was no response", figures)
    text = f"{quantity(len(arrived), 'response')} without a redirect or a link in the page to the host of an origin"
    return Result(Verdict.PASSED, text, figures, samples(arrived[:1]))


def _figures(plan: Plan, sent: list[Response]) -> dict[str, Any]:
    statuses: dict[str, dict[str, int]] = {}
    for name in (*plan.versions, ""):
        counts = Counter(str(one.status) if one.has_arrived else "none" for one in sent if one.version == name)
        if counts:
            statuses[name or "unknown"] = dict(sorted(counts.items()))
    return {"requests": len(sent), "statuses": statuses}


def _wrong_status(plan: Plan, arrived: list[Response]) -> tuple[str, list[Response]]:
    wrong = [one for one in arrived if not all(each.accepts(one.status) for each in _expectations(plan, one))]
    if not wrong:
        return "", []
    first = wrong[0]
    expected = next(one for one in _expectations(plan, first) if not one.accepts(first.status)).status_text
    status = f"{first.status} of {first.version or 'an unknown version'}, not {expected}"
    return f"{len(wrong)} of {quantity(len(arrived), 'response')} had a wrong status: {status}", wrong


def _expectations(plan: Plan, response: Response) -> list[Expectation]:
    own = [one for one in plan.expect if one.version == response.version and one.status and _is_page(plan, response)]
    return own or [Expectation(response.version, 0, "")]


def _missing_text(plan: Plan, expected: Expectation, arrived: list[Response]) -> tuple[str, list[Response]]:
    own = _of_page(plan, expected.version, arrived)
    wrong = [response for response in own if expected.text and expected.text not in response.texts]
    return f"{len(wrong)} of {quantity(len(own), 'response')} of {expected.version} without {expected.text!r}", wrong


def _of_page(plan: Plan, version: str, arrived: list[Response]) -> list[Response]:
    return [response for response in arrived if response.version == version and _is_page(plan, response)]


def _is_page(plan: Plan, response: Response) -> bool:
    """Return whether a response is one of the page, and not of another object."""
    others = {path.partition("?")[0] for path in plan.objects} - {plan.url.path}
    return response.path not in others
