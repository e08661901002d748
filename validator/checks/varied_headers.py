"""Whether a cache keeps answers apart by the headers that their Vary names."""

from __future__ import annotations

from validator.checks.result import Result, Verdict, count_of, some
from validator.plan.plan import Plan
from validator.traffic.traffic import Traffic

NAME = "varied-headers"


def check(_plan: Plan, traffic: Traffic) -> Result:
    """No answer to a value that nobody has sent before comes out of a cache, where Vary names that header.

    CloudFront ignores Vary: what an application answers by a header has to have that header in the cache key.
    """
    asked = [varied for varied in traffic.varied if varied.answer.has_come]
    if not asked:
        return Result(NAME, Verdict.SKIPPED, "no answer out of the cache names a header in Vary")
    mixed = [varied for varied in asked if varied.answer.is_cached and varied.name in varied.answer.vary]
    names = sorted({varied.name for varied in mixed})
    figures = {"named": sorted({varied.name for varied in asked}), "notInTheKey": names}
    if mixed:
        listed = ", ".join(names)
        text = f"Vary names {listed}, and a new value got an answer out of the cache: put {listed} into keyHeaders"
        return Result(NAME, Verdict.FAILED, text, figures, some(varied.answer for varied in mixed))
    text = f"{count_of(len(figures['named']), 'header')} named in Vary, and a new value was never answered by the cache"
    return Result(NAME, Verdict.PASSED, text, figures, some(varied.answer for varied in asked))
