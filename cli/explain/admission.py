"""Requests that the edge code never sees: what CloudFront refuses by itself, and static paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from router.event import cf_of, event_type
from router.model.request import Request
from simulator.cloudfront_rules import HEADERS_LIMIT_BYTES, URL_LIMIT_BYTES, match_path, normalized_path

Headers = Mapping[str, Sequence[Mapping[str, str]]]
STATIC_METHODS = ("GET", "HEAD")
METHODS = (*STATIC_METHODS, "DELETE", "OPTIONS", "PATCH", "POST", "PUT")
"""As infra.cdn.distribution has them, which takes a second to import."""


class Refusal(NamedTuple):
    """What CloudFront answers, and why."""

    status: int
    reason: str


class Admission(NamedTuple):
    """What becomes of a request before the edge code: refused, for the stable origin by its path, or neither."""

    refusal: Refusal | None = None
    static_path: str = ""


def admit(request: Request, event: Mapping[str, Any], static_paths: Sequence[str]) -> Admission:
    """As the stack's distribution does it with a viewer's request; the request is that of the event.

    One that an origin trigger got has been admitted.
    """
    cf = cf_of(event)
    if event_type(cf).startswith("origin-"):
        return Admission()
    path = normalized_path(str(request.path))
    static_path = next((pattern for pattern in static_paths if match_path(pattern, path)), "")
    methods = STATIC_METHODS if static_path else METHODS
    headers: Headers = cf["request"].get("headers") or {}
    return Admission(_refusal(request, headers, methods), static_path)


def _refusal(request: Request, headers: Headers, methods: Sequence[str]) -> Refusal | None:
    """Pages cloudfront-limits, DownloadDistValuesCacheBehavior and RequestAndResponseBehaviorCustomOrigin."""
    if _url_bytes(request) > URL_LIMIT_BYTES:
        return Refusal(414, f"the URL is longer than {URL_LIMIT_BYTES:,} bytes")
    if _header_bytes(headers) > HEADERS_LIMIT_BYTES:
        return Refusal(494, f"the headers are larger than {HEADERS_LIMIT_BYTES:,} bytes")
    if request.method not in methods:
        return Refusal(403, f"the method {request.method} is not allowed here")
    if request.method == "GET" and request.body is not None and request.body.data:
        return Refusal(403, "a GET request has no body")
    return None


def _url_bytes(request: Request) -> int:
    query = f"?{request.query_string}" if request.query_string else ""
    return _bytes_of(f"https://{request.header('host') or ''}{request.path}{query}")


def _header_bytes(headers: Headers) -> int:
    """Each is `name: value` and a line end."""
    fields = ((name, entry.get("value", "")) for name, entries in headers.items() for entry in entries or ())
    return sum(_bytes_of(name) + _bytes_of(value) + 4 for name, value in fields)


def _bytes_of(text: object) -> int:
    return len(str(text).encode("utf-8", "surrogatepass"))
