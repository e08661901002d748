"""The rules about values that reach an origin and are not in the cache key, whichever functions there are.

If the response depends on it and may be cached, one visitor receives another's.
"""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.model.behaviors import Behavior, names_beyond
from cache_check.model.decision_inputs import DecisionInputs, Kind
from cache_check.model.findings import Finding, add_to_key, disable_caching, finding_at, join_names
from cache_check.rules.beside import find_made_of_host, names_beside_key, selected_beside_key, takes_beside
from cache_check.rules.possible import responder_of_bucket
from cache_check.rules.viewer import may_leave_its_origin
from infra.settings.cache_key import KEY_HEADER
from pulumi_state.policies import Selection

HARMLESS_HEADERS = frozenset(
    {
        # Cross-origin sharing: an origin responds with other headers, not with another page.
        *("origin", "access-control-request-headers", "access-control-request-method"),
        # CloudFront has them in the key by itself, writes them, or responds to them itself.
        *("accept-encoding", "range", "if-range", "if-match", "if-none-match", "if-modified-since"),
        *("if-unmodified-since", "via", "x-forwarded-for", "x-amz-cf-id", "cdn-loop", "connection"),
    }
)
"""They cannot make a response another visitor's (page RequestAndResponseBehaviorCustomOrigin)."""
OWN_NAME = "its own in cloudfront.net"
"""Beside its aliases a distribution always has that name, and serves the same objects under it."""
_WHAT: dict[Kind, str] = {
    "cookie": "Cookies ({names}) reach the origin and are not in the cache key: one visitor's page can be sent to"
    " another",
    "header": "Headers of the viewer ({names}) reach the origin and are not in the cache key: what it bases on them,"
    " such as a language, a name that links are built with or a user, can be sent to other visitors",
    "query": "Query parameters ({names}) reach the origin and are not in the cache key: the page for one query can"
    " be sent for another",
}


def unkeyed_findings(behavior: Behavior, inputs: DecisionInputs | None = None) -> Iterator[Finding]:
    """`inputs` is given where the router is on the behavior. Buckets take no notice of cookies and headers."""
    if not behavior.is_caching:
        return
    if inputs is None and behavior.is_s3 and not may_leave_its_origin(behavior):
        if not (responder_of_bucket(behavior) and behavior.forwards_whole_query):  # reported already
            yield from _bucket_query(behavior)
        return
    has_trigger = inputs is None and behavior.at("origin-request") is not None  # reported already
    is_told = inputs is not None and bool(inputs.version_header)  # reported as certain
    if not (has_trigger or is_told):
        yield from _key_findings(behavior, inputs, "cookie", names_beside_key(behavior, "cookie"))
    if not has_trigger:
        yield from _key_findings(behavior, inputs, "query", names_beside_key(behavior, "query"))
    if inputs is not None and inputs.removes_viewer_headers:
        yield from _passed_headers(behavior, inputs)
        return
    if not has_trigger:
        yield from _headers(behavior, inputs)
    yield from _host(behavior, inputs)


def _bucket_query(behavior: Behavior) -> Iterator[Finding]:
    """S3 takes parameters that change its response from signed requests only ("GetObject")."""
    names = names_beyond(behavior.extra.query, behavior.key.query)
    if names and any(origin.signed_by for origin in behavior.origins or ()):
        yield finding_at(
            behavior,
            "origin-sees-uncached-query",
            "warning",
            f"Query parameters ({names}) reach a bucket in requests that CloudFront signs, and are not in the cache"
            " key. By response-content-type or response-content-disposition S3 sends a file as something else: what one"
            " visitor requested is cached for others (AWS page understanding-the-cache-key).",
            f"{add_to_key(behavior, 'query', 'those that are meant')}, and the others not forwarded",
        )


def _passed_headers(behavior: Behavior, inputs: DecisionInputs) -> Iterator[Finding]:
    """The headers that the router forwards, for the stack's own key has them, and that this key lacks."""
    unkeyed = {name for name in inputs.passed_headers - HARMLESS_HEADERS if takes_beside(behavior, name)}
    if behavior.key.headers.takes(KEY_HEADER):
        unkeyed -= inputs.hashed_headers
    names = ", ".join(sorted(unkeyed)).replace("authorization", "Authorization")
    by_hash = f"{KEY_HEADER}, which has their hash," if unkeyed and unkeyed <= inputs.hashed_headers else ""
    yield from _key_findings(behavior, inputs, "header", names, by_hash or "those that its response depends on")


def _headers(behavior: Behavior, inputs: DecisionInputs | None) -> Iterator[Finding]:
    if behavior.is_legacy:
        yield _legacy_headers(behavior, inputs)
        return
    names = _list_headers(behavior)
    is_personal = "authorization" in names.split(", ") or takes_beside(behavior, "authorization")
    if names and is_personal and names.startswith("all"):
        names = f"{names}, Authorization among them"
    yield from _key_findings(behavior, inputs, "header", names.replace("authorization", "Authorization"))


def _legacy_headers(behavior: Behavior, inputs: DecisionInputs | None) -> Finding:
    return finding_at(
        behavior,
        "origin-sees-uncached-header",
        "warning",
        "With forwardedValues CloudFront sends the origin every header that it does not remove, X-Forwarded-Host and"
        " X-Original-URL among them, and has only those in the cache key that are listed: what the origin bases on"
        " the others can be sent to other visitors (AWS page RequestAndResponseBehaviorCustomOrigin).",
        "a cachePolicyId, and an originRequestPolicyId where something is needed besides, in the place of"
        f" forwardedValues; or {disable_caching(behavior)}",
        inputs,
    )


def _list_headers(behavior: Behavior) -> str:
    """In words, without those that do no harm, and without Host, which has a rule of its own."""
    taken = behavior.extra.headers
    if taken.mode == "whitelist":
        taken = Selection("whitelist", taken.names - HARMLESS_HEADERS - {"host"})
    return selected_beside_key(behavior, "header", taken)


def _host(behavior: Behavior, inputs: DecisionInputs | None) -> Iterator[Finding]:
    """Host, where one distribution has several names, hidden ones too; or what a function makes of it."""
    made = find_made_of_host(behavior)
    if made:
        what = f"A function writes {', '.join(made)} from Host for the origin, which is not in the cache key"
    elif takes_beside(behavior, "host") and behavior.aliases != ():
        names = "" if behavior.aliases is None else f" ({join_names([*behavior.aliases, OWN_NAME])})"
        what = f"The distribution has several names{names}, and Host reaches the origin and is not in the cache key"
    else:
        return
    yield finding_at(
        behavior,
        "origin-sees-uncached-host",
        "warning",
        f"{what}: one site's page is cached, and is served under another's name (AWS page"
        " understanding-the-cache-key).",
        f"{add_to_key(behavior, 'header', 'Host')}, or {disable_caching(behavior)}",
        inputs,
    )


def _key_findings(
    behavior: Behavior,
    inputs: DecisionInputs | None,
    kind: Kind,
    names: str,
    wanted: str = "those that its response depends on",
) -> Iterator[Finding]:
    if names:
        asked = "" if behavior.caches_by_default else " where the origin lets it be cached"
        yield finding_at(
            behavior,
            f"origin-sees-uncached-{kind}",
            "warning",
            f"{_WHAT[kind].format(names=names)}{asked} (AWS page understanding-the-cache-key).",
            f"{add_to_key(behavior, kind, wanted)}, and the others not forwarded; or {disable_caching(behavior)}",
            inputs,
        )
