"""The rules where the router's decision inputs are known: whatever breaks one of them is an error."""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.model.behaviors import Behavior, names_beyond
from cache_check.model.decision_inputs import SINGULARS, DecisionInputs, Kind
from cache_check.model.findings import (
    Finding,
    add_to_key,
    disable_caching,
    disable_error_caching,
    finding_at,
    forward,
)

WHY_UNSEEN: dict[Kind, str] = {
    "cookie": "only forwarded cookies arrive (AWS page Cookies)",
    "header": "only forwarded headers arrive (AWS page header-caching)",
    "query": "the query string arrives only if all of it is forwarded (AWS page lambda-event-structure)",
}


def certain_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """The leaks of a behavior that the router is on, or would be."""
    if behavior.is_caching:
        yield from _beside_key_findings(behavior, inputs)
        yield from _behind_cache_findings(behavior, inputs)
    else:
        yield from _pinned_errors(behavior, inputs)
    if behavior.at("origin-request") is not None:
        yield from _forgery_findings(behavior, inputs)
        yield from _unseen_findings(behavior, inputs)


def _beside_key_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """Decision inputs that could be in the key, but are not."""
    if inputs.version_header:
        yield from _version_beside_the_key(behavior, inputs)
        return
    taken = {"cookie": behavior.key.cookies, "header": behavior.key.headers, "query": behavior.key.query}
    for kind, name in inputs.names():
        if not taken[kind].takes(name):
            yield finding_at(
                behavior,
                f"decided-by-uncached-{kind}",
                "error",
                f"The router decides by the {SINGULARS[kind]} {name}, which is not in the cache key: the first"
                " visitor's version is cached, and is sent to visitors of the other one (AWS page"
                " understanding-the-cache-key).",
                f"{add_to_key(behavior, kind, name)}, or {disable_caching(behavior)}",
                inputs,
            )


def _version_beside_the_key(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    header = inputs.version_header
    if not behavior.key.headers.takes(header):
        yield finding_at(
            behavior,
            "version-header-not-in-key",
            "error",
            f"The version is assigned before the cache and written to {header}, but that header is not in the cache"
            " key: one version's response is cached for everybody (AWS page understanding-the-cache-key).",
            f"{add_to_key(behavior, 'header', header)}, or {disable_caching(behavior)}",
            inputs,
        )
    if cookies := names_beyond(behavior.extra.cookies, behavior.key.cookies):
        yield finding_at(
            behavior,
            "decided-by-uncached-cookie",
            "error",
            f"Cookies ({cookies}) reach the application beside the cache key: what it bases on them is cached, and"
            " is sent to other visitors of the same version (AWS page understanding-the-cache-key).",
            f"{add_to_key(behavior, 'cookie', cookies)}, or not forwarded",
            inputs,
        )


def _behind_cache_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """Decision inputs that no cache key can have."""
    if inputs.body:
        yield finding_at(
            behavior,
            "body-decides-but-cached",
            "error",
            "The router decides by the request body, which is in no cache key: what is cached for a path is sent to"
            " everyone who requests it, whatever the router would choose (AWS page understanding-the-cache-key).",
            disable_caching(behavior),
            inputs,
        )
    if inputs.assigns_new_visitors:
        yield finding_at(
            behavior,
            "assigned-behind-the-cache",
            "error",
            "A visitor who brings no version yet is assigned by the request's id, on a cache miss only: the version of"
            " the first one is cached for all the others (AWS page lambda-cloudfront-trigger-events).",
            disable_caching(behavior),
            inputs,
        )
    if inputs.sets_cookie:
        yield finding_at(
            behavior,
            "set-cookie-can-be-cached",
            "error",
            "The router sets its cookie at origin-response, before the response is cached: one visitor's cookie is"
            " replayed to others on every hit (AWS page Cookies).",
            disable_caching(behavior),
            inputs,
        )


def _pinned_errors(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """Errors are cached even where caching is disabled. Where it is enabled, other rules report what the key lacks."""
    statuses = behavior.cached_errors()
    if inputs.varies and statuses:
        yield finding_at(
            behavior,
            "error-pinned-on-everyone",
            "error",
            f"Errors are cached although caching is disabled, here {', '.join(map(str, statuses))}: when one version"
            " fails, its error is sent to visitors of all versions until it expires (AWS page"
            " custom-error-pages-expiration).",
            disable_error_caching(statuses),
            inputs,
        )


def _forgery_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    header = inputs.version_header
    if header and not behavior.has_viewer_request_trigger:
        yield finding_at(
            behavior,
            "viewer-can-forge-version-header",
            "error",
            f"The router obeys {header}, and nothing at viewer-request overwrites what a viewer sends by that name:"
            " anyone picks a version, and nobody is assigned one (AWS page lambda-cloudfront-trigger-events).",
            "the stack's canary function in functionAssociations on viewer-request",
            inputs,
        )


def _unseen_findings(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """Decision inputs that do not reach origin-request. A version header gets there by the cache key."""
    header: list[tuple[Kind, str]] = [("header", inputs.version_header)]
    names = [*inputs.names(), *(header if inputs.version_header and not behavior.is_caching else [])]
    for kind, name in names:
        if not _arrives(behavior, kind, name):
            yield finding_at(
                behavior,
                f"trigger-cannot-see-{kind}",
                "error",
                f"The router decides by the {SINGULARS[kind]} {name} at origin-request, where {WHY_UNSEEN[kind]}: it"
                " takes every visitor for one without it.",
                forward(behavior, kind, name),
                inputs,
            )
    trigger = behavior.at("origin-request")
    if inputs.body and trigger is not None and not trigger.includes_body:
        yield finding_at(
            behavior,
            "trigger-cannot-see-body",
            "error",
            "The router decides by the request body, which the event has only where the association includes it (AWS"
            " page lambda-include-body-access): every request goes to the default origin.",
            "includeBody true in the association on origin-request",
            inputs,
        )


def _arrives(behavior: Behavior, kind: Kind, name: str) -> bool:
    if kind == "query":
        return behavior.forwards_whole_query
    return behavior.forwards_cookie(name) if kind == "cookie" else behavior.forwards_header(name)
