"""Compresses answers at the edge, as a behavior with `compress` asks for (page ServingCompressedFiles)."""

import gzip
from dataclasses import replace

from simulator.cloudfront.config.behaviors import Behavior
from simulator.cloudfront.config.selection import normalized_accept_encoding
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse

_MIN_BYTES, _MAX_BYTES = 1_000, 10_000_000
_COMPRESSED_STATUSES = (200, 403, 404)
# The page's list, without its rare font and script types.
_COMPRESSED_TYPES = frozenset(
    str.split(
        "application/dash+xml application/javascript application/json application/protobuf application/rss+xml"
        " application/vnd.apple.mpegurl application/x-javascript application/xhtml+xml application/xml font/otf"
        " font/ttf image/svg+xml text/css text/csv text/html text/javascript text/plain text/xml"
    )
)


def compress(response: OriginResponse, request_headers: Headers, behavior: Behavior) -> OriginResponse:
    """The answer in gzip where the behavior, its cache policy, the viewer and the object allow it; else as it is.

    CloudFront would take Brotli where the viewer knows both; here it is gzip, which the standard library has.
    """
    policy = behavior.cache_policy
    encodings = normalized_accept_encoding(request_headers, policy) or ""
    if not (behavior.compresses and policy.takes_gzip and policy.max_ttl and "gzip" in encodings):
        return response
    if not _is_compressible(response):
        return response
    body = gzip.compress(response.body, compresslevel=6, mtime=0)
    headers = response.headers.replace("Content-Length", str(len(body))).replace("Content-Encoding", "gzip")
    etag = headers.get("etag")
    if etag is not None:
        headers = headers.without("etag")
        weak = etag if etag.startswith("W/") else f"W/{etag}"
        headers = headers.plus(("ETag", weak)) if etag.startswith(('"', "W/")) else headers
    return replace(response, headers=headers.plus(("Vary", "Accept-Encoding")), body=body)


def _is_compressible(response: OriginResponse) -> bool:
    headers = response.headers
    content_type = (headers.get("content-type") or "").partition(";")[0].strip().lower()
    return (
        response.status in _COMPRESSED_STATUSES
        and content_type in _COMPRESSED_TYPES
        and "content-encoding" not in headers
        and "content-length" in headers
        and _MIN_BYTES <= len(response.body) <= _MAX_BYTES
    )
