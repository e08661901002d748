"""Whether the site answers, and each version as expected."""

from __future__ import annotations

from collections import Counter
from typing import Any

from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.expectation import Expectation
from validator.plan.plan import Plan
from validator.traffic.response import Answer
from validator.traffic.traffic import Traffic

NAME = "answers"


def check(plan: Plan, traffic: Traffic) -> Result:
    """Every request is answered, below 500 unless `expect` says otherwise, with the texts that it names.

    Expectations are about the page itself; of other objects only the status is looked at.
    """
    sent = [answer for answer in traffic.answers if answer.was_asked]
    come = [answer for answer in sent if answer.has_come]
    figures = _figures(plan, sent)
    lost = [answer for answer in sent if not answer.has_come]
    if lost:
        text = f"{len(lost)} of {count_of(len(sent), 'request')} had no answer: {lost[0].problem}"
        return Result(NAME, Verdict.FAILED, text, figures, some(lost))
    for problem, wrong in (_wrong_status(plan, come), *(_missing_text(plan, one, come) for one in plan.expect)):
        if wrong:
            return Result(NAME, Verdict.FAILED, problem, figures, some(wrong))
    return _whole(plan, traffic, figures, come)


def _whole(plan: Plan, traffic: Traffic, figures: dict[str, Any], come: list[Answer]) -> Result:
    unasked = [answer for answer in traffic.answers if not answer.was_asked]
    if unasked:
        text = f"{count_of(len(unasked), 'planned request')} never sent: {unasked[0].problem}"
        return Result(NAME, Verdict.INCONCLUSIVE, text, figures, some(come))
    unseen = [one.version for one in plan.expect if not _of_page(plan, one.version, come)]
    if unseen:
        text = f"{unseen[0]} never answered, so what is expected of it was not seen; a QA override would reach it"
        return Result(NAME, Verdict.INCONCLUSIVE, text, figures, some(come))
    text = f"{count_of(len(come), 'request')}, all answered as expected"
    return Result(NAME, Verdict.PASSED, text, figures, some(_one_each(come)))


def _figures(plan: Plan, sent: list[Answer]) -> dict[str, Any]:
    statuses: dict[str, dict[str, int]] = {}
    for name in (*plan.versions, ""):
        counted = Counter(str(one.status) if one.has_come else "none" for one in sent if one.version == name)
        if counted:
            statuses[name or "unknown"] = dict(sorted(counted.items()))
    return {"requests": len(sent), "statuses": statuses}


def _wrong_status(plan: Plan, come: list[Answer]) -> tuple[str, list[Answer]]:
    wrong = [answer for answer in come if not all(one.has_status(answer.status) for one in _wanted(plan, answer))]
    if not wrong:
        return "", []
    first = wrong[0]
    wanted = next(one for one in _wanted(plan, first) if not one.has_status(first.status)).wanted_status
    of = first.version or "an unknown version"
    return (
        f"{len(wrong)} of {count_of(len(come), 'answer')} had a wrong status: {first.status} of {of}, not {wanted}",
        wrong,
    )


def _wanted(plan: Plan, answer: Answer) -> list[Expectation]:
    named = [one for one in plan.expect if one.version == answer.version and one.status and _is_page(plan, answer)]
    return named or [Expectation(answer.version, 0, "")]


def _missing_text(plan: Plan, wanted: Expectation, come: list[Answer]) -> tuple[str, list[Answer]]:
    own = _of_page(plan, wanted.version, come)
    wrong = [answer for answer in own if wanted.text and wanted.text not in answer.found]
    return f"{len(wrong)} of {count_of(len(own), 'answer')} of {wanted.version} without {wanted.text!r}", wrong


def _of_page(plan: Plan, version: str, come: list[Answer]) -> list[Answer]:
    return [answer for answer in come if answer.version == version and _is_page(plan, answer)]


def _is_page(plan: Plan, answer: Answer) -> bool:
    return not plan.objects or answer.path not in {path.partition("?")[0] for path in plan.objects}


def _one_each(come: list[Answer]) -> list[Answer]:
    """One answer of each version."""
    return list({answer.version: answer for answer in come}.values())
