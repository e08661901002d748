"""Policies and `forwardedValues`, from the parts of a state to what they take of a request."""

from __future__ import annotations

from pulumi_state.managed_policies import ALL, CachePolicy
from pulumi_state.parts import (
    BehaviorPart,
    CachePolicyPart,
    ForwardedCookies,
    ForwardedValues,
    HeadersConfig,
    PolicyValues,
)
from pulumi_state.selections import Mode, Selection, Values


def cache_policy(part: CachePolicyPart) -> CachePolicy:
    """A cache policy of the account's own."""
    key = values_of(part.parameters_in_cache_key_and_forwarded_to_origin)
    return CachePolicy(part.min_ttl, part.default_ttl, part.max_ttl, key)


def values_of(part: PolicyValues) -> Values:
    """What a policy takes."""
    cookies, query = part.cookies_config, part.query_strings_config
    return Values(
        headers=_headers(part.headers_config),
        cookies=_cookies(cookies.cookie_behavior, cookies.cookies.items),
        query=_selection(query.query_string_behavior, query.query_strings.items),
    )


def legacy_policies(part: BehaviorPart, values: ForwardedValues) -> tuple[CachePolicy, Values]:
    """`forwardedValues`, where "*" as a header switches caching off (page header-caching)."""
    cookies = _legacy_cookies(values.cookies)
    query = ALL if values.query_string else Selection()
    key_names = values.query_string_cache_keys if values.query_string else []
    if "*" in values.headers:
        return CachePolicy(0, 0, 0), Values(ALL, cookies, query)
    headers = _selection("whitelist", [name.lower() for name in values.headers])
    key = Values(headers, cookies, _selection("whitelist", key_names) if key_names else query)
    return CachePolicy(part.min_ttl, part.default_ttl, part.max_ttl, key), Values(headers, cookies, query)


def _legacy_cookies(cookies: ForwardedCookies) -> Selection:
    if cookies.forward == "all":
        return ALL
    return _cookies("whitelist", cookies.whitelisted_names if cookies.forward == "whitelist" else [])


def _headers(config: HeadersConfig) -> Selection:
    """The CloudFront-* headers that allViewerAndWhitelistCloudFront adds are no viewer's."""
    names = [name.lower() for name in config.headers.items]
    if config.header_behavior.startswith("allViewer"):
        return Selection("all", added=frozenset(names if config.header_behavior != "allViewer" else ()))
    mode: Mode = "allExcept" if config.header_behavior == "allExcept" else "whitelist"
    return _selection(mode, [] if config.header_behavior == "none" else names)


def _cookies(mode: Mode, names: list[str]) -> Selection:
    """AWS documents the wildcards for forwardedValues; the names in policies are read the same way."""
    selection = _selection(mode, names)
    if "*" in selection.names:
        return ALL if mode == "whitelist" else Selection()
    has_wildcards = any("*" in name or "?" in name for name in selection.names)
    return Selection(mode, selection.names, has_wildcards) if has_wildcards else selection


def _selection(mode: Mode, names: list[str]) -> Selection:
    return Selection(mode, frozenset(names) if mode in ("whitelist", "allExcept") else frozenset())
