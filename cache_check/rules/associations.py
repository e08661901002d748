"""The rules about a stack's functions at a behavior: missing, replaced by others, or at a wrong event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cache_check.model.behaviors import Association, Behavior
from cache_check.model.decision_inputs import SINGULARS, DecisionInputs, RequiredAssociation
from cache_check.model.findings import Finding, Severity, describe_fix, finding_at, join_names


def association_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """The faults in the functions of a behavior that the router is on, or is to be on."""
    for needed in inputs.required:
        yield from _at_its_event(behavior, inputs, needed)
    yield from _on_other_events(behavior, inputs)


def beside_findings(behavior: Behavior, inputs: DecisionInputs, where: str) -> Iterator[Finding]:
    """A behavior without the router, where `where` has it elsewhere: it may be meant so."""
    entries = " and ".join(needed.setting for needed in inputs.required)
    yield finding_at(
        behavior,
        "behavior-not-routed",
        "warning",
        f"The router is not on {where}, whose own origin responds, and which is not checked as routed."
        f"{_functions_there(behavior)} {describe_needs(inputs)}",
        fix=f"none where that is meant; else {describe_fix(behavior, inputs, entries)}",
    )


def describe_needs(inputs: DecisionInputs) -> str:
    """The needs of cache key and forwarding where the router is attached to a behavior."""
    names = [f"the {SINGULARS[kind]} {name}" for kind, name in inputs.names()]
    names += ["the request body"] if inputs.body else []
    sees = f"the router has to see {join_names(names)}, and " if names else ""
    if inputs.version_header:
        keeps = f"the cache key has to have the header {inputs.version_header}"
    elif inputs.varies:
        keeps = "nothing may be cached, errors included (CachingDisabled, errorCachingMinTtl 0)"
    else:
        keeps = "what is forwarded has to be in the cache key"
    return f"Attached, {sees}{keeps}."


def attach(behavior: Behavior, inputs: DecisionInputs) -> Behavior:
    """The behavior with the stack's functions at all their events, in the place of others that are there."""
    return replace(behavior, associations=_with(behavior, [_own(needed) for needed in inputs.required]))


def complete(behavior: Behavior, inputs: DecisionInputs) -> Behavior:
    """The behavior with the stack's Lambda@Edge function where it is missing; where it is, it stays as it is."""
    missing = [
        needed
        for needed in inputs.required
        if needed.is_lambda and not ((there := behavior.at(needed.event_type)) and inputs.owns(there))
    ]
    return replace(behavior, associations=_with(behavior, [_own(needed) for needed in missing]))


def _own(needed: RequiredAssociation) -> Association:
    return Association(needed.event_type, "", needed.includes_body, needed.is_lambda)


def _with(behavior: Behavior, own: list[Association]) -> tuple[Association, ...]:
    taken = {(one.event_type, one.is_lambda) for one in own}
    others = [one for one in behavior.associations if (one.event_type, one.is_lambda) not in taken]
    return (*own, *others)


def _at_its_event(behavior: Behavior, inputs: DecisionInputs, needed: RequiredAssociation) -> Iterator[Finding]:
    there = behavior.at(needed.event_type, is_lambda=needed.is_lambda)
    if there is None:
        yield from _missing(behavior, inputs, needed)
    elif not inputs.owns(there) or needed.function_name not in ("", there.name):
        yield finding_at(
            behavior,
            "association-is-anothers",
            _severity(needed),
            f"At {needed.event_type} is the {there.kind} {there.name} ({there.arn}), which is not"
            f" {_name_needed(inputs, needed)}: {needed.without}. CloudFront takes one function for each event (AWS"
            f" page lambda-at-edge-function-restrictions).{_if_unrouted(behavior, inputs, needed)}",
            f"{needed.setting} in its place",
            inputs,
        )
    elif there.is_lambda and not re.search(r":\d+$", there.arn):
        yield finding_at(
            behavior,
            "association-without-version",
            "error",
            f"At {needed.event_type} is {there.arn}, which is not a numbered version: CloudFront takes neither aliases"
            " nor $LATEST (AWS page lambda-at-edge-function-restrictions).",
            needed.setting,
            inputs,
        )


def _name_needed(inputs: DecisionInputs, needed: RequiredAssociation) -> str:
    return needed.function_name or f"one of this stack ({inputs.function_prefix})"


def _missing(behavior: Behavior, inputs: DecisionInputs, needed: RequiredAssociation) -> Iterator[Finding]:
    is_blocked = not needed.is_lambda and behavior.at(needed.event_type) is not None
    blocked = (
        f" A Lambda@Edge function is at {needed.event_type}, and CloudFront takes no CloudFront Function on a viewer"
        " event beside one (AWS page edge-functions-restrictions-all)."
    )
    kind = "Lambda@Edge function" if needed.is_lambda else "CloudFront Function"
    yield finding_at(
        behavior,
        "association-missing",
        _severity(needed),
        f"The stack's {kind} is not associated with {needed.event_type}: {needed.without} (AWS page"
        f" lambda-cloudfront-trigger-events).{blocked if is_blocked else ''}{_if_unrouted(behavior, inputs, needed)}",
        needed.setting,
        inputs,
    )


def _on_other_events(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """The stack's function where it has nothing to do. At origin-response it then only counts."""
    if not inputs.function_prefix:
        return
    meant = {(needed.event_type, needed.is_lambda) for needed in inputs.required} | {("origin-response", True)}
    for there in behavior.associations:
        if inputs.owns(there) and (there.event_type, there.is_lambda) not in meant:
            yield finding_at(
                behavior,
                "association-on-wrong-event",
                "error",
                f"The stack's {there.kind} {there.name} ({there.arn}) is associated with {there.event_type}, where it"
                f" has nothing to do: its events are {join_names(_events(inputs, there))} (AWS page"
                " lambda-cloudfront-trigger-events).",
                f"no {there.name} at {there.event_type}",
                inputs,
            )


def _events(inputs: DecisionInputs, there: Association) -> list[str]:
    return [one.event_type for one in inputs.required if one.is_lambda == there.is_lambda] or ["none"]


def _functions_there(behavior: Behavior) -> str:
    there = [f"{one.name} ({one.arn}) at {one.event_type}" for one in behavior.associations]
    return f" Its functions are {join_names(there)}." if there else ""


def _if_unrouted(behavior: Behavior, inputs: DecisionInputs, needed: RequiredAssociation) -> str:
    """Once for a behavior."""
    is_first = needed is inputs.required[0]
    return f" {describe_needs(inputs)}" if is_first and not inputs.is_routed(behavior) else ""


def _severity(needed: RequiredAssociation) -> Severity:
    return "error" if needed.is_vital else "warning"
