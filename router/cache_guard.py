"""Keeping out of the cache what would reach other viewers: unkeyed headers on the way there, cookies on the way back.

A cached response goes to everybody with the same key. So what can change it is in the key, is written by the router, or
does not reach the origin. `FORWARDED` lists what is forwarded, because nobody can list what some framework will obey
tomorrow. POST, PUT, PATCH, DELETE and OPTIONS are never cached and keep all their headers.

All of it needs nothing but the baked config, so it works where the router itself could not be built.
"""

from __future__ import annotations

import re  # json has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

CACHED_METHODS = ("GET", "HEAD")
"""The distribution caches responses to these only."""
USER_AGENT = "Amazon CloudFront"
"""CloudFront's own value where the viewer's is not forwarded ("User-Agent header", custom origins)."""

FORWARDED = (
    "host",  # written by the router or by CloudFront; the viewer's own is in the key
    "cookie",  # those in the key: CloudFront removes the others
    "accept-encoding",  # normalized by CloudFront, and in the key in that form
    "via",  # CloudFront adds its own; read-only for functions
    "cdn-loop",  # finds loops of CDNs; read-only
    "content-length",  # frames the body, which a GET has not; read-only
    "transfer-encoding",  # the same
    "if-none-match",  # 304 is never cached; read-only, and removed where cookies are forwarded
    "if-modified-since",  # the same
    "range",  # a well-formed one: CloudFront caches the 206 as a part of the object
    "if-range",  # a part or the whole of the same object; read-only
    "sec-websocket-key",  # a handshake: 101 is never cached, and without Upgrade it means nothing
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
)
READ_ONLY_AT_ORIGIN_REQUEST = ("if-unmodified-since",)
"""Removing it at origin-request is a 502; functions/*.js do it before. Its 412 is not cached (see CacheGuard), and
If-Match, which has the same response, is removed."""
PRECONDITION_FAILED = 412
LOWEST_ERROR = 400
ERRORS_CACHED_UNASKED = frozenset({404, 414, 500, 501, 502, 503, 504})
"""For the error caching minimum TTL, whatever their Cache-Control says (page HTTPStatusCodes)."""
_ONE_RANGE = "bytes=([0-9]{0,15})-([0-9]{0,15})"


class CacheGuard:
    """Runs at the origin events of a behavior with a cache.

    `key_headers` are the lower-case names in the cache key. `keeps_errors`: the distribution caches errors though their
    origin does not ask for it.
    """

    def __init__(self, key_headers: list[str], keeps_errors: bool = False) -> None:
        self._forwarded = frozenset((*FORWARDED, *READ_ONLY_AT_ORIGIN_REQUEST, *key_headers))
        self._keeps_errors = keeps_errors

    def guard(self, cf: dict[str, Any], event_type: str) -> None:
        """Change in place what CloudFront continues with."""
        if event_type == "origin-request":
            remove_unkeyed(cf["request"], self._forwarded)
        elif event_type == "origin-response" and cf["request"].get("method") in CACHED_METHODS:
            self._make_private(cf["response"])

    def _make_private(self, response: dict[str, Any]) -> None:
        """A response with a cookie belongs to its visitor, and one to If-Unmodified-Since to nobody else either."""
        headers: dict[str, Any] = response.get("headers") or {}
        status = int(response["status"])
        if not headers.get("set-cookie") and status != PRECONDITION_FAILED:
            return
        from router.cache_control import forbid_caching, make_private  # only with kept: most responses need neither

        if status >= LOWEST_ERROR:  # CloudFront caches errors with a max-age or Expires, private or not
            headers = response["headers"] = forbid_caching(headers)
            if self._keeps_errors and status in ERRORS_CACHED_UNASKED:
                headers.pop("set-cookie", None)
            return
        given = ", ".join(str(entry["value"]) for entry in headers.get("cache-control", ()))
        headers["cache-control"] = [{"key": "Cache-Control", "value": make_private(given)}]


def remove_unkeyed(request: dict[str, Any], forwarded: Container[str]) -> None:
    """Remove all other headers from the request of an origin-request event; `forwarded` are lower-case names.

    X-Forwarded-For is then the address that CloudFront saw, without what the viewer claims to forward for. A name that
    the distribution's origin has as a custom header is not written: CloudFront responds with 502 when it is in both.
    """
    if request.get("method") not in CACHED_METHODS:
        return
    headers: dict[str, Any] = request["headers"]
    for name in [name for name in headers if name not in forwarded]:
        del headers[name]
    if "range" in headers and not _is_one_range(headers["range"]):
        del headers["range"]
    origin: Any = request.get("origin") or {}
    distributions_own: Any = origin.get("custom") or origin.get("s3") or {}
    own = {"user-agent": ("User-Agent", USER_AGENT), "x-forwarded-for": ("X-Forwarded-For", request.get("clientIp"))}
    for name, (key, value) in own.items():
        if value and name not in headers:
            headers[name] = [{"key": key, "value": value}]
    for name in distributions_own.get("customHeaders") or ():
        headers.pop(name.lower(), None)


def _is_one_range(entries: Any) -> bool:
    """True for one range of bytes, which no server has a reason to reject (RFC 9110 §14.2): a 400 could be cached.

    Several may be rejected where they overlap, or are small and many. Without any the whole response comes.
    """
    if len(entries) != 1:
        return False
    found = re.fullmatch(_ONE_RANGE, str(entries[0].get("value")), re.IGNORECASE | re.ASCII)
    if found is None:
        return False
    first, last = found.groups()
    return int(first) <= int(last) if first and last else first != last
