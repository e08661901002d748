"""AWS's managed policies, which a state names by id only."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.cache_leaks.behaviors import Selection, Values

DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True)
class CachePolicy:
    """What the key holds, and the TTLs in seconds."""

    min_ttl: int
    default_ttl: int
    max_ttl: int
    key: Values = field(default_factory=Values)


ALL = Selection("all")


def _headers(*names: str) -> Selection:
    return Selection("whitelist", frozenset(names))


_ORIGIN_CONTROL = _headers("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")
_BY_ORIGIN = Values(headers=_ORIGIN_CONTROL, cookies=ALL)

CACHE_POLICIES = {
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy(0, 0, 0),  # CachingDisabled
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy(1, DAY_SECONDS, YEAR_SECONDS),  # CachingOptimized
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CachePolicy(1, DAY_SECONDS, YEAR_SECONDS),  # …ForUncompressedObjects
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CachePolicy(0, 0, YEAR_SECONDS, _BY_ORIGIN),  # UseOriginCacheControlHeaders
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CachePolicy(  # UseOriginCacheControlHeaders-QueryStrings
        0, 0, YEAR_SECONDS, Values(headers=_ORIGIN_CONTROL, cookies=ALL, query=ALL)
    ),
}
"""Page using-managed-cache-policies."""

ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": Values(ALL, ALL, ALL),  # AllViewer
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": Values(  # AllViewerExceptHostHeader
        Selection("allExcept", frozenset({"host"})), ALL, ALL
    ),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": Values(ALL, ALL, ALL),  # AllViewerAndCloudFrontHeaders-2022-06
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": Values(_headers("host")),  # HostHeaderOnly
    "59781a5b-3903-41f3-afcb-af62929ccde1": Values(_headers("origin")),  # CORS-CustomOrigin
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": Values(  # CORS-S3Origin
        _headers("origin", "access-control-request-headers", "access-control-request-method")
    ),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": Values(_headers("user-agent", "referer")),  # UserAgentRefererHeaders
}
"""Page using-managed-origin-request-policies."""
