"""Requests that reach no edge function: those that CloudFront rejects, and static paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from infra.cdn.distribution_args import ALL_METHODS, CACHED_METHODS
from router.event import event_type, read_cf
from router.model.request import Request
from simulator.cloudfront_rules import HEADERS_LIMIT_BYTES, URL_LIMIT_BYTES, match_path, normalized_path

Headers = Mapping[str, Sequence[Mapping[str, str]]]


class Refusal(NamedTuple):
    """CloudFront's status code and its reason."""

    status: int
    reason: str


class Admission(NamedTuple):
    """A request before the edge functions: rejected, sent to the stable origin by its path, or neither."""

    refusal: Refusal | None = None
    static_path: str = ""


def admit(request: Request, event: Mapping[str, Any], static_paths: Sequence[str]) -> Admission:
    """Admit a viewer's request as the distribution does; an origin event has been admitted already."""
    cf = read_cf(event)
    if event_type(cf).startswith("origin-"):
        return Admission()
    path = normalized_path(request.path)
    static_path = next((pattern for pattern in static_paths if match_path(pattern, path)), "")
    methods = CACHED_METHODS if static_path else ALL_METHODS
    headers: Headers = cf["request"].get("headers") or {}
    return Admission(_reject(request, headers, methods), static_path)


def _reject(request: Request, headers: Headers, methods: Sequence[str]) -> Refusal | None:
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
    return _size(f"https://{request.header('host') or ''}{request.path}{query}")


def _header_bytes(headers: Headers) -> int:
    """Count `name: value` and a line end for each."""
    fields = ((name, entry.get("value", "")) for name, entries in headers.items() for entry in entries or ())
    return sum(_size(name) + _size(value) + 4 for name, value in fields)


def _size(text: object) -> int:
    return len(str(text).encode("utf-8", "surrogatepass"))
