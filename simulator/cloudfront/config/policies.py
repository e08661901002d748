"""Cache policies and origin request policies: which values make the cache key, and which reach the origin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["none", "whitelist", "all", "allExcept"]


@dataclass(frozen=True)
class Selection:
    """Which names of a kind (headers, cookies or query parameters) are taken.

    Cookie and parameter names compare case-sensitively, header names do not (pages Cookies, QueryStringParameters,
    header-caching): `for_headers` lower-cases them.
    """

    mode: Mode = "none"
    names: frozenset[str] = frozenset()
    has_wildcards: bool = False

    @classmethod
    def for_cookies(cls, mode: Mode, names: Iterable[str] = ()) -> Selection:
        """Names in which `*` stands for any characters and `?` for one ("Allowlist cookies")."""
        listed = frozenset(names)
        return cls(mode, listed, any("*" in name or "?" in name for name in listed))

    @classmethod
    def for_headers(cls, mode: Mode, names: Iterable[str] = ()) -> Selection:
        return cls(mode, frozenset(name.lower() for name in names))

    @property
    def is_empty(self) -> bool:
        return self.mode == "none" or (self.mode == "whitelist" and not self.names)

    def takes(self, name: str) -> bool:
        if self.mode == "none":
            return False
        return self.mode == "all" or self._names(name) == (self.mode == "whitelist")

    def _names(self, name: str) -> bool:
        return name in self.names or (self.has_wildcards and any(_is_match(one, name) for one in self.names))


def _is_match(pattern: str, name: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name, re.DOTALL) is not None


NONE = Selection()
ALL = Selection("all")


@dataclass(frozen=True)
class CachePolicy:
    """What the cache key holds besides domain and path, and how long objects stay.

    Source: page cache-key-understand-cache-policy. TTLs are seconds. The legacy `forwardedValues` become one of these
    with `is_legacy` set.
    """

    name: str
    min_ttl: int
    default_ttl: int
    max_ttl: int
    headers: Selection = NONE
    cookies: Selection = NONE
    query: Selection = NONE
    takes_gzip: bool = False
    takes_brotli: bool = False
    is_legacy: bool = False

    @property
    def normalizes_accept_encoding(self) -> bool:
        return self.takes_gzip or self.takes_brotli


@dataclass(frozen=True)
class OriginRequestPolicy:
    """What is sent to the origin beyond the cache key (page origin-request-understand-origin-request-policy).

    `cloudfront_headers` are the CloudFront-* fields to add (behavior allViewerAndWhitelistCloudFront), lower-case.
    """

    name: str
    headers: Selection = NONE
    cookies: Selection = NONE
    query: Selection = NONE
    cloudfront_headers: frozenset[str] = field(default_factory=frozenset)


YEAR_SECONDS = 31_536_000
DAY_SECONDS = 86_400

_ORIGIN_CONTROL_HEADERS = Selection.for_headers(
    "whitelist", ("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")
)

_AMPLIFY_HEADERS = Selection.for_headers("whitelist", ("authorization", "accept", "cloudfront-viewer-country", "host"))

# Page using-managed-cache-policies; those that Amplify Hosting uses: its page managing-cache-configuration.
MANAGED_CACHE_POLICIES = {
    "2e54312d-136d-493c-8eb9-b001f22f67d2": CachePolicy(
        "Amplify",
        2,
        2,
        600,
        Selection.for_headers("whitelist", ("authorization", "cloudfront-viewer-country", "host")),
        ALL,
        ALL,
        takes_gzip=True,
        takes_brotli=True,
    ),
    "4d1d2f1d-3a71-49ad-9e08-7ea5d843a556": CachePolicy(
        "Amplify-Default", 0, 0, YEAR_SECONDS, _AMPLIFY_HEADERS, ALL, ALL, True, True
    ),
    "a6bad946-36c3-4c33-aa98-362c74a7fb13": CachePolicy(
        "Amplify-DefaultNoCookies", 0, 0, YEAR_SECONDS, _AMPLIFY_HEADERS, NONE, ALL, True, True
    ),
    "1c6db51a-a33f-469a-8245-dae26771f530": CachePolicy(
        "Amplify-ImageOptimization",
        0,
        0,
        YEAR_SECONDS,
        Selection.for_headers("whitelist", ("authorization", "accept", "host")),
        NONE,
        ALL,
        takes_gzip=True,
        takes_brotli=True,
    ),
    "7e5fad67-ee98-4ad0-b05a-394999eefc1a": CachePolicy(
        "Amplify-StaticContent",
        0,
        0,
        YEAR_SECONDS,
        Selection.for_headers("whitelist", ("authorization", "host")),
        takes_gzip=True,
        takes_brotli=True,
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy("CachingDisabled", 0, 0, 0),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": CachePolicy(
        "Elemental-MediaPackage",
        0,
        DAY_SECONDS,
        YEAR_SECONDS,
        Selection.for_headers("whitelist", ["origin"]),
        query=Selection("whitelist", frozenset({"aws.manifestfilter", "start", "end", "m"})),
        takes_gzip=True,
    ),
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy(
        "CachingOptimized", 1, DAY_SECONDS, YEAR_SECONDS, takes_gzip=True, takes_brotli=True
    ),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CachePolicy(
        "CachingOptimizedForUncompressedObjects", 1, DAY_SECONDS, YEAR_SECONDS
    ),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CachePolicy(
        "UseOriginCacheControlHeaders", 0, 0, YEAR_SECONDS, _ORIGIN_CONTROL_HEADERS, ALL, NONE, True, True
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CachePolicy(
        "UseOriginCacheControlHeaders-QueryStrings", 0, 0, YEAR_SECONDS, _ORIGIN_CONTROL_HEADERS, ALL, ALL, True, True
    ),
}

_CLOUDFRONT_HEADERS_2022_06 = frozenset(
    f"cloudfront-{name}"
    for name in (
        "forwarded-proto",
        "is-android-viewer",
        "is-desktop-viewer",
        "is-ios-viewer",
        "is-mobile-viewer",
        "is-smarttv-viewer",
        "is-tablet-viewer",
        "viewer-address",
        "viewer-asn",
        "viewer-city",
        "viewer-country",
        "viewer-country-name",
        "viewer-country-region",
        "viewer-country-region-name",
        "viewer-http-version",
        "viewer-latitude",
        "viewer-longitude",
        "viewer-metro-code",
        "viewer-postal-code",
        "viewer-time-zone",
        "viewer-tls",
    )
)

# Page using-managed-origin-request-policies.
MANAGED_ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": OriginRequestPolicy("AllViewer", ALL, ALL, ALL),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": OriginRequestPolicy(
        "AllViewerExceptHostHeader", Selection.for_headers("allExcept", ["host"]), ALL, ALL
    ),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": OriginRequestPolicy(
        "AllViewerAndCloudFrontHeaders-2022-06", ALL, ALL, ALL, _CLOUDFRONT_HEADERS_2022_06
    ),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": OriginRequestPolicy(
        "HostHeaderOnly", Selection.for_headers("whitelist", ["host"])
    ),
    "59781a5b-3903-41f3-afcb-af62929ccde1": OriginRequestPolicy(
        "CORS-CustomOrigin", Selection.for_headers("whitelist", ["origin"])
    ),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": OriginRequestPolicy(
        "CORS-S3Origin",
        Selection.for_headers(
            "whitelist", ["origin", "access-control-request-headers", "access-control-request-method"]
        ),
    ),
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": OriginRequestPolicy(
        "Elemental-MediaTailor-PersonalizedManifests",
        Selection.for_headers(
            "whitelist",
            [
                "origin",
                "access-control-request-headers",
                "access-control-request-method",
                "user-agent",
                "x-forwarded-for",
            ],
        ),
        query=ALL,
    ),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": OriginRequestPolicy(
        "UserAgentRefererHeaders", Selection.for_headers("whitelist", ["user-agent", "referer"])
    ),
}
