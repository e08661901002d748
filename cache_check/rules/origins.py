"""The rules about the origins that a router can replace: it writes another origin into the request."""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.model.behaviors import Behavior, is_bucket
from cache_check.model.decision_inputs import DecisionInputs
from cache_check.model.findings import Finding, finding_at
from pulumi_state.distributions import OriginPart

_FUNCTION_PAGE = "AWS page helper-functions-origin-modification"


def origin_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """The findings on the origins of a behavior that has the router, or is to have it.

    Where none of its functions is on Lambda, the one at viewer-request changes the origin, by updateRequestOrigin.
    """
    if not inputs.required:
        return
    if behavior.origins is None:
        yield _unreadable(behavior)
        return
    is_lambda = any(needed.is_lambda for needed in inputs.required)
    if behavior.origin_group and not _is_known(behavior, inputs):
        yield _group(behavior, inputs, is_lambda=is_lambda)
    for origin in behavior.origins:
        if origin.vpc_origin_config is not None:
            yield _vpc(behavior, inputs, origin, is_lambda=is_lambda)
        elif origin.signed_by and not (is_lambda and origin.domain_name in inputs.signed_hosts):
            yield _signature_finding(behavior, inputs, origin, is_lambda=is_lambda)


def _vpc(behavior: Behavior, inputs: DecisionInputs, origin: OriginPart, *, is_lambda: bool) -> Finding:
    what = (
        "for which CloudFront runs no Lambda@Edge function on origin-request or origin-response: nothing is routed (AWS"
        " page private-content-vpc-origins)"
        if is_lambda
        else f"which updateRequestOrigin() cannot change: requests that are routed fail ({_FUNCTION_PAGE})"
    )
    return finding_at(
        behavior,
        "vpc-origin-takes-no-trigger",
        "error",
        f"The origin {origin.origin_id} is a VPC origin, {what}.",
        f"a public origin in the place of {origin.origin_id} as its targetOriginId",
        inputs,
    )


def _signature_finding(behavior: Behavior, inputs: DecisionInputs, origin: OriginPart, *, is_lambda: bool) -> Finding:
    if is_lambda and inputs.signs:
        return _double_signature_finding(behavior, inputs, origin)
    what = (
        "The router writes a custom origin in its place"
        f"{_hosts(inputs)}, and for that nothing is signed: a private bucket, or whatever wants the signature, responds"
        f" with 403 (AWS page {_page(origin)})."
        if is_lambda
        else "The function changes the host and not that, for what updateRequestOrigin() leaves out is inherited: the"
        " backends get requests that are signed for another service, with that signature in the place of the viewer's"
        f" Authorization ({_FUNCTION_PAGE})."
    )
    return finding_at(
        behavior,
        "router-replaces-signed-origin",
        "error",
        f"CloudFront signs its requests to the origin {origin.origin_id} ({origin.domain_name or ''}) with"
        f" {origin.signed_by}. {what}",
        "a targetOriginId that responds to unsigned requests, such as the application itself; leave what comes"
        " from the bucket to a behavior without the router",
        inputs,
    )


def _double_signature_finding(behavior: Behavior, inputs: DecisionInputs, origin: OriginPart) -> Finding:
    return finding_at(
        behavior,
        "router-replaces-signed-origin",
        "error",
        f"CloudFront signs its requests to the origin {origin.origin_id} ({origin.domain_name or ''}) with"
        f" {origin.signed_by}, and the router its own{_hosts(inputs)}, in the place of that origin. Such a redirect is"
        f" not supported, and which signature arrives is not said (AWS page {_page(origin)}).",
        f"an origin without origin access control as its targetOriginId, such as a copy of {origin.origin_id}: the"
        " router signs for it; its policy is in the stack's output originPolicies",
        inputs,
    )


def _is_known(behavior: Behavior, inputs: DecisionInputs) -> bool:
    """Return whether the group's secondary, and only that, is marked as the router expects it."""
    marks = [_mark(origin, inputs) for origin in behavior.origins or ()]
    return len(marks) == 2 and not marks[0] and marks[1] in inputs.groups


def _mark(origin: OriginPart, inputs: DecisionInputs) -> str | None:
    found = [one.value for one in origin.custom_headers or () if one.name.lower() == inputs.attempt_header]
    return found[0] if found else ""


def _group(behavior: Behavior, inputs: DecisionInputs, *, is_lambda: bool) -> Finding:
    members = [origin.origin_id for origin in behavior.origins or ()]
    what = (
        "The function on origin-request runs again for the second attempt and writes the same origin as before: the"
        " second attempt goes to the origin that has just failed, never to the group's own (AWS page"
        " high_availability_origin_failover)."
        if is_lambda
        else "updateRequestOrigin() changes the first of them only: where a backend fails, the group's second origin"
        f" responds in its place, whichever backend was requested ({_FUNCTION_PAGE})."
    )
    return finding_at(
        behavior,
        "router-defeats-origin-group",
        "error",
        f"Its target {behavior.origin_group} is an origin group ({' and '.join(members)}). {what}",
        _describe_group(behavior, inputs, members)
        if inputs.groups and is_lambda and members
        else f"one origin as targetOriginId in the place of {behavior.origin_group}",
        inputs,
    )


def _describe_group(behavior: Behavior, inputs: DecisionInputs, members: list[str]) -> str:
    return (
        f"{behavior.origin_group} as its targetOriginId, and the custom header {inputs.attempt_header}:"
        f" {' or '.join(inputs.groups)} at the origin {members[-1]} and at no other"
    )


def _unreadable(behavior: Behavior) -> Finding:
    return finding_at(
        behavior,
        "origins-not-readable",
        "warning",
        "The distribution's origins are an encrypted secret in this state: it is unknown whether the router would"
        " run in front of a private bucket, a VPC origin or an origin group.",
        fix="export the state with `pulumi stack export --show-secrets`, and delete the file after the check.",
    )


def _hosts(inputs: DecisionInputs) -> str:
    return f" ({' or '.join(inputs.origin_hosts)})" if inputs.origin_hosts else ""


def _page(origin: OriginPart) -> str:
    is_s3 = is_bucket(origin) or "identity" in origin.signed_by
    return "private-content-restricting-access-to-s3" if is_s3 else "private-content-restricting-access-to-origin"
