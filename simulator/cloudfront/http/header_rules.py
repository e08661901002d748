"""The header names that edge functions may not touch, as AWS's pages list them."""

from __future__ import annotations

# Page edge-function-restrictions-all, "Disallowed headers": not exposed to functions, and adding one is a 502.
DISALLOWED = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-amzn-auth",
        "x-amzn-cf-billing",
        "x-amzn-cf-id",
        "x-amzn-cf-xff",
        "x-amzn-errortype",
        "x-amzn-fle-profile",
        "x-amzn-header-count",
        "x-amzn-header-order",
        "x-amzn-lambda-integration-tag",
        "x-amzn-requestid",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
        "cloudfront-viewer-cert-pem",
        "client-cert",
        "client-cert-chain",
    }
)
DISALLOWED_PREFIXES = ("x-amz-cf-", "x-edge-")

# Page edge-function-restrictions-all, "Read-only headers": adding, editing or deleting one is a 502.
READ_ONLY: dict[str, frozenset[str]] = {
    "viewer-request": frozenset({"cdn-loop", "content-length", "host", "transfer-encoding", "via"}),
    "origin-request": frozenset(
        {
            "accept-encoding",
            "cdn-loop",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        }
    ),
    "origin-response": frozenset({"transfer-encoding", "via"}),
    "viewer-response": frozenset({"warning", "via", "content-length", "content-encoding", "transfer-encoding"}),
}

# Page add-origin-custom-headers, "Custom headers that CloudFront can't add to origin requests".
CUSTOM_HEADER_DENYLIST = frozenset(
    {
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "host",
        "max-forwards",
        "pragma",
        "range",
        "request-range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    }
)
CUSTOM_HEADER_DENYLIST_PREFIXES = ("if-", "proxy-", "x-amz-", "x-edge-")


def is_disallowed(name: str) -> bool:
    """Whether a lower-case header name is hidden from edge functions."""
    return name in DISALLOWED or name.startswith(DISALLOWED_PREFIXES)


def is_denied_custom_header(name: str) -> bool:
    """Whether a lower-case name may not be an origin custom header."""
    return name in CUSTOM_HEADER_DENYLIST or name.startswith(CUSTOM_HEADER_DENYLIST_PREFIXES)
