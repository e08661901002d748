"""The rules where the decision inputs are unknown: possible leaks are warnings that say what to look at."""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.model.behaviors import Association, Behavior
from cache_check.model.decision_inputs import KINDS, PLURALS, Kind
from cache_check.model.findings import (
    Finding,
    disable_caching,
    disable_error_caching,
    finding_at,
    forward,
)
from cache_check.rules.beside import names_beside_key
from cache_check.rules.viewer import may_leave_its_origin


def possible_findings(behavior: Behavior) -> Iterator[Finding]:
    """The possible leaks of a behavior with Lambda@Edge functions of which the state has no code."""
    trigger = behavior.at("origin-request")
    if trigger is not None and behavior.is_caching:
        yield from _beside_the_key(behavior, trigger)
    elif trigger is not None:
        yield from _pinned_errors(behavior, trigger)
    elif responder := responder_of_bucket(behavior):
        yield from _decided_beside_the_key(behavior, responder)
    if behavior.has_origin_trigger:
        yield from _half_a_query(behavior)


def responder_of_bucket(behavior: Behavior) -> Association | None:
    """The function at origin-response that sees the request, and makes what is cached, where only a bucket responds.

    Of other origins the rules about values that reach them say the same.
    """
    responder = behavior.at("origin-response")
    is_alone = behavior.is_s3 and behavior.is_caching and not may_leave_its_origin(behavior)
    return responder if is_alone else None


def _decided_beside_the_key(behavior: Behavior, trigger: Association) -> Iterator[Finding]:
    for kind, names in visible_beside_the_key(behavior).items():
        setting = f"{names} in the cache key too, or not forwarded, or {disable_caching(behavior)}"
        yield finding_at(
            behavior,
            f"decided-by-uncached-{kind}",
            "warning",
            f"The Lambda@Edge function on {trigger.event_type} sees {PLURALS[kind]} ({names}) that are not in the cache"
            " key."
            " The state does not tell whether it decides by them: if it does, one visitor's response is cached for"
            " others (AWS page understanding-the-cache-key).",
            setting,
        )


def _beside_the_key(behavior: Behavior, trigger: Association) -> Iterator[Finding]:
    yield from _decided_beside_the_key(behavior, trigger)
    if trigger.includes_body:
        yield finding_at(
            behavior,
            "body-decides-but-cached",
            "warning",
            "The Lambda@Edge function on origin-request is given the request body, which is in no cache key. If it"
            " decides by it, what is cached for a path is sent to everyone who requests it (AWS page"
            " lambda-include-body-access).",
            disable_caching(behavior),
        )
    if behavior.key.is_empty and not visible_beside_the_key(behavior):
        yield finding_at(
            behavior,
            "trigger-behind-empty-key",
            "warning",
            f"The Lambda@Edge function {trigger.name} on origin-request runs on a cache miss only, and the cache key"
            " has the path alone. If it chooses by anything else, by the viewer's address, the time or chance, the"
            " first visitor's choice is cached for everybody (AWS page lambda-cloudfront-trigger-events).",
            f"what it chooses by in the cache key, or {disable_caching(behavior)}",
        )


def visible_beside_the_key(behavior: Behavior) -> dict[Kind, str]:
    """The names by kind that a function on an origin event sees and the cache key lacks."""
    found: dict[Kind, str] = {}
    for kind in KINDS:
        if kind != "query" or behavior.forwards_whole_query:
            found[kind] = names_beside_key(behavior, kind)
    return {kind: listed for kind, listed in found.items() if listed}


def _pinned_errors(behavior: Behavior, trigger: Association) -> Iterator[Finding]:
    statuses = behavior.cached_errors()
    if statuses and (visible_beside_the_key(behavior) or trigger.includes_body):
        yield finding_at(
            behavior,
            "error-pinned-on-everyone",
            "warning",
            f"Errors are cached although caching is disabled, here {', '.join(map(str, statuses))}. If the Lambda@Edge"
            " function on origin-request sends visitors to different origins, one origin's error is sent to those of"
            " all (AWS page custom-error-pages-expiration).",
            disable_error_caching(statuses),
        )


def _half_a_query(behavior: Behavior) -> Iterator[Finding]:
    if behavior.forwards_whole_query or (behavior.key.query.is_empty and behavior.extra.query.is_empty):
        return
    yield finding_at(
        behavior,
        "trigger-cannot-see-query",
        "warning",
        "Some query parameters are forwarded, but not all of them: the origin gets those, and the Lambda@Edge function"
        " on an origin event sees none (AWS page lambda-event-structure).",
        forward(behavior, "query", ""),
    )
