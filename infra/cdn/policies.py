"""What the cache keys on and what reaches the triggers and origins, derived from what the strategy needs."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.settings.header_key import HeaderKey, digest_of

DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True)
class PoliciesArgs:
    """`is_cacheable`: answers may be kept, for their key tells what they are of; `header_key` are its headers.

    `viewer_function` is what runs before the cache, "" for nothing. `key_cookies` are the only cookies that reach the
    origin; None stands for all. `static_key_has_host`: the stable origin wants the viewer's Host. `cloudfront_headers`
    are those that CloudFront adds for the router and the cache policy does not name.
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
        """What the cache policy is called: each function before the cache and each set of keyHeaders has its own."""
        if not self.is_cacheable:
            return "uncached"
        kind = {"canary": "versioned", "tier": "tiered"}.get(self.viewer_function, "cached")
        if self.viewer_function == "tier" and self.key_cookies is not None:
            kind = (
                "tiered-key-cookies"  # as with headers: changed in place, it would be in force before the forwarding is
            )
        return f"{kind}-{self.header_key.digest}" if self.header_key.digest else kind

    @property
    def origin_request_kind(self) -> str:
        """What the origin request policy is called."""
        kind = "viewer-host" if self.forwards_host else "origin-host"
        if self.cloudfront_headers:
            kind = f"added-{digest_of(self.cloudfront_headers)}"
        return kind if self.key_cookies is None else f"{kind}-key-cookies"


class Policies(pulumi.ComponentResource):
    """A cache policy and an origin request policy of the stack's own.

    Another kind of policy is another resource, not a changed one: policies take effect at once, while the distribution
    still runs the last version. Its update switches policy and version together, and the old policy goes last.
    """

    cache_policy_id: pulumi.Output[str]
    origin_request_policy_id: pulumi.Output[str]

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Policies", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.cache_policy_id = aws.cloudfront.CachePolicy(args.cache_kind, cache_policy(args), child).id
        self.origin_request_policy_id = aws.cloudfront.OriginRequestPolicy(
            args.origin_request_kind, origin_request_policy(args), child
        ).id
        self.static_cache_policy_id: pulumi.Output[str] | None = None
        if args.has_static_paths:
            self.static_cache_policy_id = aws.cloudfront.CachePolicy("static", static_cache_policy(args), child).id
        self.register_outputs(
            {"cachePolicyId": self.cache_policy_id, "originRequestPolicyId": self.origin_request_policy_id}
        )


def cache_policy(args: PoliciesArgs) -> aws.cloudfront.CachePolicyArgs:
    """The cache policy that fits. It is known before anything is registered, so cache_check can judge it.

    Where it depends on the visitor, nothing is kept: origin-request runs on a miss only, and every request has to be
    decided. Elsewhere what an origin says may be kept is kept, apart for all query strings and all cookies that the
    origin sees.
    """
    name = f"{args.prefix}-{args.cache_kind}"
    if not args.is_cacheable:
        return _cache_policy(name, "Caching is off: the origin depends on the visitor", is_keeping=False)
    comment = "As the origin's Cache-Control says"
    return _cache_policy(name, comment, headers=args.header_key.named, cookies=args.key_cookies)


def static_cache_policy(args: PoliciesArgs) -> aws.cloudfront.CachePolicyArgs:
    """As AWS's CachingOptimized, but nothing is kept that says it must not be, and queries (app.js?v=2) tell apart."""
    comment = "Static paths: kept for a day unless the origin says otherwise"
    headers = {"host"} if args.static_key_has_host else set[str]()
    return _cache_policy(f"{args.prefix}-static", comment, headers=headers, default_ttl_seconds=DAY_SECONDS)


def _cache_policy(
    name: str,
    comment: str,
    *,
    is_keeping: bool = True,
    headers: Set[str] = frozenset(),
    cookies: Set[str] | None = frozenset(),
    default_ttl_seconds: int = 0,
) -> aws.cloudfront.CachePolicyArgs:
    """Keeps apart by these headers and cookies (None: all) and by every query, or keeps nothing at all."""
    parameters = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs(
        cookies_config=_cookies(cookies),
        headers_config=_headers(headers),
        query_strings_config=_QueryStrings(query_string_behavior="all" if is_keeping else "none"),
        enable_accept_encoding_brotli=is_keeping,
        enable_accept_encoding_gzip=is_keeping,
    )
    return aws.cloudfront.CachePolicyArgs(
        name=name,
        comment=comment,
        min_ttl=0,
        default_ttl=default_ttl_seconds,
        max_ttl=YEAR_SECONDS if is_keeping else 0,
        parameters_in_cache_key_and_forwarded_to_origin=parameters,
    )


def _cookies(names: Set[str] | None) -> _Cookies:
    if names is None:
        return _Cookies(cookie_behavior="all")
    if not names:
        return _Cookies(cookie_behavior="none")
    return _Cookies(cookie_behavior="whitelist", cookies=_CookieNames(items=sorted(names)))


def _headers(names: Set[str]) -> _Headers:
    if not names:
        return _Headers(header_behavior="none")
    return _Headers(header_behavior="whitelist", headers=_HeaderNames(items=sorted(names)))


def origin_request_policy(args: PoliciesArgs) -> aws.cloudfront.OriginRequestPolicyArgs:
    """All of the request reaches the triggers and the origins; Host only where an origin wants the viewer's.

    Where versions are kept, cookies beside the cache key reach nobody: an answer to them would be kept for strangers,
    and so would a Set-Cookie, which CloudFront takes away where no cookie is forwarded ("Cache content based on
    cookies").

    Those that CloudFront adds come with all of the viewer's only, Host too, which the router writes for each origin.
    """
    what = "The whole request" if args.key_cookies is None else "The request with the cookies of the cache key"
    has_host = args.forwards_host or bool(args.cloudfront_headers)
    headers = (
        _sent_headers("allViewerAndWhitelistCloudFront", args.cloudfront_headers)
        if args.cloudfront_headers
        else aws.cloudfront.OriginRequestPolicyHeadersConfigArgs(header_behavior="allViewer")
        if has_host
        else _sent_headers("allExcept", {"host"})
    )
    return aws.cloudfront.OriginRequestPolicyArgs(
        name=f"{args.prefix}-{args.origin_request_kind}",
        comment=what if has_host else f"{what} but for Host",
        cookies_config=aws.cloudfront.OriginRequestPolicyCookiesConfigArgs(
            cookie_behavior="all" if args.key_cookies is None else "none"
        ),
        headers_config=headers,
        query_strings_config=aws.cloudfront.OriginRequestPolicyQueryStringsConfigArgs(query_string_behavior="all"),
    )


def _sent_headers(behavior: str, names: Set[str]) -> aws.cloudfront.OriginRequestPolicyHeadersConfigArgs:
    return aws.cloudfront.OriginRequestPolicyHeadersConfigArgs(
        header_behavior=behavior,
        headers=aws.cloudfront.OriginRequestPolicyHeadersConfigHeadersArgs(items=sorted(names)),
    )


_Cookies = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs
_CookieNames = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigCookiesArgs
_Headers = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs
_HeaderNames = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigHeadersArgs
_QueryStrings = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs
