"""AWS's managed cache policies and origin request policies, which a state names by ID only."""

from __future__ import annotations

from pulumi_state.policies import ALL, DAY_SECONDS, YEAR_SECONDS, CachePolicy, OriginRequestPolicy, Selection, Values


def _cache_policy(
    name: str, min_ttl: int, default_ttl: int, max_ttl: int, key: Values | None = None, encodings: str = "gzip br"
) -> CachePolicy:
    key = key or Values()
    return CachePolicy(
        key.headers,
        key.cookies,
        key.query,
        name=name,
        min_ttl=min_ttl,
        default_ttl=default_ttl,
        max_ttl=max_ttl,
        takes_gzip="gzip" in encodings,
        takes_brotli="br" in encodings,
    )


def _headers(*names: str) -> Selection:
    return Selection.for_headers("whitelist", names)


_ORIGIN_CONTROL = _headers("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")
_AMPLIFY = _headers("authorization", "accept", "cloudfront-viewer-country", "host")
_CLOUDFRONT_2022_06 = frozenset(
    f"cloudfront-{name}"
    for name in (
        *("forwarded-proto", "is-android-viewer", "is-desktop-viewer", "is-ios-viewer", "is-mobile-viewer"),
        *("is-smarttv-viewer", "is-tablet-viewer", "viewer-address", "viewer-asn", "viewer-city", "viewer-country"),
        *("viewer-country-name", "viewer-country-region", "viewer-country-region-name", "viewer-http-version"),
        *("viewer-latitude", "viewer-longitude", "viewer-metro-code", "viewer-postal-code", "viewer-time-zone"),
        "viewer-tls",
    )
)

CACHE_POLICIES = {
    "2e54312d-136d-493c-8eb9-b001f22f67d2": _cache_policy(
        "Amplify", 2, 2, 600, Values(_headers("authorization", "cloudfront-viewer-country", "host"), ALL, ALL)
    ),
    "4d1d2f1d-3a71-49ad-9e08-7ea5d843a556": _cache_policy(
        "Amplify-Default", 0, 0, YEAR_SECONDS, Values(_AMPLIFY, ALL, ALL)
    ),
    "a6bad946-36c3-4c33-aa98-362c74a7fb13": _cache_policy(
        "Amplify-DefaultNoCookies", 0, 0, YEAR_SECONDS, Values(_AMPLIFY, query=ALL)
    ),
    "1c6db51a-a33f-469a-8245-dae26771f530": _cache_policy(
        "Amplify-ImageOptimization", 0, 0, YEAR_SECONDS, Values(_headers("authorization", "accept", "host"), query=ALL)
    ),
    "7e5fad67-ee98-4ad0-b05a-394999eefc1a": _cache_policy(
        "Amplify-StaticContent", 0, 0, YEAR_SECONDS, Values(_headers("authorization", "host"))
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache_policy("CachingDisabled", 0, 0, 0, encodings=""),
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache_policy("CachingOptimized", 1, DAY_SECONDS, YEAR_SECONDS),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache_policy(
        "CachingOptimizedForUncompressedObjects", 1, DAY_SECONDS, YEAR_SECONDS, encodings=""
    ),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": _cache_policy(
        "Elemental-MediaPackage",
        0,
        DAY_SECONDS,
        YEAR_SECONDS,
        Values(
            _headers("origin"), query=Selection("whitelist", frozenset({"aws.manifestfilter", "start", "end", "m"}))
        ),
        encodings="gzip",
    ),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache_policy(
        "UseOriginCacheControlHeaders", 0, 0, YEAR_SECONDS, Values(_ORIGIN_CONTROL, ALL)
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache_policy(
        "UseOriginCacheControlHeaders-QueryStrings", 0, 0, YEAR_SECONDS, Values(_ORIGIN_CONTROL, ALL, ALL)
    ),
}
"""Page using-managed-cache-policies; for those of Amplify Hosting its page managing-cache-configuration."""

ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": OriginRequestPolicy(ALL, ALL, ALL, name="AllViewer"),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": OriginRequestPolicy(
        Selection.for_headers("allExcept", ["host"]), ALL, ALL, name="AllViewerExceptHostHeader"
    ),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": OriginRequestPolicy(
        Selection("all", added=_CLOUDFRONT_2022_06), ALL, ALL, name="AllViewerAndCloudFrontHeaders-2022-06"
    ),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": OriginRequestPolicy(_headers("host"), name="HostHeaderOnly"),
    "59781a5b-3903-41f3-afcb-af62929ccde1": OriginRequestPolicy(_headers("origin"), name="CORS-CustomOrigin"),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": OriginRequestPolicy(
        _headers("origin", "access-control-request-headers", "access-control-request-method"), name="CORS-S3Origin"
    ),
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": OriginRequestPolicy(
        _headers(
            "origin",
            "access-control-request-headers",
            "access-control-request-method",
            "user-agent",
            "x-forwarded-for",
        ),
        query=ALL,
        name="Elemental-MediaTailor-PersonalizedManifests",
    ),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": OriginRequestPolicy(
        _headers("user-agent", "referer"), name="UserAgentRefererHeaders"
    ),
}
"""Page using-managed-origin-request-policies."""
