"""Whether a cache answers a visitor of one version with the other's."""

from __future__ import annotations

from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.plan import CANARY, Plan
from validator.traffic.response import Answer
from validator.traffic.traffic import Traffic, Turn

NAME = "cached-versions"


def check(plan: Plan, traffic: Traffic) -> Result:
    """Visitors and testers of each version ask for the same objects in turn; no hit is of another version.

    A wrong version that no cache answered is for the checks of stickiness and override.
    """
    turns = [turn for turn in traffic.turns if turn.answer.has_come and turn.version]
    regular = [
        Turn(visitor.version, f"a visitor of {visitor.version}", answer)
        for visitor in traffic.regulars
        for answer in visitor.answers[1:]
        if visitor.version
    ]
    hits = [turn for turn in (*turns, *regular) if turn.answer.is_cached]
    wrong = [turn for turn in hits if turn.answer.version and turn.answer.version != turn.version]
    versions = {turn.version for turn in turns}
    figures = {
        "objects": list(plan.objects) or [plan.url.path],
        "inTurn": len(turns),
        "hits": len(hits),
        "wrongHits": len(wrong),
        "versions": sorted(versions),
    }
    if wrong:
        first, answer = wrong[0], wrong[0].answer
        text = f"{first.who} got {answer.version} out of the cache ({answer.x_cache or 'Age ' + answer.age})"
        return Result(NAME, Verdict.FAILED, text, figures, some(turn.answer for turn in wrong))
    if reason := _blind(plan, turns, traffic):
        return Result(NAME, Verdict.INCONCLUSIVE, reason, figures, some(turn.answer for turn in turns))
    text = f"{count_of(len(turns), 'request')} in turn, {count_of(len(hits), 'hit')}, none of another version"
    alone = "; only one version was given out, so none could be mixed up" if len(versions) < 2 else ""
    return Result(NAME, Verdict.PASSED, text + alone, figures, some(_telling(turns)))


def _blind(plan: Plan, turns: list[Turn], traffic: Traffic) -> str:
    """Why nothing could be seen; "" where it could."""
    lost = [turn.answer for turn in traffic.turns if not turn.answer.has_come]
    if lost:
        return f"{count_of(len(lost), 'request')} in turn had no answer: {lost[0].problem}"
    if not turns:
        return "no visitor was given a known version"
    if any(turn.answer.is_cached and not turn.answer.version for turn in turns):
        return "an answer out of the cache told no version"
    is_split = plan.pin == "none" and plan.percent is not None and 0 < plan.percent < 100 and CANARY in plan.versions
    if is_split and len({turn.version for turn in turns}) < 2:
        return "only one version was met: more visitors, or a QA override, would meet the other"
    return ""


def _telling(turns: list[Turn]) -> list[Answer]:
    """Hits, if there are any."""
    return [turn.answer for turn in sorted(turns, key=lambda turn: not turn.answer.is_cached)]
