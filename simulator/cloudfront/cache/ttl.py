"""The time that a response stays in the cache: TTL settings against Cache-Control and Expires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import inf

from pulumi_state.policies import CachePolicy
from simulator.cloudfront.http.headers import Headers

# Page HTTPStatusCodes: errors that are always kept, and those kept only where the origin sends max-age or s-maxage.
ALWAYS_CACHED_ERRORS = frozenset({404, 414, 500, 501, 502, 503, 504})
CACHED_ERRORS_WITH_MAX_AGE = frozenset({400, 403, 405, 412, 415})

_DIRECTIVE = re.compile(r'([^\s,;="]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,;]+))?')


@dataclass(frozen=True)
class CacheControl:
    """A parsed Cache-Control field (RFC 9111 §5.2). Ages are seconds.

    `hides_set_cookie` is `no-cache="Set-Cookie"`: the object is kept, its Set-Cookie is not (page Cookies). A directive
    that names fields does not forbid keeping the object.
    """

    forbids_storing: bool = False
    max_age: int | None = None
    s_maxage: int | None = None
    stale_if_error: int | None = None
    stale_while_revalidate: int | None = None
    must_revalidate: bool = False
    hides_set_cookie: bool = False

    @property
    def shared_max_age(self) -> int | None:
        return self.max_age if self.s_maxage is None else self.s_maxage

    @classmethod
    def of(cls, headers: Headers) -> CacheControl:
        directives = {
            match[1].lower(): (match[2] or "").strip('"')
            for value in headers.all("cache-control")
            for match in _DIRECTIVE.finditer(value)
        }
        hidden = {name.strip().lower() for name in directives.get("no-cache", "").split(",")}
        return cls(
            forbids_storing="no-store" in directives
            or any(name in directives and not directives[name] for name in ("no-cache", "private")),
            max_age=_seconds(directives.get("max-age")),
            s_maxage=_seconds(directives.get("s-maxage")),
            stale_if_error=_seconds(directives.get("stale-if-error")),
            stale_while_revalidate=_seconds(directives.get("stale-while-revalidate")),
            must_revalidate="must-revalidate" in directives or "proxy-revalidate" in directives,
            hides_set_cookie="set-cookie" in hidden,
        )


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def object_ttl(headers: Headers, policy: CachePolicy, now: float) -> float:
    """Seconds that an answer below 400 stays fresh; 0 means it is not kept.

    Source: the table of page Expiration. no-cache, no-store and private count only while the minimum TTL is 0; max-age
    (or s-maxage) beats Expires; the default TTL counts only where the origin sends neither.
    """
    control = CacheControl.of(headers)
    if control.forbids_storing:
        return policy.min_ttl
    asked = _origin_ttl(control, headers, now)
    if asked is None:
        return max(policy.min_ttl, policy.default_ttl)
    return max(policy.min_ttl, min(asked, policy.max_ttl))


def error_ttl(status: int, headers: Headers, policy: CachePolicy, error_caching_min_ttl: int, now: float) -> float:
    """Seconds that an answer of 400 and more is kept; 0 means it is not.

    At least the error caching minimum TTL, which also holds where the policy disables caching (pages HTTPStatusCodes,
    GeneratingCustomErrorResponses).
    """
    control = CacheControl.of(headers)
    is_kept = status in ALWAYS_CACHED_ERRORS or (
        status in CACHED_ERRORS_WITH_MAX_AGE and control.shared_max_age is not None
    )
    if not is_kept:
        return 0
    asked = _origin_ttl(control, headers, now) or 0
    return max(error_caching_min_ttl, min(asked, policy.max_ttl))


def stale_if_error_seconds(headers: Headers, policy: CachePolicy) -> float:
    """Seconds beyond its TTL for which an object is served while the origin fails; no end without the directive.

    Source: page Expiration. The maximum TTL limits what the origin asks for.
    """
    asked = CacheControl.of(headers).stale_if_error
    return inf if asked is None else min(asked, policy.max_ttl)


def revalidation_seconds(headers: Headers, policy: CachePolicy) -> float:
    """Seconds beyond its TTL for which an object is served while another one is fetched (page Expiration).

    Not where the origin forbids to store it, or to serve it stale (RFC 9111 §4.2.4).
    """
    control = CacheControl.of(headers)
    if control.forbids_storing or control.must_revalidate:
        return 0
    return min(control.stale_while_revalidate or 0, policy.max_ttl)


def _origin_ttl(control: CacheControl, headers: Headers, now: float) -> float | None:
    """The origin's own TTL in seconds; an Expires that is not a date has passed (RFC 9111 §5.3)."""
    if control.shared_max_age is not None:
        return control.shared_max_age
    expires = headers.get("expires")
    if expires is None:
        return None
    try:
        return max(0.0, parsedate_to_datetime(expires).timestamp() - now)
    except (ValueError, OverflowError):
        return 0
