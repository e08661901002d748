"""The checks `cached-cookies`, `cached-versions` and `varied-headers`: no cached response reaches a wrong visitor."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from validator.checks.report import Result, Verdict, quantity, samples
from validator.plan.model import CANARY, Plan
from validator.traffic.response import Response, SetCookie
from validator.traffic.visits import Traffic, Turn

SHORTEST_IDENTITY_CHARACTERS = 16
"""Shorter values, such as lang=en, identify nobody. Cookies that the plan names count whatever their length."""


def check_cached_cookies(plan: Plan, traffic: Traffic) -> Result:
    """Check that no cookie that can identify a visitor goes to two visitors, and that no cached response sets one.

    A function behind the cache may add a cookie to a hit (functions/canary.js does): then every hit has another value.
    """
    firsts = [visitor.responses[0] for visitor in traffic.visitors if visitor.responses]
    # A new visitor of the turns is one more visitor, and one whose object may well be cached.
    firsts += [turn.response for turn in traffic.turns if not turn.version]
    arrived = [response for response in firsts if response.has_arrived]
    if len(arrived) < 2:
        return Result(Verdict.INCONCLUSIVE, "fewer than two visitors got a response")
    cookies = [(cookie, response) for response in arrived for cookie in response.cookies]
    holders = _shared_cookies(cookies)
    shared = {cookie: responses for cookie, responses in holders.items() if _can_identify(plan, cookie)}
    left_out = sorted({cookie.name for cookie in holders if cookie not in shared})
    replayed = _replayed_cookies([(cookie, response) for cookie, response in cookies if cookie.is_cached])
    figures = _cookie_figures(arrived, cookies, shared, replayed) | {"leftOut": left_out}
    if shared:
        cookie, responses = next(iter(shared.items()))
        visitors = quantity(len(responses), "visitor")
        text = f"{visitors} got the same cookie {cookie.name} (SHA-256 {cookie.digest}…)"
        return Result(Verdict.FAILED, text, figures, samples(responses))
    if replayed:
        name, responses = next(iter(replayed.items()))
        text = f"{quantity(len(responses), 'cached response')} set the cookie {name}, which is the first visitor's"
        return Result(Verdict.FAILED, text, figures, samples(responses))
    counts = f"{quantity(len(arrived), 'visitor')} got {quantity(len(cookies), 'cookie')}"
    text = f"{counts}, none of them twice{_describe_left_out(left_out)}, none replayed by a cache"
    return Result(Verdict.PASSED, text, figures, samples(arrived))


def check_cached_versions(plan: Plan, traffic: Traffic) -> Result:
    """Check that no cached response is of another version, where visitors of all versions request the same objects.

    A wrong version without a cache is for the checks `stickiness` and `override`.
    """
    turns = [turn for turn in traffic.turns if turn.response.has_arrived and turn.version]
    sticky = [
        Turn(visitor.version, f"a visitor of {visitor.version}", response)
        for visitor in traffic.sticky
        for response in visitor.responses[1:]
        if visitor.version
    ]
    hits = [turn for turn in (*turns, *sticky) if turn.response.is_cached]
    wrong = [turn for turn in hits if turn.response.version not in ("", turn.version)]
    versions = sorted({turn.version for turn in turns})
    figures = {
        "objects": list(plan.objects) or [plan.url.path],
        "inTurn": len(turns),
        "hits": len(hits),
        "wrongHits": len(wrong),
        "versions": versions,
    }
    if wrong:
        first, response = wrong[0], wrong[0].response
        source = response.x_cache or f"Age {response.age}"
        text = f"{first.who} got a cached response of {response.version} ({source})"
        return Result(Verdict.FAILED, text, figures, samples(turn.response for turn in wrong))
    if reason := _inconclusive_turns(plan, turns, traffic):
        return Result(Verdict.INCONCLUSIVE, reason, figures, samples(turn.response for turn in turns))
    text = f"{quantity(len(turns), 'request')} in turn, {quantity(len(hits), 'hit')}, none of another version"
    alone = "; only one version responded, so none could be mixed up" if len(versions) < 2 else ""
    hits_first = sorted((turn.response for turn in turns), key=lambda response: not response.is_cached)
    return Result(Verdict.PASSED, text + alone, figures, samples(hits_first))


def check_varied_headers(_plan: Plan, traffic: Traffic) -> Result:
    """Check that a new value of a header in Vary gets no cached response.

    CloudFront ignores Vary: a header on which responses depend has to be in the cache key.
    """
    arrived = [varied for varied in traffic.varied if varied.response.has_arrived]
    if not arrived:
        return Result(Verdict.SKIPPED, "no cached response names a header in Vary")
    mixed = [varied for varied in arrived if varied.response.is_cached and varied.name in varied.response.vary]
    names = sorted({varied.name for varied in mixed})
    figures = {"named": sorted({varied.name for varied in arrived}), "notInTheKey": names}
    if mixed:
        headers = ", ".join(names)
        text = f"Vary names {headers}, and a new value got a cached response: put {headers} into keyHeaders"
        return Result(Verdict.FAILED, text, figures, samples(varied.response for varied in mixed))
    text = f"{quantity(len(figures['named']), 'header')} named in Vary, and a new value never got a cached response"
    return Result(Verdict.PASSED, text, figures, samples(varied.response for varied in arrived))


def _can_identify(plan: Plan, cookie: SetCookie) -> bool:
    return cookie.name in plan.cookies or len(cookie.value) >= SHORTEST_IDENTITY_CHARACTERS


def _describe_left_out(names: list[str]) -> str:
    """In words, for a session of a few characters may be among them."""
    if not names:
        return ""
    options = " ".join(f"--cookie {name}" for name in names)
    short = f"under {SHORTEST_IDENTITY_CHARACTERS} characters"
    return f" but {', '.join(names)} (left out, for values of {short} seldom identify a visitor; {options} counts them)"


def _shared_cookies(cookies: list[tuple[SetCookie, Response]]) -> dict[SetCookie, list[Response]]:
    """Return the cookies that went to more than one visitor."""
    holders: dict[SetCookie, list[Response]] = defaultdict(list)
    for cookie, response in cookies:
        holders[SetCookie(cookie.name, cookie.value, is_cached=False)].append(response)
    return {cookie: responses for cookie, responses in holders.items() if len(set(map(id, responses))) > 1}


def _replayed_cookies(cached: list[tuple[SetCookie, Response]]) -> dict[str, list[Response]]:
    """Return the cookies on hits by name, unless several hits show that each gets a new value."""
    by_name: dict[str, list[tuple[str, Response]]] = defaultdict(list)
    for cookie, response in cached:
        by_name[cookie.name].append((cookie.value, response))
    return {
        name: [response for _, response in found]
        for name, found in by_name.items()
        if len({value for value, _ in found}) < len(found) or len(found) == 1
    }


def _cookie_figures(
    arrived: list[Response],
    cookies: list[tuple[SetCookie, Response]],
    shared: dict[SetCookie, list[Response]],
    replayed: dict[str, list[Response]],
) -> dict[str, Any]:
    names = sorted({cookie.name for cookie, _ in cookies})
    return {
        "visitors": len(arrived),
        "cached": sum(response.is_cached for response in arrived),
        "cookies": {name: sum(cookie.name == name for cookie, _ in cookies) for name in names},
        "shared": [
            {"cookie": cookie.name, "sha256": cookie.digest, "visitors": len(responses)}
            for cookie, responses in shared.items()
        ],
        "outOfCache": {name: len(responses) for name, responses in replayed.items()},
    }


def _inconclusive_turns(plan: Plan, turns: list[Turn], traffic: Traffic) -> str:
    """Explain why mixed-up versions could not be seen; "" where they could."""
    lost = [turn.response for turn in traffic.turns if not turn.response.has_arrived]
    if lost:
        return f"{quantity(len(lost), 'request')} in turn got no response: {lost[0].error}"
    if not turns:
        return "no visitor got a known version"
    if any(turn.response.is_cached and not turn.response.version for turn in turns):
        return "a cached response had no known version"
    is_split = plan.pin == "none" and plan.percent is not None and 0 < plan.percent < 100 and CANARY in plan.versions
    if is_split and len({turn.version for turn in turns}) < 2:
        return "only one version responded: more visitors, or a QA override, would reach the other"
    return ""
