"""The rules about what reaches an origin beside the cache key, whichever functions there are.

An origin that answers by it, and lets the answer be kept, answers one visitor with what is another's.
"""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.function_code.reading import UnreadableCodeError, read_function
from cache_check.model.behaviors import Behavior
from cache_check.model.decides import Decides, Kind
from cache_check.model.findings import Finding, found
from cache_check.model.fixes import caching_off, in_key, mended
from cache_check.rules.viewer import may_leave_its_origin
from infra.settings.cache_key import KEY_HEADER
from pulumi_state.selections import Selection

HARMLESS_HEADERS = frozenset(
    {
        # Cross-origin sharing: an origin answers by them with other headers, not with another page.
        *("origin", "access-control-request-headers", "access-control-request-method"),
        # CloudFront has them in the key by itself, or writes or answers them itself.
        *("accept-encoding", "range", "if-range", "if-match", "if-none-match", "if-modified-since"),
        *("if-unmodified-since", "via", "x-forwarded-for", "x-amz-cf-id", "cdn-loop", "connection"),
    }
)
"""They cannot make an answer another visitor's (page RequestAndResponseBehaviorCustomOrigin)."""
_WHAT: dict[Kind, str] = {
    "cookie": "Cookies ({names}) reach the origin and are not in the cache key: one visitor's page can answer another",
    "header": "Headers of the viewer ({names}) reach the origin and are not in the cache key: what it answers by them,"
    " such as a language, a name that links are built with or a user, can answer other visitors",
    "query": "Query parameters ({names}) reach the origin and are not in the cache key: the page for one query can"
    " answer another",
}


def unkeyed_findings(behavior: Behavior, decides: Decides | None = None) -> Iterator[Finding]:
    """`decides` is given where the router is on the behavior. Buckets take no notice of cookies and headers."""
    if not behavior.is_caching:
        return
    if decides is None and behavior.is_s3 and not may_leave_its_origin(behavior):
        yield from _bucket_query(behavior)
        return
    key, extra = behavior.key, behavior.extra
    has_trigger = decides is None and behavior.at("origin-request") is not None  # told of that one already
    is_told = decides is not None and bool(decides.version_header)  # as certain, of the cookies
    if not (has_trigger or is_told):
        yield from _unkeyed(behavior, decides, "cookie", extra.cookies.beyond(key.cookies))
    if not has_trigger:
        yield from _unkeyed(behavior, decides, "query", extra.query.beyond(key.query))
    if decides is not None and decides.removes_viewer_headers:
        yield from _passed_headers(behavior, decides)
        return
    if not has_trigger:
        yield from _headers(behavior, decides)
    yield from _host(behavior, decides)


def _bucket_query(behavior: Behavior) -> Iterator[Finding]:
    """S3 takes parameters that change its answer from signed requests only ("GetObject")."""
    names = behavior.extra.query.beyond(behavior.key.query)
    if names and any(origin.signed_by for origin in behavior.origins or ()):
        yield found(
            behavior,
            "origin-sees-uncached-query",
            "warning",
            f"Query parameters ({names}) reach a bucket in requests that CloudFront signs, and are not in the cache"
            " key. By response-content-type or response-content-disposition S3 sends a file as something else: what one"
            " visitor asked for is kept for others (AWS page understanding-the-cache-key).",
            mended(
                behavior, None, f"{in_key(behavior, 'query', 'those that are meant')}, and the others not forwarded"
            ),
        )


def _passed_headers(behavior: Behavior, decides: Decides) -> Iterator[Finding]:
    """What the stack's own key has, and therefore gets past the router, and the key here has not."""
    unkeyed = {name for name in decides.passed_headers - HARMLESS_HEADERS if _takes_beside(behavior, name)}
    if behavior.key.headers.takes(KEY_HEADER):
        unkeyed -= decides.hashed_headers
    names = ", ".join(sorted(unkeyed)).replace("authorization", "Authorization")
    by_hash = f"{KEY_HEADER}, which has their hash," if unkeyed and unkeyed <= decides.hashed_headers else ""
    yield from _unkeyed(behavior, decides, "header", names, by_hash or "those that it answers by")


