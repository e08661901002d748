"""AWS's managed policies, which a state names by id only."""

from __future__ import annotations

from dataclasses import dataclass, field

from pulumi_state.selections import Selection, Values

DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True)
class CachePolicy:
    """What the key holds, and the TTLs in seconds. `managed_name` is AWS's, "" for a policy of the account's own."""

    min_ttl: int
    default_ttl: int
    max_ttl: int
    key: Values = field(default_factory=Values)
    managed_name: str = ""


ALL = Selection("all")


def _headers(*names: str) -> Selection:
    return Selection("whitelist", frozenset(names))


_ORIGIN_CONTROL = _headers("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")
_AMPLIFY = _headers("authorization", "accept", "cloudfront-viewer-country", "host")
_PACKAGED = Selection("whitelist", frozenset({"aws.manifestfilter", "start", "end", "m"}))
_CLOUDFRONT_2022_06 = frozenset(
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

CACHE_POLICIES = {
    "2e54312d-136d-493c-8eb9-b001f22f67d2": CachePolicy(
        2, 2, 600, Values(_headers("authorization", "cloudfront-viewer-country", "host"), ALL, ALL), "Amplify"
    ),
    "4d1d2f1d-3a71-49ad-9e08-7ea5d843a556": CachePolicy(
        0, 0, YEAR_SECONDS, Values(_AMPLIFY, ALL, ALL), "Amplify-Default"
    ),
    "a6bad946-36c3-4c33-aa98-362c74a7fb13": CachePolicy(
        0, 0, YEAR_SECONDS, Values(_AMPLIFY, query=ALL), "Amplify-DefaultNoCookies"
    ),
    "1c6db51a-a33f-469a-8245-dae26771f530": CachePolicy(
        0, 0, YEAR_SECONDS, Values(_headers("authorization", "accept", "host"), query=ALL), "Amplify-ImageOptimization"
    ),
    "7e5fad67-ee98-4ad0-b05a-394999eefc1a": CachePolicy(
        0, 0, YEAR_SECONDS, Values(_headers("authorization", "host")), "Amplify-StaticContent"
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy(0, 0, 0, managed_name="CachingDisabled"),
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy(1, DAY_SECONDS, YEAR_SECONDS, managed_name="CachingOptimized"),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CachePolicy(
        1, DAY_SECONDS, YEAR_SECONDS, managed_name="CachingOptimizedForUncompressedObjects"
    ),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": CachePolicy(
        0, DAY_SECONDS, YEAR_SECONDS, Values(_headers("origin"), query=_PACKAGED), "Elemental-MediaPackage"
    ),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CachePolicy(
        0, 0, YEAR_SECONDS, Values(_ORIGIN_CONTROL, ALL), "UseOriginCacheControlHeaders"
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CachePolicy(
        0, 0, YEAR_SECONDS, Values(_ORIGIN_CONTROL, ALL, ALL), "UseOriginCacheControlHeaders-QueryStrings"
    ),
}
"""Page using-managed-cache-policies; those that Amplify Hosting uses, its page managing-cache-configuration."""

ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": Values(ALL, ALL, ALL),  # AllViewer
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": Values(  # AllViewerExceptHostHeader
        Selection("allExcept", frozenset({"host"})), ALL, ALL
    ),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": Values(  # AllViewerAndCloudFrontHeaders-2022-06
        Selection("all", added=_CLOUDFRONT_2022_06), ALL, ALL
    ),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": Values(_headers("host")),  # HostHeaderOnly
    "59781a5b-3903-41f3-afcb-af62929ccde1": Values(_headers("origin")),  # CORS-CustomOrigin
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": Values(  # CORS-S3Origin
        _headers("origin", "access-control-request-headers", "access-control-request-method")
    ),
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": Values(  # Elemental-MediaTailor-PersonalizedManifests
        _headers(
            "origin",
            "access-control-request-headers",
            "access-control-request-method",
            "user-agent",
            "x-forwarded-for",
        ),
        query=ALL,
    ),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": Values(_headers("user-agent", "referer")),  # UserAgentRefererHeaders
}
"""Page using-managed-origin-request-policies."""
