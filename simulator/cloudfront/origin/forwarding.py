"""The parts of a viewer request that reach the origin, and of the origin's response that reach the viewer."""

from dataclasses import replace

from pulumi_state.policies import CachePolicy, OriginRequestPolicy, Selection
from simulator.cloudfront.config.behaviors import Behavior
from simulator.cloudfront.config.selection import (
    normalized_accept_encoding,
    selected_cookies,
    selected_query,
    spell,
    viewer_header,
)
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import ViewerRequest
from simulator.cloudfront_rules import is_disallowed

# Forwarded without being asked for: the rows "CloudFront forwards the header" of page
# RequestAndResponseBehaviorCustomOrigin. (Origin is left out: page header-caching says it must be asked for.)
_DEFAULT_FORWARDED = frozenset(
    str.split(
        "cache-control content-encoding content-md5 content-type date from if-match if-modified-since"
        " if-none-match if-range if-unmodified-since max-forwards pragma range request-range warning"
    )
)

# Removed unless asked for, by the same table; with legacy settings every other header is forwarded.
_LEGACY_REMOVED = frozenset(
    {"accept", "accept-charset", "accept-language", "authorization", "origin", "referer", "x-http-method-override"}
)

# What CloudFront writes itself, or takes from elsewhere, whatever the policies say.
_OWN = frozenset({"accept-encoding", "content-length", "cookie", "host", "user-agent", "via", "x-forwarded-for"})

# Conditional requests do not work with forwarded cookies (page Cookies).
_CONDITIONAL = frozenset({"if-modified-since", "if-none-match"})


def origin_bound(
    request: ViewerRequest, behavior: Behavior, region: str, origin_domain: str, edge_host: str
) -> ViewerRequest:
    """The request as it would reach the origin: headers, cookies and query chosen by the two policies.

    This is also what an origin-request function sees. `edge_host` is the name that Via carries.
    """
    policies = _policies(behavior)
    query = selected_query(request.querystring, [policy.query for policy in policies])
    selections = [policy.headers for policy in policies]
    taken = request.headers.where(lambda name: _is_forwarded(name, request, behavior, selections))
    fields = [
        *_own_fields(request, behavior, selections, origin_domain, edge_host),
        *taken,
        *_cloudfront_fields(request, behavior, region),
    ]
    return replace(request, headers=Headers.of(fields), querystring=query)


def _policies(behavior: Behavior) -> list[CachePolicy | OriginRequestPolicy]:
    policy = behavior.origin_request_policy
    return [behavior.cache_policy] if policy is None else [behavior.cache_policy, policy]


def _is_forwarded(name: str, request: ViewerRequest, behavior: Behavior, selections: list[Selection]) -> bool:
    if name in _OWN or is_disallowed(name) or name in ("te", "transfer-encoding"):
        return False
    if name in _CONDITIONAL and behavior.forwards_cookies:
        return False
    if name in _added_cloudfront_headers(behavior):
        return False
    if name in _DEFAULT_FORWARDED or any(selection.takes(name) for selection in selections):
        return True
    if name == "authorization":
        return request.method not in ("GET", "HEAD") and not behavior.caches(request.method)
    return behavior.cache_policy.is_legacy and name not in _LEGACY_REMOVED


def _own_fields(
    request: ViewerRequest, behavior: Behavior, selections: list[Selection], origin_domain: str, edge_host: str
) -> list[tuple[str, str]]:
    """Host, User-Agent, Via, X-Forwarded-For, Cookie, Accept-Encoding and the body's length."""
    headers = request.headers

    def takes(name: str) -> bool:
        return any(selection.takes(name) for selection in selections)

    via = f"{request.http_version} {edge_host} (CloudFront)"
    candidates = [
        ("X-Forwarded-For", _append(headers.join("x-forwarded-for"), request.client_ip)),
        ("User-Agent", headers.get("user-agent") if takes("user-agent") else "Amazon CloudFront"),
        ("Via", _append(headers.join("via"), via)),
        ("Host", (headers.get("host") if takes("host") else None) or origin_domain),
        ("Cookie", _cookie(headers, behavior)),
        ("Accept-Encoding", _accept_encoding(headers, behavior, takes("accept-encoding"))),
        ("Content-Length", str(len(request.body)) if request.body or "content-length" in headers else None),
    ]
    return [(name, value) for name, value in candidates if value is not None]


def _append(existing: str | None, added: str) -> str:
    return f"{existing}, {added}" if existing else added


def _cookie(headers: Headers, behavior: Behavior) -> str | None:
    pairs = selected_cookies(headers, [policy.cookies for policy in _policies(behavior)])
    return "; ".join(f"{name}={value}" for name, value in pairs) or None


def _accept_encoding(headers: Headers, behavior: Behavior, is_asked_for: bool) -> str | None:
    if behavior.cache_policy.normalizes_accept_encoding:
        return normalized_accept_encoding(headers, behavior.cache_policy)
    return headers.join("accept-encoding") if is_asked_for else None


def _added_cloudfront_headers(behavior: Behavior) -> frozenset[str]:
    """The CloudFront-* headers that a policy names, and which therefore replace any the viewer sent."""
    names = set(behavior.cache_policy.headers.names)
    policy = behavior.origin_request_policy
    if policy is not None:
        names |= policy.headers.added
        names |= policy.headers.names if policy.headers.mode == "whitelist" else set()
    return frozenset(name for name in names if name.startswith("cloudfront-"))


def _cloudfront_fields(request: ViewerRequest, behavior: Behavior, region: str) -> list[tuple[str, str]]:
    values = [(name, viewer_header(name, request, region)) for name in sorted(_added_cloudfront_headers(behavior))]
    return [(spell(name), value) for name, value in values if value is not None]


def viewer_bound(headers: Headers, behavior: Behavior) -> Headers:
    """An answer's headers without hop-by-hop fields, and without Set-Cookie where no cookies are forwarded.

    Sources: pages RequestAndResponseBehaviorCustomOrigin and Cookies. AWS does not say whether a Set-Cookie that an
    origin-response function adds survives where cookies are not forwarded; here it does not, so nobody builds on it.
    """
    kept = headers.end_to_end()
    return kept if behavior.forwards_cookies else kept.without("set-cookie")
