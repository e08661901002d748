"""The check itself: the distributions of a state against the decision inputs of a router."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cache_check.analysis import Analysis, count_rules
from cache_check.model.behaviors import Behavior
from cache_check.model.decision_inputs import DecisionInputs
from cache_check.model.findings import Finding, NotChecked, finding_at, policy_import
from cache_check.rules.associations import association_findings, attach, beside_findings, complete
from cache_check.rules.known import certain_findings
from cache_check.rules.origins import origin_findings
from cache_check.rules.possible import possible_findings
from cache_check.rules.ttl import cookie_findings, minimum_findings, refusal_findings
from cache_check.rules.unkeyed import unkeyed_findings
from cache_check.rules.viewer import viewer_findings
from cache_check.state import Reading, read_behaviors


def find_leaks(state: Mapping[str, Any], inputs: DecisionInputs | None = None) -> list[Finding]:
    """All ways in which a cache of the state's distributions could send one visitor's response to another.

    `state` has the shape of `pulumi stack export`. Without `inputs` nothing is known of the functions, and
    possible leaks are warnings. StateError where the state cannot be read.
    """
    return list(analyze_state(state, inputs).findings)


def analyze_state(state: Mapping[str, Any], inputs: DecisionInputs | None = None) -> Analysis:
    """The findings, with what was checked and what was not."""
    reading = read_behaviors(state)
    unknown = [
        NotChecked(
            behavior.distribution,
            f"of its policy {' and '.join(policy_id for _, policy_id in behavior.unknown_policies)} nothing is known",
            pattern=behavior.path_pattern,
        )
        for behavior in reading.behaviors
        if behavior.unknown_policies
    ]
    checked = [behavior for behavior in reading.behaviors if not behavior.unknown_policies]
    return Analysis(
        findings=tuple(_all_findings(reading, inputs)),
        distributions=len({(behavior.urn, behavior.distribution) for behavior in checked}),
        behaviors=len(checked),
        rules=count_rules(inputs),
        not_checked=(*reading.not_checked, *unknown),
    )


def _all_findings(reading: Reading, inputs: DecisionInputs | None) -> Iterator[Finding]:
    routed = [behavior for behavior in reading.behaviors if inputs is not None and inputs.is_routed(behavior)]
    places = {behavior.urn for behavior in routed}
    for behavior in reading.behaviors:
        yield from _unknown_policies(behavior)
        if inputs is None:
            yield from _foreign(behavior)
        elif behavior in routed:
            yield from _with_router(behavior, complete(behavior, inputs), inputs)
        elif _is_meant_without(behavior, inputs):
            yield from _foreign(behavior)
        elif not routed:
            yield from _with_router(behavior, attach(behavior, inputs), inputs)
        else:
            yield from _beside(behavior, inputs, places)
            yield from _foreign(behavior)


def _is_meant_without(behavior: Behavior, inputs: DecisionInputs) -> bool:
    return not (inputs.required and inputs.function_prefix) or behavior.path_pattern in inputs.static_paths


def _beside(behavior: Behavior, inputs: DecisionInputs, places: set[str]) -> Iterator[Finding]:
    """A distribution that has the router nowhere is reported once, at its default behavior."""
    if behavior.urn in places:
        yield from beside_findings(behavior, inputs, "this behavior")
    elif behavior.address == "defaultCacheBehavior":
        yield from beside_findings(behavior, inputs, "this distribution")


def _with_router(behavior: Behavior, whole: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """`whole` is the behavior as it is with the functions that it lacks."""
    yield from association_findings(behavior, inputs)
    yield from origin_findings(behavior, inputs)
    if not behavior.unknown_policies:
        yield from certain_findings(whole, inputs)
        yield from cookie_findings(whole, inputs)
        yield from minimum_findings(whole, inputs)
        yield from unkeyed_findings(whole, inputs)
        yield from viewer_findings(_without_own(behavior, inputs))


def _without_own(behavior: Behavior, inputs: DecisionInputs) -> Behavior:
    """The behavior with other functions than the stack's, without those at the stack's events: they are reported."""
    taken = {(needed.event_type, needed.is_lambda) for needed in inputs.required}
    others = tuple(
        one for one in behavior.associations if not (inputs.owns(one) or (one.event_type, one.is_lambda) in taken)
    )
    return replace(behavior, associations=others)


def _foreign(behavior: Behavior) -> Iterator[Finding]:
    if behavior.unknown_policies:
        return
    yield from possible_findings(behavior)
    yield from viewer_findings(behavior)
    yield from cookie_findings(behavior, None)
    yield from minimum_findings(behavior, None)
    yield from refusal_findings(behavior)
    yield from unkeyed_findings(behavior)


def _unknown_policies(behavior: Behavior) -> Iterator[Finding]:
    for kind, policy_id in behavior.unknown_policies:
        yield finding_at(
            behavior,
            "policy-not-in-state",
            "warning",
            f"The policy {policy_id} is neither in the state nor one of AWS's that are known here: what it keys on and"
            " forwards cannot be checked, nor can this behavior.",
            fix=policy_import(kind, policy_id),
        )
