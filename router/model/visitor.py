"""The visitor id that functions/canary.js derives from a request's id."""

from __future__ import annotations

from router.model.digest import sha256

VISITOR_DIGITS = 16


def visitor_id(request_id: str) -> str:
    """The first 16 hex digits of the SHA-256 of CloudFront's id of the request."""
    return sha256(request_id.encode("utf-8", "replace")).hexdigest()[:VISITOR_DIGITS]
