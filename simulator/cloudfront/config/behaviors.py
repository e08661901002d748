"""Cache behaviors: which requests each one takes, and what it does with them."""

from dataclasses import dataclass, field
from typing import Literal

from pulumi_state.policies import CachePolicy, OriginRequestPolicy
from simulator.cloudfront.config.response_headers import ResponseHeadersPolicy
from simulator.cloudfront_rules import match_path
from simulator.cloudfront_rules import normalized_path as normalized_path

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
        return match_path(self.path_pattern, normalized_path)
