"""The cache key: what two requests must have in common to share an object."""

from __future__ import annotations

from collections.abc import Hashable

from simulator.cloudfront.config.policies import CachePolicy
from simulator.cloudfront.config.selection import normalized_accept_encoding, selected_cookies, selected_query
from simulator.cloudfront.http.messages import ViewerRequest
from simulator.cloudfront.http.viewer_headers import viewer_header

CacheKey = tuple["Hashable", ...]


def cache_key(request: ViewerRequest, policy: CachePolicy, distribution_domain: str, region: str) -> CacheKey:
    """Domain, path and what the policy adds; OPTIONS is kept apart, HEAD shares the object of GET.

    Source: page understanding-the-cache-key. The Region is part of it because every edge location has a cache of its
    own.
    """
    return (
        region,
        distribution_domain,
        "OPTIONS" if request.method == "OPTIONS" else "GET",
        request.uri,
        selected_query(request.querystring, [policy.query]),
        tuple(selected_cookies(request.headers, [policy.cookies])),
        tuple((name, _header(name, request, region)) for name in sorted(policy.headers.names)),
        _accept_encoding(request, policy),
    )


def _header(name: str, request: ViewerRequest, region: str) -> str | None:
    if name.startswith("cloudfront-"):
        return viewer_header(name, request, region)
    return request.headers.joined(name)


def _accept_encoding(request: ViewerRequest, policy: CachePolicy) -> str | None:
    if not policy.normalizes_accept_encoding:
        return None
    encoding = normalized_accept_encoding(request.headers, policy)
    return None if encoding == "identity" else encoding
