"""The rules where nobody said what the functions decide on: what could leak is a warning that says what to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.cache_leaks.behaviors import Behavior, Selection
from infra.cache_leaks.decides import Kind
from infra.cache_leaks.findings import Finding, found
from infra.cache_leaks.mends import caching_off, errors_off, forwarded, mended

CHOOSES_ORIGIN = re.compile(r"\b(?:updateRequestOrigin|selectRequestOriginById|createRequestOriginGroup)\s*\(")
"""Page helper-functions-origin-modification. Nothing there puts the chosen origin into the cache key."""
READS: dict[Kind, re.Pattern[str]] = {
    "cookie": re.compile(r"\bcookies\b"),
    "header": re.compile(r"\bheaders\b"),
    "query": re.compile(r"\b(?:querystring|rawQueryString)\b"),
}
PLURALS: dict[Kind, str] = {"cookie": "cookies", "header": "headers", "query": "query parameters"}


def possible_findings(behavior: Behavior) -> Iterator[Finding]:
    """What could leak at a behavior with functions that the state tells no more about."""
    if "origin-request" in behavior.lambdas:
        yield from _beside_the_key(behavior) if behavior.is_caching else _pinned_errors(behavior)
    if behavior.is_caching:
        yield from _chosen_before_the_cache(behavior)
    if behavior.has_origin_trigger:
        yield from _half_a_query(behavior)


def _beside_the_key(behavior: Behavior) -> Iterator[Finding]:
    for kind, names in _visible_beside_the_key(behavior).items():
        setting = f"{names} in the cache key too, or not forwarded, or {caching_off(behavior)}"
        yield found(
            behavior,
            f"decided-by-uncached-{kind}",
            "warning",
            f"The Lambda@Edge function on origin-request sees {PLURALS[kind]} ({names}) that are not in the cache key."
            " Nobody can tell from here whether it decides by them: if it does, one visitor's answer is kept for others"
            " (AWS page understanding-the-cache-key).",
            mended(None, setting),
        )
    if behavior.lambdas["origin-request"]:
        yield found(
            behavior,
            "body-decides-but-cached",
            "warning",
            "The Lambda@Edge function on origin-request is given the request body, which is in no cache key. If it"
            " decides by it, what is kept for a path answers everyone who asks for it (AWS page"
            " lambda-include-body-access).",
            mended(None, caching_off(behavior)),
        )


def _visible_beside_the_key(behavior: Behavior) -> dict[Kind, str]:
    """What the function on origin-request sees and the cache key lacks, in words; a query string whole or not."""
    key, extra = behavior.key, behavior.extra
    names: dict[Kind, str] = {
        "cookie": extra.cookies.beyond(key.cookies),
        "header": extra.headers.beyond(key.headers),
        "query": extra.query.beyond(key.query) if behavior.forwards_whole_query else "",
    }
    return {kind: listed for kind, listed in names.items() if listed}


def _pinned_errors(behavior: Behavior) -> Iterator[Finding]:
    statuses = behavior.kept_errors()
    if statuses and (_visible_beside_the_key(behavior) or behavior.lambdas["origin-request"]):
        yield found(
            behavior,
            "error-pinned-on-everyone",
            "warning",
            f"Errors are kept although caching is off, here {', '.join(map(str, statuses))}. If the Lambda@Edge"
            " function on origin-request sends visitors to different origins, one origin's error answers those of all"
            " (AWS page custom-error-pages-expiration).",
            mended(None, errors_off(statuses)),
        )


def _chosen_before_the_cache(behavior: Behavior) -> Iterator[Finding]:
    code = behavior.functions.get("viewer-request", "")
    if not CHOOSES_ORIGIN.search(code):
        return
    keyed: dict[Kind, Selection] = {
        "cookie": behavior.key.cookies,
        "header": behavior.key.headers,
        "query": behavior.key.query,
    }
    for kind, reads in READS.items():
        if reads.search(code) and keyed[kind].is_empty:
            yield found(
                behavior,
                f"decided-by-uncached-{kind}",
                "warning",
                f"The CloudFront Function on viewer-request chooses an origin and reads {PLURALS[kind]}, of which none"
                " is in the cache key. If it chooses by them, one origin's answer is kept for the visitors of others"
                " (AWS page helper-functions-origin-modification).",
                mended(None, f"those {PLURALS[kind]} in the cache key, or {caching_off(behavior)}"),
            )


def _half_a_query(behavior: Behavior) -> Iterator[Finding]:
    if behavior.forwards_whole_query or (behavior.key.query.is_empty and behavior.extra.query.is_empty):
        return
    yield found(
        behavior,
        "trigger-cannot-see-query",
        "warning",
        "Some query parameters are forwarded, but not all of them: the origin gets those, and the Lambda@Edge function"
        " on an origin event sees none (AWS page lambda-event-structure).",
        mended(None, forwarded(behavior, "query", "")),
    )