def _headers(behavior: Behavior, decides: Decides | None) -> Iterator[Finding]:
    if behavior.is_legacy:
        yield _legacy_headers(behavior, decides)
        return
    names = _list_headers(behavior.extra.headers, behavior.key.headers)
    is_personal = "authorization" in names.split(", ") or _takes_beside(behavior, "authorization")
    if names and is_personal and names.startswith("all"):
        names = f"{names}, Authorization among them"
    yield from _unkeyed(behavior, decides, "header", names.replace("authorization", "Authorization"))


def _legacy_headers(behavior: Behavior, decides: Decides | None) -> Finding:
    return found(
        behavior,
        "origin-sees-uncached-header",
        "warning",
        "With forwardedValues CloudFront sends the origin every header that it does not remove, X-Forwarded-Host and"
        " X-Original-URL among them, and has only those in the cache key that are listed: what the origin answers by"
        " the others can answer other visitors (AWS page RequestAndResponseBehaviorCustomOrigin).",
        mended(
            behavior,
            decides,
            "a cachePolicyId, and an originRequestPolicyId where something is needed besides, in the place of"
            f" forwardedValues; or {caching_off(behavior)}",
        ),
    )


def _list_headers(extra: Selection, key: Selection) -> str:
    """In words, without those that do no harm, and without Host, which has a rule of its own."""
    if extra.mode != "whitelist":
        return extra.beyond(key)
    kept = extra.names - HARMLESS_HEADERS - {"host"}
    return Selection("whitelist", kept).beyond(key) if kept else ""


def _host(behavior: Behavior, decides: Decides | None) -> Iterator[Finding]:
    """Host, where one distribution has several names; or what a function makes of it."""
    made = _find_made_of_host(behavior)
    if made:
        what = f"A function writes {', '.join(made)} from Host for the origin, which is not in the cache key"
    elif _takes_beside(behavior, "host") and _has_several_names(behavior):
        names = "" if behavior.aliases is None else f" ({', '.join(behavior.aliases)})"
        what = f"The distribution has several names{names}, and Host reaches the origin and is not in the cache key"
    else:
        return
    yield found(
        behavior,
        "origin-sees-uncached-host",
        "warning",
        f"{what}: one site's page is kept, and answers under another's name (AWS page understanding-the-cache-key).",
        mended(behavior, decides, f"{in_key(behavior, 'header', 'Host')}, or {caching_off(behavior)}"),
    )


def _find_made_of_host(behavior: Behavior) -> list[str]:
    """Headers beside the key that reach the origin and that a function at viewer-request makes of Host."""
    function = behavior.at("viewer-request", is_lambda=False)
    if function is None or not function.code or behavior.key.headers.takes("host"):
        return []
    try:
        written = read_function(function.code).written
    except UnreadableCodeError:
        return []  # told by the rules about functions
    names = [name for (kind, name), made_of in written.items() if kind == "header" and ("header", "host") in made_of]
    return sorted(name for name in names if _takes_beside(behavior, name))


def _takes_beside(behavior: Behavior, header: str) -> bool:
    return behavior.extra.headers.takes(header) and not behavior.key.headers.takes(header)


def _has_several_names(behavior: Behavior) -> bool:
    """Names that the state keeps back may be several."""
    names = behavior.aliases
    return names is None or len(names) > 1 or any(name.startswith("*") for name in names)


def _unkeyed(
    behavior: Behavior, decides: Decides | None, kind: Kind, names: str, wanted: str = "those that it answers by"
) -> Iterator[Finding]:
    if names:
        asked = "" if behavior.keeps_unasked else " where the origin lets it be kept"
        yield found(
            behavior,
            f"origin-sees-uncached-{kind}",
            "warning",
            f"{_WHAT[kind].format(names=names)}{asked} (AWS page understanding-the-cache-key).",
            mended(
                behavior,
                decides,
                f"{in_key(behavior, kind, wanted)}, and the others not forwarded; or {caching_off(behavior)}",
            ),
        )
