"""Cache behaviors: which requests each one takes, and what it does with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.cloudfront.policies import CachePolicy, OriginRequestPolicy
    from simulator.cloudfront.response_headers import ResponseHeadersPolicy

EventType = Literal["viewer-request", "origin-request", "origin-response", "viewer-response"]
EVENT_TYPES: tuple[EventType, ...] = ("viewer-request", "origin-request", "origin-response", "viewer-response")


@dataclass(frozen=True)
class Trigger:
    """A Lambda@Edge association; `arn` ends in the numbered version."""

    arn: str
    includes_body: bool = False


@dataclass(frozen=True)
class Behavior:
    """One cache behavior. `path_pattern` is `*` for the default one.

    `viewer_functions` are the ARNs of CloudFront Functions, `triggers` are Lambda@Edge.
    """

    path_pattern: str
    origin_id: str
    cache_policy: CachePolicy
    origin_request_policy: OriginRequestPolicy | None = None
    response_headers_policy: ResponseHeadersPolicy | None = None
    allowed_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    cached_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    viewer_protocol_policy: str = "allow-all"
    compresses: bool = False
    triggers: dict[EventType, Trigger] = field(default_factory=dict)
    viewer_functions: dict[EventType, str] = field(default_factory=dict)

    @property
    def forwards_cookies(self) -> bool:
        policy = self.origin_request_policy
        return not self.cache_policy.cookies.is_empty or (policy is not None and not policy.cookies.is_empty)

    @property
    def forwards_whole_query(self) -> bool:
        policy = self.origin_request_policy
        return self.cache_policy.query.mode == "all" or (policy is not None and policy.query.mode == "all")

    def caches(self, method: str) -> bool:
        """GET and HEAD always, OPTIONS where configured, others never (page HTTPStatusCodes)."""
        return method in ("GET", "HEAD") or (method == "OPTIONS" and method in self.cached_methods)

    def matches(self, normalized_path: str) -> bool:
        return _pattern(self.path_pattern).fullmatch(normalized_path) is not None


def _pattern(path_pattern: str) -> re.Pattern[str]:
    """`*` is any number of characters and `?` exactly one; case counts; the leading slash may be left out.

    Source: page DownloadDistValuesCacheBehavior, "Path pattern".
    """
    parts = {"*": ".*", "?": "."}
    relative = path_pattern.removeprefix("/")
    return re.compile("/?" + "".join(parts.get(char) or re.escape(char) for char in relative), re.DOTALL)


def normalized_path(uri: str) -> str:
    """The path that patterns are compared with: no doubled slashes, no dot segments (RFC 3986 §5.2.4).

    The origin still gets the raw path (page DownloadDistValuesCacheBehavior, "Path normalization").
    """
    segments: list[str] = []
    parts = re.sub("/+", "/", uri).removeprefix("/").split("/")
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments)
