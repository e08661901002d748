"""Cache behaviors as the check sees them: what the key holds, what the origin side gets, how long answers stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["none", "whitelist", "all", "allExcept"]

ALWAYS_FORWARDED_HEADERS = frozenset({"host", "user-agent", "x-forwarded-for", "via"})
"""There whatever the policies say, though Host and User-Agent are then CloudFront's own: no choice can depend on those
two (page RequestAndResponseBehaviorCustomOrigin)."""
LEGACY_REMOVED_HEADERS = frozenset(
    {"accept", "accept-charset", "accept-language", "authorization", "origin", "referer", "x-http-method-override"}
)
"""With forwardedValues every other header goes to the origin (same page)."""
ALWAYS_CACHED_ERRORS = frozenset({404, 414, 500, 501, 502, 503, 504})
"""Kept for the error caching minimum TTL whatever the origin says (page HTTPStatusCodes)."""
DEFAULT_ERROR_TTL_SECONDS = 10


@dataclass(frozen=True)
class Selection:
    """Which names of a kind a policy takes. Names of headers are lower-case; those of the others compare exactly."""

    mode: Mode = "none"
    names: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        return self.mode == "none" or (self.mode == "whitelist" and not self.names)

    def takes(self, name: str) -> bool:
        if self.mode in ("none", "all"):
            return self.mode == "all"
        return (name in self.names) == (self.mode == "whitelist")

    def beyond(self, other: Selection) -> str:
        """What this takes and the other does not, in words; "" for nothing."""
        if self.is_empty or other.mode == "all":
            return ""
        if self.mode == "whitelist":
            return ", ".join(sorted(name for name in self.names if not other.takes(name)))
        if other.mode == "allExcept":
            return ", ".join(sorted(name for name in other.names if self.takes(name)))
        spared = {name for name in other.names if self.takes(name)} if other.mode == "whitelist" else set[str]()
        excepted = sorted({*spared, *(self.names if self.mode == "allExcept" else ())})
        return f"all but {', '.join(excepted)}" if excepted else "all"


@dataclass(frozen=True)
class Values:
    """What is taken of a request's headers, cookies and query string."""

    headers: Selection = field(default_factory=Selection)
    cookies: Selection = field(default_factory=Selection)
    query: Selection = field(default_factory=Selection)


@dataclass(frozen=True)
class Behavior:
    """One cache behavior of one distribution; `path_pattern` is `*` for the default one. TTLs are seconds.

    `key` is part of the cache key and therefore forwarded; `extra` is forwarded beside it. `lambdas` maps the event
    types of Lambda@Edge to whether the body is included. `functions` maps those of CloudFront Functions to their code,
    "" where the state has none. `error_ttls` are the configured error caching minimum TTLs by status.
    `unknown_policies` are ids that neither the state nor AWS's list explains: nothing is known of key and forwarding.
    """

    distribution: str
    path_pattern: str
    key: Values = field(default_factory=Values)
    extra: Values = field(default_factory=Values)
    min_ttl: int = 0
    default_ttl: int = 0
    max_ttl: int = 0
    is_legacy: bool = False
    lambdas: Mapping[str, bool] = field(default_factory=dict[str, bool])
    functions: Mapping[str, str] = field(default_factory=dict[str, str])
    error_ttls: Mapping[int, int] = field(default_factory=dict[int, int])
    unknown_policies: tuple[str, ...] = ()

    @property
    def is_caching(self) -> bool:
        """Whether an answer below 400 can be kept: with a maximum TTL of 0 none is (page Expiration)."""
        return self.max_ttl > 0

    @property
    def keeps_unasked(self) -> bool:
        """Whether answers are kept though their origin did not ask for it with Cache-Control or Expires."""
        return self.is_caching and max(self.min_ttl, self.default_ttl) > 0

    @property
    def has_origin_trigger(self) -> bool:
        return not {"origin-request", "origin-response"}.isdisjoint(self.lambdas)

    @property
    def has_viewer_request_trigger(self) -> bool:
        return "viewer-request" in self.functions or "viewer-request" in self.lambdas

    @property
    def forwards_cookies(self) -> bool:
        return not (self.key.cookies.is_empty and self.extra.cookies.is_empty)

    @property
    def forwards_whole_query(self) -> bool:
        """Origin triggers see the query string only then (page lambda-event-structure)."""
        return "all" in (self.key.query.mode, self.extra.query.mode)

    def forwards_cookie(self, name: str) -> bool:
        return self.key.cookies.takes(name) or self.extra.cookies.takes(name)

    def forwards_header(self, name: str) -> bool:
        """Whether the viewer's own value reaches the origin triggers."""
        return (
            self.key.headers.takes(name)
            or self.extra.headers.takes(name)
            or (self.is_legacy and name not in LEGACY_REMOVED_HEADERS | ALWAYS_FORWARDED_HEADERS)
        )

    def kept_errors(self) -> list[int]:
        """The statuses of at least 400 that are kept even where caching is off."""
        statuses: Iterable[int] = {*ALWAYS_CACHED_ERRORS, *self.error_ttls}
        return sorted(status for status in statuses if self.error_ttls.get(status, DEFAULT_ERROR_TTL_SECONDS) > 0)
