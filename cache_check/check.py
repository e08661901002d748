"""The check itself: distributions as a state has them against what a router decides on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cache_check.judgement import Judgement, rules_of
from cache_check.model.behaviors import Behavior
from cache_check.model.decides import Decides
from cache_check.model.findings import Finding, found
from cache_check.model.fixes import policy_import
from cache_check.rules.associations import association_findings, attach, beside_findings, complete
from cache_check.rules.known import certain_findings
from cache_check.rules.origins import origin_findings
from cache_check.rules.possible import possible_findings
from cache_check.rules.ttl import cookie_findings, minimum_findings
from cache_check.rules.unkeyed import unkeyed_findings
from cache_check.rules.viewer import viewer_findings
from cache_check.state import Reading, read_behaviors
from pulumi_state.other_distributions import NotJudged


def find_leaks(state: Mapping[str, Any], decides: Decides | None = None) -> list[Finding]:
    """Every way in which a cache of the state's distributions could hand one visitor's answer to another.

    `state` has the shape of `pulumi stack export`. Without `decides` nothing is known of the functions, and what only
    may leak is a warning. StateShapeError where the state cannot be read.
    """
    return list(judge(state, decides).findings)


def judge(state: Mapping[str, Any], decides: Decides | None = None) -> Judgement:
    """As above, with what was judged and what was not."""
    reading = read_behaviors(state)
    unknown = [
        NotJudged(
            behavior.distribution,
            f"of its policy {' and '.join(policy_id for _, policy_id in behavior.unknown_policies)} nothing is known",
            pattern=behavior.path_pattern,
        )
        for behavior in reading.behaviors
        if behavior.unknown_policies
    ]
    judged = [behavior for behavior in reading.behaviors if not behavior.unknown_policies]
    return Judgement(
        findings=tuple(_all_findings(reading, decides)),
        distributions=len({(behavior.urn, behavior.distribution) for behavior in judged}),
        behaviors=len(judged),
        rules=rules_of(decides),
        not_judged=(*reading.not_judged, *unknown),
    )


def _all_findings(reading: Reading, decides: Decides | None) -> Iterator[Finding]:
    routed = [behavior for behavior in reading.behaviors if decides is not None and decides.is_routed(behavior)]
    places = {behavior.urn for behavior in routed}
    for behavior in reading.behaviors:
        yield from _unknown_policies(behavior)
        if decides is None:
            yield from _foreign(behavior)
        elif behavior in routed:
            yield from _with_router(behavior, complete(behavior, decides), decides)
        elif _is_meant_without(behavior, decides):
            yield from _foreign(behavior)
        elif not routed:
            yield from _with_router(behavior, attach(behavior, decides), decides)
        else:
            yield from _beside(behavior, decides, places)
            yield from _foreign(behavior)


def _is_meant_without(behavior: Behavior, decides: Decides) -> bool:
    return not (decides.needed and decides.function_prefix) or behavior.path_pattern in decides.static_paths


def _beside(behavior: Behavior, decides: Decides, places: set[str]) -> Iterator[Finding]:
    """A distribution that has the router nowhere is told of once, at its default behavior."""
    if behavior.urn in places:
        yield from beside_findings(behavior, decides, "this behavior")
    elif behavior.address == "defaultCacheBehavior":
        yield from beside_findings(behavior, decides, "this distribution")


def _with_router(behavior: Behavior, whole: Behavior, decides: Decides) -> Iterator[Finding]:
    """`whole` is the behavior as it is with the functions that it lacks."""
    yield from association_findings(behavior, decides)
    yield from origin_findings(behavior, decides)
    if not behavior.unknown_policies:
        yield from certain_findings(whole, decides)
        yield from cookie_findings(whole, decides)
        yield from minimum_findings(whole, decides)
        yield from unkeyed_findings(whole, decides)
        yield from viewer_findings(_without_own(behavior, decides))


def _without_own(behavior: Behavior, decides: Decides) -> Behavior:
    """With the functions of others alone, and not those in the place of the stack's, which are told of."""
    taken = {(needed.event_type, needed.is_lambda) for needed in decides.needed}
    others = tuple(
        one for one in behavior.associations if not (decides.owns(one) or (one.event_type, one.is_lambda) in taken)
    )
    return replace(behavior, associations=others)


def _foreign(behavior: Behavior) -> Iterator[Finding]:
    if behavior.unknown_policies:
        return
    yield from possible_findings(behavior)
    yield from viewer_findings(behavior)
    yield from cookie_findings(behavior, None)
    yield from minimum_findings(behavior, None)
    yield from unkeyed_findings(behavior)


def _unknown_policies(behavior: Behavior) -> Iterator[Finding]:
    for kind, policy_id in behavior.unknown_policies:
        yield found(
            behavior,
            "policy-not-in-state",
            "warning",
            f"The policy {policy_id} is neither in the state nor one of AWS's that are known here: what it keys on and"
            " forwards cannot be judged, nor can this behavior.",
            policy_import(kind, policy_id),
        )
