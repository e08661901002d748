"""Policies and legacy forwarding settings as a state holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

from simulator.cloudfront.config.policies import (
    ALL,
    DAY_SECONDS,
    MANAGED_CACHE_POLICIES,
    MANAGED_ORIGIN_REQUEST_POLICIES,
    NONE,
    YEAR_SECONDS,
    CachePolicy,
    Mode,
    OriginRequestPolicy,
    Selection,
)
from simulator.cloudfront.config.response_headers import ResponseHeadersPolicy, response_headers_policies
from simulator.cloudfront.config.state import Resource, resources
from simulator.cloudfront.http.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

_CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
_ORIGIN_REQUEST_POLICY = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"

_Policy = TypeVar("_Policy")


class Policies:
    """Looks policies up by id: AWS's managed ones and those of the state."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._cache = {item.id: _cache_policy(item) for item in resources(state, _CACHE_POLICY)}
        self._origin = {item.id: _origin_request_policy(item) for item in resources(state, _ORIGIN_REQUEST_POLICY)}
        self._response_headers = response_headers_policies(state)

    def cache_policy(self, policy_id: str, label: str) -> CachePolicy:
        return _looked_up(MANAGED_CACHE_POLICIES | self._cache, policy_id, f"{label}: cachePolicyId")

    def origin_request_policy(self, policy_id: str, label: str) -> OriginRequestPolicy:
        known = MANAGED_ORIGIN_REQUEST_POLICIES | self._origin
        return _looked_up(known, policy_id, f"{label}: originRequestPolicyId")

    def response_headers_policy(self, policy_id: str, label: str) -> ResponseHeadersPolicy:
        return _looked_up(self._response_headers, policy_id, f"{label}: responseHeadersPolicyId")


def _looked_up(known: dict[str, _Policy], policy_id: str, label: str) -> _Policy:
    if policy_id in known:
        return known[policy_id]
    raise StateError(f"{label} {policy_id} is neither in the state nor a managed policy that is simulated")


def _cache_policy(resource: Resource) -> CachePolicy:
    properties = resource.properties
    values = resource.required("parametersInCacheKeyAndForwardedToOrigin")
    return CachePolicy(
        name=str(properties.get("name") or resource.id),
        min_ttl=int(properties.get("minTtl") or 0),
        default_ttl=_ttl(properties.get("defaultTtl"), DAY_SECONDS),
        max_ttl=_ttl(properties.get("maxTtl"), YEAR_SECONDS),
        headers=_headers(values, resource.label, ("none", "whitelist"))[0],
        cookies=_selection(values, "cookiesConfig", "cookieBehavior", "cookies", resource.label),
        query=_selection(values, "queryStringsConfig", "queryStringBehavior", "queryStrings", resource.label),
        takes_gzip=bool(values.get("enableAcceptEncodingGzip")),
        takes_brotli=bool(values.get("enableAcceptEncodingBrotli")),
    )


def _ttl(value: Any, default: int) -> int:
    return default if value is None else int(value)


def _origin_request_policy(resource: Resource) -> OriginRequestPolicy:
    values = resource.properties
    behaviors = ("none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept")
    headers, cloudfront_headers = _headers(values, resource.label, behaviors)
    return OriginRequestPolicy(
        name=str(values.get("name") or resource.id),
        headers=headers,
        cookies=_selection(values, "cookiesConfig", "cookieBehavior", "cookies", resource.label),
        query=_selection(values, "queryStringsConfig", "queryStringBehavior", "queryStrings", resource.label),
        cloudfront_headers=cloudfront_headers,
    )


def _headers(values: dict[str, Any], label: str, allowed: Iterable[str]) -> tuple[Selection, frozenset[str]]:
    """The viewer headers taken, and the CloudFront-* headers added."""
    config = values.get("headersConfig") or {}
    behavior = config.get("headerBehavior") or "none"
    names = [str(name) for name in (config.get("headers") or {}).get("items") or []]
    if behavior not in allowed:
        raise StateError(f'{label}: headerBehavior "{behavior}" is not one of {", ".join(allowed)}')
    if behavior == "allViewer":
        return ALL, frozenset()
    if behavior == "allViewerAndWhitelistCloudFront":
        return ALL, frozenset(name.lower() for name in names)
    return Selection.for_headers(behavior, names), frozenset()


def _selection(values: dict[str, Any], config: str, behavior: str, names: str, label: str) -> Selection:
    section = values.get(config) or {}
    mode = section.get(behavior) or "none"
    if mode not in get_args(Mode):
        raise StateError(f'{label}: {behavior} "{mode}" is not one of {", ".join(get_args(Mode))}')
    items = (section.get(names) or {}).get("items") or [] if mode in ("whitelist", "allExcept") else []
    listed = frozenset(str(item) for item in items)
    return Selection.for_cookies(mode, listed) if names == "cookies" else Selection(mode, listed)


def legacy_policies(behavior: dict[str, Any]) -> tuple[CachePolicy, OriginRequestPolicy]:
    """`forwardedValues` and the behavior's own TTLs as two policies.

    Forwarding all headers switches caching off (page header-caching). Defaults of the TTLs: page Expiration.
    """
    values = behavior.get("forwardedValues") or {}
    header_names = [str(name) for name in values.get("headers") or []]
    forwards_all_headers = "*" in header_names
    cookies = _legacy_cookies(values.get("cookies") or {})
    query = ALL if values.get("queryString") else NONE
    key_names = frozenset(str(name) for name in values.get("queryStringCacheKeys") or [])
    cache_policy = CachePolicy(
        name="forwardedValues",
        min_ttl=0 if forwards_all_headers else _ttl(behavior.get("minTtl"), 0),
        default_ttl=0 if forwards_all_headers else _ttl(behavior.get("defaultTtl"), DAY_SECONDS),
        max_ttl=0 if forwards_all_headers else _ttl(behavior.get("maxTtl"), YEAR_SECONDS),
        headers=NONE if forwards_all_headers else Selection.for_headers("whitelist", header_names),
        cookies=cookies,
        query=Selection("whitelist", key_names) if query.mode == "all" and key_names else query,
        takes_gzip=not forwards_all_headers,
        is_legacy=True,
    )
    headers = ALL if forwards_all_headers else cache_policy.headers
    return cache_policy, OriginRequestPolicy("forwardedValues", headers, cookies, query)


def _legacy_cookies(section: dict[str, Any]) -> Selection:
    if section.get("forward") == "all":
        return ALL
    if section.get("forward") == "whitelist":
        return Selection.for_cookies("whitelist", (str(name) for name in section.get("whitelistedNames") or []))
    return NONE
