"""The one list of what a viewer may say to an origin beside the cache key, where answers are kept.

A kept answer goes to everybody with the same key. So what can change an answer is in the key, is written by us, or does
not reach the origin. It is a list of what passes, for nobody can list what some framework will obey tomorrow. POST,
PUT, PATCH, DELETE and OPTIONS are never kept and keep all their headers.
"""

from __future__ import annotations

import re  # json has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

KEPT_METHODS = ("GET", "HEAD")
"""What the distribution keeps answers to."""
USER_AGENT = "Amazon CloudFront"
"""What CloudFront itself sends where the viewer's is not forwarded ("User-Agent header", custom origins)."""

PASSING = (
    "host",  # written by the router or by CloudFront; the viewer's own is in the key
    "cookie",  # those that are in the key: CloudFront takes the others away
    "accept-encoding",  # normalized by CloudFront, and in the key as it is then
    "via",  # CloudFront adds its own; read-only for functions
    "cdn-loop",  # finds loops of CDNs; read-only
    "content-length",  # frames the body, which a GET has not; read-only
    "transfer-encoding",  # the same
    "if-none-match",  # answered with 304, which is kept for nobody; read-only, and gone where cookies are forwarded
    "if-modified-since",  # the same
    "range",  # one that is well-formed: answered with 206, which CloudFront keeps as a part of the object
    "if-range",  # a part or the whole of the same object; read-only
    "sec-websocket-key",  # a handshake: answered with 101, which is not kept, and meaningless without Upgrade
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
)
READ_ONLY_BEHIND_THE_CACHE = ("if-unmodified-since",)
"""Passes at origin-request, where taking it away is a 502; functions/*.js do it before. Its 412 is not kept either
(router.cache_guard). If-Match is answered in the same way, and goes."""
_ONE_RANGE = "bytes=([0-9]{0,15})-([0-9]{0,15})"


def remove_unkeyed(request: dict[str, Any], passing: Container[str]) -> None:
    """Take away what may not pass from the request of an origin-request event; `passing` are lower-case names.

    X-Forwarded-For is then the address that CloudFront saw, without what the viewer claims to stand for. A name that
    the distribution's origin sends by itself is not written: CloudFront answers 502 when it is in both.
    """
    if request.get("method") not in KEPT_METHODS:
        return
    headers: dict[str, Any] = request["headers"]
    for name in [name for name in headers if name not in passing]:
        del headers[name]
    if "range" in headers and not _is_one_range(headers["range"]):
        del headers["range"]
    own = {"user-agent": ("User-Agent", USER_AGENT), "x-forwarded-for": ("X-Forwarded-For", request.get("clientIp"))}
    sent_anyway = _origin_headers(request)
    for name, (key, value) in own.items():
        if value and name not in headers and name not in sent_anyway:
            headers[name] = [{"key": key, "value": value}]
    for name in sent_anyway:
        headers.pop(name, None)


def _is_one_range(entries: Any) -> bool:
    """Whether it is one range of bytes, which no server has a reason to refuse (RFC 9110 §14.2): a 400 could be kept.

    Several may be refused where they overlap, or are small and many. Without any the whole answer comes.
    """
    if len(entries) != 1:
        return False
    found = re.fullmatch(_ONE_RANGE, str(entries[0].get("value")), re.IGNORECASE | re.ASCII)
    if found is None:
        return False
    first, last = found.groups()
    return int(first) <= int(last) if first and last else first != last


def _origin_headers(request: dict[str, Any]) -> set[str]:
    """Lower-case names of what the distribution's origin adds."""
    origin: Any = request.get("origin") or {}
    own: Any = origin.get("custom") or origin.get("s3") or {}
    return {name.lower() for name in own.get("customHeaders") or ()}
