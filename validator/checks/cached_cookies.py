"""Whether a cache hands one visitor's cookie to another."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.plan import Plan
from validator.traffic.response import Answer, SetCookie
from validator.traffic.traffic import Traffic

NAME = "cached-cookies"
SHORTEST_IDENTITY_CHARACTERS = 16
"""Shorter values tell nobody apart, such as lang=en. Cookies that the plan names count whatever their length."""


def check(plan: Plan, traffic: Traffic) -> Result:
    """No cookie that can identify somebody goes to two visitors, and none comes out of a cache.

    A function behind the cache may add a cookie to a hit (functions/canary.js does): then every hit has another value.
    """
    firsts = [visitor.answers[0] for visitor in traffic.visitors if visitor.answers]
    # A newcomer of the turns is one more visitor, and one whose object may well be cached.
    firsts += [turn.answer for turn in traffic.turns if not turn.version]
    come = [answer for answer in firsts if answer.has_come]
    if len(come) < 2:
        return Result(NAME, Verdict.INCONCLUSIVE, "two visitors are needed, and not as many got an answer")
    given = [(cookie, answer) for answer in come for cookie in answer.cookies]
    shared = _shared(plan, given)
    replayed = _replayed([(cookie, answer) for cookie, answer in given if cookie.is_cached])
    figures = _figures(come, given, shared, replayed)
    if shared:
        [name, value], answers = next(iter(shared.items()))
        digest = SetCookie(name, value, is_cached=False).digest
        text = f"{count_of(len(answers), 'visitor')} got the same cookie {name} (SHA-256 {digest}…)"
        return Result(NAME, Verdict.FAILED, text, figures, some(answers))
    if replayed:
        name, answers = next(iter(replayed.items()))
        text = (
            f"{count_of(len(answers), 'answer')} out of the cache set the cookie {name}, which is the first visitor's"
        )
        return Result(NAME, Verdict.FAILED, text, figures, some(answers))
    given_to = f"{count_of(len(come), 'visitor')} got {count_of(len(given), 'cookie')}"
    text = f"{given_to}, none of them twice, none replayed by a cache"
    return Result(NAME, Verdict.PASSED, text, figures, some(come))


def _figures(come: list[Answer], given: list[Any], shared: dict[Any, Any], replayed: dict[str, Any]) -> dict[str, Any]:
    names = sorted({cookie.name for cookie, _ in given})
    return {
        "visitors": len(come),
        "cached": sum(answer.is_cached for answer in come),
        "cookies": {name: sum(cookie.name == name for cookie, _ in given) for name in names},
        "shared": [
            {"cookie": name, "sha256": SetCookie(name, value, is_cached=False).digest, "visitors": len(answers)}
            for (name, value), answers in shared.items()
        ],
        "outOfCache": {name: len(answers) for name, answers in replayed.items()},
    }


def _shared(plan: Plan, given: list[tuple[SetCookie, Answer]]) -> dict[tuple[str, str], list[Answer]]:
    """Name and value of what went to more than one visitor."""
    holders: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for cookie, answer in given:
        if cookie.name in plan.cookies or len(cookie.value) >= SHORTEST_IDENTITY_CHARACTERS:
            holders[cookie.name, cookie.value].append(answer)
    return {key: answers for key, answers in holders.items() if len({id(one) for one in answers}) > 1}


def _replayed(cached: list[tuple[SetCookie, Answer]]) -> dict[str, list[Answer]]:
    """Cookies on hits, unless several hits show that each gets a new value."""
    by_name: dict[str, list[tuple[str, Answer]]] = defaultdict(list)
    for cookie, answer in cached:
        by_name[cookie.name].append((cookie.value, answer))
    return {
        name: [answer for _, answer in found]
        for name, found in by_name.items()
        if len({value for value, _ in found}) < len(found) or len(found) == 1
    }
