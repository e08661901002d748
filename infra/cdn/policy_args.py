"""Arguments of the cache policies and origin request policies, derived from what the strategy needs.

Plain dictionaries, so that `edge-router config check` checks them without an import of pulumi-aws.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.settings.cache_key import HeaderKey, added_headers, forwards_host, header_key, headers_digest
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from pulumi_aws import cloudfront

DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True)
class PoliciesArgs:
    """`is_cacheable`: responses may be cached under a key with the headers of `header_key`.

    `viewer_function` is the CloudFront Function, "" for none. `key_cookies` are the only cookies that reach the origin;
    None stands for all. `static_key_has_host`: the stable origin receives the viewer's Host. `cloudfront_headers` are
    those that CloudFront adds for the router and that the cache policy does not name.
    """

    prefix: str
    is_cacheable: bool
    header_key: HeaderKey
    forwards_host: bool
    viewer_function: str = ""
    key_cookies: frozenset[str] | None = None
    has_static_paths: bool = False
    static_key_has_host: bool = False
    cloudfront_headers: frozenset[str] = frozenset()

    @property
    def cache_kind(self) -> str:
        """The name of the cache policy: one for each CloudFront Function and each set of keyHeaders."""
        if not self.is_cacheable:
            return "uncached"
        kind = {"canary": "versioned", "tier": "tiered"}.get(self.viewer_function, "cached")
        if self.viewer_function == "tier" and self.key_cookies is not None:
            kind = "tiered-key-cookies"  # another policy, as with headers: a change would precede the forwarding's
        return f"{kind}-{self.header_key.digest}" if self.header_key.digest else kind

    @property
    def origin_request_kind(self) -> str:
        """The name of the origin request policy."""
        kind = "viewer-host" if self.forwards_host else "origin-host"
        if self.cloudfront_headers:
            kind = f"added-{headers_digest(self.cloudfront_headers)}"
        return kind if self.key_cookies is None else f"{kind}-key-cookies"


def policies_args(stack: Stack) -> PoliciesArgs:
    """Return the arguments of a stack's policies."""
    settings, needs = stack.settings, stack.settings.needs
    return PoliciesArgs(
        prefix=stack.prefix,
        is_cacheable=needs.is_cacheable,
        header_key=header_key(settings),
        forwards_host=forwards_host(settings),
        viewer_function=needs.viewer_function,
        key_cookies=settings.key_cookies,
        has_static_paths=bool(settings.static_paths),
        static_key_has_host=settings.origins["stable"].host_header == "viewer",
        cloudfront_headers=added_headers(settings),
    )


def cache_policy(args: PoliciesArgs) -> dict[str, Any]:
    """Return the cache policy, which cache_check needs before anything is registered.

    Caching is disabled where the origin depends on the visitor: origin-request runs on a miss only, and every request
    needs a decision. Otherwise the origin's Cache-Control holds, with all query strings and all cookies that the origin
    receives in the cache key.
    """
    name = f"{args.prefix}-{args.cache_kind}"
    if not args.is_cacheable:
        return _cache_policy(name, "Caching is off: the origin depends on the visitor", has_caching=False)
    comment = "As the origin's Cache-Control says"
    return _cache_policy(name, comment, headers=args.header_key.named, cookies=args.key_cookies)


def static_cache_policy(args: PoliciesArgs) -> dict[str, Any]:
    """Return AWS's CachingOptimized with a minimum TTL of 0 and with query strings (app.js?v=2) in the cache key."""
    comment = "Static paths: kept for a day unless the origin says otherwise"
    headers = {"host"} if args.static_key_has_host else set[str]()
    return _cache_policy(f"{args.prefix}-static", comment, headers=headers, default_ttl_seconds=DAY_SECONDS)


def _cache_policy(
    name: str,
    comment: str,
    *,
    has_caching: bool = True,
    headers: Set[str] = frozenset(),
    cookies: Set[str] | None = frozenset(),
    default_ttl_seconds: int = 0,
) -> dict[str, Any]:
    """Return a policy with these headers, these cookies (None: all) and every query in the cache key."""
    parameters: cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgsDict = {
        "cookies_config": _cookies(cookies),
        "headers_config": _headers(headers),
        "query_strings_config": {"query_string_behavior": "all" if has_caching else "none"},
        "enable_accept_encoding_brotli": has_caching,
        "enable_accept_encoding_gzip": has_caching,
    }
    return {
        "name": name,
        "comment": comment,
        "min_ttl": 0,
        "default_ttl": default_ttl_seconds,
        "max_ttl": YEAR_SECONDS if has_caching else 0,
        "parameters_in_cache_key_and_forwarded_to_origin": parameters,
    }


def _cookies(
    names: Set[str] | None,
) -> cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgsDict:
    if names is None:
        return {"cookie_behavior": "all"}
    if not names:
        return {"cookie_behavior": "none"}
    return {"cookie_behavior": "whitelist", "cookies": {"items": sorted(names)}}


def _headers(names: Set[str]) -> cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgsDict:
    if not names:
        return {"header_behavior": "none"}
    return {"header_behavior": "whitelist", "headers": {"items": sorted(names)}}


def origin_request_policy(args: PoliciesArgs) -> dict[str, Any]:
    """Return a policy that forwards the whole request; Host only where an origin receives the viewer's.

    With versioned caching, cookies that are not in the cache key are not forwarded: other visitors would receive the
    cached response to them, and a Set-Cookie in it, which CloudFront removes where no cookie is forwarded ("Cache
    content based on cookies").

    CloudFront adds its headers only together with all of the viewer's, Host too, which the router writes for each
    origin.
    """
    what = "The whole request" if args.key_cookies is None else "The request with the cookies of the cache key"
    has_host = args.forwards_host or bool(args.cloudfront_headers)
    headers: cloudfront.OriginRequestPolicyHeadersConfigArgsDict = (
        _forwarded_headers("allViewerAndWhitelistCloudFront", args.cloudfront_headers)
        if args.cloudfront_headers
        else {"header_behavior": "allViewer"}
        if has_host
        else _forwarded_headers("allExcept", {"host"})
    )
    return {
        "name": f"{args.prefix}-{args.origin_request_kind}",
        "comment": what if has_host else f"{what} but for Host",
        "cookies_config": {"cookie_behavior": "all" if args.key_cookies is None else "none"},
        "headers_config": headers,
        "query_strings_config": {"query_string_behavior": "all"},
    }


def _forwarded_headers(behavior: str, names: Set[str]) -> cloudfront.OriginRequestPolicyHeadersConfigArgsDict:
    return {"header_behavior": behavior, "headers": {"items": sorted(names)}}
