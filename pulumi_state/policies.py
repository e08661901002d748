"""CloudFront policies and `forwardedValues`: the values of a request in the cache key and in the origin request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pulumi_state.values import StateError

Mode = Literal["none", "whitelist", "all", "allExcept"]
DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True)
class Selection:
    """The names of a kind (headers, cookies or query parameters) that a policy takes.

    Names of headers are lower-case; those of the others are case-sensitive (pages header-caching, Cookies,
    QueryStringParameters). `has_wildcards`: in a name `*` stands for any characters and `?` for one, as in names of
    cookies (page DownloadDistValuesCacheBehavior, "Allowlist cookies"). `added` are headers that CloudFront makes.
    """

    mode: Mode = "none"
    names: frozenset[str] = frozenset()
    has_wildcards: bool = False
    added: frozenset[str] = frozenset()

    @classmethod
    def for_headers(cls, mode: Mode, names: Iterable[str] = ()) -> Selection:
        return cls(mode, frozenset(name.lower() for name in names))

    @classmethod
    def for_cookies(cls, mode: Mode, names: Iterable[str] = ()) -> Selection:
        """With wildcards: AWS documents them for forwardedValues; names in policies are read the same way."""
        listed = frozenset(names)
        if "*" in listed and mode in ("whitelist", "allExcept"):
            return ALL if mode == "whitelist" else NONE
        return cls(mode, listed, any("*" in name or "?" in name for name in listed))

    @property
    def is_empty(self) -> bool:
        return self.mode == "none" or (self.mode == "whitelist" and not self.names)

    def takes(self, name: str) -> bool:
        if self.mode in ("none", "all"):
            return self.mode == "all"
        return self._lists(name) == (self.mode == "whitelist")

    def _lists(self, name: str) -> bool:
        return name in self.names or (self.has_wildcards and any(_is_match(one, name) for one in self.names))


def _is_match(pattern: str, name: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name, re.DOTALL) is not None


NONE = Selection()
ALL = Selection("all")


@dataclass(frozen=True)
class Values:
    """The headers, cookies and query parameters of a request that are taken."""

    headers: Selection = NONE
    cookies: Selection = NONE
    query: Selection = NONE

    @property
    def is_empty(self) -> bool:
        return self.headers.is_empty and self.cookies.is_empty and self.query.is_empty


@dataclass(frozen=True, kw_only=True)
class CachePolicy(Values):
    """The cache key besides domain and path, and the TTLs in seconds (page cache-key-understand-cache-policy).

    `forwardedValues` become one with `is_legacy` set.
    """

    name: str
    min_ttl: int
    default_ttl: int
    max_ttl: int
    takes_gzip: bool = False
    takes_brotli: bool = False
    is_legacy: bool = False

    @property
    def normalizes_accept_encoding(self) -> bool:
        return self.takes_gzip or self.takes_brotli


@dataclass(frozen=True, kw_only=True)
class OriginRequestPolicy(Values):
    """The values sent to the origin besides the cache key (page origin-request-understand-origin-request-policy)."""

    name: str


def read_cache_policy(properties: Mapping[str, Any], label: str) -> CachePolicy:
    """A cache policy of the account. Errors: StateError."""
    values = _object(properties, "parametersInCacheKeyAndForwardedToOrigin")
    min_ttl, default_ttl, max_ttl = _ttls(properties)
    return CachePolicy(
        headers=_headers(values, label, ("none", "whitelist")),
        cookies=_cookies(values, label),
        query=_query(values, label),
        name=str(properties.get("name") or ""),
        min_ttl=min_ttl,
        default_ttl=default_ttl,
        max_ttl=max_ttl,
        takes_gzip=bool(values.get("enableAcceptEncodingGzip")),
        takes_brotli=bool(values.get("enableAcceptEncodingBrotli")),
    )


def read_origin_request_policy(properties: Mapping[str, Any], label: str) -> OriginRequestPolicy:
    """An origin request policy of the account. Errors: StateError."""
    behaviors = ("none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept")
    return OriginRequestPolicy(
        headers=_headers(properties, label, behaviors),
        cookies=_cookies(properties, label),
        query=_query(properties, label),
        name=str(properties.get("name") or ""),
    )


def read_forwarded_values(behavior: Mapping[str, Any]) -> tuple[CachePolicy, OriginRequestPolicy]:
    """The `forwardedValues` and TTLs of a cache behavior as two policies.

    Forwarding all headers disables caching (page header-caching).
    """
    values = _object(behavior, "forwardedValues")
    names = _texts(values, "headers")
    forwards_all_headers = "*" in names
    min_ttl, default_ttl, max_ttl = (0, 0, 0) if forwards_all_headers else _ttls(behavior)
    headers = Selection.for_headers("whitelist", names)
    cookies = _forwarded_cookies(_object(values, "cookies"))
    query = ALL if values.get("queryString") else NONE
    key_names = frozenset(_texts(values, "queryStringCacheKeys"))
    cache_policy = CachePolicy(
        headers=NONE if forwards_all_headers else headers,
        cookies=cookies,
        query=Selection("whitelist", key_names) if query.mode == "all" and key_names else query,
        name="forwardedValues",
        min_ttl=min_ttl,
        default_ttl=default_ttl,
        max_ttl=max_ttl,
        takes_gzip=not forwards_all_headers,
        is_legacy=True,
    )
    return cache_policy, OriginRequestPolicy(
        headers=ALL if forwards_all_headers else headers, cookies=cookies, query=query, name="forwardedValues"
    )


def _ttls(properties: Mapping[str, Any]) -> tuple[int, int, int]:
    """The minimum, default and maximum TTL, with the defaults of page Expiration."""
    defaults = {"minTtl": 0, "defaultTtl": DAY_SECONDS, "maxTtl": YEAR_SECONDS}
    shortest, default, longest = (int(properties.get(key, seconds)) for key, seconds in defaults.items())
    return shortest, default, longest


def _forwarded_cookies(section: Mapping[str, Any]) -> Selection:
    if section.get("forward") == "all":
        return ALL
    if section.get("forward") == "whitelist":
        return Selection.for_cookies("whitelist", _texts(section, "whitelistedNames"))
    return NONE


def _headers(values: Mapping[str, Any], label: str, allowed: tuple[str, ...]) -> Selection:
    behavior, names = _section(values, label, ("headersConfig", "headerBehavior", "headers"), allowed)
    if behavior in ("allViewer", "allViewerAndWhitelistCloudFront"):
        added = names if behavior != "allViewer" else ()
        return Selection("all", added=frozenset(name.lower() for name in added))
    return Selection.for_headers("allExcept" if behavior == "allExcept" else "whitelist", names)


def _cookies(values: Mapping[str, Any], label: str) -> Selection:
    mode, names = _section(values, label, ("cookiesConfig", "cookieBehavior", "cookies"), get_args(Mode))
    return Selection.for_cookies(mode, names)


def _query(values: Mapping[str, Any], label: str) -> Selection:
    mode, names = _section(values, label, ("queryStringsConfig", "queryStringBehavior", "queryStrings"), get_args(Mode))
    return Selection(mode, frozenset(names))


def _section(
    values: Mapping[str, Any], label: str, keys: tuple[str, str, str], allowed: tuple[str, ...]
) -> tuple[Any, list[str]]:
    """The behavior and the names of one part of a policy; `keys` are those of the part, its behavior and its names."""
    section = _object(values, keys[0])
    behavior = section.get(keys[1]) or "none"
    if behavior not in allowed:
        raise StateError(f'{label}: {keys[1]} "{behavior}" is not one of {", ".join(allowed)}')
    names = _texts(_object(section, keys[2]), "items")
    return behavior, [] if behavior in ("none", "all", "allViewer") else names


def _object(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return values.get(key) or {}


def _texts(values: Mapping[str, Any], key: str) -> list[str]:
    listed: list[object] = values.get(key) or []
    return [str(item) for item in listed]
